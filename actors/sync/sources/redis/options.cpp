#include "actors/sync/sources/redis/page.hpp"

#include "protocols/utf8.hpp"

#include <algorithm>

namespace tenon::actors::redis {
namespace {

constexpr std::size_t max_name_bytes = 512;
constexpr std::size_t max_names = 1'000;
const network::url_shape shape{{"redis", "rediss"}, 6379, "/0", "rediss"};

bool is_pattern(const std::string& name) {
  return name.find_first_of("*?[") != name.npos;
}

} // namespace

const relational::option_names options{
    "redis",
    "a Redis source",
    "{redis: {url: redis://host, stream: …}}",
    {"url", "credential", "sslmode", "ca", "stream", "decode", "id_as", "page_size"},
    20'000};

result<source_options> read_options(const object& written) {
  source_options o;
  connectors::problems found;
  const value content{written};
  connectors::form f{content, "spec.from.redis", found};
  o.server = network::read_server(f, options, shape);
  const auto& database = o.server.at.database;
  if (database.size() > 5 ||
      !std::ranges::all_of(database, [](char c) { return c >= '0' && c <= '9'; }))
    f.note("url", "a database of Redis is a number", "Write redis://host/0.");
  if (f.require("stream", "the name of a stream, as in `stream: orders`"))
    o.streams = f.texts("stream");
  const auto odd = [](const std::string& name) {
    return name.empty() || name.size() > max_name_bytes || !is_utf8(name);
  };
  if (o.streams.empty() || o.streams.size() > max_names || std::ranges::any_of(o.streams, odd))
    f.note("stream", "these are no names of streams", "Write one, or a list of up to 1,000.");
  std::ranges::sort(o.streams);
  o.several = o.streams.size() > 1 || std::ranges::any_of(o.streams, is_pattern);
  if (const auto how = f.choice("decode", reading_names))
    o.decode = static_cast<reading>(*how);
  if (const auto name = f.text("id_as")) {
    o.id_as = *name;
    if (name->empty() || (o.several && *name == "stream"))
      f.note("id_as", "this cannot be the name of the id", "Write another one.");
  }
  if (const auto size = f.number("page_size", 1, options.max_page_size))
    o.page_size = static_cast<std::size_t>(*size);
  f.finish();
  if (!found.empty())
    return std::move(found).take().front();
  return o;
}

} // namespace tenon::actors::redis
