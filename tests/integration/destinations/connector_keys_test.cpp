// Which record of the platform an action is about, when it is called something else here.
#include "actors/sync/destinations/connector.hpp"
#include "tests/support/canned_server.hpp"
#include "tests/support/connected_platform.hpp"
#include "tests/support/destination_writing.hpp"

#include <mutex>

namespace tenon::actors {
namespace {

using tests::canned_answer;
using tests::canned_request;

constexpr auto manifest = R"({"connector": "board", "base": "{{conn.base_url}}",
  "params": {"base_url": {"title": "address"}}, "auth": {"none": {}},
  "streams": {"notes": {"request": {"get": "/notes"}, "records": "data", "key": "id"}},
  "actions": {
    "add": {"mode": "insert", "request": {"post": "/notes"},
            "returns": {"key": "{{result.id}}"}},
    "edit": {"mode": "update", "request": {"patch": "/notes/{{key}}"}},
    "drop": {"mode": "delete", "request": {"delete": "/notes/{{key}}"}}}})";

class keys_of_a_platform : public ::testing::Test {
protected:
  settled write(outgoing_change one, bool named = false, const char* erase = "drop") {
    object options{{"integration", "board"}, {"action", "add"}, {"update", "edit"}};
    if (erase != nullptr)
      options["delete"] = erase;
    tests::destination_writing to{*kind_, options};
    to.named = named;
    return to.write({std::move(one)});
  }
  /// What the platform was asked for, since the last time.
  std::string asked() {
    const std::scoped_lock lock{mutex_};
    return std::exchange(asked_, "");
  }
  static outgoing_change ann(bool deleted, const std::string& there, const std::string& returned) {
    auto one = tests::change("ann", object{{"text", "x"}}, deleted);
    one.there = there;
    one.returned = blob::copy_of(returned);
    return one;
  }
  canned_answer answer(const canned_request& q) {
    const std::scoped_lock lock{mutex_};
    asked_ += q.method + ' ' + q.target;
    return {.body = R"({"id": 19})"};
  }

  std::mutex mutex_;
  std::string asked_;
  tests::canned_server server_{[this](const canned_request& q) { return answer(q); }};
  tests::connected_platform connected_{"board", manifest, server_.url()};
  std::unique_ptr<destination_kind> kind_ = connector_destination(connected_.platform());
};

TEST_F(keys_of_a_platform, are_kept_as_they_are_returned_and_used_from_then_on) {
  const auto added = write(ann(false, "", ""));
  EXPECT_EQ(asked(), "POST /notes");
  ASSERT_EQ(added.returned.size(), 1u);
  EXPECT_EQ(added.returned[0].content.text(), R"({"key":19})");
  write(ann(false, "", R"({"key":19})"));
  EXPECT_EQ(asked(), "PATCH /notes/19");
  const auto dropped = write(ann(true, "", R"({"key":19})"));
  EXPECT_EQ(asked(), "DELETE /notes/19");
  ASSERT_EQ(dropped.returned.size(), 1u);
  EXPECT_TRUE(dropped.returned[0].content.empty()) << "it is gone there";
}

TEST_F(keys_of_a_platform, are_rather_what_its_feed_has_read) {
  write(ann(false, "21", ""), true);
  EXPECT_EQ(asked(), "PATCH /notes/21") << "it is there, so it is not added";
  const auto dropped = write(ann(true, "21", R"({"key":19})"), true);
  EXPECT_EQ(asked(), "DELETE /notes/21");
  EXPECT_EQ(dropped.deleted, 1u);
  ASSERT_EQ(dropped.returned.size(), 1u) << "what gets that key next is another record";
}

TEST_F(keys_of_a_platform, are_the_collections_own_where_nobody_says_otherwise) {
  write(ann(true, "", ""));
  EXPECT_EQ(asked(), "DELETE /notes/ann");
}

TEST_F(keys_of_a_platform, that_nobody_knows_are_not_guessed) {
  const auto done = write(ann(true, "", ""), true);
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(done.unchanged, 1u);
  EXPECT_EQ(done.deleted, 0u);
  EXPECT_TRUE(done.held.empty()) << "it was never there";
}

TEST_F(keys_of_a_platform, do_not_matter_where_deletions_are_not_written) {
  const auto done = write(ann(true, "21", ""), true, nullptr);
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(done.unchanged, 1u);
  EXPECT_EQ(done.held, std::vector<std::string>{"ann"}) << "it is still there";
}

} // namespace
} // namespace tenon::actors
