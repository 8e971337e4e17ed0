// Writes that a platform refuses in part or as a whole, and writes whose answer is lost: of every
// action, what is refused stands alone, the others are written, and nothing is there twice.
#include "actors/integration/pagination/steps.hpp"
#include "actors/integration/writing.hpp"
#include "protocols/json.hpp"
#include "tests/support/driven_twin.hpp"

#include <set>

namespace tenon::actors::connectors {
namespace {

constexpr std::string_view marked{"refuse-this-one"};

class writes : public every_connector {
protected:
  /// Each with addresses and a name of its own; one of them is marked.
  static std::vector<outgoing_record> several(const value& like, std::size_t count,
                                              std::size_t refused) {
    std::vector<outgoing_record> all;
    for (std::size_t i = 0; i < count; ++i) {
      auto one = like;
      set_apart(one, (i == refused ? std::string{marked} : "fine") + std::to_string(i));
      all.push_back({"key-" + std::to_string(i), blob::from(write_json(one)),
                     "acme/sync/any/" + std::to_string(i)});
    }
    return all;
  }

  static void set_apart(value& any, const std::string& mark) {
    if (auto* text = any.as<std::string>())
      *text = mark + *text;
    else if (auto* members = any.as<object>())
      for (auto& [name, content] : *members)
        set_apart(content, mark);
    else if (auto* items = any.as<list>())
      for (auto& item : *items)
        set_apart(item, mark);
  }

  /// As a destination does it: what is refused as a whole is asked for again in halves.
  item_outcomes write(driver& d, const writing& w, std::vector<outgoing_record> batch) {
    auto came = d.write(w, batch);
    if (auto* done = std::get_if<item_outcomes>(&came))
      return std::move(*done);
    const auto& said = std::get<verdict>(came);
    EXPECT_EQ(said.then, action::split_batch) << w.action.name << ": " << said.why.why;
    if (said.then != action::split_batch || batch.size() < 2)
      return item_outcomes(batch.size());
    ++splits_;
    const auto middle = batch.begin() + static_cast<std::ptrdiff_t>((batch.size() + 1) / 2);
    auto all = write(d, w, {batch.begin(), middle});
    std::ranges::move(write(d, w, {middle, batch.end()}), std::back_inserter(all));
    return all;
  }

