// Records that a platform is given by an action that must not be repeated, and that can be asked
// whether it has happened: nobody loses one, and none is there twice, however the answers get lost.
#include "tests/support/canned_server.hpp"
#include "tests/support/running_node.hpp"

#include <condition_variable>
#include <csignal>
#include <mutex>

namespace {

using namespace tenon;
using namespace tenon::tests;

/// A board for notes. What it does with a note that is posted is said by `rule`, given how many
/// notes were posted before.
class board {
public:
  enum class fate { taken, taken_but_failed, failed, taken_and_silent };
  using rules = std::function<fate(int)>;

  explicit board(rules r)
      : rule_{std::move(r)}, server_{[this](const canned_request& q) { return answer(q); }} {}
  ~board() { speak(); }

  std::string url() const { return server_.url(); }
  std::multiset<std::string> notes() {
    const std::scoped_lock lock{guard_};
    return notes_;
  }
  int posts() {
    const std::scoped_lock lock{guard_};
    return posts_;
  }
  /// Until somebody waits in vain for an answer.
  bool await_silence() {
    std::unique_lock lock{guard_};
    return changed_.wait_for(lock, std::chrono::seconds{60}, [&] { return silent_; });
  }
  void speak() {
    const std::scoped_lock lock{guard_};
    may_speak_ = true;
    changed_.notify_all();
  }

private:
  canned_answer answer(const canned_request& q) {
    std::unique_lock lock{guard_};
    if (q.target.starts_with("/things"))
      return {.body = R"({"data":[{"id":"a"},{"id":"b"},{"id":"c"}]})"};
    if (q.method == "GET") {
      const auto key = q.target.substr(q.target.find("ref=") + 4);
      return {.body = "{\"count\":" + std::to_string(notes_.count(key)) + '}'};
    }
    const auto fate = rule_(posts_++);
    const auto note = read_json(q.body);
    if (note && fate != fate::failed)
      notes_.insert(nodes::cli::text_at(*note, "id"));
    if (fate == fate::taken_and_silent) {
      silent_ = true;
      changed_.notify_all();
      changed_.wait_for(lock, std::chrono::seconds{60}, [&] { return may_speak_; });
      return {.raw = ""};
    }
    return fate == fate::taken ? canned_answer{.status = 201}
                               : canned_answer{.status = 500, .body = R"({"message":"oh"})"};
  }

  std::mutex guard_;
  std::condition_variable changed_;
  std::multiset<std::string> notes_;
  int posts_ = 0;
  bool silent_ = false, may_speak_ = false;
  rules rule_;
  canned_server server_;
};

class written_in_doubt : public running_node {
protected:
  static list resources(const std::string& url) {
    const auto manifest = read_json(R"({"connector": "board", "base": "{{conn.base_url}}",
      "params": {"base_url": {"title": "address"}}, "auth": {"none": {}},
      "streams": {"things": {"request": {"get": "/things"}, "records": "data", "key": "id"}},
      "actions": {"post": {"mode": "insert", "request": {"post": "/notes"}, "idempotency":
        {"probe": {"get": "/notes", "query": {"ref": "{{key}}"},
                   "matches": "body.count > 0"}}}}})");
    EXPECT_TRUE(manifest) << manifest.error().why;
    const auto named = [](const char* kind, const char* name, value spec) {
      return object{{"kind", kind}, {"name", name}, {"spec", std::move(spec)}};
    };
    const object stream{{"connector", object{{"integration", "board"}, {"stream", "things"}}}};
    const object action{{"connector", object{{"integration", "board"}, {"action", "post"}}}};
    const object kept{{"collection", object{{"name", "things"}}}};
    return {
        named("connector", "board", *manifest),
        named("integration", "board",
              object{{"connector", "board"}, {"config", object{{"base_url", url}}}}),
        named("sync", "read", object{{"from", stream}, {"into", "things"}}),
        named("sync", "write", object{{"from", kept}, {"to", action}, {"retries", 20}}),
    };
  }
  void start_with(const board& platform) {
    start_node();
    apply(resources(platform.url()));
    ASSERT_EQ(number(run("read"), "stored"), 3);
  }
  static const inline std::multiset<std::string> each_once{"a", "b", "c"};
};

TEST_F(written_in_doubt, happens_once_when_the_platform_did_it_and_says_that_it_failed) {
  board platform{[](int posts) {
    return posts % 2 == 0 ? board::fate::taken_but_failed : board::fate::taken;
  }};
  start_with(platform);
  const auto done = run("write");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(platform.notes(), each_once);
  EXPECT_EQ(platform.posts(), 3);
  expect_conserved(done);
}

TEST_F(written_in_doubt, is_asked_for_again_when_it_did_not_happen) {
  board platform{[](int posts) { return posts == 0 ? board::fate::failed : board::fate::taken; }};
  start_with(platform);
  const auto done = run("write");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(platform.notes(), each_once);
  EXPECT_EQ(platform.posts(), 4);
}

TEST_F(written_in_doubt, waits_between_the_attempts_at_a_platform_that_goes_on_failing) {
  // Two posts to an attempt: one, and one more when the platform says that it did not happen.
  board platform{[](int posts) {
    return posts < 4   ? board::fate::failed
           : posts < 5 ? board::fate::taken_but_failed
                       : board::fate::taken;
  }};
  start_with(platform);
  start_run("write");
  bool told = false; // why it waits, while it does
  const auto done = await_run("write", "the run's end", [&](const value& r) {
    told = told || write_json(r).find("the platform failed") != std::string::npos;
    return over(r);
  });
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(platform.notes(), each_once);
  EXPECT_EQ(platform.posts(), 7);
  EXPECT_EQ(number(done, "dead_lettered"), 0);
  EXPECT_TRUE(told);
}

TEST_F(written_in_doubt, happens_once_when_the_node_is_killed_before_it_hears_the_answer) {
  board platform{
      [](int posts) { return posts == 1 ? board::fate::taken_and_silent : board::fate::taken; }};
  start_with(platform);
  start_run("write");
  ASSERT_TRUE(platform.await_silence());
  ::kill(node_->pid(), SIGKILL);
  node_->wait();
  platform.speak();
  start_node();
  const auto done = await_run("write", "the run's end", over);
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(platform.notes(), each_once);
  EXPECT_EQ(platform.posts(), 3);
  expect_conserved(done);
}

} // namespace
