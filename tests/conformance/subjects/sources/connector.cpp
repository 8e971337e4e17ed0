#include "tests/conformance/subjects/lasting.hpp"
#include "tests/conformance/subjects/sources/catalog.hpp"
#include "tests/support/connected_platform.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/started_program.hpp"

namespace tenon::tests::conformance::subjects::sources {
namespace {

constexpr auto manifest = R"({"connector": "chinook", "version": 1,
    "base": "{{conn.base_url}}", "params": {"base_url": {"title": "address"}},
    "auth": {"none": {}},
    "streams": {
      "customers": {"request": {"get": "/customers", "query": {"limit": 10}}, "records": "data",
        "key": "customer_id", "page": {"cursor": {"from": "next", "to": "after"}},
        "cursor": {"time": {"field": "updated_at", "from": "updated_since"}}},
      "invoices": {"request": {"get": "/invoices"}, "records": "items", "key": "invoice_id",
        "page": {"number": {"page": "page", "limit": "size", "size": 50,
                            "total_pages": "pages"}}},
      "invoice_lines": {"request": {"get": "/invoice_lines"}, "records": "rows",
        "key": "invoice_line_id",
        "page": {"offset": {"offset": "offset", "limit": "limit", "size": 200,
                            "total": "total"}}},
      "tracks": {"request": {"get": "/tracks", "query": {"page_size": 200}}, "key": "track_id",
        "page": {"link": "header rel=next"}}}})";

/// The paged API as a process, without keys or limits.
struct vendor {
  started_program program{"paged_api", {"--db", TENON_CHINOOK}};
  connected_platform connected{"chinook", manifest, program.first_line()};
};

} // namespace

std::vector<subject> connector() {
  const lasting<vendor> begun;
  std::vector<subject> all;
  for (const std::string stream : {"customers", "invoices", "invoice_lines", "tracks"})
    all.push_back({"connector_" + stream, [begun, stream] {
                     return opened("connector", offered({}, &(*begun).connected.platform()),
                                   {{"integration", "chinook"}, {"stream", stream}});
                   }});
  return all;
}

} // namespace tenon::tests::conformance::subjects::sources
