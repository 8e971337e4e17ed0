#include "cluster/raft/group.hpp"

#include "cluster/raft/core.h"
#include "cluster/raft/core_words.hpp"
#include "protocols/ensure.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tenon::cluster::raft {

namespace {

failure not_leading(const standing& at) {
  return {.code = code::unavailable,
          .why = at.leader ? "node " + std::to_string(at.leader) + " leads the partition"
                           : "the partition has no leader now",
          .retry_after = span{50}};
}

/// Whether this node alone decides, by the newest configuration it has.
bool is_lone(const log_tail& tail, node_id self) {
  const auto* newest = tail.newest_configuration();
  const auto* own = newest ? find_member(newest->configuration, self) : nullptr;
  return own && own->role == role::voter && voters_of(newest->configuration) == 1;
}

unsigned milliseconds(span s) {
  return static_cast<unsigned>(s.count());
}

} // namespace

group::group(node_id self, const options& chosen, durable kept, span now, entry_source& source)
    : self_{self}, options_{chosen}, source_{&source},
      core_{core_make(self, {.heartbeat = milliseconds(chosen.heartbeat),
                             .election = milliseconds(chosen.election),
                             .in_flight = chosen.in_flight,
                             .asks_first = chosen.asks_first,
                             .seed = chosen.seed}),
            core_free},
      tail_{kept}, stored_state_{kept.state}, ballot_{kept.ballot} {
  auto promised = kept.ballot;
  if (is_lone(tail_, self) && chosen.guards.raise_lone_term)
    promised = {promised.term + 1, self};
  if (kept.state)
    configured_ = kept.state->configuration_index;
  const core_entries entries{kept.entries};
  const auto state = kept.state ? std::optional{core_state{*kept.state}} : std::nullopt;
  const auto at = moment_of(now);
  standing_.term = kept.ballot.term;
  absorb(core_start(core_.get(), at, promised.term, promised.vote, state ? state->get() : nullptr,
                    kept.first, entries.data(), entries.size()),
         {}, 0);
}

group::~group() = default;
group::group(group&&) noexcept = default;
group& group::operator=(group&&) noexcept = default;

result<std::uint64_t> group::submit(std::vector<blob> commands, span now) {
  moment_of(now);
  if (standing_.part != part::leader || is_transferring())
    return not_leading(standing_);
  if (commands.empty())
    return failure{.code = code::malformed, .why = "nothing was submitted"};
  if (tail_.bytes() > options_.waiting_bytes)
    return failure{.code = code::overloaded,
                   .why = "too much of the partition's log waits to be written",
                   .retry_after = span{50}};
  std::vector<entry> entries;
  for (auto& c : commands) {
    if (c.size() > options_.entry_bytes)
      return failure{.code = code::too_large,
                     .why =
                         "an entry has at most " + std::to_string(options_.entry_bytes) + " bytes"};
    entries.push_back({.term = ballot_.term, .kind = kind::command, .bytes = std::move(c)});
  }
  const auto first = tail_.last() + 1;
  const auto effects = append(entries);
  must(effects.failed == 0, "consensus refused an entry of the leader");
  absorb(effects, entries, first);
  return first;
}

void group::written(std::uint64_t number, span now) {
  moment_of(now);
  written_ = std::max(written_, number);
  gate_.open(written_, update_.messages);
  while (!pending_.empty() && pending_.front().number <= written_) {
    const auto done = std::move(pending_.front());
    pending_.pop_front();
    if (done.installed) {
      absorb(core_installed(core_.get(), now_, core_state{*done.installed}.get()), {}, 0);
      configured_ = done.installed->configuration_index;
      advance();
    } else if (done.last > core_stored(core_.get()) && !core_installing(core_.get())) {
      absorb(core_persisted(core_.get(), now_, done.last), {}, 0);
    }
  }
  tail_.shrink(options_.remembered_bytes, core_stored(core_.get()));
}

void group::tick(span now) {
  moment_of(now);
  if (core_deadline(core_.get()) <= now_) {
    if (standing_.part != part::leader && is_lone(tail_, self_) && options_.guards.raise_lone_term)
      core_raise_term(core_.get());
    absorb(core_timeout(core_.get(), now_), {}, 0);
  }
  if (handing_over_ && now_ >= handing_over_->until)
    handing_over_.reset();
  if (reads_.round() && now_ >= asked_at_ + milliseconds(options_.heartbeat))
    ask_round();
}

span group::due() const {
  // The library never counts what it stopped sending to, and would be due for ever.
  auto core = std::max(core_deadline(core_.get()), now_ + 1);
  if (handing_over_)
    core = std::min(core, std::max(handing_over_->until, now_ + 1));
  const auto asked = asked_at_ + milliseconds(options_.heartbeat);
  return span{static_cast<std::int64_t>(reads_.round() ? std::min(core, asked) : core)};
}

void group::lost(node_id peer, span now) {
  moment_of(now);
  const auto* at = tail_.newest_configuration();
  if (standing_.part != part::follower || standing_.leader != peer || !at)
    return;
  // All voters hear of it about now: they stand one after the other, so that the first may win.
  const auto before = std::ranges::count_if(at->configuration.members, [&](const member& m) {
    return m.role == role::voter && m.node != peer && m.node < self_;
  });
  core_forget_leader(core_.get(), now_,
                     milliseconds(options_.heartbeat) * static_cast<unsigned>(before));
  absorb({}, {}, 0);
  tick(now);
}

