// A whole XML document as JSON: what its root has in it, as actors/formats/xml/element.hpp writes
// it. For documents that are held in memory anyway; larger ones are streamed
// (actors/sync/sources/xml).
#pragma once

#include "protocols/failure.hpp"

#include <string>
#include <string_view>

namespace tenon::actors::formats {

/// `malformed` with its line, `forbidden` when it refers to something outside itself or grows
/// without bound by its entities, `too_large`.
result<std::string> xml_as_json(std::string_view document, std::size_t most_bytes);

} // namespace tenon::actors::formats
