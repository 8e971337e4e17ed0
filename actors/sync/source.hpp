// Where a sync reads from, as a port, and the list of kinds. A source is asked for one page at a
// time and says where the next one begins; it keeps nothing between pages, so that after a crash
// any page can be asked for again. One kind is one file in actors/sync/sources.
#pragma once

#include "actors/sync/letters.hpp"
#include "actors/sync/tuning/settings.hpp"
#include "protocols/collection.hpp"
#include "protocols/identity.hpp"
#include "protocols/sync.hpp"
#include "protocols/value.hpp"
#include "runtime/tasks/task.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tenon::actors {

/// What is asked for. Position and cursor are the source's own words from an earlier page, JSON
/// texts; empty: from the beginning.
struct page_request {
  identity sync;
  std::string position;
  std::string cursor;
  bool full = false;     // read everything, whatever the cursor says
  std::string attempt{}; // what the source said when this page was last in trouble
  bool anew = false;     // the page is known not to be stored: what it does may be done
  protocols::sync::priority priority{}; // among those who ask the same platform
  tuning::settings settings{};          // what was chosen, of what the source lets one choose
};

struct source_page {
  std::vector<protocols::collection::incoming> records;
  std::vector<protocols::letter_types::kept> letters; // what could not be read as a record
  std::uint64_t filtered = 0;                         // left out by the source's own rule
  std::uint64_t bytes = 0;                            // as they came
  std::uint64_t expected = 0;                         // records of the whole run; 0: unknown
  std::string position;                               // where the next page begins
  std::string cursor;                                 // how far has been read, with this page
  bool last = false;
  bool complete = false; // the run shows every record there is: those not seen are gone
  bool counted = false;  // pages are found by counting: one may be skipped when another goes
  std::optional<moment> resume_at{}; // the next page is not there before
  std::string waits_for{};           // what it waits for; while there is, it can be given up
  std::vector<protocols::drift_types::seen> declared{}; // what records have in them, as it is said
  moment read_at{};                                     // when it was there; whoever asks notes it
  tuning::settings settings{}; // how it was read, of what the source lets one choose
  span took{};                 // from asking the source to having the page
};

/// Why there is no page.
struct source_trouble {
  failure why;
  bool transient = false;  // another attempt may do better
  span retry_after{};      // what the source asked for; 0: the sync's own back-off
  bool start_over = false; // the position is no longer known: begin at the beginning
  std::string attempt{};   // to be told with another attempt: what came of those so far
  bool counted = false;    // the source itself bounds the attempts at a page
  std::string go_on_at{};  // the position is of no use any more: a later run begins here
  /// The page does something that is not to be done twice: it is read `anew`, unless it is stored.
  bool unless_stored = false;
};

using page_or_trouble = std::variant<source_page, source_trouble>;

class source {
public:
  virtual ~source() = default;
  virtual runtime::task<page_or_trouble> read(page_request) = 0;
  /// Whether each page is counted by whoever gives it: then none is asked for before the one before
  /// it is safe, so that after a crash one page at most is asked for again.
  virtual bool metered() const { return false; }
  /// What is waited for at this position is not wanted any more. Tried once.
  virtual runtime::task<result<void>> abandon(page_request) { co_return result<void>{}; }
  /// The sync reads from here no more: what is kept there for it alone is not needed. Tried again
  /// when it fails for a while.
  virtual runtime::task<result<void>> forget() { co_return result<void>{}; }
  /// A letter that says how it can be read again is read as it would be now: a page with the record
  /// it has become, with the letter it still is, or with nothing. A failure: it cannot be tried.
  virtual runtime::task<result<source_page>> read_again(protocols::letter_types::kept letter) {
    co_return of_another_kind(letter);
  }
};

/// One kind of source, named like the member of a sync's `from`.
class source_kind {
public:
  virtual ~source_kind() = default;
  virtual std::string_view name() const = 0;
  /// What is wrong with the options, with a place below "spec.from.<name>".
  virtual result<void> check(const object& options) const = 0;
  virtual result<std::unique_ptr<source>> open(const identity& sync, const object& options) = 0;
};

using source_kinds = std::vector<std::unique_ptr<source_kind>>;

} // namespace tenon::actors
