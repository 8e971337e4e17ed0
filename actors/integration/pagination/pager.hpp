// How one page leads to the next. A pager is pure: it puts a position into a request, and reads the
// next position, or the end, out of the answer. Positions are small documents that the sync keeps
// in its journal, so that reading goes on after a crash where it stopped.
//
// A server that leads in a circle, or gives the same page again whatever it is asked, is found out
// instead of being read for ever.
#pragma once

#include "actors/integration/form/form.hpp"
#include "actors/integration/form/place.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

/// What a pager may look at.
struct page_answer {
  const json_text& body;
  const headers& came;
  const url& asked; // the address that this answers
  const url& base;
  const std::vector<std::string>& hosts; // beside the base's own
  std::size_t records = 0;               // as the server sent them
  std::string_view last{};               // of them, raw
  std::uint64_t mark = 0;                // tells a page from another; zero for an empty one
};

class pager {
public:
  virtual ~pager() = default;

  virtual object first() const = 0;
  virtual result<void> put(draft&, const object& position) const = 0;
  /// Nothing at the end.
  virtual result<std::optional<object>> next(const page_answer&, const object& position) const = 0;
};

/// One kind: its name in manifests and how to make one from the settings below that name.
struct pager_kind {
  std::string_view name;
  std::shared_ptr<const pager> (*compile)(const value& settings, const std::string& where,
                                          const std::vector<std::string>& stop, problems&);
};

const std::vector<pager_kind>& all_pagers();

// The kinds, each in its file.
extern const pager_kind cursor_pager;
extern const pager_kind link_pager;
extern const pager_kind offset_pager;
extern const pager_kind number_pager;
extern const pager_kind keyset_pager;

} // namespace tenon::actors::connectors
