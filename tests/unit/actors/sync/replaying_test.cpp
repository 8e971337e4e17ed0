// A letter on its way through its sync once more, between the actors of a node.
#include "actors/sync/replaying.hpp"

#include "actors/catalog.hpp"
#include "actors/collection.hpp"
#include "actors/sync.hpp"
#include "runtime/tasks/workers.hpp"
#include "tests/support/hosted.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon;
using namespace tenon::actors;
using fate = protocols::letter_types::fate;

/// Letting go of what a sync has left is not what is looked at here: it stays to be done.
class undone final : public runtime::performer {
public:
  void perform(runtime::effect, std::function<void(blob)>) override {}
};

class replaying : public ::testing::Test {
protected:
  replaying() {
    configure("{}");
    collection::store page{.feed = "in", .run = 1};
    page.letters.push_back({.place = "k",
                            .reason = "spec.map.n: no",
                            .bytes = blob::copy_of(R"({"a":"7","b":1})"),
                            .key = "k"});
    page.letters.push_back({.place = "a.csv, line 2", .reason = "a quote is open"});
    node_.done<collection>(rows_, page);
  }

  void configure(const std::string& more, const std::string& into = "rows") {
    const auto spec = R"({"from":{"jsonl":{"path":"x"}},"into":")" + into + '"' +
                      (more == "{}" ? "" : "," + more) + '}';
    node_.done<actors::sync>(in_, protocols::resource::configure{.spec = spec});
  }

  result<protocols::letter_types::replayed> replay(std::uint64_t number) {
    std::promise<result<protocols::letter_types::replayed>> came;
    auto trying = replay_letter(host_, rows_, number);
    const auto begun = runtime::start<protocols::letter_types::replayed>(
        workers_, std::move(trying), [&](auto r) { came.set_value(std::move(r)); });
    EXPECT_TRUE(begun);
    return came.get_future().get();
  }

  std::string row() {
    const auto page = node_.done<collection>(rows_, collection::read{.limit = 10});
    return page.items.empty() ? "" : page.items.front().row.content.text();
  }

  static runtime::host& begin(tests::hosted& node) {
    node.add("sync.transfer", [] { return std::make_unique<undone>(); });
    return node.begin();
  }

  const identity rows_{"acme", "collection", "rows"}, in_{"acme", "sync", "in"};
  tests::hosted node_{catalog()};
  runtime::host& host_{begin(node_)};
  runtime::workers workers_{runtime::workers::limits{.threads = 2}};
};

TEST_F(replaying, follows_the_spec_as_it_is_now) {
  configure(R"("map":{"n":"{{number(b) / 0}}"})");
  const auto failed = replay(1);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->fate, fate::kept);
  EXPECT_TRUE(failed->reason.starts_with("spec.map.n: ")) << failed->reason;
  configure(R"("keep":"b == 1","map":{"n":"{{number(a)}}"})");
  EXPECT_EQ(replay(1)->fate, fate::stored);
  EXPECT_EQ(row(), R"({"n":7})");
  EXPECT_EQ(replay(1).error().code, code::not_found);
}

TEST_F(replaying, forgets_what_is_not_kept_any_more) {
  configure(R"("keep":"b == 2")");
  EXPECT_EQ(replay(1)->fate, fate::filtered);
  EXPECT_EQ(row(), "");
}

TEST_F(replaying, says_why_it_cannot_be) {
  EXPECT_EQ(replay(0).error().code, code::not_found);
  EXPECT_EQ(replay(3).error().code, code::not_found);
  const auto no_record = replay(2);
  EXPECT_EQ(no_record.error().code, code::conflict);
  EXPECT_NE(no_record.error().remedy.find("a.csv, line 2"), std::string::npos);
  configure("{}", "elsewhere");
  EXPECT_EQ(replay(1).error().why, "the sync in feeds another collection now");
  node_.done<actors::sync>(in_, protocols::resource::remove{});
  EXPECT_EQ(replay(1).error().why, "the sync in that brought it is gone");
}

} // namespace
