#include "tests/conformance/subjects/sources/catalog.hpp"
#include "tests/support/offered.hpp"

namespace tenon::tests::conformance::subjects::sources {
namespace {

subject reading(std::string name, const object& more, std::string cursor = {}) {
  const auto options = joined({{"file", TENON_CHINOOK}, {"page_size", 40}}, more);
  const auto open = [options] { return opened("sqlite", offered({"/"}), options); };
  return {std::move(name), open, std::move(cursor)};
}

} // namespace

std::vector<subject> sqlite() {
  return {
      reading("sqlite_by_key", {{"table", "Invoice"}, {"key", "InvoiceId"}}),
      reading(
          "sqlite_by_two_keys",
          {{"table", "PlaylistTrack"}, {"key", list{"PlaylistId", "TrackId"}}, {"page_size", 500}}),
      reading("sqlite_by_cursor",
              {{"table", "Invoice"}, {"key", "InvoiceId"}, {"cursor", "InvoiceDate"}},
              R"({"column":"InvoiceDate","at":"2010-06-01 00:00:00"})"),
      reading("sqlite_by_a_cursor_with_nulls",
              {{"table", "Track"}, {"key", "TrackId"}, {"cursor", "Composer"}, {"page_size", 200}},
              R"({"column":"Composer","at":"M"})"),
  };
}

} // namespace tenon::tests::conformance::subjects::sources
