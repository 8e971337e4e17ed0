#include "actors/sync/turns/turns.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace {

using namespace std::chrono_literals;
using tenon::identity;
using tenon::actors::turns;
using priority = turns::priority;

constexpr turns::time_point beginning{1h};

identity sync(const std::string& name, const std::string& tenant = "acme") {
  return {tenant, "sync", name};
}

std::vector<std::string> all_begin(turns& t, turns::time_point now = beginning) {
  std::vector<std::string> names;
  while (const auto one = t.next(now))
    names.push_back(one->sync.name);
  return names;
}

using names = std::vector<std::string>;

TEST(turns, begin_in_the_order_of_asking_as_far_as_there_are_places) {
  turns t{{.node = 2}};
  for (const auto* name : {"c", "a", "b"})
    t.ask({sync(name)}, beginning);
  EXPECT_EQ(all_begin(t), (names{"c", "a"}));
  EXPECT_EQ(t.waiting(priority::normal), 1u);
  t.give_back(sync("a"));
  EXPECT_EQ(all_begin(t), names{"b"});
}

TEST(turns, put_the_higher_priority_first_when_both_have_waited_as_long) {
  turns t{{.node = 1}};
  t.ask({sync("working")}, beginning);
  all_begin(t);
  t.ask({sync("low"), {}, priority::low}, beginning);
  t.ask({sync("normal"), {}, priority::normal}, beginning);
  t.ask({sync("high"), {}, priority::high}, beginning);
  names order;
  for (std::string at_work = "working"; order.size() < 3; at_work = order.back()) {
    t.give_back(sync(at_work));
    const auto next = t.next(beginning);
    ASSERT_TRUE(next);
    order.push_back(next->sync.name);
  }
  EXPECT_EQ(order, (names{"high", "normal", "low"}));
}

TEST(turns, let_nobody_pass_a_low_one_who_asks_later_than_the_head_start) {
  turns t{{.node = 1}};
  t.ask({sync("working")}, beginning);
  all_begin(t);
  t.ask({sync("low"), {}, priority::low}, beginning);
  const auto most = turns::head_start(priority::high);
  t.ask({sync("late"), {}, priority::high}, beginning + most + 1ms);
  t.ask({sync("early"), {}, priority::high}, beginning + most - 1ms);
  t.give_back(sync("working"));
  EXPECT_EQ(all_begin(t), names{"early"});
  t.give_back(sync("early"));
  EXPECT_EQ(all_begin(t), names{"low"});
}

TEST(turns, of_a_full_tenant_or_integration_keep_nobody_else_waiting) {
  turns t{{.node = 10, .tenant = 2}};
  t.limit("acme", "crm", 1);
  for (const auto* name : {"a", "b"})
    t.ask({sync(name), "crm"}, beginning);
  t.ask({sync("c")}, beginning);
  t.ask({sync("d")}, beginning);
  t.ask({sync("e", "other")}, beginning);
  EXPECT_EQ(all_begin(t), (names{"a", "c", "e"}));
  t.give_back(sync("c"));
  EXPECT_EQ(all_begin(t), names{"d"}); // "b" waits longer, but not for a place of the tenant's
  t.give_back(sync("a"));
  EXPECT_EQ(all_begin(t), names{"b"});
}

TEST(turns, of_an_integration_wait_until_its_limit_is_known_and_keep_to_a_new_one) {
  turns t{{}};
  for (const auto* name : {"a", "b", "c"})
    t.ask({sync(name), "crm"}, beginning);
  EXPECT_EQ(all_begin(t), names{});
  t.limit("acme", "crm", 2);
  EXPECT_EQ(all_begin(t), (names{"a", "b"}));
  t.limit("acme", "crm", 1);
  t.give_back(sync("a"));
  EXPECT_EQ(all_begin(t), names{});
  t.limit("acme", "crm", 0);
  EXPECT_EQ(all_begin(t), names{"c"});
}

