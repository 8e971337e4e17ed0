// The library takes batches of entries over, or frees them, or leaves them, depending on the event;
// all of that ends here.
#include "cluster/raft/core.h"

#include <raft.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct raft_core {
  struct raft raft;
  struct raft_update update;
};

// Memory is the one thing that the library's events can lack; nothing goes on without it.
static void* needed(void* memory) {
  if (!memory)
    abort();
  return memory;
}

static void address_of(uint64_t node, char* into, size_t size) {
  snprintf(into, size, "%llu", (unsigned long long)node);
}

static void configuration_of(const struct core_member* members, unsigned count,
                             struct raft_configuration* into) {
  char address[32];
  raft_configuration_init(into);
  for (unsigned i = 0; i < count; ++i) {
    address_of(members[i].node, address, sizeof address);
    if (raft_configuration_add(into, members[i].node, address, members[i].standing) != 0)
      abort(); // a node twice, or of no role: what comes from outside was looked at before
  }
}

static struct raft_entry* entries_of(const struct core_entry* from, unsigned count, void* batch) {
  struct raft_entry* entries = needed(calloc(count ? count : 1, sizeof *entries));
  for (unsigned i = 0; i < count; ++i) {
    entries[i].term = from[i].term;
    entries[i].type = (enum raft_entry_type)from[i].kind;
    entries[i].batch = batch;
    if (from[i].kind != RAFT_CHANGE)
      continue;
    struct raft_configuration configuration;
    configuration_of(from[i].members, from[i].member_count, &configuration);
    if (raft_configuration_encode(&configuration, &entries[i].buf) != 0)
      abort();
    raft_configuration_close(&configuration);
  }
  return entries;
}

static void free_entries(struct raft_entry* entries, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    raft_free(entries[i].buf.base);
  free(entries);
}

static struct raft_snapshot_metadata metadata_of(const struct core_stamp* from) {
  struct raft_snapshot_metadata metadata = {
      .index = from->index, .term = from->term, .configuration_index = from->configuration_index};
  configuration_of(from->members, from->member_count, &metadata.configuration);
  return metadata;
}

static struct core_effects step(struct raft_core* core, uint64_t now, struct raft_event* event) {
  struct core_effects effects = {0};
  memset(&core->update, 0, sizeof core->update);
  event->time = now;
  event->capacity = UINT16_MAX;
  effects.failed = raft_step(&core->raft, event, &core->update);
  if (core->update.flags & RAFT_UPDATE_MESSAGES)
    effects.message_count = core->update.messages.n;
  if (core->update.flags & RAFT_UPDATE_ENTRIES) {
    effects.first = core->update.entries.index;
    effects.entry_count = core->update.entries.n;
    effects.barrier = core->update.entries.batch == &core->raft.barrier;
    if (effects.barrier)
      raft_free(core->raft.barrier.batch);
  }
  if (core->update.flags & RAFT_UPDATE_SNAPSHOT) {
    effects.installed = true;
    raft_configuration_close(&core->update.snapshot.metadata.configuration);
    raft_free(core->update.snapshot.chunk.base);
  }
  return effects;
}

struct raft_core* core_make(uint64_t self, struct core_timing timing) {
  char address[32];
  struct raft_core* core = needed(calloc(1, sizeof *core));
  address_of(self, address, sizeof address);
  if (raft_init(&core->raft, NULL, NULL, self, address) != 0)
    abort();
  core->raft.tracer = NULL; // its own writes to a buffer that all cores would share
  raft_seed(&core->raft, timing.seed);
  raft_set_pre_vote(&core->raft, timing.asks_first);
  raft_set_heartbeat_timeout(&core->raft, timing.heartbeat);
  raft_set_election_timeout(&core->raft, timing.election);
  raft_set_max_inflight_entries(&core->raft, timing.in_flight);
  return core;
}

void core_free(struct raft_core* core) {
  raft_close(&core->raft, NULL);
  free(core);
}

struct core_effects core_start(struct raft_core* core, uint64_t now, uint64_t term, uint64_t vote,
                               const struct core_stamp* state, uint64_t first,
                               const struct core_entry* entries, unsigned count) {
  struct raft_event event = {.type = RAFT_START};
  struct raft_snapshot_metadata metadata;
  event.start.term = term;
  event.start.voted_for = vote;
  if (state) {
    metadata = metadata_of(state);
    event.start.metadata = &metadata;
  }
  event.start.start_index = first;
  event.start.entries = entries_of(entries, count, NULL);
  event.start.n_entries = count;
  struct raft_entry* made = event.start.entries;
  const struct core_effects effects = step(core, now, &event);
  free_entries(made, count);
  return effects;
}

