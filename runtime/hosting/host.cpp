#include "runtime/hosting/host.hpp"

#include "runtime/telemetry/log.hpp"

#include <caf/actor_config.hpp>
#include <caf/make_actor.hpp>

#include <algorithm>

namespace tenon::runtime {
namespace {

// Locks of the directory; with more partitions than these each has one.
constexpr std::size_t shards_at_least = 64;

failure not_here(const identity& id) {
  return {code::unavailable,
          "another node owns the partition of " + to_string(id),
          {},
          "Ask that node.",
          span{200}};
}

} // namespace

cell_metrics::cell_metrics(meters& m, std::string_view kind)
    : commands{m.count("tenon_actor_commands_total", "Commands decided.",
                       {{"kind", std::string{kind}}})},
      refusals{m.count("tenon_actor_refusals_total", "Commands refused by the actor's decision.",
                       {{"kind", std::string{kind}}})},
      crashes{m.count("tenon_actor_crashes_total", "Times an actor of the kind crashed.",
                      {{"kind", std::string{kind}}})},
      queue_seconds{m.spread("tenon_actor_queue_seconds",
                             "Time in the mailbox, of the oldest command of each batch.",
                             meters::latency_bounds(), {{"kind", std::string{kind}}})},
      journal_seconds{m.spread("tenon_actor_journal_seconds", "From decision to durable.",
                               meters::latency_bounds(), {{"kind", std::string{kind}}})} {}

host::host(caf::actor_system& system, const catalog& kinds, journal& j, state& s,
           const runtime::seal& seal, const clock& c, meters& m, host_options o)
    : system_{system}, journal_{j}, seal_{seal}, state_{s, seal,
                                                        [this](std::string_view kind) {
                                                          const auto it = kinds_.find(kind);
                                                          return it != kinds_.end() &&
                                                                 it->second.kind->secret;
                                                        }},
      clock_{c}, options_{o}, shards_each_{std::max<std::size_t>(1,
                                                                 shards_at_least / j.partitions())},
      shards_(shards_each_ * j.partitions()),
      following_{
          {j, state_, seal,
           [this](std::string_view kind) {
             const auto it = kinds_.find(kind);
             return it == kinds_.end()
                        ? following::known_kind{}
                        : following::known_kind{it->second.kind, it->second.metrics.get()};
           },
           [this](partition_number p, std::uint64_t changes, const std::function<void()>& store) {
             const std::lock_guard hold{partitions_[p]->guard};
             if (partitions_[p]->changes != changes)
               return false;
             store();
             return true;
           }},
          o.following_limits},
      supervisors_{o.supervision, o.escalation}, messages_{m.count("tenon_messages_total",
                                                                   "Messages sent to actors.")},
      loaded_gauge_{m.level("tenon_actors_loaded", "Actors in memory.")}, alarms_{c},
      handing_over_{c}, catching_up_{c} {
  for (const auto& k : kinds) {
    auto& hosted = kinds_[std::string{k.name}];
    hosted.kind = &k;
    hosted.metrics = k.make_metrics(m);
    hosted.measured = std::make_unique<cell_metrics>(m, k.name);
    hosted.number = kinds_.size() - 1;
  }
  for (partition_number p = 0; p < j.partitions(); ++p)
    partitions_.push_back(std::make_unique<partition>());
}

host::~host() {
  stop();
}

void host::add(std::string effect, std::unique_ptr<performer> p) {
  performers_.insert_or_assign(std::move(effect), std::move(p));
}

void host::reach(elsewhere& others) {
  elsewhere_ = &others;
}

cell& host::as_cell(const cell_ref& ref) {
  return static_cast<cell&>(*static_cast<caf::local_actor*>(ref->get()));
}

partition_number host::partition_of(const identity& id) const {
  return static_cast<partition_number>(placement_of(id) % journal_.partitions());
}

host::holding& host::holding_of(const cell& c) {
  return static_cast<holding&>(c.where().tenure);
}

std::uint64_t host::term_of(partition_number p) const {
  const auto owned = held(p, false);
  return owned ? owned->term : 0;
}

std::span<host::shard> host::shards_of(partition_number p) {
  return std::span{shards_}.subspan(p * shards_each_, shards_each_);
}

host::shard& host::shard_of(const identity& id) {
  return shards_of(partition_of(id))[std::hash<identity>{}(id) % shards_each_];
}

host::cell_ref host::find(const identity& id) {
  auto& s = shard_of(id);
  const std::shared_lock hold{s.guard};
  const auto it = s.cells.find(id);
  return it == s.cells.end() ? nullptr : it->second;
}

result<host::cell_ref> host::find_or_wake(const identity& id) {
  if (auto found = find(id))
    return found;
  if (auto ok = check(id); !ok)
    return std::move(ok).error();
  auto& s = shard_of(id);
  const std::unique_lock hold{s.guard};
  if (stopping_) // under the guard: whoever stops the node looks at the shard afterwards
    return failure{code::unavailable, "the node is stopping", {}, "Ask again.", span{1000}};
  if (!s.open)
    return cell_ref{};
  const auto kind = kinds_.find(id.kind);
  if (kind == kinds_.end())
    return failure{code::not_found, "there is no kind of actor called " + id.kind, "kind"};
  auto& place = s.cells[id];
  if (!place) {
    caf::actor_config config;
    std::shared_ptr<const cell::seat> seat{s.open, &s.open->seats[kind->second.number]};
    place = caf::make_actor<cell, cell_ref>(system_.next_actor_id(), system_.node(), &system_,
                                            config, std::move(seat), id);
    as_cell(place).launch(nullptr, true, false);
    const std::lock_guard counting{leaving_guard_};
    ++cells_;
  }
  return place;
}

bool host::erase(cell& c) {
  auto& s = shard_of(c.who());
  const std::unique_lock hold{s.guard};
  const auto it = s.cells.find(c.who());
  if (it == s.cells.end() || &as_cell(it->second) != &c)
    return false;
  s.cells.erase(it);
  return true;
}

void host::left(cell& c) {
  erase(c);
  const std::lock_guard counting{leaving_guard_};
  --cells_;
  one_left_.notify_all();
}

bool host::take(const identity& to, std::unique_ptr<envelope>& e) {
  const auto refuse = [&e](failure why) {
    e->answer(std::move(why));
    e = nullptr;
    return true;
  };
  const bool bounded = e->settles == 0;
  for (;;) {
    const auto found = find_or_wake(to);
    if (!found)
      return refuse(found.error());
    if (!*found) {
      const auto admitted = wait_for_recovery(to, e);
      if (admitted == admission::open)
        continue;
      return admitted == admission::taken;
    }
    switch (as_cell(*found).deliver(e, bounded)) {
    case cell::delivery::taken:
      return true;
    case cell::delivery::full:
      return refuse({code::overloaded,
                     "the mailbox of " + to_string(to) + " is full",
                     {},
                     "Repeat later.",
                     span{100}});
    case cell::delivery::left:
      // It closed its mailbox and is about to leave the directory: the next one takes the message.
      erase(as_cell(*found));
    }
  }
}

void host::pass_on(const identity& to, std::unique_ptr<envelope> e) {
  if (take(to, e))
    return;
  if (elsewhere_)
    return elsewhere_->send(to, std::move(e));
  e->answer(failure{code::unavailable,
                    "this node does not own partition " + std::to_string(partition_of(to)),
                    to_string(to), "Ask again, or another node.", span{200}});
}

void host::send(const identity& to, std::unique_ptr<envelope> e) {
  messages_.Increment();
  pass_on(to, std::move(e));
}

void host::ask(const identity& to, blob command, answer_once answer, span patience) {
  auto e = std::make_unique<envelope>();
  e->command = std::move(command);
  e->answer = std::move(answer);
  e->trace = current_trace();
  e->expires =
      std::chrono::steady_clock::now() + (patience > span{0} ? patience : options_.ask_timeout);
  send(to, std::move(e));
}

void host::perform(effect e) {
  const auto it = performers_.find(e.name);
  must(it != performers_.end(), "an actor asked for an effect that nobody performs");
  const auto by = e.by;
  const auto number = e.number;
  const auto trace = e.trace;
  const trace_scope working{trace};
  it->second->perform(std::move(e), [this, by, number, trace](blob outcome) {
    auto back = std::make_unique<envelope>();
    back->command = std::move(outcome);
    back->settles = number;
    back->trace = trace;
    send(by, std::move(back));
  });
}

void host::wake_at(cell& c, moment when) {
  alarms_.at(when, [ref = cell_ref{c.ctrl()}] { as_cell(ref).attend(attention::clock); });
}

void host::wake_after(cell& c, span delay) {
  alarms_.after(delay, [ref = cell_ref{c.ctrl()}] { as_cell(ref).attend(attention::clock); });
}

moment host::steadily() const {
  return moment{std::chrono::duration_cast<span>(clock_.steady().time_since_epoch())};
}

after_crash host::crashed(const identity& id, std::string_view) {
  using scope = supervision::tree::scope;
  supervision::tree::decision d;
  {
    const std::lock_guard hold{supervision_guard_};
    d = supervisors_.crashed(id, steadily(), std::uniform_real_distribution{}(random_));
  }
  if (d.scope == scope::nobody)
    log::error("actor.quarantined", {{"actor", to_string(id)}});
  if (d.scope == scope::placement) {
    const auto placement = supervision::placement_name(id);
    log::error("placement.restarted", {{"placement", placement}, {"actor", to_string(id)}});
    for (const auto& s : shards_) {
      const std::shared_lock hold{s.guard};
      for (const auto& [other, ref] : s.cells)
        if (other != id && supervision::placement_name(other) == placement)
          as_cell(ref).tell([after = d.after](cell& c) { c.begin_anew(after); });
    }
  }
  return {d.scope != scope::nobody, d.after};
}

std::uint32_t host::restarts_left(const identity& id) const {
  const std::lock_guard hold{supervision_guard_};
  return supervisors_.restarts_left(id, steadily());
}

std::size_t host::loaded_count() const {
  std::size_t n = 0;
  for (const auto& s : shards_) {
    const std::shared_lock hold{s.guard};
    n += s.cells.size();
  }
  return n;
}

std::vector<actor_view> host::loaded(std::string_view tenant, std::size_t limit) const {
  std::vector<actor_view> views;
  for (const auto& s : shards_) {
    const std::shared_lock hold{s.guard};
    for (const auto& [id, ref] : s.cells) {
      if (views.size() >= limit || (!tenant.empty() && id.tenant != tenant))
        continue;
      const auto& c = as_cell(ref);
      views.push_back({id, c.phase(), c.where().tenure.partition, c.waiting(), c.decided_commands(),
                       c.crash_count(), restarts_left(id)});
    }
  }
  std::ranges::sort(views, {}, &actor_view::id);
  return views;
}

void host::inspect(const identity& id, std::function<void(result<value>)> done) {
  const auto found = find_or_wake(id);
  if (!found)
    return done(found.error());
  if (!*found)
    return done(not_here(id));
  const failure gone{code::unavailable, "the actor just left memory", {}, "Ask again.", span{100}};
  const auto look = [done, gone](cell& c) {
    c.where().tenure.over() ? done(gone) : done(c.inspect());
  };
  if (!as_cell(*found).tell(look))
    done(gone);
}

result<void> host::operate(const identity& id, operation what) {
  const auto found = find_or_wake(id);
  if (!found)
    return found.error();
  if (!*found)
    return not_here(id);
  auto& c = as_cell(*found);
  switch (what) {
  case operation::suspend:
    c.tell([](cell& own) { own.suspend(); });
    break;
  case operation::resume:
    c.tell([](cell& own) { own.unsuspend(); });
    break;
  case operation::restart:
    c.tell([](cell& own) { own.restart(); });
    break;
  case operation::passivate:
    c.attend(attention::passivate);
    break;
  }
  return {};
}

} // namespace tenon::runtime
