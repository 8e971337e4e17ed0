// What a platform calls a record that a sync has written is kept with the record: later changes go
// there, and what is deleted here is deleted there, also when the node is killed before it hears
// the answer that says so.
#include "tests/support/canned_server.hpp"
#include "tests/support/running_node.hpp"

#include <condition_variable>
#include <csignal>
#include <mutex>

namespace {

using namespace tenon;
using namespace tenon::tests;

/// Two places in one: things that are read, and contacts that are written, which it names itself.
class crm {
public:
  ~crm() { speak(); }

  std::string url() const { return server_.url(); }
  void hold(std::map<std::string, std::string> things) {
    const std::scoped_lock lock{guard_};
    things_ = std::move(things);
  }
  /// What was asked since the last time, but for reads.
  std::vector<std::string> asked() {
    const std::scoped_lock lock{guard_};
    return std::exchange(asked_, {});
  }
  std::map<std::string, std::string> contacts() {
    const std::scoped_lock lock{guard_};
    return contacts_;
  }
  void keep_silent_at(const std::string& thing) {
    const std::scoped_lock lock{guard_};
    silent_at_ = thing;
  }
  bool await_silence() {
    std::unique_lock lock{guard_};
    return changed_.wait_for(lock, std::chrono::seconds{60}, [&] { return silent_; });
  }
  void speak() {
    const std::scoped_lock lock{guard_};
    silent_at_.clear();
    changed_.notify_all();
  }

private:
  canned_answer answer(const canned_request& q) {
    std::unique_lock lock{guard_};
    if (q.target == "/things") {
      list all;
      for (const auto& [id, name] : things_)
        all.push_back(object{{"id", id}, {"name", name}});
      return {.body = write_json(object{{"data", std::move(all)}})};
    }
    if (q.method == "GET") {
      const auto ref = q.target.substr(q.target.find("ref=") + 4);
      const auto it = contacts_.find("their-" + ref);
      return {.body = it == contacts_.end() ? R"({"found":[]})"
                                            : R"({"found":[{"id":"their-)" + ref + R"("}]})"};
    }
    asked_.push_back(q.method + ' ' + q.target);
    if (q.method == "DELETE") {
      const bool there = contacts_.erase(q.target.substr(q.target.rfind('/') + 1)) == 1;
      return {.status = there ? 204u : 404u, .body = ""};
    }
    const auto body = read_json(q.body);
    const auto thing = nodes::cli::text_at(*body, "id");
    const auto id = "their-" + thing;
    contacts_[id] = nodes::cli::text_at(*body, "name");
    if (thing == silent_at_) {
      silent_ = true;
      changed_.notify_all();
      changed_.wait_for(lock, std::chrono::seconds{60}, [&] { return silent_at_.empty(); });
      return {.raw = ""};
    }
    return {.status = 201, .body = write_json(object{{"id", id}})};
  }

  std::mutex guard_;
  std::condition_variable changed_;
  std::map<std::string, std::string> things_{{"a", "Ann"}, {"b", "Bob"}, {"c", "Cid"}};
  std::map<std::string, std::string> contacts_;
  std::vector<std::string> asked_;
  std::string silent_at_;
  bool silent_ = false;
  canned_server server_{[this](const canned_request& q) { return answer(q); }};
};

class what_is_returned : public running_node {
protected:
  static list resources(const std::string& url) {
    const auto manifest = read_json(R"({"connector": "crm", "base": "{{conn.base_url}}",
      "params": {"base_url": {"title": "address"}}, "auth": {"none": {}},
      "streams": {"things": {"request": {"get": "/things"}, "records": "data", "key": "id"}},
      "actions": {
        "create": {"mode": "insert", "request": {"post": "/contacts"},
          "returns": {"crm_id": "{{result.id}}"}, "idempotency": {"probe": {"get": "/contacts",
            "query": {"ref": "{{key}}"}, "matches": "len(body.found) > 0",
            "returns": {"crm_id": "{{body.found[0].id}}"}}}},
        "change": {"mode": "update", "request": {"put": "/contacts/{{returned.crm_id}}"}},
        "drop": {"mode": "delete", "request": {"delete": "/contacts/{{returned.crm_id}}"}}}})");
    EXPECT_TRUE(manifest) << manifest.error().why;
    const auto named = [](const char* kind, const char* name, value spec) {
      return object{{"kind", kind}, {"name", name}, {"spec", std::move(spec)}};
    };
    const object stream{{"connector", object{{"integration", "crm"}, {"stream", "things"}}}};
    const object actions{
        {"integration", "crm"}, {"action", "create"}, {"update", "change"}, {"delete", "drop"}};
    const object kept{{"collection", object{{"name", "things"}}}};
    return {
        named("connector", "crm", *manifest),
        named("integration", "crm",
              object{{"connector", "crm"}, {"config", object{{"base_url", url}}}}),
        named("sync", "read", object{{"from", stream}, {"into", "things"}}),
        named("sync", "write", object{{"from", kept}, {"to", object{{"connector", actions}}}}),
    };
  }
  void succeeds(const std::string& sync) {
    const auto done = run(sync);
    EXPECT_EQ(state(done), "succeeded") << write_json(done);
    EXPECT_EQ(number(done, "dead_lettered"), 0) << write_json(done);
  }
  /// Of each record, what the API shows of it.
  std::map<std::string, std::string> returned() {
    std::map<std::string, std::string> all;
    const auto page = get({"records", "things"});
    for (const auto& one : nodes::cli::list_at(page, "items")) {
      const auto* said = one.find("returned");
      all[nodes::cli::text_at(one, "key")] = said == nullptr ? "" : write_json(*said);
    }
    return all;
  }

