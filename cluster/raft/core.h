// What of the library's core is used here, in C that C++ can read too: its own header is not. One
// core is one group's state machine: an event goes in, and what is to be done stays to be looked at
// until the next. Nothing here decides anything; cluster/raft/group.hpp does.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct raft_core; // of the library and what an event leaves behind

enum core_role { core_follower = 1, core_candidate = 2, core_leader = 3 };
enum core_kind { core_command = 1, core_barrier = 2, core_configuration = 3 };
enum core_standing { core_learner = 0, core_voter = 1, core_spare = 2 };
enum core_message_kind {
  core_append = 1,
  core_appended = 2,
  core_ask_vote = 3,
  core_vote = 4,
  core_offer = 5,
  core_stand = 6
};

struct core_member {
  uint64_t node;
  uint8_t standing;
};

// Members are there for configurations only: the core never looks at other entries' bytes.
struct core_entry {
  uint64_t term;
  uint8_t kind;
  const struct core_member* members;
  unsigned member_count;
};

struct core_stamp {
  uint64_t index;
  uint64_t term;
  uint64_t configuration_index;
  const struct core_member* members;
  unsigned member_count;
};

// All kinds in one: which members mean something follows from the kind.
struct core_message {
  uint8_t kind;
  uint64_t peer; // from whom, or to whom
  uint64_t term;
  uint64_t index; // append: before the entries; elsewhere: the last one
  uint64_t index_term;
  uint64_t committed;
  uint64_t refused;
  unsigned entry_count; // append, outward: how many follow the index
  bool granted;
  bool tentative;
  bool disrupts;
};

struct core_timing {
  unsigned heartbeat;
  unsigned election;
  unsigned in_flight;
  bool asks_first;
  unsigned seed;
};

// What an event asks to be done.
struct core_effects {
  int failed;     // the library's number for why not; 0: done
  uint64_t first; // of the entries to persist, which are those given with the event; 0: none
  unsigned entry_count;
  bool barrier;   // and they are one barrier that the core made itself
  bool installed; // the offer that was received is to be installed
  unsigned message_count;
};

struct raft_core* core_make(uint64_t self, struct core_timing timing);
void core_free(struct raft_core*);

struct core_effects core_start(struct raft_core*, uint64_t now, uint64_t term, uint64_t vote,
                               const struct core_stamp* state, uint64_t first,
                               const struct core_entry* entries, unsigned count);
struct core_effects core_receive(struct raft_core*, uint64_t now, const struct core_message*,
                                 const struct core_entry* entries, unsigned count);
struct core_effects core_receive_offer(struct raft_core*, uint64_t now, uint64_t from,
                                       uint64_t term, const struct core_stamp*);
struct core_effects core_submit(struct raft_core*, uint64_t now, const struct core_entry*,
                                unsigned count);
struct core_effects core_persisted(struct raft_core*, uint64_t now, uint64_t index);
struct core_effects core_installed(struct raft_core*, uint64_t now, const struct core_stamp*);
struct core_effects core_configured(struct raft_core*, uint64_t now, uint64_t index,
                                    const struct core_member*, unsigned count);
struct core_effects core_snapshot(struct raft_core*, uint64_t now, const struct core_stamp*,
                                  unsigned trailing);
struct core_effects core_timeout(struct raft_core*, uint64_t now);
struct core_effects core_transfer(struct raft_core*, uint64_t now, uint64_t to);

struct core_message core_sent(const struct raft_core*, unsigned number);

uint64_t core_term(const struct raft_core*);
uint64_t core_voted_for(const struct raft_core*);
uint64_t core_leader_id(const struct raft_core*);
enum core_role core_role_of(const struct raft_core*);
uint64_t core_committed(const struct raft_core*);
uint64_t core_stored(const struct raft_core*);
uint64_t core_deadline(const struct raft_core*);
bool core_installing(const struct raft_core*);
bool core_changing(const struct raft_core*);
bool core_transferring(const struct raft_core*);
// How far a member's log is known to match; 0 where there is no such member or we do not lead.
uint64_t core_matched(const struct raft_core*, uint64_t node);
// Entries up to here are forgotten, and where the state stands that replaces them.
uint64_t core_forgotten(const struct raft_core*);
uint64_t core_state_index(const struct raft_core*);
uint64_t core_state_term(const struct raft_core*);

// The library raises no term for a lone voter that elects itself: done for it before.
void core_raise_term(struct raft_core*);
// The library lets nobody vote who is not a voter by its own log, which may lack its promotion.
void core_vote_for(struct raft_core*, uint64_t node);
// The leader is gone: others may be voted for at once, and we stand after `wait`.
void core_forget_leader(struct raft_core*, uint64_t now, unsigned wait);

#ifdef __cplusplus
}
#endif
