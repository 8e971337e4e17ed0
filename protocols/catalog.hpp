// Every type that is ever a message, an entry of the journal or a stored state: what tests over all
// schemas walk, so that a new schema is tested by existing.
#pragma once

#include "protocols/blob.hpp"
#include "protocols/failure.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tenon::protocols {

struct message_type {
  struct specimen {
    std::string name; // "policy", or for a union "command.acquire"
    blob bytes;       // a value whose every field is set to something other than its default
  };
  std::string_view type_name; // "breaker.policy"
  std::vector<specimen> (*specimens)();
  result<blob> (*recode)(const blob&); // decodes, then encodes what it read
};

/// All conversations of the folder, in the order of their names. Written by the build.
std::vector<message_type> catalog();

} // namespace tenon::protocols
