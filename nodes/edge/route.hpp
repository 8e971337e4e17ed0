// One thing the edge can be asked for: everything the router, the access check and the API
// description need to know about it, beside the function that answers. A route is plain data.
#pragma once

#include "nodes/edge/http.hpp"
#include "nodes/edge/reply.hpp"
#include "protocols/value.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tenon::nodes::edge {

/// Answers now or later, from any thread. Called on an io thread, so it must not block.
using handler = std::function<void(request&&, reply&&)>;

enum class place : std::uint8_t { path, query, header };

struct parameter {
  std::string name;
  place in = place::query;
  std::string description;
  value schema = object{{"type", "string"}}; // JSON Schema
  bool required = false;                     // path parameters always are
};

struct route {
  edge::method method = edge::method::get;
  std::string pattern; // "/api/v1/{tenant}/{kinds}/{name}"; a last "{rest...}" takes what remains
  std::string summary; // one sentence
  std::string permission; // "kind:verb" or "{kinds}:verb"; empty: anybody, without a key
  handler handle;
  std::vector<parameter> parameters{};
  value request_schema{}; // JSON Schema of a JSON body; null: no body is described
  value response_schema{};
  unsigned success = 200;
  std::string response_type{media::json};
  std::string operation{};      // unique name in the description; empty: made of the pattern
  std::vector<code> refusals{}; // which failures to describe beside those every route may give
  bool documented = true;       // part of the API description
};

using route_list = std::vector<route>;

} // namespace tenon::nodes::edge