TEST(turns, that_are_withdrawn_do_not_come) {
  turns t{{.node = 1}};
  for (const auto* name : {"a", "b", "c"})
    t.ask({sync(name)}, beginning);
  all_begin(t);
  EXPECT_TRUE(t.withdraw(sync("b")));
  EXPECT_FALSE(t.withdraw(sync("b")));
  EXPECT_FALSE(t.withdraw(sync("a"))) << "it is at work";
  t.give_back(sync("a"));
  EXPECT_EQ(all_begin(t), names{"c"});
}

TEST(turns, keep_their_time_when_they_are_asked_for_anew) {
  turns t{{.node = 1}};
  t.ask({sync("working")}, beginning);
  all_begin(t);
  t.ask({sync("a")}, beginning);
  t.ask({sync("b")}, beginning + 1s);
  t.ask({sync("a")}, beginning + 2s);
  EXPECT_EQ(t.waiting(priority::normal), 2u);
  t.give_back(sync("working"));
  const auto next = t.next(beginning + 3s);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->sync.name, "a");
  EXPECT_EQ(next->waited, 3s);
}

TEST(turns, of_one_sync_never_come_at_once) {
  turns t{{}};
  t.ask({sync("a")}, beginning);
  EXPECT_EQ(all_begin(t), names{"a"});
  t.ask({sync("a")}, beginning);
  EXPECT_EQ(all_begin(t), names{});
  t.give_back(sync("a"));
  EXPECT_EQ(all_begin(t), names{"a"});
}

TEST(turns, are_wanted_only_by_whom_giving_them_back_would_help) {
  turns t{{.node = 3, .tenant = 2}};
  t.limit("acme", "crm", 1);
  t.ask({sync("a"), "crm"}, beginning);
  t.ask({sync("b", "other")}, beginning);
  all_begin(t);
  t.ask({sync("c"), "crm"}, beginning);
  EXPECT_TRUE(t.is_wanted(sync("a")));
  EXPECT_FALSE(t.is_wanted(sync("b", "other")));
  t.withdraw(sync("c"));
  EXPECT_FALSE(t.is_wanted(sync("a")));
  t.ask({sync("d")}, beginning);
  t.ask({sync("e")}, beginning); // the tenant is full
  all_begin(t);
  EXPECT_TRUE(t.is_wanted(sync("a")));
  EXPECT_TRUE(t.is_wanted(sync("d")));
  EXPECT_FALSE(t.is_wanted(sync("b", "other")));
  t.ask({sync("f", "third")}, beginning); // the node is full
  EXPECT_TRUE(t.is_wanted(sync("b", "other")));
}

TEST(turns, give_a_low_one_nearly_two_pages_a_minute_however_many_high_ones_there_are) {
  turns t{{.node = 4}};
  const auto page = 100ms;
  std::vector<identity> at_work;
  t.ask({sync("low"), {}, priority::low}, beginning);
  for (int i = 0; i < 40; ++i)
    t.ask({sync("high" + std::to_string(i)), {}, priority::high}, beginning);
  int low = 0;
  auto longest = turns::time_point::duration{0};
  for (auto now = beginning; now < beginning + 5min; now += page) {
    for (const auto& id : at_work) {
      t.give_back(id);
      t.ask({id, {}, id.name == "low" ? priority::low : priority::high}, now);
    }
    at_work.clear();
    while (const auto one = t.next(now)) {
      at_work.push_back(one->sync);
      if (one->priority != priority::low)
        continue;
      ++low;
      longest = std::max(longest, one->waited);
    }
  }
  EXPECT_GE(low, 9);
  EXPECT_LE(longest, turns::head_start(priority::high) + 41 * page / 4 + page);
}

/// All that was asked for, kept in the simplest way, and what it says of every beginning.
class simply {
public:
  struct waiting {
    turns::request wanted;
    turns::time_point asked;
  };
  std::map<identity, waiting> waits;
  std::map<identity, std::string> works; // and for which integration
  std::map<std::pair<std::string, std::string>, std::size_t> limits;
  turns::limits most;