result<void> group::transfer(node_id to, span now) {
  moment_of(now);
  if (standing_.part != part::leader || is_transferring())
    return not_leading(standing_);
  const auto* own = members();
  const auto* target = to && own ? find_member(*own, to) : nullptr;
  if (to == self_)
    return {};
  if ((to && (!target || target->role != role::voter)) || (!to && own && voters_of(*own) < 2))
    return failure{.code = code::conflict,
                   .why = to ? "node " + std::to_string(to) + " does not vote in the partition"
                             : "no other node votes in the partition"};
  if (!options_.guards.hand_over_whole_log) {
    absorb(core_transfer(core_.get(), now_, to), {}, 0);
    return {};
  }
  auto heir = to;
  for (const auto& m : own->members)
    if (!to && m.role == role::voter && m.node != self_ &&
        (!heir || matched(m.node) > matched(heir)))
      heir = m.node;
  handing_over_ = {heir, now_ + milliseconds(options_.election)};
  hand_over_when_level();
  return {};
}

result<std::uint64_t> group::change(const wanted_change& wanted, span now) {
  moment_of(now);
  const auto* newest = tail_.newest_configuration();
  if (standing_.part != part::leader || is_transferring() || !newest)
    return not_leading(standing_);
  if (options_.guards.barrier_before_change && !has_begun())
    return failure{.code = code::unavailable,
                   .why = "the leader's term has only just begun",
                   .retry_after = options_.heartbeat};
  const auto behind = tail_.last() - core_matched(core_.get(), wanted.node);
  auto next = changed(newest->configuration, wanted, self_, behind, options_.nearly_caught_up);
  if (!next)
    return next.error();
  if (*next == newest->configuration)
    return newest->index;
  if (core_changing(core_.get()))
    return failure{.code = code::conflict,
                   .why = "another change of the partition's members is under way",
                   .retry_after = options_.heartbeat};
  const auto index = tail_.last() + 1;
  const std::vector<entry> entries{
      {.term = ballot_.term, .kind = kind::configuration, .bytes = protocols::encode(*next)}};
  const auto effects = append(entries);
  must(effects.failed == 0, "consensus refused a change that is allowed");
  absorb(effects, entries, index);
  return index;
}

result<void> group::read(std::uint64_t token, span now) {
  moment_of(now);
  if (standing_.part != part::leader)
    return not_leading(standing_);
  if (reads_.waiting() >= options_.waiting_reads)
    return failure{.code = code::overloaded,
                   .why = "too many reads wait for the partition's leader to be confirmed",
                   .retry_after = options_.heartbeat};
  reads_.ask(token);
  serve_reads();
  return {};
}

result<stamp> group::stamp_at(std::uint64_t applied) const {
  const auto* at = tail_.configuration_at(applied);
  const auto term = tail_.term_of(applied);
  if (applied > committed_ || !term || !at)
    return failure{.code = code::not_found,
                   .why = "nothing is known of entry " + std::to_string(applied)};
  return stamp{.index = applied,
               .term = term,
               .configuration_index = at->index,
               .configuration = at->configuration};
}

void group::saved(const stamp& at, std::uint64_t trailing, span now) {
  moment_of(now);
  if (core_installing(core_.get()) || at.index <= core_state_index(core_.get()))
    return;
  must(at.index <= committed_, "a stored state is ahead of what is committed");
  stored_state_ = at;
  absorb(core_snapshot(core_.get(), now_, core_state{at}.get(),
                       static_cast<unsigned>(std::max<std::uint64_t>(1, trailing))),
         {}, 0);
  update_.forgotten = core_forgotten(core_.get());
  tail_.forget(*update_.forgotten);
}

void group::fetched(const stamp& at, span now) {
  moment_of(now);
  fetching_.reset();
  const auto leader = core_leader_id(core_.get());
  if (at.index <= committed_ || core_installing(core_.get()) || !leader || leader == self_)
    return;
  const auto effects =
      core_receive_offer(core_.get(), now_, leader, ballot_.term, core_state{at}.get());
  if (effects.installed)
    keep_installed(at);
  absorb(effects, {}, 0);
}

update group::take() {
  update_.committed = committed_;
  return std::exchange(update_, {});
}

const configuration* group::members() const {
  const auto* at = tail_.newest_configuration();
  return at ? &at->configuration : nullptr;
}

bool group::is_changing() const {
  return core_changing(core_.get());
}

bool group::has_begun() const {
  return standing_.part == part::leader && barrier_ && committed_ >= barrier_;
}

bool group::is_transferring() const {
  return handing_over_ || core_transferring(core_.get());
}

std::uint64_t group::matched(node_id node) const {
  if (standing_.part != part::leader)
    return 0;
  return node == self_ ? core_stored(core_.get()) : core_matched(core_.get(), node);
}

bool group::has_caught_up(node_id node) const {
  const auto known = matched(node);
  return known > 0 && tail_.last() - known <= options_.nearly_caught_up;
}

std::uint64_t group::moment_of(span now) {
  now_ = std::max(now_, static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.count())));
  return now_;
}

} // namespace tenon::cluster::raft
