// Files in the middle of which a page ended, kept open for the next one, so that reading a packed
// file page by page unpacks it once. A few at most: whoever finds none opens the file again, which
// only takes longer. Beside them, how often each sync has found that a file changed under it: what
// never rests must not be begun for ever.
#pragma once

#include "actors/sync/sources/files/format.hpp"
#include "protocols/identity.hpp"

#include <list>
#include <map>
#include <mutex>

namespace tenon::actors::files {

struct open_reader {
  std::shared_ptr<const files::format> format; // which the reader refers to
  std::shared_ptr<const open_file> file;
  std::unique_ptr<input> bytes;
  std::unique_ptr<files::reader> reader; // of `bytes`
};

class open_readers {
public:
  static constexpr std::size_t most = 8;

  /// The reader with which the page before this position ended. One that stands elsewhere for the
  /// same sync is given up.
  std::unique_ptr<open_reader> take(const identity& sync, const std::string& position);
  void keep(const identity& sync, std::string position, std::unique_ptr<open_reader>);

  /// Whether it has happened so often since a run came to its end that it is better to say so.
  bool changed_too_often(const identity& sync);
  void came_to_its_end(const identity& sync);

private:
  struct kept {
    identity sync;
    std::string position;
    std::unique_ptr<open_reader> reader;
  };

  std::mutex guard_;
  std::list<kept> newest_first_;
  std::map<identity, int> changes_;
};

} // namespace tenon::actors::files