  bool may_begin(const turns::request& r) const {
    std::size_t of_tenant = 0, of_integration = 0;
    for (const auto& [id, integration] : works) {
      of_tenant += id.tenant == r.sync.tenant;
      of_integration += id.tenant == r.sync.tenant && integration == r.integration;
    }
    const auto limit = limits.find({r.sync.tenant, r.integration});
    const bool known = r.integration.empty() || limit != limits.end();
    const auto own = r.integration.empty() || !known ? 0 : limit->second;
    return !works.contains(r.sync) && works.size() < most.node && known &&
           (most.tenant == 0 || of_tenant < most.tenant) && (own == 0 || of_integration < own);
  }
  static turns::time_point worth(const waiting& w) {
    return w.asked - turns::head_start(w.wanted.priority);
  }
};

TEST(turns, keep_every_limit_starve_nobody_and_rest_never_whatever_happens) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    const auto below = [&](std::uint32_t n) { return random() % n; };
    simply plain;
    plain.most = {.node = 1 + below(6), .tenant = below(4)};
    turns t{plain.most};
    auto now = beginning;
    std::size_t begun = 0;
    for (int step = 0; step < 2000; ++step) {
      now += std::chrono::milliseconds{below(4000)};
      const auto who =
          sync(std::string(1, static_cast<char>('a' + below(12))), below(2) ? "acme" : "other");
      switch (below(6)) {
      case 0:
      case 1:
      case 2: {
        const turns::request wanted{who,
                                    below(2)   ? ""
                                    : below(2) ? "crm"
                                               : "shop",
                                    static_cast<priority>(below(3))};
        t.ask(wanted, now);
        auto& w = plain.waits[who];
        if (w.wanted.sync.name.empty())
          w.asked = now;
        w.wanted = wanted;
        break;
      }
      case 3:
        EXPECT_EQ(t.withdraw(who), plain.waits.erase(who) > 0);
        break;
      case 4:
        if (!plain.works.empty()) {
          const auto one =
              std::next(plain.works.begin(), below(static_cast<std::uint32_t>(plain.works.size())));
          t.give_back(one->first);
          plain.works.erase(one);
        }
        break;
      default: {
        const auto most = below(3);
        const std::string integration = below(2) ? "crm" : "shop";
        t.limit(who.tenant, integration, most);
        plain.limits[{who.tenant, integration}] = most;
      }
      }
      while (const auto one = t.next(now)) {
        ++begun;
        const auto it = plain.waits.find(one->sync);
        ASSERT_NE(it, plain.waits.end()) << "nobody asked for it";
        ASSERT_TRUE(plain.may_begin(it->second.wanted)) << "a limit is exceeded";
        EXPECT_EQ(one->waited, now - it->second.asked);
        for (const auto& [id, other] : plain.waits)
          if (plain.may_begin(other.wanted)) {
            ASSERT_LE(simply::worth(it->second), simply::worth(other)) << "it is not its turn";
            // Nobody is passed by whoever asks later than the greatest head start.
            ASSERT_LE(it->second.asked - other.asked, turns::head_start(priority::high));
          }
        plain.works[one->sync] = it->second.wanted.integration;
        plain.waits.erase(it);
      }
      for (const auto& [id, other] : plain.waits)
        ASSERT_FALSE(plain.may_begin(other.wanted)) << id.name << " could be at work";
      std::array<std::size_t, 3> waiting{};
      for (const auto& [id, other] : plain.waits)
        ++waiting[static_cast<std::size_t>(other.wanted.priority)];
      for (std::size_t p = 0; p < 3; ++p)
        ASSERT_EQ(t.waiting(static_cast<priority>(p)), waiting[p]);
      ASSERT_EQ(t.at_work(), plain.works.size());
    }
    EXPECT_GT(begun, 100u);
  }
}

} // namespace
