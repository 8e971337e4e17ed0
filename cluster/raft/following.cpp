// What follows from a step of the core: what is to be kept, in which part the node finds itself,
// and how far the log is decided.
#include "cluster/raft/core.h"
#include "cluster/raft/core_words.hpp"
#include "cluster/raft/group.hpp"
#include "protocols/ensure.hpp"

#include <algorithm>
#include <utility>

namespace tenon::cluster::raft {

namespace {

part part_of(core_role r) {
  return r == core_leader ? part::leader : r == core_candidate ? part::candidate : part::follower;
}

} // namespace

void group::absorb(const core_effects& effects, const std::vector<entry>& given,
                   std::uint64_t given_first) {
  // The order is the promise: what messages rest on is written before they are.
  keep_ballot();
  if (effects.first)
    keep_entries(effects, given, given_first);
  for (unsigned i = 0; i < effects.message_count; ++i)
    send(core_sent(core_.get(), i));
  follow_role(effects);
  advance();
}

void group::keep_ballot() {
  const ballot now{core_term(core_.get()), core_voted_for(core_.get())};
  if (now == ballot_)
    return;
  ballot_ = now;
  auto& w = new_write();
  w.ballot = now;
  if (options_.guards.wait_for_ballot)
    gate_.close(w.number);
}

void group::keep_entries(const core_effects& effects, const std::vector<entry>& given,
                         std::uint64_t given_first) {
  auto& w = new_write();
  w.from = effects.first;
  if (effects.barrier) {
    w.entries = {{.term = ballot_.term, .kind = kind::barrier}};
  } else {
    must(effects.first >= given_first, "consensus made entries that nobody gave it");
    const auto from = given.begin() + static_cast<std::ptrdiff_t>(effects.first - given_first);
    must(given.end() - from == static_cast<std::ptrdiff_t>(effects.entry_count),
         "consensus took other entries than it was given");
    w.entries.assign(from, given.end());
  }
  must(w.from > committed_, "committed entries were to be replaced");
  tail_.append(w.from, w.entries);
  for (auto& p : pending_)
    p.last = std::min(p.last, w.from - 1);
  pending_.push_back({.number = w.number, .last = tail_.last()});
}

void group::keep_installed(const stamp& at) {
  auto& w = new_write();
  w.installed = at;
  tail_.reset(at);
  stored_state_ = at;
  for (auto& p : pending_)
    p.last = 0;
  pending_.push_back({.number = w.number, .installed = at});
}

raft::write& group::new_write() {
  update_.writes.push_back({.number = ++numbered_});
  return update_.writes.back();
}

void group::follow_role(const core_effects& effects) {
  const raft::standing now{part_of(core_role_of(core_.get())), ballot_.term,
                           core_leader_id(core_.get())};
  const bool led = standing_.part == part::leader && standing_.term == now.term;
  if (effects.barrier)
    barrier_ = effects.first;
  if (now != standing_) {
    if (standing_.part == part::leader && (now.part != part::leader || !led)) {
      auto refused = reads_.drop();
      update_.refused_reads.insert(update_.refused_reads.end(), refused.begin(), refused.end());
    }
    if (now.part != part::leader)
      handing_over_.reset();
    standing_ = now;
    update_.standing = now;
  }
  if (now.part == part::leader && !led && !effects.barrier)
    begin_term();
}

// The library makes no barrier when all it has is committed, nor for a lone voter.
void group::begin_term() {
  const std::vector<entry> entries{{.term = ballot_.term, .kind = kind::barrier}};
  barrier_ = tail_.last() + 1;
  const auto effects = append(entries);
  must(effects.failed == 0, "consensus refused the barrier of a new term");
  absorb(effects, entries, barrier_);
}

core_effects group::append(const std::vector<entry>& entries) {
  const core_entries given{entries};
  return core_submit(core_.get(), now_, given.data(), given.size());
}

void group::advance() {
  // No further than what is durable here, so that no state is ever stored ahead of its log.
  const auto reached = std::min(core_committed(core_.get()), core_stored(core_.get()));
  const bool moved = reached > committed_;
  committed_ = std::max(committed_, reached);
  for (const auto* next = moved ? tail_.configuration_after(configured_) : nullptr;
       next && next->index <= committed_; next = tail_.configuration_after(configured_)) {
    configured_ = next->index;
    update_.configuration = next->configuration;
    const auto members = core_members(next->configuration);
    absorb(core_configured(core_.get(), now_, configured_, members.data(),
                           static_cast<unsigned>(members.size())),
           {}, 0);
  }
  serve_reads();
  hand_over_when_level();
}

// The library tells a follower to stand when it answers anything, and not again. One that lacks
// entries at that moment does not stand, and the transfer comes to nothing.
void group::hand_over_when_level() {
  if (!handing_over_ || matched(handing_over_->to) < tail_.last() ||
      core_stored(core_.get()) < tail_.last())
    return;
  const auto to = std::exchange(handing_over_, {})->to;
  const auto effects = core_transfer(core_.get(), now_, to);
  must(effects.failed == 0, "consensus refused a transfer that is allowed");
  absorb(effects, {}, 0);
}

void group::serve_reads() {
  if (!reads_.waiting() || !has_begun())
    return;
  do {
    if (reads_.begin(committed_))
      ask_round();
    for (const auto& read : reads_.allowed(*members(), self_))
      update_.reads.push_back(read);
  } while (reads_.waiting() && !reads_.round());
}

void group::ask_round() {
  asked_at_ = now_;
  for (const auto& m : members()->members)
    if (m.node != self_ && m.role == role::voter && !reads_.has_confirmed(m.node))
      pass(m.node, ballot_.term, say::confirm{.round = reads_.round()});
}

} // namespace tenon::cluster::raft
