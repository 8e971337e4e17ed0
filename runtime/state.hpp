// Stored state, behind the log: what each identity's cell has written of itself, as of some index
// of its partition's log. Rows are written lazily and coalesced; the log is the truth, and whoever
// reads a row replays the entries after its index. As a port.
//
// A partition is fenced: only who owns it may change what is stored of it, or, while nobody here
// does, who follows the log of the one that does.
//
// A cell owns, under its key: one row, any number of table rows, and any number of history rows.
// No call reaches across partitions or tenants except the two listings.
#pragma once

#include "protocols/blob.hpp"
#include "protocols/identity.hpp"
#include "runtime/journal.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tenon::runtime {

struct state_row {
  std::uint64_t index = 0; // every entry of this identity up to here is in the row
  blob bytes;
};

/// Table rows of one identity, ordered by key (1 to 255 bytes). An absent value erases.
struct table_change {
  std::string key;
  std::optional<blob> value;
};

/// Everything one cell hands over at a checkpoint. Becomes visible to reads of this port at once
/// and durable together (one transaction), but never before its index is durable in the log.
struct state_save {
  partition_number partition = 0;
  identity id;
  std::uint64_t index = 0;
  std::uint64_t term = 0;        // of the owner; 0 of who follows
  std::optional<blob> row;       // absent: the identity is gone; its table and history go too
  std::optional<moment> wake_at; // earliest deadline: listed by `due`
  bool unfinished = false;       // has outbox entries or calls pending: listed by `unfinished`
  std::shared_ptr<const std::vector<table_change>> table; // may be null
  std::vector<blob> history;                              // appended after those stored before
};

class state {
public:
  virtual ~state() = default;

  virtual std::optional<state_row> load(partition_number, const identity&) const = 0;

  virtual std::optional<blob> find(partition_number, const identity&,
                                   std::string_view key) const = 0;
  /// At most `limit` table rows with a key after `after`, in order. False from `each` stops.
  virtual void
  scan(partition_number, const identity&, std::string_view after, std::size_t limit,
       const std::function<bool(std::string_view key, const blob& value)>& each) const = 0;
  virtual void
  history(partition_number, const identity&, std::uint64_t from, std::size_t limit,
          const std::function<bool(std::uint64_t number, const blob& event)>& each) const = 0;

  /// From now on only saves and checkpoints of this term are taken. What was handed over in another
  /// one and is not yet being written is forgotten, and no read sees it any more: it may hold what
  /// was never confirmed, and the next owner's log reaches the same indices.
  virtual void fence(partition_number, std::uint64_t term) = 0;

  /// `saved` is called from the state's own thread when everything of `s` is durable; never when
  /// a fence stood before `s`, or fell before it was written.
  virtual void save(state_save s, std::function<void()> saved) = 0;

  /// Bytes handed to `save` and not yet durable: callers slow down when it grows.
  virtual std::size_t waiting() const = 0;

  /// Everything of the partition up to and including `index` has been handed to `save`. Once that
  /// is durable the number is too, and the journal may trim up to it.
  virtual void checkpoint(partition_number, std::uint64_t index, std::uint64_t term = 0) = 0;
  /// The last durable checkpoint: replay begins after it.
  virtual std::uint64_t checkpointed(partition_number) const = 0;

  /// Names of `kind` in `tenant`, in every partition, ascending, after `after`.
  virtual std::vector<std::string> list(std::string_view tenant, std::string_view kind,
                                        std::string_view after, std::size_t limit) const = 0;
  /// Every identity stored: tree views and conservation checks. False from `each` stops.
  virtual void
  everyone(partition_number,
           const std::function<bool(const identity&, const state_row&)>& each) const = 0;
  /// Identities whose stored deadline is at or before `until`, earliest first.
  virtual std::vector<identity> due(partition_number, moment until, std::size_t limit) const = 0;
  virtual std::vector<identity> unfinished(partition_number) const = 0;
};

} // namespace tenon::runtime
