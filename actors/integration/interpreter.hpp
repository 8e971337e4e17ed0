// Runs a connector, purely: says what to ask for next, and judges what came back. Whoever drives it
// owns the connection, the clock and the journal:
//
//   progress   = begin(*rule, progress, now)             at the start of a run
//   request    = page_request(reading, position, progress, now), then authenticate(…)
//   outcome    = read_page(reading, request, answer, position, progress, now)
//     page:      keep the records, then go on from `next` with `progress`; no `next`: complete
//     verdict:   do what it says, then ask again from `position`
//
// The position and the progress are small documents for the sync's journal: after a crash, reading
// goes on where it stopped.
#pragma once

#include "actors/integration/job/place.hpp"
#include "actors/integration/manifest.hpp"
#include "protocols/blob.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tenon::actors::connectors {

inline constexpr std::size_t max_key_bytes = 256;
inline constexpr std::size_t max_record_bytes = 4u << 20;

/// A connector with what somebody filled in.
struct connection {
  std::string id;
  value settings; // what expressions call `conn`: the parameters, and `id`
  value secrets;  // what they call `secret`
  url base;
};

/// Takes the settings and secrets for the manifest's parameters: defaults are filled in; what is
/// missing, unknown, or not as expected is a failure that names the parameter. What was captured
/// when the credential was connected counts as a setting.
result<connection> connect(const manifest&, std::string id, const object& settings,
                           const object& secrets, const object& captured = {});

/// The same on the way to a credential: `base` is left empty when it hangs on what is captured
/// then.
result<connection> introduce(const manifest&, std::string id, const object& settings,
                             const object& secrets);

/// How this connection proves who asks.
compiled_auth auth_of(const manifest&, const connection&);

/// What is read, by whose connection.
struct reading {
  const manifest& connector;
  const connectors::stream& stream;
  const connectors::connection& connection;
};

/// Between two pages. `at` belongs to the pager.
struct position {
  object at;
  std::uint64_t pages = 0; // read so far
  std::uint64_t records = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> tries{}; // rule and times, for this page
  std::uint64_t rows = 0;         // of the query that is being paged through
  list parts{};                   // the first is being read
  std::optional<object> more{};   // the partition's own: where the parts after them come from
  std::optional<job_place> job{}; // that makes what is read

  bool operator==(const position&) const = default;
};

/// Where a run begins.
result<position> first_position(const reading&, moment now);
object to_object(const position&);
result<position> to_position(const object&);

struct record {
  std::string key;
  blob json; // a slice of the answer, or what `map` made of it
  bool deleted = false;
  std::optional<std::int64_t> cursor; // as in `progress`
};

struct page {
  std::vector<record> records;
  std::vector<malformed_record> malformed;
  std::uint64_t filtered = 0;       // that `keep` did not keep
  std::uint64_t without_cursor = 0; // whose cursor field says nothing
  std::optional<position> next;     // none: the stream is at its end
  connectors::progress progress;    // at the end: complete
  std::optional<span> patience{};   // there is nothing yet: to be asked for again after this
  std::string waits_for{};          // what for, for people
};

struct verdict {
  action then = action::fail; // retry, wait, refresh_auth, skip_stream, reset_cursor or fail
  span delay{0};
  failure why;
  meaning classify = meaning::invalid;
  connectors::position position; // to ask again from: it counts the tries
  bool bounded = false;          // the connector says itself how often, with `max`
  /// When this place is of no use any more: where a later run goes on.
  std::optional<connectors::position> instead{};
  bool aborts = false; // the job at this place is given up, and the platform is to be told
};

/// What is asked for next: mostly a page of records.
enum class asking : std::uint8_t {
  records,
  parts, // a page of the parent stream, whose records are the parts
  token, // to go on from, before everything is read
  job,   // to be made
  state, // of the job
};
asking asked_for(const stream&, const position&, const progress&);

/// How the stream is read now: with a token, perhaps in another way than without.
const stream& present(const stream&, const progress&);

using page_outcome = std::variant<page, verdict>;

/// Before a job is made: which jobs the platform has; nothing when it cannot be asked.
result<std::optional<http_request>> search_request(const reading&, const position&, const progress&,
                                                   moment now);
/// A page that knows the job which was found, or a verdict; nothing: it is to be made.
std::optional<page_outcome> read_search(const reading&, const http_request&, const http_response&,
                                        const position&, const progress&, moment now);

/// Without the credentials.
result<http_request> page_request(const reading&, const position&, const progress&, moment now);

/// The position, with pages of so many records from there on where the pager knows how to ask for
/// that and loses none; 0: of the usual size.
position sized(const stream&, position, const progress&, std::int64_t wanted);

/// How many records are asked for there; nothing where that cannot be chosen.
struct page_size {
  std::int64_t now = 0;
  std::int64_t usual = 0;
  std::int64_t most = 0;
};
std::optional<page_size> size_of(const stream&, const position&, const progress&);

/// Whether it is a request to the platform: the file that a job has made may lie with others, who
/// are neither shown a proof nor counted.
bool needs_proof(const reading&, const position&);

/// That the platform stops working on the position's job; nothing when there is none, it is done,
/// or the platform cannot be told.
result<std::optional<http_request>> abort_request(const reading&, const position&, const progress&,
                                                  moment now);

/// Puts the credentials into a request.
result<void> authenticate(const manifest&, const connection&, const holding* held, http_request&,
                          const instant& = {});

/// On the way to something to hold: the next request, or nothing when `made` is complete.
result<std::optional<http_request>> next_request(const manifest&, const connection&, acquisition&,
                                                 const instant&);
result<void> hear_answer(const manifest&, const connection&, const http_response&, acquisition&,
                         const instant&);

/// What ends what is held, for the provider; nothing where it is not told.
result<std::optional<http_request>> leave_request(const manifest&, const connection&,
                                                  const holding&);

/// Where a person is sent to allow it.
result<std::string> consent_address(const manifest&, const connection&, const consent&);

page_outcome read_page(const reading&, const http_request&, const http_response&, const position&,
                       const progress&, moment now);

/// A record that was malformed, as it would be read now: it, what it still is, or nothing.
result<page> read_again(const reading&, const malformed_record&, moment now);

/// The request of `check`; nothing when the connector has none.
result<std::optional<http_request>> check_request(const manifest&, const connection&, moment now);
/// The account's name, or "".
result<std::string> read_check(const manifest&, const connection&, const http_response&,
                               moment now);

/// The buckets that a request takes from, with the keys that say whose they are.
struct bucket_use {
  std::size_t bucket = 0; // of manifest::buckets
  std::string key;
  std::int64_t price = 1; // 0: what answers have cost lately
  bool shared = false;    // by all who agree on the key
};
result<std::vector<bucket_use>> buckets_for(const manifest&, const connection&,
                                            const http_request&);

} // namespace tenon::actors::connectors
