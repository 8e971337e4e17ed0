// What a steward does each second: it looks at the council's state, follows it, and where the
// council is led has it brought about.
#include "cluster/placement/plan.hpp"
#include "nodes/cluster/steward_loop.hpp"
#include "runtime/telemetry/log.hpp"

namespace tenon::nodes::cluster {
namespace {

constexpr span between_looks = std::chrono::seconds{1};

void complain(const char* event, const failure& why) {
  runtime::log::warn(event, {{"why", why.why}, {"where", why.where}, {"remedy", why.remedy}});
}

} // namespace

void steward::loop::tick() {
  ticks_->expires_after(between_looks);
  ticks_->async_wait([weak = weak_from_this()](boost::system::error_code e) {
    const auto me = weak.lock();
    if (e || !me || !me->card_)
      return;
    me->look([me](const result<survey>& got) {
      if (got && !me->started_)
        me->say_started([](const result<council_words::told>& told) {
          if (!told)
            complain("cluster.start_refused", told.error());
        });
      if (got && me->replicas_.leads(the_council))
        me->bring_about();
      for (const auto& a : me->state_->assignments) // whoever leads the partition does the step
        if (a.step)
          me->replicas_.perform(a.partition, *a.step);
      me->renew();
      me->tick();
    });
  });
}

void steward::loop::take(const council_words::seen& got) {
  if (!got.state || got.state->id.empty() || got.state->id != card_->cluster)
    return;
  state_ = std::make_shared<membership::state>(*got.state);
  checksum_ = got.checksum;
  if (auto kept = keep_members(settings_.data, *state_); !kept)
    complain("cluster.members_not_kept", kept.error());
  set_peers();
}

void steward::loop::set_peers() {
  if (!mesh_)
    return;
  auto now = neighbours::peers_of(*state_, card_->node);
  for (const auto& [node, address] : now)
    if (const auto was = peers_.find(node); was == peers_.end() || was->second != address)
      mesh_->set_peer(std::to_string(node), address);
  for (const auto& [node, address] : peers_)
    if (!now.contains(node))
      mesh_->remove_peer(std::to_string(node));
  peers_ = std::move(now);
}

/// The council has the last word on each order; what it refuses is planned again from what is.
void steward::loop::bring_about() {
  const auto now = clock_.now();
  auto orders = placement::steps(*state_, replicas_.groups(), health_, limits_, now);
  for (auto& o : orders.ended)
    order(std::move(o));
  for (auto& o : orders.observed)
    order(std::move(o));
  for (auto& o : orders.departs)
    order(o);
  for (const auto& o : orders.begin)
    order(o);
  place(now);
}

/// What is missing is made good as soon as that can be. Evening out waits until nobody comes or
/// goes, and until there are enough nodes: single replicas stay where they are.
void steward::loop::place(moment now) {
  const auto gone = placement::gone(*state_, health_, limits_, now);
  const auto plan = placement::rebalance(*state_, {.gone = gone, .rates = {}});
  if (plan.rows.empty())
    return;
  const bool adds = std::ranges::any_of(plan.command.wishes, [this](const auto& wish) {
    return wish.wanted.size() > state_->assignments[wish.partition].wanted.size();
  });
  const bool whole = membership::under_replicated(*state_).empty();
  if (adds || !gone.empty() || (whole && health_.quiet(limits_, now)))
    order(plan.command);
}

void steward::loop::order(cluster_words::command c) {
  tell(std::move(c), [](const result<council_words::told>& told) {
    if (!told)
      runtime::log::debug("cluster.order_refused", {{"why", told.error().why}});
  });
}

void steward::loop::renew() {
  const auto who = tenon::cluster::read_certificate(card_->shown.certificate);
  if (!who || !card_->authority || clock_.now() < tenon::cluster::renewal_due(*who))
    return;
  auto fresh = renewed(*card_, clock_.now());
  if (!fresh)
    return complain("cluster.certificate_not_renewed", fresh.error());
  if (auto kept = keep(settings_.data, *fresh); !kept)
    return complain("cluster.certificate_not_renewed", kept.error());
  card_ = *std::move(fresh);
  if (auto shown = mesh_->renew(card_->shown); !shown)
    complain("cluster.certificate_not_shown", shown.error());
  if (auto shown = door_->renew(card_->shown); !shown)
    complain("cluster.certificate_not_shown", shown.error());
}

} // namespace tenon::nodes::cluster
