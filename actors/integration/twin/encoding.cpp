#include "actors/integration/twin/encoding.hpp"

#include "protocols/json.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tenon::actors::connectors {
namespace {

std::string as_lines(const list& records) {
  std::string text;
  for (const auto& one : records)
    text += write_json(one) + '\n';
  return text;
}

std::string field(const value* content) {
  if (content == nullptr || content->is_null())
    return {};
  const auto* said = content->as<std::string>();
  std::string text = said == nullptr ? write_json(*content) : *said;
  if (text.find_first_of(",\"\r\n") == text.npos)
    return text;
  std::string quoted{'"'};
  for (const char c : text)
    quoted += c == '"' ? std::string{"\"\""} : std::string{c};
  return quoted + '"';
}

std::string as_table(const list& records) {
  std::vector<std::string> columns;
  for (const auto& one : records)
    if (const auto* members = one.as<object>())
      for (const auto& [name, content] : *members)
        if (std::ranges::find(columns, name) == columns.end())
          columns.push_back(name);
  std::string text;
  const auto row = [&](auto&& content_of) {
    for (const auto& name : columns) {
      if (&name != &columns.front())
        text += ',';
      text += content_of(name);
    }
    text += "\n";
  };
  row([](const std::string& name) {
    const value said{name};
    return field(&said);
  });
  for (const auto& one : records)
    row([&](const std::string& name) { return field(one.find(name)); });
  return text;
}

/// As RFC 1952 has it.
std::uint32_t checksum(std::string_view bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t n = 0; n < 256; ++n) {
      auto c = n;
      for (int bit = 0; bit < 8; ++bit)
        c = (c & 1) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
      made[n] = c;
    }
    return made;
  }();
  std::uint32_t c = 0xffffffffu;
  for (const char byte : bytes)
    c = table[(c ^ static_cast<unsigned char>(byte)) & 0xff] ^ (c >> 8);
  return c ^ 0xffffffffu;
}

void add_number(std::string& onto, std::uint32_t number, int bytes) {
  for (int i = 0; i < bytes; ++i)
    onto += static_cast<char>(number >> (8 * i) & 0xff);
}

} // namespace

encoded encode_records(const decoder& written, const list& records) {
  if (written.name == "csv")
    return {as_table(records), "text/csv"};
  return {as_lines(records), "application/jsonl"};
}

std::string packed(std::string_view bytes) {
  constexpr std::size_t most_in_block = 0xffff;
  std::string made{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};
  auto rest = bytes;
  do {
    const auto block = rest.substr(0, most_in_block);
    rest.remove_prefix(block.size());
    made += rest.empty() ? '\1' : '\0';
    const auto size = static_cast<std::uint32_t>(block.size());
    add_number(made, size, 2);
    add_number(made, ~size, 2);
    made += block;
  } while (!rest.empty());
  add_number(made, checksum(bytes), 4);
  add_number(made, static_cast<std::uint32_t>(bytes.size()), 4);
  return made;
}

} // namespace tenon::actors::connectors
