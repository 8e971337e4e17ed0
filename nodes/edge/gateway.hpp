// The policy between the transport and the routes. Before a body is read: which route, whose key,
// may it, is there room. After: the route's handler, and counting.
#pragma once

#include "nodes/edge/access.hpp"
#include "nodes/edge/admission.hpp"
#include "nodes/edge/router.hpp"
#include "nodes/edge/service.hpp"
#include "nodes/edge/tally.hpp"
#include "runtime/clock.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <memory>
#include <string>

namespace tenon::nodes::edge {

struct gateway_ports {
  const runtime::clock& clock;
  const key_store& keys;
  runtime::meters& meters;
};

class gateway final : public service {
public:
  /// Adds GET /openapi.json, which describes `routes`. `lanes` is options::threads.
  static result<std::unique_ptr<gateway>> make(route_list routes, gateway_ports, allowance,
                                               unsigned lanes);

  std::optional<response> screen(const head&, request&, account&) override;
  void serve(request&&, reply&&) override;
  void finished(unsigned lane, const account&, unsigned status,
                std::chrono::steady_clock::time_point now) override;
  void turn_ended(unsigned lane) override;

  edge::access& access() { return access_; }
  edge::admission& admission() { return admission_; }

private:
  /// "kind:verb" taken apart once.
  struct permission {
    std::string kind;     // or the name of the path parameter that says it
    std::string verb;     // empty: open to anybody
    bool of_path = false; // whether `kind` is such a name
  };

  gateway(router, gateway_ports, allowance, unsigned lanes);
  result<void> let_in(const head&, request&, const permission&, gate::time begun);

  gateway_ports ports_;
  router router_;
  std::vector<permission> permissions_; // by route index
  edge::access access_;
  edge::admission admission_;
  tally tally_;
  runtime::counter& refused_;
};

} // namespace tenon::nodes::edge
