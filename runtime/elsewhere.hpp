// Where envelopes go whose partition this node does not own, as a port. On a node that is alone
// there is nobody, and they are refused.
#pragma once

#include "protocols/identity.hpp"
#include "runtime/hosting/envelope.hpp"

#include <memory>

namespace tenon::runtime {

class elsewhere {
public:
  virtual ~elsewhere() = default;

  /// Takes the envelope to whoever owns the identity's partition, or keeps it, within bounds, until
  /// somebody does; its answer is always used. Called from any thread, and from within
  /// `ownership_listener::lost` and the turn of a cell: must return at once and never answer from
  /// here by blocking. Should this node become the owner meanwhile, `host::take` takes it back; a
  /// refusal there is no reason to call `host::send`, which would only lead here again.
  virtual void send(const identity& to, std::unique_ptr<envelope>) = 0;
};

} // namespace tenon::runtime
