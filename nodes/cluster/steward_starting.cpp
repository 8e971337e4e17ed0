// How a steward becomes what the data directory says: it finds the council, says that it has
// started, and opens the network.
#include "nodes/cluster/steward_loop.hpp"
#include "runtime/telemetry/log.hpp"

namespace tenon::nodes::cluster {
namespace {

constexpr span between_starts{300};
constexpr span time_to_lead{300};
constexpr span between_glances{10};

} // namespace

void steward::loop::begin(answer<void> next) {
  auto kept = kept_card(settings_.data, clock_.now());
  if (!kept && kept.error().code == code::not_found)
    return next({});
  if (!kept)
    return next(std::move(kept).error());
  if (settings_.host.empty())
    return next(failure{
        code::malformed, "this node is a member of a cluster, and was given no address for it",
        "--cluster-address", "Give it a host:port of this machine that the others can reach."});
  card_ = *std::move(kept);
  if (auto members = kept_members(settings_.data))
    state_ = std::make_shared<membership::state>(*std::move(members));
  else if (members.error().code != code::not_found)
    runtime::log::warn("cluster.members_forgotten", {{"why", members.error().why}});
  find_council(clock_.steady() + time_to_lead, std::move(next));
}

/// Who leads it alone does so a moment after the start, and nobody else could answer.
void steward::loop::find_council(std::chrono::steady_clock::time_point until, answer<void> next) {
  if (replicas_.leads(the_council) || clock_.steady() >= until)
    return start_again(clock_.steady() + settings_.settling, std::move(next));
  ticks_->expires_after(between_glances);
  ticks_->async_wait([me = shared_from_this(), until,
                      next = std::move(next)](boost::system::error_code e) mutable {
    if (!e)
      me->find_council(until, std::move(next));
  });
}

/// Another process may have been this node a moment ago, and be heard still.
void steward::loop::start_again(std::chrono::steady_clock::time_point until, answer<void> next) {
  ask_for<council_words::seen>(council_words::look{}, [me = shared_from_this(), until,
                                                       next = std::move(next)](
                                                          result<council_words::seen> got) mutable {
    if (got && got->state && got->state->id.empty() && me->card_->node == founder) {
      // Ended between keeping who it is and being it.
      runtime::log::warn("cluster.unfinished", {{"cluster", me->card_->cluster}});
      me->card_.reset();
      drop_card(me->settings_.data);
      return next({});
    }
    if (got)
      me->take(*got);
    me->say_started([me, until, next = std::move(next)](result<council_words::told> told) {
      const bool silent =
          !told && (told.error().code == code::unavailable || told.error().code == code::timed_out);
      if (told || silent) {
        auto opened = me->open_network();
        if (opened)
          me->tick();
        return next(std::move(opened));
      }
      if (told.error().code != code::conflict || me->clock_.steady() >= until)
        return next(std::move(told).error());
      me->ticks_->expires_after(between_starts);
      me->ticks_->async_wait([me, until, next](boost::system::error_code e) {
        if (!e)
          me->start_again(until, next);
      });
    });
  });
}

void steward::loop::say_started(answer<council_words::told> next) {
  tell(cluster_words::start{card_->cluster,
                            card_->node,
                            settings_.boot,
                            {settings_.advertised},
                            settings_.version,
                            oldest_features,
                            newest_features},
       [me = shared_from_this(), next = std::move(next)](result<council_words::told> told) {
         me->started_ = told.has_value();
         next(std::move(told));
       });
}

} // namespace tenon::nodes::cluster
