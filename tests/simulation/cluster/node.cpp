#include "tests/simulation/cluster/node.hpp"

#include "tests/simulation/cluster/world.hpp"

namespace tenon::tests::simulation {

result<std::vector<raft::entry>> hosted_group::read(std::uint64_t from, std::uint64_t to,
                                                    std::size_t bytes) {
  std::vector<raft::entry> found;
  for (std::size_t size = 0; from < to && size < bytes; ++from) {
    const auto* e = log.at(from);
    if (!e)
      break;
    found.push_back(*e);
    size += e->bytes.size();
  }
  return found;
}

node::node(world& in, raft::node_id id, std::size_t groups) : world_{in}, id_{id}, disk_{groups} {}

void node::start() {
  ++life;
  syncing_ = false;
  tick_at_ = 0;
  for (std::uint16_t g = 0; g < disk_.durable.size(); ++g) {
    auto& hosted = *groups_.emplace_back(std::make_unique<hosted_group>(disk_.durable[g]));
    auto chosen = world_.chosen;
    chosen.seed = static_cast<std::uint32_t>(world_.chance.draw());
    hosted.group =
        std::make_unique<raft::group>(id_, chosen, hosted.log.kept, world_.now(), hosted);
  }
  for (std::uint16_t g = 0; g < groups_.size(); ++g)
    perform(g);
}

void node::crash(std::size_t reached) {
  disk_.crash(reached);
  groups_.clear();
  ++life;
}

void node::receive(std::uint16_t group, raft::node_id from, std::uint64_t epoch,
                   const raft::message& m) {
  at(group).receive(from, epoch, m, world_.now());
  perform(group);
}

void node::lost(raft::node_id peer) {
  for (std::uint16_t g = 0; g < groups_.size(); ++g) {
    at(g).lost(peer, world_.now());
    perform(g);
  }
}

void node::tick() {
  for (std::uint16_t g = 0; g < groups_.size(); ++g)
    if (at(g).due() <= world_.now()) {
      at(g).tick(world_.now());
      perform(g);
    }
  schedule_tick();
}

void node::schedule_tick() {
  auto earliest = world_.time + 1000;
  for (const auto& hosted : groups_)
    earliest = std::min(earliest, static_cast<std::uint64_t>(hosted->group->due().count()));
  earliest = std::max(earliest, world_.time + 1);
  if (tick_at_ > world_.time && tick_at_ <= earliest)
    return;
  tick_at_ = earliest;
  world_.at_node(id_, earliest - world_.time, [this, earliest] {
    if (tick_at_ == earliest)
      tick();
  });
}

void node::write(std::uint16_t group, std::uint64_t number, std::uint64_t key) {
  const auto index = at(group).submit({command{number, key}.bytes()}, world_.now());
  if (index)
    hosted(group).writes[*index] = {number, key, at(group).standing().term,
                                    world_.checks.floor(group, key)};
  perform(group);
}

void node::read(std::uint16_t group, std::uint64_t token, std::uint64_t key) {
  auto& hosted = this->hosted(group);
  const read_under_way asked{key, world_.checks.floor(group, key)};
  if (world_.mistake == mistake::read_without_asking) {
    if (at(group).standing().part == raft::part::leader)
      world_.checks.reads(group, key, asked.floor, hosted.state.read(key));
    return;
  }
  if (at(group).read(token, world_.now()))
    hosted.reads[token] = asked;
  perform(group);
}

void node::save(std::uint16_t group) {
  auto& hosted = this->hosted(group);
  const auto wrong = world_.mistake == mistake::state_wrongly_stamped ? 1u : 0u;
  const auto stamp = at(group).stamp_at(hosted.state.applied - wrong);
  const auto held = disk_.durable[group].kept.state;
  if (hosted.saving || !stamp || (held && stamp->index <= held->index))
    return;
  hosted.saving = true;
  queue(
      group,
      [at = *stamp, state = hosted.state](stored_group& to) {
        if (to.kept.state && to.kept.state->index >= at.index)
          return; // a newer one was installed meanwhile
        to.kept.state = at;
        to.state = state;
      },
      [this, group, at = *stamp] {
        this->hosted(group).saving = false;
        this->at(group).saved(at, world_.trailing, world_.now());
      });
}

void node::perform(std::uint16_t group) {
  auto& hosted = this->hosted(group);
  auto todo = hosted.group->take();
  for (const auto& w : todo.writes)
    w.installed ? install(group, w) : keep(group, w);
  for (const auto& m : todo.messages)
    world_.send(group, id_, m);
  if (todo.standing && todo.standing->part == raft::part::leader)
    world_.checks.leads(group, todo.standing->term, id_);
  if (todo.standing && todo.standing->part != raft::part::leader)
    hosted.writes.clear(); // nobody knows what becomes of them
  if (todo.fetch)
    fetch(group, *todo.fetch);
  if (todo.forgotten) {
    hosted.log.forget(*todo.forgotten);
    queue(group, [through = *todo.forgotten](stored_group& to) { to.forget(through); }, {});
  }
  apply(group, todo.committed);
  for (const auto token : todo.refused_reads)
    hosted.reads.erase(token);
  for (const auto& allowed : todo.reads)
    if (const auto at = hosted.reads.find(allowed.token); at != hosted.reads.end())
      at->second.index = allowed.index;
  answer_reads(group);
  schedule_tick();
}

void node::keep(std::uint16_t group, const raft::write& w) {
  if (w.ballot && w.ballot->vote && w.ballot->vote != id_ && std::exchange(dies_voting, false))
    world_.at_node(id_, 0, [this] {
      crash(0);
      world_.after(world_.chance.between(1, 10), [this] {
        if (!is_up())
          start();
      });
    });
  hosted(group).log.keep(w);
  queue(
      group, [w](stored_group& to) { to.keep(w); },
      [this, group, number = w.number] { at(group).written(number, world_.now()); });
  if (world_.mistake == mistake::reported_before_synced)
    world_.at_node(id_, 0, [this, group, number = w.number] {
      at(group).written(number, world_.now());
      perform(group);
    });
}

void node::install(std::uint16_t group, const raft::write& w) {
  auto& hosted = this->hosted(group);
  auto fetched = hosted.fetched.value_or(machine{});
  fetched.applied = w.installed->index;
  hosted.log.install(*w.installed, fetched);
  queue(
      group, [w, fetched](stored_group& to) { to.install(*w.installed, fetched); },
      [this, group, number = w.number, fetched] {
        this->hosted(group).state = fetched;
        at(group).written(number, world_.now());
      });
}

void node::queue(std::uint16_t group, disk::change make, std::function<void()> done) {
  disk_.queue.push_back({group, std::move(make), std::move(done)});
  if (!syncing_)
    begin_sync();
}

void node::begin_sync() {
  syncing_ = true;
  const auto slow = world_.time < slow_until;
  const auto length = slow ? world_.chance.between(50, 400) : world_.chance.between(1, 6);
  world_.at_node(id_, length, [this, count = disk_.queue.size()] {
    disk_.sync(count);
    syncing_ = false;
    if (!disk_.queue.empty())
      begin_sync();
    for (std::uint16_t g = 0; g < groups_.size(); ++g)
      perform(g);
  });
}

void node::apply(std::uint16_t group, std::uint64_t through) {
  auto& hosted = this->hosted(group);
  while (hosted.state.applied < through) {
    const auto index = hosted.state.applied + 1;
    const auto* e = hosted.log.at(index);
    if (!e)
      return; // a state that is being installed takes its place
    hosted.state.apply(index, *e);
    world_.checks.applies(group, index, *e, hosted.state.history);
    const auto waiting = hosted.writes.find(index);
    if (waiting == hosted.writes.end())
      continue;
    const auto w = waiting->second;
    hosted.writes.erase(waiting);
    const auto c = command::of(*e);
    if (e->term != w.term || !c || c->number != w.number)
      continue;
    world_.checks.acknowledges(group, index, digest_of(*e));
    world_.checks.writes(group, w.key, w.floor, index);
  }
}

void node::answer_reads(std::uint16_t group) {
  auto& hosted = this->hosted(group);
  std::erase_if(hosted.reads, [&](const auto& waiting) {
    const auto& [token, r] = waiting;
    if (!r.index || hosted.state.applied < r.index)
      return false;
    world_.checks.reads(group, r.key, r.floor, hosted.state.read(r.key));
    return true;
  });
}

void node::fetch(std::uint16_t group, const raft::fetch& wanted) {
  world_.at_node(id_, world_.chance.between(5, 60), [this, group, wanted] {
    auto& from = world_.of(wanted.from);
    const auto& there = from.disk().durable[group];
    if (from.is_up() && !world_.is_cut(wanted.from, id_) && there.kept.state &&
        there.kept.state->index >= wanted.stamp.index && !world_.chance.of_hundred(10)) {
      hosted(group).fetched = there.state;
      ++world_.fetches;
      at(group).fetched(*there.kept.state, world_.now());
    } else {
      at(group).not_fetched();
    }
    perform(group);
  });
}

} // namespace tenon::tests::simulation
