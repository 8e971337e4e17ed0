#include "actors/sync/sources/mqtt/session.hpp"

#include "protocols/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tenon::actors::mqtt {
namespace {

constexpr std::size_t max_topics = 1'000;
constexpr std::size_t max_client_bytes = 200;
const network::url_shape shape{{"mqtt", "mqtts"}, 1883, "", "mqtts", 8883};
const runtime::expression::options words{
    .roots = {"record"}, .implied_root = "record", .allow_secrets = false};

/// At most 23 letters and digits, which every broker takes.
std::string own_name(const identity& sync) {
  std::array<char, 16> digits{};
  const auto hash = stable_hash(to_string(sync));
  char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16).ptr;
  return "tenon" + std::string{digits.data(), end};
}

} // namespace

const relational::option_names options{
    "mqtt", "an MQTT source", "{mqtt: {url: mqtt://host, topics: …}}", {}, 5'000};

result<source_options> read_options(const identity& sync, const object& written) {
  source_options o;
  connectors::problems found;
  const value content{written};
  connectors::form f{content, "spec.from.mqtt", found};
  o.server = network::read_server(f, options, shape);
  if (f.require("topics", "what is subscribed to, as in `topics: plant/+/temperature`"))
    o.topics = f.texts("topics");
  if (o.topics.empty() || o.topics.size() > max_topics ||
      !std::ranges::all_of(o.topics, [](const auto& t) { return is_filter(t); }))
    f.note("topics", "these are no topics to subscribe to",
           "Write up to 1,000; + stands for one level, # at the end for all below.");
  std::ranges::sort(o.topics);
  o.topics.erase(std::ranges::unique(o.topics).begin(), o.topics.end());
  if (const auto how = f.choice("payload", reading_names))
    o.payload = static_cast<reading>(*how);
  if (const auto key = f.text("key")) {
    auto compiled = runtime::expression::compile(*key, words);
    if (compiled)
      o.key = *std::move(compiled);
    else
      f.note("key", compiled.error().why + ", " + compiled.error().where,
             "Write an expression over the record: key: payload.device.");
  }
  o.retained = f.flag("retained").value_or(true);
  o.client_id = own_name(sync);
  if (const auto name = f.text("client_id")) {
    o.client_id = *name;
    if (name->empty() || name->size() > max_client_bytes || !is_utf8(*name))
      f.note("client_id", "this cannot be a name at a broker", "Write letters and digits.");
  }
  if (const auto length =
          f.length("session", std::chrono::minutes{1}, std::chrono::hours{24 * 366}))
    o.session = *length;
  if (const auto length = f.length("quiet", span{50}, std::chrono::minutes{1}))
    o.quiet = *length;
  if (const auto size = f.number("page_size", 1, options.max_page_size))
    o.page_size = static_cast<std::size_t>(*size);
  f.finish();
  if (!found.empty())
    return std::move(found).take().front();
  return o;
}

} // namespace tenon::actors::mqtt