  crm platform_;
};

TEST_F(what_is_returned, leads_what_changes_and_what_is_deleted_to_where_the_record_is) {
  start_node();
  apply(resources(platform_.url()));
  succeeds("read");
  succeeds("write");
  EXPECT_EQ(platform_.asked(),
            (std::vector<std::string>{"POST /contacts", "POST /contacts", "POST /contacts"}));
  EXPECT_EQ(returned()["b"], R"({"write":{"crm_id":"their-b"}})");
  started_program command{
      "tenon", {"--server", node_->first_line(), "--key", owner_key, "records", "things"}};
  const auto shown = command.first_line() + command.rest_of_output();
  EXPECT_EQ(command.wait(), 0) << command.errors();
  expect_says(shown, R"(write: {"crm_id":"their-b"})");

  platform_.hold({{"a", "Ann"}, {"b", "Bert"}, {"d", "Dan"}});
  succeeds("read");
  succeeds("write");
  auto asked = platform_.asked();
  std::ranges::sort(asked);
  EXPECT_EQ(asked, (std::vector<std::string>{"DELETE /contacts/their-c", "POST /contacts",
                                             "PUT /contacts/their-b"}));
  EXPECT_EQ(platform_.contacts(),
            (std::map<std::string, std::string>{
                {"their-a", "Ann"}, {"their-b", "Bert"}, {"their-d", "Dan"}}));
  EXPECT_FALSE(returned().contains("c"));

  platform_.hold({{"a", "Ann"}, {"c", "Cleo"}, {"d", "Dan"}});
  succeeds("read");
  succeeds("write");
  asked = platform_.asked();
  std::ranges::sort(asked);
  EXPECT_EQ(asked, (std::vector<std::string>{"DELETE /contacts/their-b", "POST /contacts"}))
      << "what came back is written as what it is there: new";
  EXPECT_EQ(returned()["c"], R"({"write":{"crm_id":"their-c"}})");
}

TEST_F(what_is_returned, is_known_though_the_node_is_killed_before_it_hears_it) {
  start_node();
  apply(resources(platform_.url()));
  succeeds("read");
  platform_.keep_silent_at("b");
  start_run("write");
  ASSERT_TRUE(platform_.await_silence());
  ::kill(node_->pid(), SIGKILL);
  node_->wait();
  platform_.speak();
  start_node();
  const auto done = await_run("write", "the run's end", over);
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  expect_conserved(done);
  EXPECT_EQ(platform_.asked().size(), 3u);
  const auto all = returned();
  for (const auto* key : {"a", "b", "c"})
    EXPECT_EQ(all.at(key), R"({"write":{"crm_id":"their-)" + std::string{key} + "\"}}");
  platform_.hold({{"a", "Ann"}, {"b", "Bert"}, {"c", "Cid"}});
  succeeds("read");
  succeeds("write");
  EXPECT_EQ(platform_.asked(), std::vector<std::string>{"PUT /contacts/their-b"});
}

} // namespace
