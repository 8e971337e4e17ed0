// How one page leads to the next. A pager is pure: it puts a position into a request, and reads the
// next position, or the end, out of the answer. Positions are small documents that the sync keeps
// in its journal, so that reading goes on after a crash where it stopped.
//
// A server that leads in a circle, or gives the same page again whatever it is asked, is found out
// instead of being read for ever.
#pragma once

#include "actors/integration/form/form.hpp"
#include "actors/integration/form/place.hpp"
#include "protocols/blob.hpp"

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
  std::size_t bytes = 0;                 // of the body that the page was read from
};

/// A request as the platform sees it; for the platform's side, which the provider twin plays.
struct platform_request {
  const url& target;
  const parameters& query;
  const value& body;
  const list& all; // what the platform has to give, in its order
};

/// Which of them a request asks for.
struct slice {
  std::size_t from = 0;
  std::size_t count = 0;
};

/// The platform's answer that is being put together.
struct platform_page {
  slice given;
  std::size_t total = 0;
  value body;
  headers sent{};
};

class pager {
public:
  virtual ~pager() = default;

  /// What this kind knows of how many records it asks for.
  struct size {
    std::int64_t usual = 0;
    std::int64_t most = 0;
    bool operator==(const size&) const = default;
  };

  virtual object first() const = 0;
  /// Whether a page is found by how many records come before it. When one of those is deleted while
  /// the pages are read, the next page begins one too late, and a record is skipped.
  virtual bool counts() const { return false; }
  /// Nothing where a manifest does not say how to ask for a number of records.
  virtual std::optional<size> sizes() const { return std::nullopt; }
  /// The position with pages of another size from there on, where that loses none; elsewhere as it
  /// is.
  virtual object sized(object position, std::int64_t) const { return position; }
  virtual result<void> put(draft&, const object& position) const = 0;
  /// Nothing at the end.
  virtual result<std::optional<object>> next(const page_answer&, const object& position) const = 0;
  /// What of the answer's body is this page.
  virtual result<blob> piece(const http_response& answer, const object&) const {
    return answer.body;
  }

  /// The platform's side: what is asked for, when `usual` is given to those who do not say how
  /// much; and what the answer says about the page after it.
  virtual result<slice> wanted(const platform_request&, std::size_t usual) const = 0;
  virtual void lead_on(const platform_request&, platform_page&) const = 0;
  /// Where pages after the first are asked for; "" where the first is.
  virtual std::string_view continued_at() const { return {}; }
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
extern const pager_kind range_pager;

} // namespace tenon::actors::connectors
