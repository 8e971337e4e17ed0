// XML: what the root has in it, as an object. An attribute is "@name", a child its name, several
// children of one name a list, and text beside them "#text". Names are as written, prefixes and
// all.
#include "actors/formats/xml/tree.hpp"
#include "actors/integration/decode/decoder.hpp"
#include "actors/integration/page/json_text.hpp"

namespace tenon::actors::connectors {
namespace {

result<decoded> decode(const blob& body) {
  auto json = formats::xml_as_json(body.view(), json_text::max_bytes);
  if (!json)
    return std::move(json).error();
  return decoded{blob::from(*std::move(json))};
}

} // namespace

const decoder xml_decoder{"xml", "application/xml", decode};

} // namespace tenon::actors::connectors
