// A letter on its way through its sync once more, between the actors of a node.
#include "actors/sync/replaying.hpp"

#include "actors/catalog.hpp"
#include "actors/collection.hpp"
#include "actors/sync.hpp"
#include "runtime/tasks/workers.hpp"
#include "tests/support/hosted.hpp"
#include "tests/support/offered.hpp"

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
    page.letters.push_back({.place = "a.csv:2", .reason = "it has more than 4 MiB"});
    page.letters.push_back({.place = "a.csv:3",
                            .reason = "it has 2 fields, not 1",
                            .bytes = blob::copy_of("7;x\n"),
                            .again = words_for_again("csv", "id;v\n")});
    node_.done<collection>(rows_, page);
    for (const auto* kind : {"csv", "jsonl"})
      kinds_.push_back(tests::source_kind_of(kind, tests::offered()));
  }

  void configure(const std::string& more, const std::string& into = "rows") {
    configure_from(R"({"jsonl":{"path":"/x","key":"id"}})", more, into);
  }
  void configure_from(const std::string& from, const std::string& more = "{}",
                      const std::string& into = "rows") {
    const auto spec =
        R"({"from":)" + from + R"(,"into":")" + into + '"' + (more == "{}" ? "" : "," + more) + '}';
    node_.done<actors::sync>(in_, protocols::resource::configure{.spec = spec});
  }

  result<protocols::letter_types::replayed> replay(std::uint64_t number) {
    std::promise<result<protocols::letter_types::replayed>> came;
    auto trying = replay_letter(host_, kinds_, rows_, number);
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

  identity rows_{"acme", "collection", "rows"};
  const identity in_{"acme", "sync", "in"};
  tests::hosted node_{catalog()};
  runtime::host& host_{begin(node_)};
  source_kinds kinds_;
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
  EXPECT_EQ(replay(4).error().code, code::not_found);
  const auto no_record = replay(2);
  EXPECT_EQ(no_record.error().code, code::conflict);
  EXPECT_NE(no_record.error().why.find("it has more than 4 MiB"), std::string::npos);
  EXPECT_NE(no_record.error().remedy.find("a.csv:2"), std::string::npos);
  configure("{}", "elsewhere");
  EXPECT_EQ(replay(1).error().why, "the sync in feeds another collection now");
  node_.done<actors::sync>(in_, protocols::resource::remove{});
  EXPECT_EQ(replay(1).error().why, "the sync in that it is of is gone");
  const identity events{"acme", "collection", "crm_news"};
  collection::store page{.feed = "hook crm/news", .run = 1};
  page.letters.push_back({.place = "key", .reason = "the key is empty"});
  node_.done<collection>(events, page);
  rows_ = events;
  EXPECT_EQ(replay(1).error().why, "it came by the hook crm/news, and by no sync");
}

TEST_F(replaying, reads_the_bytes_again_with_the_options_that_the_source_has_now) {
  configure_from(R"({"csv":{"path":"/x","key":"id"}})");
  const auto no_column = replay(3);
  EXPECT_EQ(no_column.error().why, "there is no column id")
      << "the header has but one column, id;v";
  configure_from(R"({"csv":{"path":"/x","key":"id","delimiter":";","types":{"v":"integer"}}})");
  const auto still = replay(3);
  ASSERT_TRUE(still) << still.error().why;
  EXPECT_EQ(still->fate, fate::kept);
  EXPECT_EQ(still->reason, "column v: 'x' is no integer");
  configure_from(R"({"csv":{"path":"/x","key":"id","delimiter":";"}})",
                 R"("keep":"v != 'y'","key":"'k' + id","map":{"v":"{{upper(v)}}"})");
  const auto done = replay(3);
  ASSERT_TRUE(done) << done.error().why;
  EXPECT_EQ(done->fate, fate::stored);
  EXPECT_EQ(row(), R"({"v":"X"})");
  EXPECT_EQ(replay(3).error().code, code::not_found);
}

TEST_F(replaying, forgets_what_is_left_out_when_it_is_read_again) {
  configure_from(R"({"csv":{"path":"/x","key":"id","delimiter":";","comment":"7"}})");
  EXPECT_EQ(replay(3)->fate, fate::filtered) << "it is a comment now";
  EXPECT_EQ(row(), "");
}

TEST_F(replaying, refuses_bytes_of_another_kind_of_source) {
  const auto refused = replay(3);
  EXPECT_EQ(refused.error().code, code::conflict);
  EXPECT_NE(refused.error().why.find("a source of another kind (csv)"), std::string::npos);
}

TEST_F(replaying, keeps_a_letter_whose_bytes_have_become_several_records) {
  const identity more{"acme", "collection", "more"};
  collection::store page{.feed = "in", .run = 1};
  page.letters.push_back({.place = "a.csv:2",
                          .reason = "it has 3 fields, not 2",
                          .bytes = blob::copy_of("1,\"x\n2,y\",z\n"),
                          .again = words_for_again("csv", "id,v\n")});
  node_.done<collection>(more, page);
  rows_ = more;
  configure_from(R"({"csv":{"path":"/x","key":"id","quote":"none","ragged":"fill"}})", "{}",
                 "more");
  const auto kept = replay(1);
  ASSERT_TRUE(kept) << kept.error().why;
  EXPECT_EQ(kept->fate, fate::kept);
  EXPECT_EQ(kept->reason, "as its source is read now, the bytes are 2 records and not one");
  EXPECT_EQ(row(), "");
}

} // namespace
