// A request that a kind of proof makes on its own: to log in, to swap a token, to look something
// up.
//
//   {post: https://…, query: {…}, headers: {…}, form: {…}}     or with body: {…}, as JSON
//
// A path alone is one of the API's.
#pragma once

#include "actors/integration/form/pattern.hpp"
#include "actors/integration/web/message.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::actors::connectors {

using named_programs = std::vector<std::pair<std::string, program>>;

struct call_pattern {
  std::string method;
  std::optional<program> address;
  named_programs query;
  named_programs headers;
  named_programs form;
  std::optional<pattern> body;
};

call_pattern take_call(form&, const vocabulary&);
result<http_request> make_call(const call_pattern&, const scope&);

/// A map of names and templates.
named_programs take_programs(form&, std::string_view name, const vocabulary&);

} // namespace tenon::actors::connectors
