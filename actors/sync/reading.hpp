// Reading a page for a transfer: out of the source, shaped as the spec says, and summed up for the
// collection. One page for each sync may be read in advance, while the one before it is stored.
#pragma once

#include "actors/sync/source.hpp"
#include "protocols/drift.hpp"
#include "runtime/hosting/host.hpp"
#include "runtime/tasks/task.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>

namespace tenon::actors {

/// A page as the collection will have it, and what is in its fields.
struct shaped_page {
  source_page page;
  protocols::drift_types::page fields;
};

using shaped_or_trouble = std::variant<shaped_page, source_trouble>;

/// `spec` is the sync's. A page that could not be stored as a whole is trouble.
runtime::task<shaped_or_trouble> read_shaped(runtime::host&, std::shared_ptr<source>,
                                             std::shared_ptr<const protocols::sync::spec> spec,
                                             page_request);

/// What is being read in advance: at most one page for each sync.
class read_ahead {
public:
  /// What makes one reading the same as another.
  struct reading {
    page_request wanted;
    std::uint64_t run = 0;
    std::string spec; // as it was written
  };
  struct page_ahead;
  using place = std::shared_ptr<page_ahead>;

  place begin(reading, moment now);
  void finish(const place&, shaped_or_trouble);

  /// The page that is being read in advance, if it is the one that is wanted now, and not too old:
  /// while a sync was paused, what it has read may have been changed, even by us.
  place take(const reading&, moment now);
  runtime::task<result<shaped_or_trouble>> wait(place);

private:
  std::mutex guard_;
  std::map<identity, place> pages_;
};

} // namespace tenon::actors