static void fill(struct raft_message* to, const struct core_message* from) {
  switch (from->kind) {
  case core_append:
    to->append_entries = (struct raft_append_entries){.term = from->term,
                                                      .prev_log_index = from->index,
                                                      .prev_log_term = from->index_term,
                                                      .leader_commit = from->committed};
    break;
  case core_appended:
    to->append_entries_result = (struct raft_append_entries_result){.version = 2,
                                                                    .term = from->term,
                                                                    .rejected = from->refused,
                                                                    .last_log_index = from->index,
                                                                    .capacity = UINT16_MAX};
    break;
  case core_ask_vote:
    to->request_vote = (struct raft_request_vote){.version = 2,
                                                  .term = from->term,
                                                  .candidate_id = from->peer,
                                                  .last_log_index = from->index,
                                                  .last_log_term = from->index_term,
                                                  .disrupt_leader = from->disrupts,
                                                  .pre_vote = from->tentative};
    break;
  case core_vote:
    to->request_vote_result = (struct raft_request_vote_result){.version = 2,
                                                                .term = from->term,
                                                                .vote_granted = from->granted,
                                                                .pre_vote = from->tentative,
                                                                .capacity = UINT16_MAX};
    break;
  default:
    to->timeout_now = (struct raft_timeout_now){
        .term = from->term, .last_log_index = from->index, .last_log_term = from->index_term};
  }
}

struct core_effects core_receive(struct raft_core* core, uint64_t now,
                                 const struct core_message* from, const struct core_entry* entries,
                                 unsigned count) {
  char address[32];
  struct raft_message message = {.type = (enum raft_message_type)from->kind,
                                 .server_id = from->peer};
  struct raft_event event = {.type = RAFT_RECEIVE};
  void* batch = count ? needed(raft_malloc(1)) : NULL;
  struct raft_entry* made = entries_of(entries, count, batch);
  address_of(from->peer, address, sizeof address);
  message.server_address = address;
  fill(&message, from);
  if (from->kind == core_append) {
    message.append_entries.entries = made;
    message.append_entries.n_entries = count;
  }
  event.receive.message = &message;
  const struct core_effects effects = step(core, now, &event);
  if (effects.first && !effects.barrier)
    raft_free(batch); // else the library has
  free_entries(made, count);
  return effects;
}

struct core_effects core_receive_offer(struct raft_core* core, uint64_t now, uint64_t from,
                                       uint64_t term, const struct core_stamp* stamp) {
  char address[32];
  struct raft_message message = {.type = RAFT_INSTALL_SNAPSHOT, .server_id = from};
  struct raft_event event = {.type = RAFT_RECEIVE};
  const struct raft_snapshot_metadata metadata = metadata_of(stamp);
  address_of(from, address, sizeof address);
  message.server_address = address;
  message.install_snapshot =
      (struct raft_install_snapshot){.term = term,
                                     .last_index = metadata.index,
                                     .last_term = metadata.term,
                                     .conf = metadata.configuration,
                                     .conf_index = metadata.configuration_index,
                                     .data = {.base = needed(raft_malloc(1)), .len = 1}};
  const bool busy = core->raft.snapshot.installing;
  event.receive.message = &message;
  const struct core_effects effects = step(core, now, &event);
  if (busy) { // the library drops it without a word
    raft_configuration_close(&message.install_snapshot.conf);
    raft_free(message.install_snapshot.data.base);
  }
  return effects;
}

struct core_effects core_submit(struct raft_core* core, uint64_t now,
                                const struct core_entry* entries, unsigned count) {
  char batch; // never freed for what was submitted, and never empty
  struct raft_event event = {.type = RAFT_SUBMIT};
  event.submit.entries = entries_of(entries, count, &batch);
  event.submit.n = count;
  struct raft_entry* made = event.submit.entries;
  const struct core_effects effects = step(core, now, &event);
  free_entries(made, count);
  return effects;
}

struct core_effects core_persisted(struct raft_core* core, uint64_t now, uint64_t index) {
  struct raft_event event = {.type = RAFT_PERSISTED_ENTRIES};
  event.persisted_entries.index = index;
  return step(core, now, &event);
}

struct core_effects core_installed(struct raft_core* core, uint64_t now,
                                   const struct core_stamp* stamp) {
  struct raft_event event = {.type = RAFT_PERSISTED_SNAPSHOT};
  event.persisted_snapshot.metadata = metadata_of(stamp);
  event.persisted_snapshot.last = true;
  return step(core, now, &event);
}

struct core_effects core_configured(struct raft_core* core, uint64_t now, uint64_t index,
                                    const struct core_member* members, unsigned count) {
  struct raft_event event = {.type = RAFT_CONFIGURATION};
  event.configuration.index = index;
  configuration_of(members, count, &event.configuration.conf);
  return step(core, now, &event);
}

