// Random commands, most of them foolish, against a model of a page: who is a member, which tokens
// are open, which level is spoken. Whatever is asked, the state stays one that can be.
#include "tests/unit/cluster/members.hpp"

#include <map>
#include <random>
#include <set>

namespace tenon::tests {

namespace {

class history {
public:
  explicit history(std::uint64_t seed) : random_{seed} {
    m_.init(static_cast<std::uint16_t>(1 + pick(8)), 3);
    names_["n1"] = 1;
    ever_.insert(1);
  }

  void step() {
    m_.now += span{pick(600'000)};
    const auto c = any();
    const auto before = m_.state;
    const auto seen = m_.seen;
    const auto decided = m_.ask(c);
    if (!decided) {
      ASSERT_EQ(m_.state, before);
      ASSERT_FALSE(decided.error().why.empty());
      return;
    }
    std::visit([&](const auto& what) { obeyed(what, *decided, seen); }, c);
    ASSERT_GE(m_.state.feature_level, before.feature_level);
    ASSERT_GE(m_.state.next_node, before.next_node);
    for (const auto& [name, id] : names_) {
      const auto* n = membership::find_member(m_.state, name);
      ASSERT_NE(n, nullptr) << name;
      ASSERT_EQ(n->id, id);
    }
    const auto again = membership::decide(m_.state, c, seen, m_.now);
    if (again && !std::holds_alternative<words::raise>(c)) {
      ASSERT_TRUE(again->events.empty() || !decided->events.empty());
    }
  }

private:
  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }
  membership::node_id any_node() { return 1 + pick(m_.state.next_node); }
  std::uint16_t any_partition() {
    return static_cast<std::uint16_t>(
        pick(static_cast<std::uint32_t>(m_.state.assignments.size()) + 1));
  }
  membership::node_ids any_nodes() {
    std::set<membership::node_id> some;
    for (auto left = pick(5); left > 0; --left)
      some.insert(any_node());
    return {some.begin(), some.end()};
  }

  words::node any_joiner() {
    auto n = described("n" + std::to_string(1 + pick(12)), 1 + pick(100));
    n.worker = pick(5) != 0;
    n.speaks_from = 1 + pick(2);
    n.speaks_to = n.speaks_from + pick(3);
    return n;
  }

  membership::command any() {
    const auto node = any_node();
    switch (pick(20)) {
    case 0:
      return words::issue_token{token_hash(pick(40)), std::chrono::hours{1 + pick(200)}};
    case 1:
    case 2:
    case 3:
      return words::join{pick(9) ? "prod" : "test", token_hash(pick(40)), any_joiner(),
                         pick(3) == 0};
    case 4:
    case 5: {
      const auto n = any_joiner();
      return words::start{pick(9) ? m_.state.id : "other",
                          node,
                          n.boot_id,
                          n.addresses,
                          n.version,
                          n.speaks_from,
                          n.speaks_to};
    }
    case 6:
      return words::drain{node};
    case 7:
      return words::resume{node};
    case 8:
      return words::leave{node};
    case 9:
      return words::depart{node};
    case 10:
      return words::remove{node};
    case 11:
      return words::set_factor{pick(7)};
    case 12:
      return words::raise{pick(5)};
    case 13: {
      const auto wanted = any_nodes();
      words::place plan;
      plan.wishes.push_back({any_partition(), wanted, wanted.empty() ? 0 : wanted.back()});
      return plan;
    }
    case 14:
      return words::move{any_partition(), node, any_node()};
    case 15:
      return words::begin_step{any_partition(), static_cast<words::act>(pick(5)), node};
    case 16:
      return words::end_step{any_partition(), pick(2) == 0, any_nodes(), {}};
    case 17:
      return words::observe{any_partition(), any_nodes(), any_nodes()};
    case 18:
      m_.hear(node);
      return words::unpin{any_partition()};
    default:
      m_.miss(node);
      return words::set_zone{node, std::string(1, static_cast<char>('a' + pick(4)))};
    }
  }

  template <class Other>
  void obeyed(const Other&, const membership::decided&, const membership::sight&) {}

  void obeyed(const words::join& j, const membership::decided& d, const membership::sight& seen) {
    if (d.events.empty())
      return; // answered again
    ASSERT_TRUE(used_.insert(j.token_hash.text()).second ||
                issued_again_.contains(j.token_hash.text()));
    ASSERT_TRUE(ever_.insert(d.node).second) << "number " << d.node << " was given twice";
    if (const auto there = names_.find(j.node.name); there != names_.end()) {
      ASSERT_TRUE(j.replaces);
      ASSERT_FALSE(seen.hears(there->second));
    }
    names_[j.node.name] = d.node;
    issued_again_.erase(j.token_hash.text());
  }

  void obeyed(const words::issue_token& t, const membership::decided&, const membership::sight&) {
    if (used_.contains(t.hash.text()))
      issued_again_.insert(t.hash.text()); // forgotten a week after it expired
  }

  void obeyed(const words::remove& r, const membership::decided& d, const membership::sight& seen) {
    if (d.events.empty())
      return;
    ASSERT_FALSE(seen.hears(r.node));
    for (const auto& a : m_.state.assignments)
      if (membership::contains(a.voters, r.node)) {
        ASSERT_GE(membership::heard(a.voters, seen), membership::majority(a.voters.size()));
      }
    forget(r.node);
  }

  void obeyed(const words::depart& l, const membership::decided&, const membership::sight&) {
    forget(l.node);
  }

  void forget(membership::node_id id) {
    std::erase_if(names_, [&](const auto& named) { return named.second == id; });
  }

  std::mt19937_64 random_;
  members m_;
  std::map<std::string, membership::node_id> names_;
  std::set<membership::node_id> ever_;
  std::set<std::string> used_;
  std::set<std::string> issued_again_;
};

TEST(membership, stays_possible_whatever_is_asked) {
  const std::uint64_t first = std::random_device{}();
  for (std::uint64_t seed = first; seed < first + 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    history h{seed};
    for (int i = 0; i < 1500 && !testing::Test::HasFatalFailure(); ++i)
      h.step();
    if (testing::Test::HasFatalFailure())
      return;
  }
}

} // namespace

} // namespace tenon::tests
