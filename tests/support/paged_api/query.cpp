#include "tests/support/paged_api/query.hpp"

#include <charconv>

namespace tenon::tests::paged_api {
namespace {

std::string decoded_percent(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
            text.data() + i + 3) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

template <class Number> std::optional<Number> natural(std::string_view text) {
  Number n{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n < 0)
    return std::nullopt;
  return n;
}

} // namespace

query::query(std::string_view text) {
  while (!text.empty()) {
    const auto member = text.substr(0, text.find('&'));
    const auto name = member.substr(0, member.find('='));
    members_.emplace_back(decoded_percent(name),
                          name.size() == member.size()
                              ? std::string{}
                              : decoded_percent(member.substr(name.size() + 1)));
    text.remove_prefix(std::min(member.size() + 1, text.size()));
  }
}

const std::string* query::find(std::string_view name) const {
  for (const auto& [its_name, text] : members_)
    if (its_name == name)
      return &text;
  return nullptr;
}

std::optional<std::size_t> query::number(std::string_view name, std::size_t otherwise,
                                         std::size_t most) const {
  const auto* text = find(name);
  if (text == nullptr)
    return otherwise;
  const auto n = natural<std::int64_t>(*text);
  if (!n || static_cast<std::size_t>(*n) > most)
    return std::nullopt;
  return static_cast<std::size_t>(*n);
}

std::string decoded_base64(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  int held = 0;
  while (text.ends_with('='))
    text.remove_suffix(1);
  for (const char c : text) {
    const auto plain = c == '+' ? '-' : c == '/' ? '_' : c;
    const auto digit = alphabet.find(plain);
    if (digit == std::string_view::npos)
      return {};
    bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>((bits >> held) & 0xff);
    }
  }
  return out;
}

std::string opaque(std::int64_t position) {
  const auto text = 'c' + std::to_string(position);
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xffffff;
    for (held += 8; held >= 6;)
      out += alphabet[(bits >> (held -= 6)) & 63];
  }
  if (held > 0)
    out += alphabet[(bits << (6 - held)) & 63];
  return out;
}

std::optional<std::int64_t> position_of(std::string_view opaque_text) {
  const auto text = decoded_base64(opaque_text);
  if (!text.starts_with('c'))
    return std::nullopt;
  return natural<std::int64_t>(std::string_view{text}.substr(1));
}

} // namespace tenon::tests::paged_api
