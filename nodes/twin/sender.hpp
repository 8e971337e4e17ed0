// Sends what a platform sends of its own: to hooks on this machine, and to nobody else, whatever
// address it was told.
#pragma once

#include "actors/integration/hooks/inbound.hpp"
#include "protocols/value.hpp"
#include "runtime/outbound/client.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tenon::nodes {

class sender {
public:
  static result<std::unique_ptr<sender>> open(runtime::meters&);

  /// With `through`, an address stands for its path and query there. `done` is called once, on
  /// another thread, with what each was answered: {to, status} or {to, error}.
  void send(std::vector<actors::connectors::inbound>, const std::string& through,
            std::function<void(list)> done);

private:
  explicit sender(std::unique_ptr<runtime::outbound::client> c) : client_{std::move(c)} {}

  std::unique_ptr<runtime::outbound::client> client_;
};

} // namespace tenon::nodes
