// What somebody sends to a hook, as it came: nothing of it is believed before it is verified.
#pragma once

#include "actors/integration/web/message.hpp"
#include "actors/integration/web/url.hpp"
#include "protocols/blob.hpp"
#include "protocols/value.hpp"

#include <optional>
#include <string>

namespace tenon::actors::connectors {

inline constexpr std::size_t max_inbound_bytes = 4u << 20;

struct inbound {
  std::string method;
  std::string url; // as the sender knows it, with its query
  connectors::headers headers;
  parameters query; // decoded, in their order
  blob body;        // every byte
};

struct hook_answer {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body{};
  connectors::headers headers{};
};

std::optional<std::string> query_value(const inbound&, std::string_view name);
void add_query(inbound&, const std::string& name, const std::string& content);

/// What expressions call `query`.
value query_words(const inbound&);

/// The members of a form in the body; nothing when it is of another type.
std::optional<parameters> form_in(const inbound&);

/// "query hub.challenge", "header x-hook-id" or "body challenge.text".
struct whereabouts {
  enum class part : std::uint8_t { query, header, body };

  part in = part::query;
  std::string name;
};
result<whereabouts> read_whereabouts(std::string_view text);
std::optional<std::string> find_value(const inbound&, const whereabouts&);

} // namespace tenon::actors::connectors
