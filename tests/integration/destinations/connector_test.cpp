// Writing with a connector's action that must not be repeated and whose platform can be asked,
// whatever answers get lost: by a sync, which comes again until it knows, and by somebody who calls
// once and is told.
#include "actors/integration/calling.hpp"
#include "actors/sync/destinations/connector.hpp"
#include "tests/support/canned_server.hpp"
#include "tests/support/connected_platform.hpp"
#include "tests/support/destination_writing.hpp"

#include <map>
#include <mutex>
#include <random>

namespace tenon::actors {
namespace {

using namespace connectors;
using tests::canned_answer;
using tests::canned_request;

constexpr auto manifest = R"({"connector": "board", "base": "{{conn.base_url}}",
  "params": {"base_url": {"title": "address"}}, "auth": {"none": {}},
  "streams": {"notes": {"request": {"get": "/notes"}, "records": "data", "key": "id"}},
  "errors": [{"when": {"status": 422}, "do": "skip_record", "classify": "invalid"}],
  "actions": {
    "post": {"mode": "insert", "request": {"post": "/notes"}, "returns": {"at": "{{result.at}}"},
      "idempotency": {"probe": {"get": "/notes", "query": {"ref": "{{key}}"},
                                "matches": "body.count > 0"}}},
    "batch": {"mode": "insert", "request": {"post": "/notes"}, "batch": {"max": 3},
      "idempotency": {"probe": {"get": "/notes", "query": {"ref": "{{key}}"},
                                "matches": "body.count > 0"}}}}})";

/// Takes notes, and answers as chance will have it. A note of which it does not want is never
/// taken.
class board {
public:
  explicit board(std::uint64_t seed) : random_{seed} {}

  canned_answer answer(const canned_request& q) {
    const std::scoped_lock lock{mutex_};
    if (q.method == "GET") {
      if (random_() % 5 == 0)
        return {.status = 503};
      const auto key = q.target.substr(q.target.find("ref=") + 4);
      return {.body = "{\"count\":" + std::to_string(taken_[key]) + '}'};
    }
    const auto body = read_json(q.body);
    const list items = body->is<list>() ? *body->as<list>() : list{*body};
    for (const auto& one : items)
      if (one.find("unwanted") != nullptr)
        return {.status = 422, .body = R"({"message":"no such note"})"};
    const auto chance = random_() % 8;
    const bool taken = chance % 2 == 0;
    for (const auto& one : items) {
      const auto& id = *one.find("id")->as<std::string>();
      ++posted_[id];
      taken_[id] += taken ? 1 : 0;
    }
    if (chance == 0 || chance == 1)
      return {.raw = ""};
    return taken && chance != 2 ? canned_answer{.status = 201, .body = R"({"at":"wall"})"}
                                : canned_answer{.status = 500, .body = R"({"message":"oh"})"};
  }
  int taken(const std::string& key) { return of(taken_, key); }
  int posted(const std::string& key) { return of(posted_, key); }

private:
  int of(const std::map<std::string, int>& counts, const std::string& key) {
    const std::scoped_lock lock{mutex_};
    const auto it = counts.find(key);
    return it == counts.end() ? 0 : it->second;
  }

  std::mutex mutex_;
  std::mt19937_64 random_;
  std::map<std::string, int> taken_, posted_;
};

struct place {
  explicit place(std::uint64_t seed) : notes{seed} {}

  board notes;
  tests::canned_server server{[this](const canned_request& q) { return notes.answer(q); }};
  // Time stands still here: a breaker that opens would stay open.
  tests::connected_platform connected{"board", manifest, server.url(),
                                      R"(,"breaker":{"failure_limit":1000})"};
};

bool unwanted(std::size_t number) {
  return number % 4 == 1;
}
object note(std::size_t number) {
  object made{{"id", "n" + std::to_string(number)}};
  if (unwanted(number))
    made["unwanted"] = true;
  return made;
}

class connector_destinations : public ::testing::TestWithParam<std::string> {
protected:
  static constexpr std::size_t count = 7;
};

TEST_P(connector_destinations, write_each_record_once_in_however_many_attempts) {
  for (std::uint64_t seed = 1; seed <= 40 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    place there{seed};
    const auto kind = connector_destination(there.connected.platform());
    tests::destination_writing to{*kind, {{"integration", "board"}, {"action", GetParam()}}};
    std::vector<outgoing_change> left;
    for (std::size_t i = 0; i < count; ++i)
      left.push_back(tests::change("n" + std::to_string(i), note(i)));
    std::size_t written = 0;
    std::vector<std::string> letters;
    std::string attempt;
    for (int attempts = 0; attempts < 500 && !left.empty(); ++attempts) {
      const auto s = to.write(left, 1, false, false, attempt);
      written += s.written;
      for (const auto& one : s.letters)
        letters.push_back(one.place);
      left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(s.count));
      EXPECT_TRUE(left.empty() || s.trouble);
      attempt = s.trouble ? s.trouble->attempt : "";
      EXPECT_TRUE(!s.trouble || s.trouble->transient) << s.trouble->why.why;
    }
    EXPECT_TRUE(left.empty());
    EXPECT_EQ(letters, (std::vector<std::string>{"n1", "n5"}));
    EXPECT_EQ(written, count - letters.size());
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_EQ(there.notes.taken("n" + std::to_string(i)), unwanted(i) ? 0 : 1) << i;
  }
}

TEST_P(connector_destinations, tell_somebody_who_calls_once_what_came_of_each_record) {
  std::map<fate, int> fates;
  for (std::uint64_t seed = 1; seed <= 40 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    place there{seed};
    action_call asked{.action = GetParam(), .records = {}, .key = {}};
    for (std::size_t i = 0; i < count; ++i)
      asked.records.push_back(
          {.key = "n" + std::to_string(i), .json = blob::from(write_json(note(i))), .effect = {}});
    runtime::workers tasks{{.threads = 1}};
    std::promise<result<std::vector<called>>> answered;
    ASSERT_TRUE(runtime::start<std::vector<called>>(
        tasks,
        call_action(there.connected.platform(), {"acme", "integration", "board"}, std::move(asked)),
        [&](result<std::vector<called>> r) { answered.set_value(std::move(r)); }));
    const auto told = answered.get_future().get();
    ASSERT_TRUE(told) << told.error().why;
    ASSERT_EQ(told->size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& one = (*told)[i];
      const auto key = "n" + std::to_string(i);
      ++fates[one.fate];
      EXPECT_LE(there.notes.posted(key), 1) << key << " is done again without a word";
      if (one.fate != fate::uncertain) {
        EXPECT_EQ(there.notes.taken(key), one.fate == fate::written ? 1 : 0)
            << key << ' ' << name_of(one.fate) << ": " << one.why.why;
      }
      EXPECT_TRUE(!unwanted(i) || one.fate == fate::refused || one.fate == fate::untried) << key;
    }
  }
  for (const auto any : {fate::written, fate::refused, fate::uncertain})
    EXPECT_GT(fates[any], 0) << name_of(any) << " was never told";
}

INSTANTIATE_TEST_SUITE_P(by, connector_destinations, testing::Values("post", "batch"),
                         [](const auto& each) { return each.param; });

} // namespace
} // namespace tenon::actors
