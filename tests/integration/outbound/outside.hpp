// A client that may call the loopback, and sending with it as if it were synchronous.
#pragma once

#include "runtime/outbound/client.hpp"

#include <gtest/gtest.h>

#include <future>

namespace tenon::tests {

namespace outbound = runtime::outbound;

inline outbound::client_options to_loopback() {
  outbound::client_options o;
  o.policy.allowed = {*outbound::parse_network("127.0.0.0/8")};
  return o;
}

class outside {
public:
  explicit outside(outbound::client_options o = to_loopback())
      : client{*outbound::client::make(std::move(o), meters)} {}

  std::future<result<outbound::response>> begin(outbound::request r, outbound::limits l = {},
                                                std::stop_token stop = {}) {
    auto answered = std::make_shared<std::promise<result<outbound::response>>>();
    auto future = answered->get_future();
    client->send(
        std::move(r), std::move(l),
        [answered](result<outbound::response> a) { answered->set_value(std::move(a)); },
        std::move(stop));
    return future;
  }

  result<outbound::response> send(outbound::request r, outbound::limits l = {}) {
    return begin(std::move(r), std::move(l)).get();
  }
  result<outbound::response> get(std::string url, outbound::limits l = {}) {
    return send({"GET", std::move(url)}, std::move(l));
  }

  runtime::meters meters;
  std::unique_ptr<outbound::client> client;
};

} // namespace tenon::tests
