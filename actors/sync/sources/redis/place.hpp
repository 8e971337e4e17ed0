// How far streams were read, and what is missing in between: pure, from what the server says of a
// stream before it is read.
#pragma once

#include "protocols/failure.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace tenon::actors::redis {

/// Milliseconds and a number among those of the same millisecond.
struct entry_id {
  std::uint64_t ms = 0;
  std::uint64_t number = 0;

  auto operator<=>(const entry_id&) const = default;
};
std::string to_text(entry_id);
std::optional<entry_id> read_id(std::string_view text);
/// The least that comes after it.
entry_id after(entry_id);

/// What is known of a stream that was read to `at`.
struct known_stream {
  entry_id at;
  std::int64_t added = -1; // ever, as the server counted then; -1: it did not

  bool operator==(const known_stream&) const = default;
};
using known_streams = std::map<std::string, known_stream>;

/// What the server says of a stream.
struct standing {
  std::int64_t length = 0;
  entry_id newest; // ever
  std::int64_t added = -1;
  std::optional<bool> last_read_is_there; // asked when nothing is counted
};

/// One stream from where it was read to where it ended when its turn came.
struct passage {
  std::string stream;
  entry_id from;            // exclusive
  entry_id at;              // so far, inclusive
  entry_id end;             // inclusive
  std::int64_t before = -1; // how many had been added up to `from`
  std::int64_t added = -1;  // up to `end`
  std::int64_t read = 0;
  std::string note{}; // what is to be said at its end in any case

  bool done() const { return at >= end; }
  /// Of the whole passage; 0: not known.
  std::uint64_t expected() const;
};

passage begin(std::string stream, const std::optional<known_stream>&, const standing&);

/// At the end: what was never read, in words; empty when nothing is missing.
std::string missing(const passage&);

/// What is known of the stream after the passage.
known_stream known_after(const passage&);

/// The position in a run: the stream that is being read, and those that are done. Between two
/// streams there is a name and no passage.
struct place {
  std::optional<passage> now;
  std::string last_name; // of the stream that is done; empty at the beginning
};

std::string write_place(const place&);
result<place> read_place(const std::string&);
std::string write_cursor(const known_streams&);
result<known_streams> read_cursor(const std::string&);

} // namespace tenon::actors::redis
