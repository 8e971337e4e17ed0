// Transfers as a node performs them: out of a source and into a collection, also when they are
// performed again.
#include "actors/sync/transfer.hpp"

#include "actors/catalog.hpp"
#include "actors/collection.hpp"
#include "actors/sync.hpp"
#include "tests/support/hosted.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon;
using namespace tenon::actors;
using wire = protocols::sync;

const identity kept{"acme", "collection", "c"};

struct deeds {
  int done = 0;
  int given_up = 0;
  int forgotten = 0;
  int refused = 0; // so often, before it is forgotten
};

/// Each of its pages does something that is not to be done twice, and waits for that.
class working final : public source {
public:
  explicit working(deeds& d) : deeds_{d} {}

  runtime::task<page_or_trouble> read(page_request wanted) override {
    if (!wanted.anew)
      co_return source_trouble{.why = {code::conflict, "only once"}, .unless_stored = true};
    ++deeds_.done;
    source_page made;
    made.position = "deed " + std::to_string(deeds_.done);
    made.resume_at = moment{span{1'000}};
    made.waits_for = "a while";
    co_return made;
  }
  runtime::task<result<void>> abandon(page_request) override {
    ++deeds_.given_up;
    co_return result<void>{};
  }
  runtime::task<result<void>> forget() override {
    const failure down{code::unavailable, "the server is down"};
    if (deeds_.refused-- > 0)
      co_return down;
    ++deeds_.forgotten;
    co_return result<void>{};
  }

private:
  deeds& deeds_;
};

class working_kind final : public source_kind {
public:
  explicit working_kind(deeds& d) : deeds_{d} {}
  std::string_view name() const override { return "working"; }
  result<void> check(const object&) const override { return {}; }
  result<std::unique_ptr<source>> open(const identity&, const object&) override {
    return std::unique_ptr<source>{std::make_unique<working>(deeds_)};
  }

private:
  deeds& deeds_;
};

/// Two records, of which the source has said beforehand what is in them.
class told final : public source {
public:
  runtime::task<page_or_trouble> read(page_request) override {
    source_page made{.last = true};
    made.records.push_back({"1", blob::copy_of(R"({"age":1})")});
    made.records.push_back({"2", blob::copy_of(R"({"age":"two"})")});
    made.declared.push_back({"age", protocols::drift_types::type::integer});
    co_return made;
  }
};

class told_kind final : public source_kind {
public:
  std::string_view name() const override { return "told"; }
  result<void> check(const object&) const override { return {}; }
  result<std::unique_ptr<source>> open(const identity&, const object&) override {
    return std::unique_ptr<source>{std::make_unique<told>()};
  }
};

/// Letters that need much beside their bytes.
class unreadable final : public source {
public:
  runtime::task<page_or_trouble> read(page_request) override {
    source_page made{.last = true};
    const std::string header(60'000, 'h');
    for (int i = 0; i < 500; ++i)
      made.letters.push_back({.place = "a:" + std::to_string(i),
                              .reason = "no",
                              .bytes = blob::copy_of("x"),
                              .again = words_for_again("csv", header)});
    co_return made;
  }
};

class unreadable_kind final : public source_kind {
public:
  std::string_view name() const override { return "unreadable"; }
  result<void> check(const object&) const override { return {}; }
  result<std::unique_ptr<source>> open(const identity&, const object&) override {
    return std::unique_ptr<source>{std::make_unique<unreadable>()};
  }
};

/// What a source was asked for, and what was already stored then.
struct account {
  struct asked {
    std::string position;
    std::uint64_t stored = 0;
    bool operator==(const asked&) const = default;
  };
  std::function<std::uint64_t()> stored;
  std::mutex guard;
  std::vector<asked> all;
};

/// Two pages, and it writes down who asks.
class counted final : public source {
public:
  explicit counted(account& a) : account_{a} {}
  bool metered() const override { return true; }
  runtime::task<page_or_trouble> read(page_request wanted) override {
    const auto stored = account_.stored();
    {
      const std::lock_guard hold{account_.guard};
      account_.all.push_back({wanted.position, stored});
    }
    const bool last = wanted.position == "second";
    source_page made;
    made.position = last ? "" : "second";
    made.last = last;
    made.records.push_back({last ? "2" : "1", blob::copy_of("{}")});
    co_return made;
  }

private:
  account& account_;
};

class counted_kind final : public source_kind {
public:
  explicit counted_kind(account& a) : account_{a} {}
  std::string_view name() const override { return "counted"; }
  result<void> check(const object&) const override { return {}; }
  result<std::unique_ptr<source>> open(const identity&, const object&) override {
    return std::unique_ptr<source>{std::make_unique<counted>(account_)};
  }

private:
  account& account_;
};

class performing {
public:
  ~performing() { turns_->close(); }
  performing() {
    from_.push_back(std::make_unique<working_kind>(deeds_));
    from_.push_back(std::make_unique<told_kind>());
    from_.push_back(std::make_unique<unreadable_kind>());
    from_.push_back(std::make_unique<counted_kind>(account_));
    account_.stored = [this] {
      const auto feed = node_.ask<collection>(kept, protocols::collection::position{.feed = "s"});
      return feed ? feed->pages : 0;
    };
    turns_ = std::make_shared<turnstile>(turns::limits{}, host_, meters_);
    transfer_.emplace(host_, workers_, timer_, from_, to_, turns_);
  }

  wire::transferred perform(wire::transfer asked, const std::string& kind = "working",
                            const std::string& more = "", bool repeated = false) {
    asked.spec = R"({"into":"c","from":{")" + kind + "\":{}}" + more + '}';
    const runtime::effect e{.by = {"acme", "sync", "s"},
                            .number = 1,
                            .name = "sync.transfer",
                            .request = protocols::encode(asked),
                            .repeated = repeated};
    std::promise<blob> came;
    transfer_->perform(e, [&](blob command) { came.set_value(std::move(command)); });
    const auto command = protocols::decode<wire::command>(came.get_future().get());
    EXPECT_TRUE(command);
    return std::get<wire::transferred>(*command);
  }

  deeds& done() { return deeds_; }
  std::vector<account::asked> asked() {
    const std::lock_guard hold{account_.guard};
    return account_.all;
  }
  template <class Actor, class Command> auto ask(const identity& to, const Command& c) {
    return node_.ask<Actor>(to, c);
  }

  std::vector<protocols::letter_types::numbered> letters() {
    const collection::list_letters all{};
    return node_.done<collection>({"acme", "collection", "c"}, all).letters;
  }

private:
  deeds deeds_;
  account account_;
  tests::hosted node_{catalog()};
  runtime::host& host_{node_.begin()};
  runtime::meters meters_;
  runtime::timer timer_;
  source_kinds from_;
  destination_kinds to_;
  std::shared_ptr<turnstile> turns_;
  runtime::workers workers_{runtime::workers::limits{.threads = 2}};
  std::optional<transfer> transfer_;
};

TEST(transfer, does_what_is_not_to_be_done_twice_only_when_its_page_is_not_stored) {
  performing node;
  const auto first = node.perform({.run = 1, .page = 0});
  EXPECT_EQ(first.why, "");
  EXPECT_EQ(first.moved.position, "deed 1");
  EXPECT_EQ(first.moved.waits_for, "a while");
  EXPECT_EQ(first.moved.resume_at, moment{span{1'000}});
  const auto again = node.perform({.run = 1, .page = 0});
  EXPECT_EQ(again.why, "");
  EXPECT_EQ(again.moved.position, "deed 1") << "as it was stored";
  EXPECT_EQ(node.done().done, 1);
  EXPECT_EQ(node.perform({.run = 1, .page = 1, .position = "deed 1"}).moved.position, "deed 2");
  // The first page of another run is another page.
  EXPECT_EQ(node.perform({.run = 2, .page = 0}).moved.position, "deed 3");
  EXPECT_EQ(node.done().done, 3);
}

TEST(transfer, asks_a_metered_source_for_a_page_once_the_one_before_it_is_stored) {
  performing node;
  EXPECT_EQ(node.perform({.run = 1, .page = 0}, "counted").moved.position, "second");
  const auto second = node.perform({.run = 1, .page = 1, .position = "second"}, "counted");
  EXPECT_TRUE(second.moved.last);
  const std::vector<account::asked> each_once{{"", 0}, {"second", 1}};
  EXPECT_EQ(node.asked(), each_once);
}

TEST(transfer, asks_a_metered_source_for_no_page_again_that_is_stored) {
  performing node;
  node.perform({.run = 1, .page = 0}, "counted");
  const auto again = node.perform({.run = 1, .page = 0}, "counted", "", true);
  EXPECT_EQ(again.why, "");
  EXPECT_EQ(again.moved.position, "second") << "as it was stored";
  EXPECT_EQ(again.moved.stored, 1u);
  node.perform({.run = 1, .page = 1, .position = "second"}, "counted");
  const std::vector<account::asked> each_once{{"", 0}, {"second", 1}};
  EXPECT_EQ(node.asked(), each_once);
}

TEST(transfer, tells_the_source_what_is_not_wanted_any_more_and_reads_nothing) {
  performing node;
  const auto told = node.perform({.position = "deed 1", .abandon = true});
  EXPECT_EQ(told.run, 0u) << "it is of no run";
  EXPECT_EQ(told.why, "");
  EXPECT_EQ(node.done().given_up, 1);
  EXPECT_EQ(node.done().done, 0);
}

TEST(transfer, forgets_a_sync_in_its_collection_and_at_its_source_however_often_it_is_refused) {
  performing node;
  node.perform({.run = 3, .page = 0});
  const protocols::collection::position where{.feed = "s"};
  EXPECT_EQ(node.ask<collection>(kept, where)->pages, 1u);
  node.done().refused = 1;
  const auto told = node.perform({.run = 3, .forget = true});
  EXPECT_EQ(told.why, "");
  EXPECT_EQ(told.run, 0u) << "it is of no run";
  EXPECT_EQ(node.done().forgotten, 1);
  EXPECT_EQ(node.ask<collection>(kept, where)->pages, 0u);
}

TEST(transfer, forgets_nothing_of_a_sync_that_goes_on_with_it) {
  performing node;
  const protocols::resource::configure again{.spec = R"({"from":{"working":{}},"into":"c"})"};
  ASSERT_TRUE(node.ask<actors::sync>({"acme", "sync", "s"}, again));
  node.perform({.run = 3, .page = 0});
  EXPECT_EQ(node.perform({.run = 3, .forget = true}).why, "");
  EXPECT_EQ(node.done().forgotten, 0);
  const protocols::collection::position where{.feed = "s"};
  EXPECT_EQ(node.ask<collection>(kept, where)->pages, 1u);
}

TEST(transfer, holds_a_page_to_what_the_source_says_of_its_fields) {
  performing node;
  const auto stopped = node.perform({.run = 1}, "told", R"(,"drift":"fail")");
  EXPECT_EQ(stopped.why, "the field age was integer and is text in 1 of the page's records");
  EXPECT_EQ(stopped.place, "spec.drift");
  EXPECT_FALSE(stopped.transient);
  EXPECT_EQ(node.perform({.run = 2}, "told").moved.stored, 2u) << "where types may widen";
}

TEST(transfer, keeps_every_letter_though_not_all_of_them_can_be_read_again) {
  performing node;
  EXPECT_EQ(node.perform({.run = 1}, "unreadable").moved.dead_lettered, 500u);
  std::size_t seen = 0, again = 0;
  for (std::uint64_t after = 0; seen < 500;) {
    const collection::list_letters more{.after = after, .limit = 1000};
    const auto page = node.ask<collection>(kept, more);
    ASSERT_TRUE(page && !page->letters.empty());
    for (const auto& [number, letter] : page->letters) {
      ++seen;
      again += !letter.again.empty();
      after = number;
      EXPECT_EQ(letter.bytes.view(), "x");
      EXPECT_EQ(letter.reason.starts_with("no; there were so many letters"), letter.again.empty());
    }
  }
  EXPECT_EQ(again, (2u << 20) / 60'004);
}

TEST(transfer, keeps_of_a_record_that_drifts_what_came_and_not_what_map_made_of_it) {
  performing node;
  const auto as = [](const char* made) {
    return R"(,"drift":"add","map":{"years":")" + std::string{made} + "\"}";
  };
  EXPECT_EQ(node.perform({.run = 1}, "told", as("7")).moved.stored, 2u);
  const auto mapped = node.perform({.run = 2}, "told", as("{{age}}"));
  EXPECT_EQ(mapped.moved.dead_lettered, 1u) << "and what the source says is not of these fields";
  const auto letters = node.letters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].letter.bytes.view(), R"({"age":1})");
  EXPECT_EQ(letters[0].letter.key, "1");
  EXPECT_EQ(letters[0].letter.reason, "spec.drift: the field years was text and is integer");
}

} // namespace
