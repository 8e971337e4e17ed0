// What replicas say: from the core's words to ours and back, cut as the core needs it. Whatever a
// peer sends, only what a sound one could have said reaches the core.
#include "cluster/raft/core.h"
#include "cluster/raft/core_words.hpp"
#include "cluster/raft/group.hpp"

#include <algorithm>
#include <utility>

namespace tenon::cluster::raft {

namespace {

constexpr std::uint64_t largest = std::uint64_t{1} << 62; // of terms and indices

bool is_place(std::uint64_t index, std::uint64_t term) {
  return (index == 0) == (term == 0) && index < largest;
}

struct soundness {
  std::uint64_t term;

  bool operator()(const say::append& m) const {
    if (!is_place(m.before_index, m.before_term) || m.committed >= largest)
      return false;
    auto least = std::max<std::uint64_t>(1, m.before_term);
    for (const auto& e : m.entries) {
      if (e.term < least || e.term > term)
        return false;
      least = e.term;
      if (e.kind != kind::configuration)
        continue;
      const auto read = protocols::decode<configuration>(e.bytes);
      if (!read || !is_sound(*read))
        return false;
    }
    return m.before_term <= term;
  }
  bool operator()(const say::appended& m) const {
    return m.last_index < largest && m.refused < largest;
  }
  bool operator()(const say::ask_vote& m) const {
    return is_place(m.last_index, m.last_term) && m.last_term <= term;
  }
  bool operator()(const say::stand& m) const {
    return is_place(m.last_index, m.last_term) && m.last_term <= term;
  }
  bool operator()(const say::offer& m) const {
    const auto& s = m.stamp;
    return s.index && is_place(s.index, s.term) && s.term <= term && s.configuration_index &&
           s.configuration_index <= s.index && is_sound(s.configuration);
  }
  bool operator()(const say::vote&) const { return true; }
  bool operator()(const say::confirm&) const { return true; }
  bool operator()(const say::confirmed&) const { return true; }
};

} // namespace

bool group::is_admissible(const message& m) const {
  if (m.term == 0 || m.term >= largest || !std::visit(soundness{m.term}, m.said))
    return false;
  // One leader a term: who says otherwise is not of this group.
  const bool of_leader = std::holds_alternative<say::append>(m.said) ||
                         std::holds_alternative<say::offer>(m.said) ||
                         std::holds_alternative<say::stand>(m.said);
  return !of_leader || standing_.part != part::leader || m.term != ballot_.term;
}

void group::receive(node_id from, std::uint64_t epoch, const message& m, span now) {
  moment_of(now);
  auto& newest = epochs_[from];
  if (epoch < newest)
    return;
  newest = epoch;
  if (from == 0 || from == self_ || !is_admissible(m)) {
    ++dropped_;
    return;
  }
  std::visit([&](const auto& said) { deliver(from, m.term, said); }, m.said);
}

void group::hand_over(const core_message& m, const std::vector<entry>& entries) {
  const core_entries given{entries};
  const auto effects = core_receive(core_.get(), now_, &m, given.data(), given.size());
  if (effects.failed)
    ++dropped_; // it contradicts what is committed here
  absorb(effects, entries, m.index + 1);
}

void group::deliver(node_id from, std::uint64_t term, const say::append& said) {
  if (term >= ballot_.term)
    heard_at_ = now_;
  core_message m{.kind = core_append,
                 .peer = from,
                 .term = term,
                 .index = said.before_index,
                 .index_term = said.before_term,
                 .committed = said.committed};
  const auto state = core_state_index(core_.get());
  const bool below = state && m.index <= core_forgotten(core_.get()) && m.index != state;
  if (!below || !options_.guards.cut_to_what_is_there)
    return hand_over(m, said.entries);
  // It begins where this log has nothing any more, and the core would misplace it. What is in the
  // stored state is committed, hence the same there as here.
  const auto known = std::min<std::uint64_t>(state - m.index, said.entries.size());
  m.index = state;
  m.index_term = core_state_term(core_.get());
  hand_over(m, {said.entries.begin() + static_cast<std::ptrdiff_t>(known), said.entries.end()});
}

void group::deliver(node_id from, std::uint64_t term, const say::appended& said) {
  hand_over({.kind = core_appended,
             .peer = from,
             .term = term,
             .index = said.last_index,
             .refused = said.refused},
            {});
}

void group::deliver(node_id from, std::uint64_t term, const say::ask_vote& said) {
  const auto* at = members();
  const auto* own = at ? find_member(*at, self_) : nullptr;
  if (options_.guards.strangers_vote && (!own || own->role != role::voter))
    return vote_as_stranger(from, term, said);
  hand_over({.kind = core_ask_vote,
             .peer = from,
             .term = term,
             .index = said.last_index,
             .index_term = said.last_term,
             .tentative = said.tentative,
             .disrupts = said.disrupts},
            {});
}

// Only who has this node for a voter counts the vote, and that is who the newest configuration of
// the better log belongs to. The core would refuse, and takes part for the term alone.
void group::vote_as_stranger(node_id from, std::uint64_t term, const say::ask_vote& said) {
  const auto leader = core_leader_id(core_.get());
  const bool hears =
      leader && now_ < heard_at_ + static_cast<std::uint64_t>(options_.election.count());
  if (core_installing(core_.get()) || (hears && !said.disrupts))
    return answer(from, said.tentative ? term : ballot_.term, {.tentative = said.tentative});
  core_forget_leader(core_.get(), now_, static_cast<unsigned>(options_.election.count()));
  const core_message m{.kind = core_ask_vote,
                       .peer = from,
                       .term = term,
                       .index = said.last_index,
                       .index_term = said.last_term,
                       .tentative = said.tentative,
                       .disrupts = said.disrupts};
  auto effects = core_receive(core_.get(), now_, &m, nullptr, 0);
  effects.message_count = 0; // its refusal
  absorb(effects, {}, 0);
  const auto last = tail_.last();
  bool granted = std::pair{said.last_term, said.last_index} >= std::pair{tail_.term_of(last), last};
  if (said.tentative) {
    granted = granted && term >= ballot_.term;
  } else {
    granted = granted && term == ballot_.term && (!ballot_.vote || ballot_.vote == from);
    if (granted)
      core_vote_for(core_.get(), from);
    keep_ballot();
  }
  answer(from, said.tentative ? term : ballot_.term, {granted, said.tentative});
}

// A tentative answer is of the term that was asked for. Refused for a later one, the asker has to
// learn of that: it may be the only one whom all others would elect.
void group::answer(node_id to, std::uint64_t term, const say::vote& said) {
  const bool late = said.tentative && !said.granted && options_.guards.refusals_tell_terms;
  pass(to, late ? std::max(term, ballot_.term) : term, said);
}

void group::deliver(node_id from, std::uint64_t term, const say::vote& said) {
  if (standing_.part != part::candidate)
    return; // the core looks at what it is only after it has read it as a candidate's
  hand_over({.kind = core_vote,
             .peer = from,
             .term = term,
             .granted = said.granted,
             .tentative = said.tentative},
            {});
}

void group::deliver(node_id from, std::uint64_t term, const say::stand& said) {
  hand_over({.kind = core_stand,
             .peer = from,
             .term = term,
             .index = said.last_index,
             .index_term = said.last_term},
            {});
}

void group::deliver(node_id from, std::uint64_t term, const say::offer& said) {
  if (term < ballot_.term || core_installing(core_.get()))
    return;
  if (said.stamp.index <= committed_) { // the core only answers that it has all that
    absorb(core_receive_offer(core_.get(), now_, from, term, core_state{said.stamp}.get()), {}, 0);
    return;
  }
  if (fetching_ && fetching_->from == from)
    return;
  fetching_ = fetch{from, said.stamp};
  update_.fetch = fetching_;
}

void group::deliver(node_id from, std::uint64_t term, const say::confirm& said) {
  // A promise about this very moment: nobody has had this node's vote in a later term.
  if (term == ballot_.term && standing_.part != part::leader)
    pass(from, term, say::confirmed{.round = said.round});
}

void group::deliver(node_id from, std::uint64_t term, const say::confirmed& said) {
  if (term != ballot_.term || standing_.part != part::leader)
    return;
  reads_.confirm(from, said.round);
  serve_reads();
}

void group::pass(node_id to, std::uint64_t term, say::said said) {
  if (to != 0 && to != self_)
    gate_.pass({to, {term, std::move(said)}}, written_, update_.messages);
}

void group::send(const core_message& m) {
  switch (m.kind) {
  case core_append:
    return send_entries(m);
  case core_appended:
    return pass(m.peer, m.term, say::appended{.last_index = m.index, .refused = m.refused});
  case core_ask_vote:
    return pass(m.peer, m.term,
                say::ask_vote{.last_index = m.index,
                              .last_term = m.index_term,
                              .tentative = m.tentative,
                              .disrupts = m.disrupts});
  case core_vote:
    return answer(m.peer, m.term, {.granted = m.granted, .tentative = m.tentative});
  case core_stand:
    return pass(m.peer, m.term, say::stand{.last_index = m.index, .last_term = m.index_term});
  default:
    if (stored_state_)
      pass(m.peer, m.term, say::offer{.stamp = *stored_state_});
  }
}

// What cannot be read is left out: the follower refuses what comes after it, and is sent it again.
void group::send_entries(const core_message& m) {
  const auto last = m.index + m.entry_count;
  auto before = m.index;
  auto before_term = m.index_term;
  std::size_t sent = 0;
  do {
    auto entries = before == last ? std::vector<entry>{} : load(before + 1, last + 1);
    if (entries.empty() && before != last)
      return;
    const auto count = entries.size();
    const auto term = count ? entries.back().term : before_term;
    for (const auto& e : entries)
      sent += e.bytes.size();
    pass(m.peer, m.term,
         say::append{.before_index = before,
                     .before_term = before_term,
                     .committed = m.committed,
                     .entries = std::move(entries)});
    before += count;
    before_term = term;
  } while (before < last && sent < options_.burst_bytes);
}

std::vector<entry> group::load(std::uint64_t from, std::uint64_t to) {
  std::vector<entry> entries;
  std::size_t bytes = 0;
  for (auto at = from; at < to && bytes < options_.message_bytes; ++at) {
    const auto* known = tail_.find(at);
    if (!known)
      break;
    entries.push_back(*known);
    bytes += known->bytes.size();
  }
  if (entries.empty())
    if (auto read = source_->read(from, to, options_.message_bytes))
      entries = *std::move(read);
  if (options_.guards.configuration_alone && !entries.empty()) {
    const auto is_change = [](const entry& e) { return e.kind == kind::configuration; };
    const auto end =
        is_change(entries.front()) ? entries.begin() + 1 : std::ranges::find_if(entries, is_change);
    entries.erase(end, entries.end());
  }
  return entries;
}

} // namespace tenon::cluster::raft
