// Mistakes that are known from elsewhere, or that this wiring avoids, put back on purpose: a
// simulation that does not notice them shows nothing.
#pragma once

#include "cluster/raft/group.hpp"

#include <string_view>

namespace tenon::tests::simulation {

enum class mistake : std::uint8_t {
  none,
  reported_before_synced,  // the disk's queue is taken for the disk
  vote_told_before_kept,   // messages do not wait for the ballot
  configuration_not_alone, // the library notes it at a wrong index
  prefix_not_cut,          // entries below what is forgotten reach the core
  state_wrongly_stamped,   // one entry is in the state and after it
  read_without_asking,     // the leader answers from what it has
  strangers_do_not_vote,   // a promotion that the promoted one lacks leaves nobody to elect
  terms_not_told,          // the only one with the whole log asks in an old term for ever
  lone_term_not_raised,    // entries lost unwritten have twins in their term
};

constexpr std::string_view name_of(mistake m) {
  constexpr std::string_view names[]{"none",
                                     "reported_before_synced",
                                     "vote_told_before_kept",
                                     "configuration_not_alone",
                                     "prefix_not_cut",
                                     "state_wrongly_stamped",
                                     "read_without_asking",
                                     "strangers_do_not_vote",
                                     "terms_not_told",
                                     "lone_term_not_raised"};
  return names[static_cast<std::size_t>(m)];
}

inline constexpr mistake all_mistakes[]{
    mistake::reported_before_synced,  mistake::vote_told_before_kept,
    mistake::configuration_not_alone, mistake::prefix_not_cut,
    mistake::state_wrongly_stamped,   mistake::read_without_asking,
    mistake::strangers_do_not_vote,   mistake::terms_not_told,
    mistake::lone_term_not_raised};

inline cluster::raft::guards guards_with(mistake m) {
  return {.configuration_alone = m != mistake::configuration_not_alone,
          .cut_to_what_is_there = m != mistake::prefix_not_cut,
          .wait_for_ballot = m != mistake::vote_told_before_kept,
          .raise_lone_term = m != mistake::lone_term_not_raised,
          .strangers_vote = m != mistake::strangers_do_not_vote,
          .refusals_tell_terms = m != mistake::terms_not_told};
}

} // namespace tenon::tests::simulation
