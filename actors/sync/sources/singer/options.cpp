#include "actors/integration/form/form.hpp"
#include "actors/sync/sources/singer/assembly.hpp"

#include <algorithm>

namespace tenon::actors::singer {
namespace {

constexpr std::int64_t max_page_size = 20'000;
constexpr std::size_t max_key_fields = 16;

} // namespace

result<source_options> read_options(const object& written) {
  source_options o;
  connectors::problems found;
  const value content{written};
  connectors::form f{content, "spec.from.singer", found};
  if (f.require("tap", "the name of a tap that the node was started with"))
    o.tap = f.text("tap").value_or("");
  if (f.require("stream", "the stream of the tap, as in `stream: issues`"))
    o.stream = f.text("stream").value_or("");
  if (const auto* config = f.take("config")) {
    if (const auto* members = config->as<object>())
      o.config = *members;
    else
      f.note("config", "expected an object, found " + std::string{config->type_name()},
             "Write the tap's settings below it.");
  }
  o.credential = f.text("credential").value_or("");
  if (const auto* catalog = f.take("catalog")) {
    o.catalog = *catalog;
    const auto* streams = catalog->find("streams");
    if (!streams || !streams->is<list>())
      f.note("catalog", "this is no catalog", "Write what the tap prints with --discover.");
  }
  o.key = f.texts("key");
  if (o.key.size() > max_key_fields)
    f.note("key", "a key has 1 to 16 fields", "Name the fields of the key.");
  for (const auto& field : o.key)
    if (const auto path = connectors::compile_path(field); field.empty() || !path)
      f.note("key", "this is no field", "Write its name; a.b for one in another.");
  if (const auto length = f.length("silence", std::chrono::seconds{1}, std::chrono::hours{24}))
    o.silence = *length;
  if (const auto size = f.number("page_size", 1, max_page_size))
    o.page_size = static_cast<std::size_t>(*size);
  f.finish();
  if (!found.empty())
    return std::move(found).take().front();
  return o;
}

} // namespace tenon::actors::singer
