// libFuzzer: any bytes are summed up without reading behind them, and of a record that is a JSON
// object, each field is there with the type that a parser of the whole finds.
#include "actors/collection/drift/fields.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace tenon;
namespace drift = protocols::drift_types;

drift::type type_of(const value& v) {
  return v.is_null()            ? drift::type::null
         : v.is<bool>()         ? drift::type::boolean
         : v.is<std::int64_t>() ? drift::type::integer
         : v.is<double>()       ? drift::type::number
         : v.is<std::string>()  ? drift::type::text
         : v.is<list>()         ? drift::type::list
                                : drift::type::object;
}

/// An integer that no machine word holds is a double to the parser.
bool agree(drift::type summed, drift::type parsed) {
  return summed == parsed || (summed == drift::type::integer && parsed == drift::type::number);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string record{reinterpret_cast<const char*>(bytes), size};
  actors::collections::field_sum fields;
  fields.add(record);
  fields.add(record); // once more, by what was seen before
  const auto page = fields.page(drift::policy::widen);
  const auto read = read_json(record);
  const auto* members = read ? read->as<object>() : nullptr;
  if (members == nullptr || page.unkept != 0)
    return 0;
  for (const auto& [name, v] : *members)
    if (std::ranges::none_of(page.seen, [&](const drift::seen& one) {
          return one.name == name && agree(one.type, type_of(v)) && one.records % 2 == 0;
        }))
      std::abort();
  return 0;
}
