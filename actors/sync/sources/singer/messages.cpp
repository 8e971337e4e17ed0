#include "actors/sync/sources/singer/messages.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tenon::actors::singer {
namespace {

using connectors::json_text;

constexpr std::array<std::pair<std::string_view, message_kind>, 4> kinds{
    {{"SCHEMA", message_kind::schema},
     {"RECORD", message_kind::record},
     {"STATE", message_kind::state},
     {"ACTIVATE_VERSION", message_kind::activate_version}}};

failure none(std::string why) {
  return {code::malformed, "this is no message of Singer's: " + why};
}

std::string text_at(const json_text& line, std::string_view name) {
  const auto raw = line.member(line.root(), name);
  return raw ? connectors::scalar_text(*raw).value_or("") : "";
}

std::optional<std::int64_t> number_at(const json_text& line, std::string_view name) {
  const auto raw = line.member(line.root(), name);
  std::int64_t n = 0;
  if (!raw ||
      std::from_chars(raw->data(), raw->data() + raw->size(), n).ptr != raw->data() + raw->size())
    return std::nullopt;
  return n;
}

} // namespace

std::optional<line_reader::line> line_reader::next() {
  for (;;) {
    const auto end = bytes_.find('\n', std::max(at_, looked_at_));
    const auto upto = end == std::string::npos ? bytes_.size() : end;
    looked_at_ = upto;
    const bool too_long = longer_ || upto - at_ > most_bytes;
    if (too_long && !longer_)
      longer_ = bytes_.substr(at_, kept_of_longer);
    if (end == std::string::npos) {
      const auto done = too_long ? bytes_.size() : at_;
      bytes_.erase(0, done);
      at_ = 0;
      looked_at_ -= done;
      return std::nullopt;
    }
    line found{too_long ? *std::exchange(longer_, std::nullopt) : bytes_.substr(at_, upto - at_),
               too_long};
    at_ = looked_at_ = end + 1;
    if (found.text.ends_with('\r'))
      found.text.pop_back();
    if (!found.text.empty())
      return found;
  }
}

std::optional<line_reader::line> line_reader::rest() {
  if (at_ == bytes_.size() && !longer_)
    return std::nullopt;
  feed("\n");
  return next();
}

bool is_deleted(const connectors::json_text& text, std::string_view record) {
  const auto gone = text.member(record, "_sdc_deleted_at");
  return gone && !connectors::is_null(*gone);
}

result<message> read_message(std::string_view text) {
  const auto line = json_text::check(text);
  if (!line)
    return none(line.error().why);
  if (!connectors::is_object(line->root()))
    return none("not an object");
  message m{.type = text_at(*line, "type"), .stream = text_at(*line, "stream")};
  if (m.type.empty())
    return none("without a type");
  const auto kind = std::ranges::find(kinds, std::string_view{m.type},
                                      [](const auto& each) { return each.first; });
  if (kind == kinds.end())
    return m;
  m.kind = kind->second;
  if (m.kind != message_kind::state && m.stream.empty())
    return none(m.type + " without a stream");
  m.version = number_at(*line, "version");
  if (m.kind == message_kind::record || m.kind == message_kind::state) {
    const auto content =
        line->member(line->root(), m.kind == message_kind::record ? "record" : "value");
    if (!content || !connectors::is_object(*content))
      return none(m.type + " without an object in it");
    m.content = *content;
  }
  if (m.kind == message_kind::record)
    m.deleted = is_deleted(*line, m.content);
  if (m.kind == message_kind::schema)
    if (const auto names = line->member(line->root(), "key_properties");
        names && connectors::is_list(*names))
      for (json_text::walk each{*line, *names}; each.next();)
        if (auto name = connectors::scalar_text(each.content()))
          m.key.push_back(*std::move(name));
  if (m.kind == message_kind::activate_version && !m.version)
    return none("ACTIVATE_VERSION without a version");
  return m;
}

} // namespace tenon::actors::singer
