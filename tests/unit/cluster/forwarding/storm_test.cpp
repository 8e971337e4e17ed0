// Nodes whose partitions move, whose connections break and who restart, at random: every message is
// answered exactly once and by its deadline, what is said of it is true, and a durable one takes
// effect exactly once.
#include "cluster/forwarding/speaking.hpp"
#include "tests/unit/cluster/forwarding/asks.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <random>
#include <set>

namespace tenon::tests {

namespace {

using forwarding::incoming;
using forwarding::outgoing;

constexpr node_id nodes = 4;
constexpr outgoing::options out_limits{.most_waiting = 20,
                                       .waiting_bytes = 1 << 20,
                                       .most_out = 8,
                                       .patience = span{300},
                                       .longest = span{3'000}};
constexpr incoming::options in_limits{.most_in_work = 6};

struct asked {
  std::string command; // names it
  node_id at = 0;
  steady_point expires;
  bool durable = false;
  bool orphan = false; // its node died
  answers got = no_answers();
};

class world {
public:
  explicit world(std::uint64_t seed) : random_{seed} {
    for (node_id n = 1; n <= nodes; ++n)
      boot(n);
    for (node_id a = 1; a <= nodes; ++a)
      for (node_id b = a + 1; b <= nodes; ++b)
        connect(a, b);
  }

  void step() {
    const auto n = any_node();
    const auto p = any_partition();
    switch (below(16)) {
    case 0:
    case 1:
    case 2:
      return ask(n, p);
    case 3:
      return ask_durable(n, p);
    case 4:
    case 5:
      return carry(n, any_node());
    case 6:
    case 7:
      return work(n);
    case 8:
    case 9:
      return turn(n);
    case 10:
      return learn(n, p);
    case 11:
      return pass(span{below(30)});
    case 12:
      if (one_in(6))
        owners_[p] = static_cast<node_id>(below(nodes + 1));
      return;
    case 13:
      if (one_in(10))
        cut(n, any_node());
      return;
    case 14:
      return connect(n, any_node());
    default:
      repeat_durable();
      if (one_in(40))
        restart(n);
    }
  }

  /// Everybody is well, until nobody waits for anything.
  void heal() {
    for (auto& owner : owners_)
      owner = owner == 0 ? any_node() : owner;
    for (int round = 0; round < 400; ++round) {
      for (node_id a = 1; a <= nodes; ++a) {
        for (partition_number p = 0; p < partitions; ++p)
          learn(a, p);
        for (node_id b = 1; b <= nodes; ++b) {
          connect(a, b);
          while (!wires_[{a, b}].empty())
            carry(a, b);
        }
        while (!nodes_[a].work.empty())
          work(a);
        turn(a);
      }
      pass(span{20});
      repeat_durable();
    }
  }

  void check_the_end() {
    for (const auto& m : messages_) {
      const auto effects = effect(m->command);
      SCOPED_TRACE(m->command + " of node " + std::to_string(m->at));
      if (m->durable) {
        EXPECT_EQ(effects, 1);
        continue;
      }
      EXPECT_LE(effects, 1);
      if (m->orphan)
        continue;
      ASSERT_EQ(m->got->size(), 1u);
      const auto told = fate(m->got);
      if (told == "answered") {
        EXPECT_EQ(effects, 1);
      } else if (told != "timed_out") {
        EXPECT_EQ(effects, 0) << told;
      }
      ++fates[told];
    }
    for (const auto& [n, each] : nodes_) {
      EXPECT_EQ(each.out->open(), 0u);
      EXPECT_EQ(each.out->held_bytes(), 0u);
      EXPECT_EQ(each.in->in_work(), 0u);
    }
  }

  std::map<std::string, int> fates;

private:
  struct job {
    identity to;
    partition_number partition = 0;
    std::unique_ptr<runtime::envelope> message;
  };
  struct node {
    int boots = 0;
    std::unique_ptr<outgoing> out;
    std::unique_ptr<incoming> in;
    std::deque<job> work; // of its host
  };
  using pair = std::pair<node_id, node_id>;

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  node_id any_node() { return static_cast<node_id>(1 + below(nodes)); }
  partition_number any_partition() { return static_cast<partition_number>(below(partitions)); }
  int effect(const std::string& command) const {
    const auto it = effects_.find(command);
    return it == effects_.end() ? 0 : it->second;
  }

  void boot(node_id n) {
    auto& each = nodes_[n];
    ++each.boots;
    each.out = std::make_unique<outgoing>(n, partitions, out_limits);
    each.in = std::make_unique<incoming>(n, partitions, in_limits);
    for (partition_number p = 0; p < partitions; ++p)
      each.out->owned(p, owners_[p]);
  }

  void restart(node_id n) {
    for (node_id other = 1; other <= nodes; ++other)
      cut(n, other);
    for (const auto& m : messages_)
      if (m->at == n && m->got->empty())
        m->orphan = true;
    for (auto& owner : owners_)
      owner = owner == n ? 0 : owner;
    auto& each = nodes_[n];
    ++each.boots; // answers of the former one go nowhere
    each.work.clear();
    const auto gone_out = std::move(each.out);
    const auto gone_in = std::move(each.in);
    boot(n);
    for (node_id other = 1; other <= nodes; ++other)
      unaware_.erase({n, other}), up_.erase({n, other});
  }

  void ask(node_id n, partition_number p) {
    const auto m = std::make_shared<asked>();
    m->command = "ask " + std::to_string(messages_.size());
    m->at = n;
    m->expires = now_ + span{1 + below(400)};
    messages_.push_back(m);
    send(n, {someone_in(p), p, message(m->got, m->command, m->expires)});
  }

  void ask_durable(node_id n, partition_number p) {
    const auto m = std::make_shared<asked>();
    m->command = "durable " + std::to_string(messages_.size());
    m->durable = true;
    m->expires = steady_point::max();
    messages_.push_back(m);
    pending_.emplace(m, p);
    send_durable(m, n, p);
  }
  void send_durable(const std::shared_ptr<asked>& m, node_id n, partition_number p) {
    m->at = n;
    m->orphan = false;
    m->got = no_answers();
    auto e = durable_message(m->got, messages_.size());
    e->command = blob::from(std::string{m->command});
    send(n, {someone_in(p), p, std::move(e)});
  }
  /// As outboxes do: what was not received goes out again, from wherever its sender lives now.
  void repeat_durable() {
    for (auto it = pending_.begin(); it != pending_.end();) {
      const auto [m, p] = *it;
      if (m->got->size() == 1 && m->got->front()) {
        it = pending_.erase(it);
        continue;
      }
      if (m->orphan || !m->got->empty())
        send_durable(m, any_node(), p);
      ++it;
    }
  }

  /// What the host of a node does with a message.
  void send(node_id n, job j) {
    if (!take(n, j))
      nodes_[n].out->take(j.partition, std::move(j.to), std::move(j.message), now_);
    execute(n);
  }
  bool take(node_id n, job& j) {
    if (owners_[j.partition] != n)
      return false;
    nodes_[n].work.push_back(std::move(j));
    return true;
  }
  void work(node_id n) {
    auto& each = nodes_[n];
    if (each.work.empty())
      return;
    const auto at = each.work.begin() + static_cast<std::ptrdiff_t>(below(each.work.size()));
    auto j = std::move(*at);
    each.work.erase(at);
    if (owners_[j.partition] != n) // it was lost before it could be written
      return send(n, std::move(j));
    const auto command = j.message->command.text();
    if (!j.message->from || effect(command) == 0)
      ++effects_[command];
    j.message->answer(blob::from(std::string{command}));
  }

  void execute(node_id n) {
    outgoing::decisions todo;
    nodes_[n].out->decided(todo);
    for (auto& each : todo.answers)
      each.to(std::move(each.with));
    for (auto& each : todo.returns)
      if (job j{each.to, each.partition, std::move(each.message)}; !take(n, j))
        nodes_[n].out->take(j.partition, std::move(j.to), std::move(j.message), now_);
  }

  void turn(node_id n) {
    auto& each = nodes_[n];
    each.out->stir(now_);
    for (node_id to = 1; to <= nodes; ++to)
      if (up_.contains({n, to}))
        forwarding::speak(*each.out, *each.in, to, now_, [&](node_id, blob frame) -> result<void> {
          if (wires_[{n, to}].size() > 3)
            return failure{code::overloaded, "full"};
          if (!unaware_.contains({n, to}))
            wires_[{n, to}].push_back(std::move(frame));
          return {};
        });
    execute(n);
    check_bounds(n);
  }

  void check_bounds(node_id n) const {
    const auto& each = nodes_.at(n);
    for (node_id to = 1; to <= nodes; ++to)
      ASSERT_LE(each.out->out(to), out_limits.most_out);
    ASSERT_LE(each.out->waiting(), out_limits.most_waiting + nodes * out_limits.most_out);
    ASSERT_LE(each.in->in_work(), nodes * in_limits.most_in_work);
  }

  void carry(node_id from, node_id to) {
    auto& wire = wires_[{from, to}];
    if (wire.empty())
      return;
    const auto frame = std::move(wire.front());
    wire.pop_front();
    auto parcel = protocols::decode<words::parcel>(frame).value();
    auto& here = nodes_[to];
    for (auto& d : here.in->arrived(from, epochs_[std::minmax(from, to)], parcel, now_)) {
      if (owners_[d.partition] != to) {
        here.in->moved(d.back, one_in(3) ? 0 : owners_[d.partition]);
        continue;
      }
      d.message->answer =
          runtime::answer_once{[this, to, boots = here.boots, back = d.back](result<blob> r) {
            if (nodes_[to].boots == boots)
              nodes_[to].in->answered(back, std::move(r));
          }};
      here.work.push_back({d.to, d.partition, std::move(d.message)});
    }
    here.out->heard(from, parcel, now_);
    execute(to);
  }

  void learn(node_id n, partition_number p) { nodes_[n].out->owned(p, owners_[p]); }

  /// The ends notice later, each for itself.
  void cut(node_id a, node_id b) {
    if (!up_.contains({a, b}) || unaware_.contains({a, b}) || unaware_.contains({b, a}))
      return;
    wires_[{a, b}].clear();
    wires_[{b, a}].clear();
    unaware_.insert({a, b});
    unaware_.insert({b, a});
  }
  void notice(node_id n, node_id other) {
    if (unaware_.erase({n, other}) == 0)
      return;
    up_.erase({n, other});
    nodes_[n].in->lost(other);
    nodes_[n].out->lost(other, false, now_);
    execute(n);
  }
  void connect(node_id a, node_id b) {
    if (a == b)
      return;
    notice(a, b);
    if (one_in(2))
      notice(b, a);
    if (unaware_.contains({b, a}) || (up_.contains({a, b}) && up_.contains({b, a})))
      return;
    ++epochs_[std::minmax(a, b)];
    for (const auto& [n, other] : {pair{a, b}, pair{b, a}}) {
      up_.insert({n, other});
      nodes_[n].out->up(other);
    }
  }

  void pass(span by) {
    now_ += by;
    for (node_id n = 1; n <= nodes; ++n) {
      nodes_[n].out->look(now_);
      execute(n);
      auto& work = nodes_[n].work;
      for (const auto& j : work) // as a cell does with what nobody waits for any more
        if (j.message->expires <= now_)
          j.message->answer(failure{code::timed_out, "it waited longer than the asker would"});
      std::erase_if(work, [this](const job& j) { return j.message->expires <= now_; });
    }
    for (const auto& m : messages_)
      if (!m->durable && !m->orphan && m->expires <= now_) {
        ASSERT_EQ(m->got->size(), 1u) << m->command;
      }
  }

  std::mt19937_64 random_;
  steady_point now_ = start;
  std::array<node_id, partitions> owners_{1, 2, 3, 4}; // the truth
  std::map<node_id, node> nodes_;
  std::map<pair, std::deque<blob>> wires_;
  std::map<pair, std::uint64_t> epochs_;
  std::set<pair> up_;      // as the first one sees it
  std::set<pair> unaware_; // the first one does not know yet that the connection is gone
  std::vector<std::shared_ptr<asked>> messages_;
  std::map<std::shared_ptr<asked>, partition_number> pending_;
  std::map<std::string, int> effects_;
};

TEST(forwarding_storm, answers_everybody_once_and_truly_and_does_what_is_durable_once) {
  std::map<std::string, int> fates;
  const auto first = std::random_device{}();
  for (std::uint64_t seed = first; seed < std::uint64_t{first} + 200 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    world w{seed};
    for (int i = 0; i < 3'000 && !HasFailure(); ++i)
      w.step();
    w.heal();
    w.check_the_end();
    for (const auto& [told, count] : w.fates)
      fates[told] += count;
  }
  for (const auto* const told : {"answered", "timed_out", "unavailable", "overloaded"})
    EXPECT_GT(fates[told], 100) << told << " hardly ever came up";
}

} // namespace

} // namespace tenon::tests
