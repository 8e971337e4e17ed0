// What must be true of every kind of actor, over the catalog: a new kind is tested by existing.
// Random commands at random times; after each step everything that was journaled, replayed, gives
// the same state again.
#include "actors/catalog.hpp"
#include "actors/kinds.hpp"
#include "protocols/binding.hpp"
#include "tests/conformance/waivers.hpp"
#include "tests/support/random_value.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

using tenon::blob;
using tenon::code;
using tenon::identity;
using tenon::moment;
using tenon::span;
using tenon::runtime::body;
using tenon::runtime::decided;
using tenon::tests::random_values;

namespace {

constexpr std::uint64_t seeds = 30;
constexpr int steps = 600;

/// Specs that a kind accepts, so that random commands come past its checks. A kind without a line
/// here is shown specs made from its type alone.
const std::multimap<std::string_view, std::string> accepted_specs{
    {"connector", R"({"connector":"a","base":"https://a.example","auth":{"none":{}},)"
                  R"("streams":{"s":{"request":{"get":"/s"},"records":"items","key":"id"}}})"},
    {"credential", R"({"secrets":{"key":"x"}})"},
    {"credential", R"({"secrets":{"key":"•••"}})"},
    {"hook", R"({"integration":"a","hook":"events"})"},
    {"hook", R"({"integration":"b","hook":"events"})"},
    {"integration", R"({"connector":"a","config":{"x":1}})"},
    {"integration", R"({"connector":"b","breaker":{"failure_limit":1}})"},
    {"schedule", R"({"sync":"a","every":"10s"})"},
    {"sync", R"({"from":{"sqlite":{"file":"a","table":"b","key":"c"}},"into":"d"})"},
    {"sync", R"({"from":{"connector":{"integration":"a","stream":"b"}},"into":"d","retries":1})"},
    {"schedule", R"({"sync":"a","cron":"*/5 * * * * *","timezone":"Europe/Berlin"})"},
    {"schedule", R"({"sync":"a","cron":"@daily","paused":true})"},
    {"trigger", R"({"syncs":["a","b"],"apart":"10s"})"},
    {"trigger", R"({"syncs":["b"],"paused":true})"},
};

/// A kind, with what only its types can say.
struct subject {
  tenon::runtime::kind kind;
  std::function<blob(random_values&)> any_command;
  std::function<std::string(const blob&)> name_of_event;
  std::function<tenon::value(const blob&)> show_state;
  std::set<std::string> events;
  std::set<std::string> rare; // of those: what the table of waivers says takes more luck
  std::vector<std::string> samples;

  friend void PrintTo(const subject& s, std::ostream* onto) { *onto << s.kind.name; }
};

std::vector<subject> subjects() {
  std::vector<subject> all;
  for (const auto& kind : tenon::actors::catalog())
    all.push_back({.kind = kind});
  std::size_t next = 0;
  tenon::actors::each_kind([&](auto type, std::string_view name) {
    using actor = typename decltype(type)::type;
    auto& one = all.at(next++);
    EXPECT_EQ(one.kind.name, name);
    one.any_command = [](random_values& random) {
      return tenon::protocols::encode(random.any<typename actor::command>());
    };
    using names = tenon::protocols::alternatives_of<typename actor::event>;
    for (const auto& event : names::names)
      one.events.emplace(event.name);
    for (const auto& w : tenon::tests::conformance::waivers())
      if (w.thing == "happens/" + std::string{name}) {
        EXPECT_EQ(one.events.erase(w.promise), 1u) << name << " has no event " << w.promise;
        one.rare.insert(w.promise);
      }
    one.name_of_event = [](const blob& bytes) {
      const auto event = tenon::protocols::decode<typename actor::event>(bytes);
      return event ? std::string{names::names[event->index()].name} : std::string{};
    };
    one.show_state = [](const blob& bytes) {
      const auto state = tenon::protocols::decode<typename actor::protocol_state>(bytes);
      return state ? tenon::protocols::to_value(*state) : tenon::value{};
    };
    const auto [first, last] = accepted_specs.equal_range(name);
    for (auto it = first; it != last; ++it)
      one.samples.push_back(it->second);
    if constexpr (requires { typename actor::spec; })
      for (std::uint64_t seed = 0; seed < 5; ++seed) {
        random_values random{seed, {}};
        one.samples.push_back(tenon::write_json(tenon::protocols::to_value(
            random.any<typename actor::spec>(), tenon::protocols::show_secrets::yes)));
      }
  });
  return all;
}

struct everything {
  blob state;
  std::vector<std::pair<std::string, blob>> rows;

