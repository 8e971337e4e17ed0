// Whoever does what actors ask of the outside. One performer for each effect's name.
#pragma once

#include "runtime/hosting/surroundings.hpp"

#include <functional>
#include <map>
#include <memory>

namespace tenon::runtime {

class performer {
public:
  virtual ~performer() = default;

  /// Begins and returns at once. `outcome` takes a command of the asking actor, encoded, exactly
  /// once, from any thread. What goes wrong outside is an outcome too.
  virtual void perform(effect, std::function<void(blob command)> outcome) = 0;
};

using performers = std::map<std::string, std::unique_ptr<performer>, std::less<>>;

} // namespace tenon::runtime
