// How far an incremental stream has been read. A run asks for what changed since `from`, and only
// when it has come to its end does `from` move up to the largest value seen: a run that is broken
// off and begun again loses nothing. Asking starts a little before `from` (`lookback`), because
// several records may carry the very same time; what is read twice is the same and does no harm.
//
// With a `window`, a run reads piece after piece: [since, until), up to now less the `lag`.
//
// Some platforms keep the account themselves and give a token to go on from, and logs of events are
// gone on with after an event's id: both are texts that mean nothing here.
//
//   cursor: {time: {field: updated_at, from: updated_since, window: 7d, to: updated_until}}
//   cursor: {seq: {field: id, from: since_id}}
//   cursor: {token: {save: newStartPageToken, send: pageToken}}
//   cursor: {replay: {field: replayId, send: after}}
#pragma once

#include "actors/integration/form/place.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::actors::connectors {

enum class time_format : std::uint8_t { rfc3339, epoch_s, epoch_ms, date };
inline constexpr std::array<std::string_view, 4> time_format_names{"rfc3339", "epoch_s", "epoch_ms",
                                                                   "date"};

/// Later times are placeholders such as 9999-12-31: a stream that took one for its progress would
/// never read anything again.
inline constexpr moment last_believed = std::chrono::sys_days{std::chrono::year{2100} / 1 / 1};

struct progress_rule {
  enum class kind : std::uint8_t {
    time,
    seq,    // a whole number that only grows
    token,  // given by the platform with a page
    replay, // the newest record's id
  };
  kind what = kind::time;
  json_path field;  // of a record; of a token: where the answer has the next one
  place send;       // of a token or an id
  bool full = true; // when a token is refused as too old, begin again without one
  std::string from; // the parameter for the lower bound; empty: only expressions carry it
  std::string to;   // the parameter for the upper bound
  time_format format = time_format::rfc3339;
  std::optional<span> window;
  std::int64_t lookback = 0; // milliseconds, or numbers
  span lag{};
  std::optional<std::int64_t> start; // where a stream begins that was never read

  bool is_time() const { return what == kind::time; }
  bool is_text() const { return what == kind::token || what == kind::replay; }
};

/// Milliseconds since the epoch, or numbers.
struct progress {
  std::optional<std::int64_t> from;  // everything before was read by earlier runs
  std::optional<std::int64_t> high;  // the largest seen by this run
  std::optional<std::int64_t> since; // the window being read
  std::optional<std::int64_t> until;
  bool newest = false; // the window ends where the present was: there is none after it
  std::string token{}; // that earlier runs have come to
  std::string given{}; // the newest that this run was given

  bool operator==(const progress&) const = default;
};

/// `cursor:` of a stream.
std::optional<progress_rule> compile_progress(const value& said, const std::string& where,
                                              problems&);

/// At the start of a run. What an earlier, broken-off run saw is read again.
progress begin(const progress_rule&, const progress&, moment now);
/// When the pages of a window, or of a stream without windows, are at their end: the next window,
/// or nothing when the run is complete. What has come while the newest was read is for the next
/// run.
std::optional<progress> next_window(const progress_rule&, const progress&, moment now);
/// After the last page.
progress complete(const progress&);

/// The bounds to ask for; nothing when there is none.
std::optional<std::int64_t> lower_bound(const progress_rule&, const progress&);
std::optional<std::int64_t> upper_bound(const progress_rule&, const progress&);
std::string text_of(const progress_rule&, std::int64_t bound);
/// A moment or a number, for expressions.
value value_of(const progress_rule&, std::int64_t bound);

/// What a record's field says; nothing when it does not say a time or number that is believed, and
/// for texts.
std::optional<std::int64_t> read_field(const progress_rule&, std::string_view raw);

/// For the sync's journal: {"from": "2026-11-21T09:00:00Z"}.
object to_object(const progress_rule&, const progress&);
result<progress> to_progress(const progress_rule&, const object&);

} // namespace tenon::actors::connectors