struct core_effects core_snapshot(struct raft_core* core, uint64_t now,
                                  const struct core_stamp* stamp, unsigned trailing) {
  struct raft_event event = {.type = RAFT_SNAPSHOT};
  event.snapshot.metadata = metadata_of(stamp);
  event.snapshot.trailing = trailing;
  return step(core, now, &event);
}

struct core_effects core_timeout(struct raft_core* core, uint64_t now) {
  struct raft_event event = {.type = RAFT_TIMEOUT};
  return step(core, now, &event);
}

struct core_effects core_transfer(struct raft_core* core, uint64_t now, uint64_t to) {
  struct raft_event event = {.type = RAFT_TRANSFER};
  event.transfer.server_id = to;
  return step(core, now, &event);
}

struct core_message core_sent(const struct raft_core* core, unsigned number) {
  const struct raft_message* from = &core->update.messages.batch[number];
  struct core_message to = {.kind = (uint8_t)from->type, .peer = from->server_id};
  switch (from->type) {
  case RAFT_APPEND_ENTRIES:
    to.term = from->append_entries.term;
    to.index = from->append_entries.prev_log_index;
    to.index_term = from->append_entries.prev_log_term;
    to.committed = from->append_entries.leader_commit;
    to.entry_count = from->append_entries.n_entries;
    break;
  case RAFT_APPEND_ENTRIES_RESULT:
    to.term = from->append_entries_result.term;
    to.refused = from->append_entries_result.rejected;
    to.index = from->append_entries_result.last_log_index;
    break;
  case RAFT_REQUEST_VOTE:
    to.term = from->request_vote.term;
    to.index = from->request_vote.last_log_index;
    to.index_term = from->request_vote.last_log_term;
    to.disrupts = from->request_vote.disrupt_leader;
    to.tentative = from->request_vote.pre_vote;
    break;
  case RAFT_REQUEST_VOTE_RESULT:
    to.term = from->request_vote_result.term;
    to.granted = from->request_vote_result.vote_granted;
    to.tentative = from->request_vote_result.pre_vote;
    break;
  case RAFT_INSTALL_SNAPSHOT:
    to.term = from->install_snapshot.term;
    to.index = from->install_snapshot.last_index;
    to.index_term = from->install_snapshot.last_term;
    break;
  case RAFT_TIMEOUT_NOW:
    to.term = from->timeout_now.term;
    to.index = from->timeout_now.last_log_index;
    to.index_term = from->timeout_now.last_log_term;
    break;
  }
  return to;
}

uint64_t core_term(const struct raft_core* core) {
  return raft_current_term(&core->raft);
}
uint64_t core_voted_for(const struct raft_core* core) {
  return raft_voted_for(&core->raft);
}

uint64_t core_leader_id(const struct raft_core* core) {
  switch (core->raft.state) {
  case RAFT_LEADER:
    return core->raft.id;
  case RAFT_FOLLOWER:
    return core->raft.follower_state.current_leader.id;
  default:
    return 0;
  }
}

enum core_role core_role_of(const struct raft_core* core) {
  return (enum core_role)core->raft.state;
}
uint64_t core_committed(const struct raft_core* core) {
  return raft_commit_index(&core->raft);
}
uint64_t core_stored(const struct raft_core* core) {
  return core->raft.last_stored;
}
uint64_t core_deadline(const struct raft_core* core) {
  return raft_timeout(&core->raft);
}
bool core_installing(const struct raft_core* core) {
  return core->raft.snapshot.installing;
}

bool core_changing(const struct raft_core* core) {
  return core->raft.configuration_uncommitted_index != 0;
}
bool core_transferring(const struct raft_core* core) {
  return raft_transferee(&core->raft) != 0;
}

uint64_t core_matched(const struct raft_core* core, uint64_t node) {
  raft_index index = 0;
  return raft_match_index(&core->raft, node, &index) == 0 ? index : 0;
}

uint64_t core_forgotten(const struct raft_core* core) {
  return core->raft.trail.offset;
}
uint64_t core_state_index(const struct raft_core* core) {
  return core->raft.trail.snapshot.index;
}
uint64_t core_state_term(const struct raft_core* core) {
  return core->raft.trail.snapshot.term;
}

void core_raise_term(struct raft_core* core) {
  core->raft.current_term += 1;
  core->raft.voted_for = core->raft.id;
}

void core_vote_for(struct raft_core* core, uint64_t node) {
  core->raft.voted_for = node;
}

void core_forget_leader(struct raft_core* core, uint64_t now, unsigned wait) {
  struct raft* raft = &core->raft;
  if (raft->state != RAFT_FOLLOWER)
    return;
  raft_free(raft->follower_state.current_leader.address);
  raft->follower_state.current_leader.address = NULL;
  raft->follower_state.current_leader.id = 0;
  raft->election_timer_start = now + wait - raft->follower_state.randomized_election_timeout;
}