  std::size_t splits_ = 0;
};

TEST_P(writes, that_are_refused_stand_alone_and_the_others_are_written) {
  ASSERT_TRUE(connector_);
  for (const auto& a : connector_->actions) {
    if (a.job || a.mode == write_mode::erase || a.mode == write_mode::update)
      continue; // of one that is changed or deleted there is nothing to refuse but its key
    const std::string mark{marked};
    auto t = make({.limits = false, .marked = mark});
    ASSERT_TRUE(t);
    driver d{*t, *connector_};
    const writing w{*connector_, a, t->connection()};
    const auto count = std::min<std::size_t>(a.batch.max, 5);
    const auto at = count / 2;
    const auto batch = several(t->record_for(a.name), count, at);
    splits_ = 0;
    const auto done = write(d, w, batch);
    ASSERT_EQ(done.size(), count) << a.name;
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_EQ(done[i].written, i != at) << a.name << ", " << i << ": " << done[i].why.why;
    EXPECT_FALSE(done[at].why.why.empty()) << a.name;
    const auto there = t->written().find(a.name);
    EXPECT_EQ(there == t->written().end() ? 0 : there->second.size(), count - 1) << a.name;
    const bool apart = a.batch.errors || (a.batch.results && a.batch.failed);
    EXPECT_EQ(splits_ > 0, !apart && count > 1) << a.name;
  }
}

TEST_P(writes, are_given_short_keys_of_their_own_however_many_come_and_go) {
  ASSERT_TRUE(connector_);
  for (const auto& a : connector_->actions) {
    if (a.job || a.mode != write_mode::insert)
      continue;
    auto t = make({.limits = false});
    ASSERT_TRUE(t);
    const auto* s = connector_->find_stream(t->kept_in(a.name));
    if (s == nullptr || s->key.empty())
      continue;
    const auto& there = t->records(s->name);
    const auto key_of = [&](const value& record) { return text_at(record, s->key.back()); };
    std::set<std::string> known;
    std::size_t longest = 10;
    for (const auto& record : there) {
      known.insert(key_of(record));
      longest = std::max(longest, key_of(record).size());
    }
    const auto drop = std::ranges::find_if(connector_->actions, [&](const operation& other) {
      return other.mode == write_mode::erase && !other.job && t->kept_in(other.name) == s->name;
    });
    driver d{*t, *connector_};
    const writing w{*connector_, a, t->connection()};
    for (std::size_t i = 0; i < 60; ++i) {
      const auto before = there.size();
      auto one = several(t->record_for(a.name), 1, 1);
      one.front().effect += "/" + std::to_string(i);
      write(d, w, one);
      if (there.size() == before)
        break; // it has keys of its own: what is written again is the same record
      const auto key = key_of(there.back());
      EXPECT_TRUE(known.insert(key).second) << a.name << " is given again: " << key;
      EXPECT_LE(key.size(), longest + 8) << a.name << ": " << key;
      if (drop != connector_->actions.end() && i % 3 > 0)
        write(d, {*connector_, *drop, t->connection()}, {{key, blob::copy_of("{}"), "effect"}});
    }
  }
}

TEST_P(writes, whose_answer_is_lost_are_there_once_or_asked_after_or_said_to_be_unknown) {
  ASSERT_TRUE(connector_);
  for (const auto& a : connector_->actions) {
    if (a.job)
      continue; // tests/conformance/carrying_test.cpp
    auto t = make({.limits = false});
    ASSERT_TRUE(t);
    driver d{*t, *connector_};
    const auto* s = connector_->find_stream(t->kept_in(a.name));
    const auto* there = s == nullptr || s->key.empty() ? nullptr : &t->records(s->name);
    const bool fresh = a.mode == write_mode::insert || a.mode == write_mode::upsert;
    const auto key = there && !there->empty() && !fresh ? text_at(there->front(), s->key.back())
                                                        : std::string{"key-1"};
    const auto json =
        a.mode == write_mode::erase ? std::string{"{}"} : write_json(t->record_for(a.name));
    const writing w{*connector_, a, t->connection()};
    const std::vector<outgoing_record> batch{{key, blob::copy_of(json), "acme/sync/any/1"}};
    const auto before = there ? there->size() : 0;
    const auto asks = [&] {
      const auto request = probe_request(w, batch.front(), d.now);
      EXPECT_TRUE(request) << a.name << ": " << request.error().why;
      const auto happened = read_probe(w, d.send(*request), batch.front(), d.now);
      EXPECT_TRUE(happened) << a.name << ": " << happened.error().why;
      return happened && happened->written;
    };
    if (a.idempotency.probe) {
      EXPECT_FALSE(asks()) << a.name << " is said to have happened before it did";
    }
    const auto request = write_request(w, batch, d.now);
    if (!request && a.mode == write_mode::erase)
      continue; // it needs more of the record than its key
    ASSERT_TRUE(request) << a.name << ": " << request.error().why;
    static_cast<void>(d.send(*request)); // it acts, and its answer is lost
    if (a.idempotency.probe) {
      EXPECT_TRUE(asks()) << a.name << " has happened, and its probe does not find it";
      continue;
    }
    if (!a.idempotency.repeats()) {
      EXPECT_TRUE(a.mode == write_mode::insert || a.mode == write_mode::call) << a.name;
      continue; // nobody knows
    }
    const auto again = d.write(w, batch);
    const auto* items = std::get_if<item_outcomes>(&again);
    ASSERT_TRUE(items) << a.name << ": " << std::get<verdict>(again).why.why;
    EXPECT_TRUE(items->front().written) << a.name << ": " << items->front().why.why;
    if (!a.idempotency.header.empty()) {
      EXPECT_EQ(t->ledger().repeated, 1u) << a.name;
    }
    if (there == nullptr)
      continue;
    // Where what is deleted is still told of, there are as many as before.
    const auto most = before + (fresh ? 1 : 0);
    const auto least = a.mode == write_mode::erase ? before - 1 : most;
    EXPECT_GE(there->size(), least) << a.name;
    EXPECT_LE(there->size(), most) << a.name << " is there twice";
  }
}

INSTANTIATE_TEST_SUITE_P(shipped, writes, testing::ValuesIn(names()),
                         [](const auto& each) { return each.param; });

} // namespace
} // namespace tenon::actors::connectors