  bool operator==(const everything&) const = default;
};

everything all_of(body& b) {
  everything all{.state = b.save(), .rows = {}};
  if (auto* rows = b.rows())
    rows->scan({}, ~std::size_t{0}, [&](std::string_view key, const blob& row) {
      all.rows.emplace_back(key, row);
      return true;
    });
  return all;
}

/// One actor under observation: everything it decides is journaled here and replayed elsewhere.
class witness {
public:
  explicit witness(const subject& s)
      : subject_{s}, metrics_{s.kind.make_metrics(meters_)}, live_{fresh()}, replayed_{fresh()} {}

  body& live() { return *live_; }
  const std::vector<blob>& journal() const { return journal_; }

  void tell(const blob& command, moment now) {
    const auto before = all_of(*live_);
    decided d;
    ASSERT_NO_THROW(d = live_->decide(command, now));
    if (!d.reply) {
      EXPECT_TRUE(d.events.empty() && d.sends.empty() && d.calls.empty());
      EXPECT_FALSE(d.reply.error().why.empty());
    }
    for (const auto& event : d.events)
      ASSERT_TRUE(replayed_->replay(event)) << "its own event";
    const auto after = all_of(*live_);
    ASSERT_EQ(after, all_of(*replayed_)) << "replaying gives another state";
    if (d.events.empty()) {
      EXPECT_EQ(after, before) << "changed without an event";
    }
    for (const auto& sent : d.sends)
      EXPECT_TRUE(check(beside({"acme", std::string{subject_.kind.name}, "one"}, sent.to)))
          << to_string(sent.to);
    for (const auto& call : d.calls)
      EXPECT_TRUE(call.effect.starts_with(std::string{subject_.kind.name} + '.')) << call.effect;
    journal_.insert(journal_.end(), d.events.begin(), d.events.end());
  }

  /// Whatever is due is told, until nothing is.
  void tell_due(moment now) {
    for (int told = 0;; ++told) {
      ASSERT_LT(told, 1000) << "deadlines do not move on";
      const auto due = live_->due();
      const auto it =
          std::ranges::find_if(due, [&](const auto& deadline) { return deadline.at <= now; });
      if (it == due.end())
        return;
      tell(it->command, now);
      for (const auto& left : live_->due())
        ASSERT_FALSE(left.at == it->at && left.command == it->command)
            << "still due after it was told";
    }
  }

  /// As after a restart: from the stored state, and from the journal alone.
  void restart() {
    const auto present = all_of(*live_);
    auto again = fresh();
    for (const auto& event : journal_)
      ASSERT_TRUE(again->replay(event));
    ASSERT_EQ(all_of(*again), present) << "the whole journal gives another state";
    auto loaded = fresh();
    ASSERT_TRUE(loaded->load(present.state));
    EXPECT_EQ(loaded->save(), present.state) << "saving what was loaded gives other bytes";
    if (loaded->rows() == nullptr)
      live_ = std::move(loaded);
  }

private:
  std::unique_ptr<body> fresh() { return subject_.kind.make(metrics_.get()); }

