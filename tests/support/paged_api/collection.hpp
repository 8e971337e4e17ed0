// One table as the vendor serves it: the origin's rows with the changes made since. Every row has a
// place in the order of changes (its seq); a change moves it to the end of that order, so whoever
// reads on from the last seq misses nothing, even while rows change under the reader. Deleted rows
// stay and say so.
//
// Invariant: updated_at never shrinks along seq.
#pragma once

#include "tests/support/paged_api/origin.hpp"

#include <simdjson.h>

#include <map>
#include <unordered_map>

namespace tenon::tests::paged_api {

class collection {
public:
  /// `key_member` is the row's member that holds the key: "customer_id".
  collection(std::string key_member, std::unique_ptr<origin> rows);

  std::size_t size() const { return origin_->size() + added_.size(); }
  std::int64_t last_seq() const { return last_seq_; }

  struct walked {
    std::size_t rows = 0;
    std::int64_t last_seq = 0; // of the last row appended; the one asked for when there was none
    bool more = false;
  };
  /// Appends up to `limit` rows that changed after `seq`, comma-separated, in the order of changes.
  walked changed_after(std::int64_t seq, std::size_t limit, std::string& onto) const;

  /// Appends up to `limit` rows from the `offset`-th on, in the order of keys; how many there were.
  std::size_t by_key(std::size_t offset, std::size_t limit, std::string& onto) const;

  /// The greatest seq of rows older than `time`: what to continue after to get that time's and
  /// later.
  std::int64_t seq_before(std::int64_t time) const;

  struct stamp {
    std::int64_t updated_at = 0;
    std::int64_t seq = 0;
  };
  /// Sets members of a row, or makes the row; false in `set` of a deleted row brings it back.
  stamp touch(std::int64_t key, simdjson::dom::object set, std::int64_t now);
  /// Absent when there is no such row.
  std::optional<stamp> erase(std::int64_t key, std::int64_t now);

private:
  struct change {
    stamp at;
    bool deleted = false;
    std::string members;
  };
  stamp record(std::int64_t key, bool deleted, std::string members, std::int64_t now);
  std::string members_of(std::int64_t key) const;
  void write(std::size_t index, std::string& onto) const; // in key order

  std::string key_member_;
  std::unique_ptr<origin> origin_;
  std::vector<std::uint32_t> order_;  // the origin's rows by (updated_at, key); seq is place + 1
  std::vector<std::uint32_t> places_; // the reverse
  std::unordered_map<std::int64_t, change> changes_; // by key
  std::map<std::int64_t, std::int64_t> recent_;      // seq → key, of what is in changes_
  std::vector<std::int64_t> added_;                  // keys the origin does not have
  std::int64_t last_seq_ = 0;
  std::int64_t last_time_ = 0;
};

} // namespace tenon::tests::paged_api
