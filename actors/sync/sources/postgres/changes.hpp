// A table by its changes: first what is in it, page by page, then what was changed since the slot
// began, in the order of the server's log. A later run goes on where the one before ended.
//
// Nothing is confirmed to the server before it is stored. A page is read while the one before is
// being stored, so what is known to be stored when a page is asked for is the page before that one:
// the position carries both places, and only the earlier is confirmed. A crash repeats pages.
//
// While the table is read, changes of it are repeated after it: a record may go back to an earlier
// content and forth again, and is right at the end of the run. Within a page only the last change
// of a key is given. A value that the server left out because it did not change (large ones, stored
// apart) is read from the table; what follows in the log brings it up to date. TRUNCATE, a slot
// that is gone and one that was moved by others begin with the whole table anew.
#pragma once

#include "actors/sync/sources/postgres/page.hpp"
#include "actors/sync/sources/postgres/slot.hpp"
#include "actors/sync/sources/postgres/stream.hpp"

#include <mutex>

namespace tenon::actors::postgres {

/// Streams between two pages of a run.
class kept_streams {
public:
  std::unique_ptr<stream> take(const std::string& slot, const standing&);
  void keep(std::string slot, std::unique_ptr<stream>);
  void drop(const std::string& slot); // as it was kept

private:
  struct kept {
    std::string slot;
    std::unique_ptr<stream> held;
    std::chrono::steady_clock::time_point since;
  };
  std::mutex guard_;
  std::vector<kept> kept_;
};

struct capture {
  session& db; // for what is not streamed
  const source_options& options;
  const change_options& names; // whole
  kept_streams& streams;
  std::string server; // whose slot it is
  std::function<result<std::unique_ptr<session>>()> open_streaming;
  std::stop_token stop;
};

result<source_page> read_with_changes(const capture&, const page_request&);

} // namespace tenon::actors::postgres