  const subject& subject_;
  tenon::runtime::meters meters_;
  std::shared_ptr<void> metrics_;
  std::vector<blob> journal_;
  std::unique_ptr<body> live_, replayed_;
};

class actors : public testing::TestWithParam<subject> {};

TEST_P(actors, whatever_they_are_told_their_journal_gives_the_same_state) {
  auto unseen = GetParam().events;
  std::map<std::string, std::uint64_t> seeds_with;
  // What seldom happens is waited for, but not for ever.
  const auto go_on = [&](std::uint64_t seed) {
    return seed < seeds || (!unseen.empty() && seed < 10 * seeds);
  };
  for (std::uint64_t seed = 0; go_on(seed); ++seed) {
    SCOPED_TRACE(seed);
    random_values random{seed, GetParam().samples};
    random.now = moment{span{1'795'219'200'000}};
    witness seen{GetParam()};
    for (int step = 0; step < steps && !HasFatalFailure(); ++step) {
      random.now += span{random.one_in(4) ? random.below(100'000) : random.below(50)};
      if (step == steps / 2) // somebody sets the clock back
        random.now -= std::chrono::hours{5};
      seen.tell_due(random.now);
      random.note(GetParam().show_state(seen.live().save()));
      seen.tell(GetParam().any_command(random), random.now);
      if (random.one_in(10))
        seen.restart();
    }
    if (HasFatalFailure())
      return;
    std::set<std::string> happened;
    for (const auto& event : seen.journal())
      happened.insert(GetParam().name_of_event(event));
    for (const auto& event : happened) {
      unseen.erase(event);
      ++seeds_with[event];
    }
  }
  for (const auto& event : GetParam().rare)
    EXPECT_LE(seeds_with[event], seeds / 2)
        << "it happens often, and is to be taken from the table of waivers: " << event;
  EXPECT_EQ(unseen, std::set<std::string>{}) << "what never happens here is not tested here";
}

TEST_P(actors, unreadable_commands_are_malformed_and_change_nothing) {
  random_values random{1, GetParam().samples};
  witness seen{GetParam()};
  for (int i = 0; i < 200; ++i) {
    seen.tell(GetParam().any_command(random), moment{});
    const auto before = all_of(seen.live());
    std::string garbage;
    for (auto size = random.below(64); size-- > 0;)
      garbage += static_cast<char>(random.below(256));
    const auto d = seen.live().decide(blob::from(std::move(garbage)), moment{});
    ASSERT_FALSE(d.reply);
    EXPECT_EQ(d.reply.error().code, code::malformed);
    EXPECT_TRUE(d.events.empty() && d.sends.empty() && d.calls.empty());
    EXPECT_EQ(all_of(seen.live()), before);
  }
}

TEST_P(actors, damaged_commands_are_decided_or_refused_like_any_other) {
  random_values random{2, GetParam().samples};
  witness seen{GetParam()};
  for (int i = 0; i < 500 && !HasFatalFailure(); ++i) {
    auto bytes = GetParam().any_command(random).text();
    bytes[random.below(bytes.size())] ^= static_cast<char>(1u << random.below(8));
    seen.tell(blob::copy_of(bytes), moment{span{1'795'219'200'000 + i}});
  }
}

TEST_P(actors, unreadable_states_and_events_are_refused) {
  witness seen{GetParam()};
  const auto before = all_of(seen.live());
  EXPECT_FALSE(seen.live().load(blob::copy_of("no state")));
  EXPECT_FALSE(seen.live().replay(blob::copy_of("no event")));
  EXPECT_EQ(all_of(seen.live()), before);
}

TEST(actor_kinds, that_are_said_to_have_rare_events_are_there) {
  std::set<std::string> kinds;
  for (const auto& kind : tenon::actors::catalog())
    kinds.insert("happens/" + std::string{kind.name});
  for (const auto& w : tenon::tests::conformance::waivers())
    EXPECT_TRUE(!w.thing.starts_with("happens/") || kinds.contains(w.thing)) << w.thing;
}

INSTANTIATE_TEST_SUITE_P(all, actors, testing::ValuesIn(subjects()),
                         [](const auto& tested) { return std::string{tested.param.kind.name}; });

} // namespace
