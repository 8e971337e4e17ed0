// Where a manifest's words go in a request, and where they are found in an answer.
#pragma once

#include "actors/integration/form/form.hpp"
#include "actors/integration/page/path.hpp"
#include "actors/integration/web/message.hpp"
#include "actors/integration/web/url.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::actors::connectors {

/// What a body is written in.
enum class body_kind : std::uint8_t { json, form, form_data, related, raw };

/// A request that is being put together.
struct draft {
  std::string method;
  url base; // of the connection
  url target;
  parameters query;
  headers sent;
  std::optional<value> body;
  body_kind as = body_kind::json;
};

/// A path of the manifest; a problem at its place when it is none.
std::optional<json_path> take_path(form&, std::string_view name);

/// Where something is put: a parameter of the query, or a member of the body.
struct place {
  json_path to; // in the query, its text is the parameter's name
  bool in_body = false;

  bool named() const { return !to.text.empty(); }
};

/// `where: query` or `where: body`, for all that is put by a block.
bool take_in_body(form&);
/// The setting `name` as a place; a problem when it is no path and it has to be one.
place take_place(form&, std::string_view name, std::string_view fallback, bool in_body);
/// Sets the member at a path, making the members on the way; a star is a list's only item. False
/// when something else is in the way.
bool set_member(value& root, const json_path&, value content);

/// In place of what the request says there itself.
result<void> put_at(draft&, const place&, const value& content);

} // namespace tenon::actors::connectors
