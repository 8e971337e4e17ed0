// One page out of what a tap says: its records, where it may end, and the place after it. Pure.
#pragma once

#include "actors/sync/sources/files/rows.hpp"
#include "actors/sync/sources/singer/covering.hpp"
#include "actors/sync/sources/singer/messages.hpp"

namespace tenon::actors::singer {

struct source_options {
  std::string tap;
  std::string stream;
  object config;
  std::string credential;
  value catalog; // null: what the tap finds
  std::vector<std::string> key;
  span silence = std::chrono::minutes{15};
  std::size_t page_size = 1'000;
};

result<source_options> read_options(const object& written);

/// Where a run is, and where the next one begins.
struct place {
  std::string state;                       // the last STATE's value, JSON; empty: none yet
  std::optional<std::int64_t> version;     // of the records of this run
  bool whole = true;                       // every record of this run has it, and it is new
  std::uint64_t pages = 0;                 // so that no two places are the same
  std::uint64_t bad_ends = 0;              // of taps, since that STATE
  std::optional<std::int64_t> activated{}; // after the last record of this run

  bool operator==(const place&) const = default;
};
std::string write_place(const place&);
result<place> read_place(const std::string&);

/// What is known after a run.
struct known {
  std::string state;
  std::optional<std::int64_t> version; // that was activated last

  bool operator==(const known&) const = default;
};
std::string write_cursor(const known&);
result<known> read_cursor(const std::string&);

class assembly {
public:
  /// `key` is what the tap has said of the stream so far, or the options; it is learned from
  /// SCHEMA. What a tap prints that is no message may be its configuration: `secrets` covers them.
  assembly(const source_options&, std::vector<connectors::json_path>& key, place from,
           const known& before, covering secrets = {});

  /// A line. What is no message is a letter; what makes it senseless to go on is a failure.
  result<void> take(const line_reader::line&);

  /// Enough for a page, and a good place to end it.
  bool full() const;
  bool empty() const { return count_ == 0 && !changed_; }
  /// Whether going on from its end would repeat less than going on from its beginning.
  bool has_state() const { return changed_; }
  source_page finish(bool last) &&;

private:
  result<void> learn_key(const std::vector<std::string>& names);
  result<void> take_record(const message&);
  void refuse(const line_reader::line&, const std::string& why);

  const source_options& options_;
  std::vector<connectors::json_path>& key_;
  place place_;
  const known before_;
  const covering secrets_;
  files::rows rows_;
  blob again_;                       // what a letter of a record needs to be read again
  std::size_t count_ = 0;            // of rows
  std::size_t since_state_ = 0;      // of them
  std::vector<std::size_t> deleted_; // which records
  std::size_t lines_ = 0;
  std::size_t bytes_ = 0;
  bool changed_ = false; // there was a STATE
};

/// A record that a letter holds. Without `key` in the options it is known by what the tap said
/// then.
result<source_page> read_again(const source_options&, const protocols::letter_types::kept&);

/// The catalog that selects one stream of all that the tap has found. `not_found` if there is none
/// of that name.
result<std::string> select_stream(std::string_view found, const std::string& stream);

} // namespace tenon::actors::singer
