#include "actors/sync/sources/json/scan.hpp"

#include "actors/sync/sources/files/rows.hpp"

#include <cstring>

namespace tenon::actors::files {
namespace {

constexpr std::size_t max_key_length = 64u << 10;

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

} // namespace

std::optional<std::size_t> json_scan::ending::find(std::string_view bytes, std::size_t from) {
  for (std::size_t at = from; at < bytes.size(); ++at) {
    if (in_text_) {
      if (escaped_) {
        escaped_ = false;
        continue;
      }
      while (at < bytes.size() && bytes[at] != '"' && bytes[at] != '\\')
        ++at;
      if (at == bytes.size())
        return std::nullopt;
      if (bytes[at] == '\\') {
        escaped_ = true;
        continue;
      }
      in_text_ = false;
      if (depth_ == 0)
        return at + 1;
      continue;
    }
    switch (bytes[at]) {
    case '"':
      if (is_word_)
        return at;
      begun_ = in_text_ = true;
      break;
    case '{':
    case '[':
      if (is_word_)
        return at;
      begun_ = true;
      ++depth_;
      break;
    case '}':
    case ']':
      if (depth_ == 0)
        return at; // of what the value is in
      if (--depth_ == 0)
        return at + 1;
      break;
    default:
      if (depth_ > 0)
        break;
      if (bytes[at] == ',' || bytes[at] == ':' || is_blank(bytes[at]))
        return at;
      begun_ = is_word_ = true;
    }
  }
  return std::nullopt;
}

failure json_scan::wrong(const char* why) const {
  return {code::malformed, in_.name() + " is not JSON: " + why,
          in_.name() + ", byte " + std::to_string(in_.offset()),
          "Correct the document, or write it again."};
}

failure json_scan::cut_off() const {
  return {code::malformed, in_.name() + " is cut off: the JSON value does not end",
          in_.name() + ", byte " + std::to_string(in_.offset()),
          "Copy it again; it must be complete before it is read."};
}

result<char> json_scan::next() {
  const auto end = at_end();
  if (!end)
    return end.error();
  return *end ? result<char>{cut_off()} : in_.window().front();
}

result<bool> json_scan::at_end() {
  for (;;) {
    const auto bytes = in_.window();
    const auto text = bytes.find_first_not_of(" \n\r\t");
    in_.take(text == bytes.npos ? bytes.size() : text);
    if (text != bytes.npos)
      return false;
    const auto came = in_.more();
    if (!came)
      return came.error();
    if (!*came)
      return true;
  }
}

result<std::string_view> json_scan::key() {
  auto c = next();
  if (!c)
    return c.error();
  if (*c != '"')
    return wrong("a key in quotes is missing");
  const auto size = value_within(max_key_length);
  if (!size)
    return size.error();
  if (*size == 0)
    return wrong("a key has more than 64 KiB");
  key_ = in_.window().substr(0, *size);
  if (!connectors::json_text::check(key_))
    return wrong("a key is no text");
  in_.take(*size);
  c = next();
  if (!c)
    return c.error();
  if (*c != ':')
    return wrong("a colon is missing");
  in_.take(1);
  return std::string_view{key_};
}

result<std::size_t> json_scan::value_within(std::size_t most) {
  ending value;
  for (std::size_t looked = 0;;) {
    const auto bytes = in_.window();
    const auto end = value.find(bytes, looked);
    if (end && *end == 0)
      return wrong("a value is missing");
    if (end)
      return *end > most ? std::size_t{0} : *end;
    looked = bytes.size();
    if (looked > most)
      return std::size_t{0};
    const auto came = in_.more();
    if (!came)
      return came.error();
    if (!*came)
      return value.of_a_word() ? result<std::size_t>{looked} : cut_off();
  }
}

result<void> json_scan::skip_value() {
  const auto c = next();
  if (!c)
    return c.error();
  ending value;
  const auto begin = in_.offset();
  for (;;) {
    const auto bytes = in_.window();
    const auto end = value.find(bytes, 0);
    if (end && *end == 0 && in_.offset() == begin)
      return wrong("a value is missing");
    in_.take(end ? *end : bytes.size());
    if (end)
      return {};
    if (in_.offset() - begin > most_skipped)
      return failure{code::too_large, "a value has more than 4 GiB", in_.name(),
                     "Take it out of the document."};
    const auto came = in_.more();
    if (!came)
      return came.error();
    if (!*came)
      return value.of_a_word() ? result<void>{} : cut_off();
  }
}

} // namespace tenon::actors::files
