// Everything that a connector is read and written through in a node: actors in a host, the outbound
// client, the platform. For tests of what stands above.
#pragma once

#include "actors/catalog.hpp"
#include "actors/connector.hpp"
#include "actors/integration.hpp"
#include "actors/integration/platform.hpp"
#include "tests/support/hosted.hpp"

namespace tenon::tests {

/// With one connector and an account at it, acme/integration/NAME, which is at that address;
/// `more` is of the account's spec, as in `, "concurrency": 2`.
class connected_platform {
public:
  connected_platform(const std::string& name, const std::string& manifest, const std::string& url,
                     const std::string& more = {})
      : node_{actors::catalog()}, host_{node_.begin()}, web_{*runtime::outbound::client::make(
                                                            allowing_loopback(), meters_)},
        platform_{{host_, *web_, timer_, node_.clock}} {
    node_.done<actors::connector>({"acme", "connector", name},
                                  actors::connector::configure{.spec = manifest});
    node_.done<actors::integration>(
        {"acme", "integration", name},
        actors::integration::configure{.spec = R"({"connector":")" + name +
                                               R"(","config":{"base_url":")" + url + R"("})" +
                                               more + '}'});
  }

  actors::connectors::platform& platform() { return platform_; }

private:
  static runtime::outbound::client_options allowing_loopback() {
    runtime::outbound::client_options options;
    options.policy.allowed.push_back(*runtime::outbound::parse_network("127.0.0.0/8"));
    return options;
  }

  hosted node_;
  runtime::host& host_;
  runtime::meters meters_;
  std::unique_ptr<runtime::outbound::client> web_;
  runtime::timer timer_;
  actors::connectors::platform platform_;
};

} // namespace tenon::tests
