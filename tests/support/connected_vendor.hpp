// The paged API as a process, and everything that reads it in the same way as a node does: actors
// in a host, the outbound client, the platform. For tests of what stands above.
#pragma once

#include "actors/catalog.hpp"
#include "actors/connector.hpp"
#include "actors/integration.hpp"
#include "actors/integration/platform.hpp"
#include "actors/sync/sources/connector.hpp"
#include "tests/support/hosted.hpp"
#include "tests/support/started_program.hpp"

namespace tenon::tests {

/// Serves the Chinook database, without keys or limits, as the integration acme/chinook.
class connected_vendor {
public:
  connected_vendor()
      : vendor_{"paged_api", {"--db", TENON_CHINOOK}}, node_{actors::catalog()},
        host_{node_.begin()}, web_{*runtime::outbound::client::make(allowing_loopback(), meters_)},
        platform_{{host_, *web_, timer_, node_.clock}}, kind_{actors::connector_source(platform_)} {
    const auto configured = [&]<class Kind>(const identity& id, std::string spec) {
      node_.done<Kind>(id, typename Kind::configure{.spec = std::move(spec)});
    };
    configured.operator()<actors::connector>({"acme", "connector", "chinook"}, manifest);
    configured.operator()<actors::integration>({"acme", "integration", "chinook"},
                                               R"({"connector":"chinook","config":{"base_url":")" +
                                                   vendor_.first_line() + R"("}})");
  }

  std::unique_ptr<actors::source> open(const std::string& stream) {
    auto opened =
        kind_->open({"acme", "sync", "any"}, {{"integration", "chinook"}, {"stream", stream}});
    ensure(opened.has_value(), opened ? "" : opened.error().why);
    return *std::move(opened);
  }

private:
  static constexpr auto manifest = R"({"connector": "chinook", "version": 1,
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

  static runtime::outbound::client_options allowing_loopback() {
    runtime::outbound::client_options options;
    options.policy.allowed.push_back(*runtime::outbound::parse_network("127.0.0.0/8"));
    return options;
  }

  started_program vendor_;
  hosted node_;
  runtime::host& host_;
  runtime::meters meters_;
  std::unique_ptr<runtime::outbound::client> web_;
  runtime::timer timer_;
  actors::connectors::platform platform_;
  std::unique_ptr<actors::source_kind> kind_;
};

} // namespace tenon::tests
