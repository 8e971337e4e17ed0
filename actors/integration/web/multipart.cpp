#include "actors/integration/web/multipart.hpp"

#include "runtime/signing/signing.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

namespace signing = runtime::signing;

constexpr std::size_t most_parts = 1'000;

/// What stands between the parts, and in none of them.
std::string boundary_of(const std::vector<body_part>& parts) {
  std::string all;
  for (const auto& p : parts)
    all += p.name + '\n' + p.filename + '\n' + p.content + '\n';
  for (;;) {
    all = signing::to_hex(signing::hash(signing::digest::sha256, all));
    const auto boundary = "tenon-" + all.substr(0, 32);
    const auto holds = [&](const body_part& p) {
      return p.content.find(boundary) != p.content.npos;
    };
    if (std::ranges::none_of(parts, holds))
      return boundary;
  }
}

/// As browsers write names (RFC 7578, 4.2): nothing can end the header.
std::string in_quotes(std::string_view text) {
  std::string made{'"'};
  for (const char c : text)
    made += c == '"'    ? std::string{"%22"}
            : c == '\r' ? std::string{"%0D"}
            : c == '\n' ? std::string{"%0A"}
                        : std::string{c};
  return made + '"';
}

std::string out_of_quotes(std::string_view text) {
  std::string made{text};
  for (const auto& [from, to] : {std::pair{"%22", "\""}, {"%0D", "\r"}, {"%0A", "\n"}})
    for (auto at = made.find(from); at != made.npos; at = made.find(from, at + 1))
      made.replace(at, 3, to);
  return made;
}

std::string write(const std::vector<body_part>& parts, const std::string& boundary, bool named) {
  std::string bytes;
  for (const auto& p : parts) {
    bytes += "--" + boundary + "\r\n";
    if (named) {
      bytes += "Content-Disposition: form-data; name=" + in_quotes(p.name);
      if (!p.filename.empty())
        bytes += "; filename=" + in_quotes(p.filename);
      bytes += "\r\n";
    }
    if (!p.type.empty())
      bytes += "Content-Type: " + p.type + "\r\n";
    bytes += "\r\n" + p.content + "\r\n";
  }
  return bytes + "--" + boundary + "--\r\n";
}

std::string attribute(std::string_view header, std::string_view name) {
  const auto at = header.find(std::string{name} + "=\"");
  if (at == header.npos)
    return {};
  header.remove_prefix(at + name.size() + 2);
  return out_of_quotes(header.substr(0, header.find('"')));
}

result<body_part> read_part(std::string_view text) {
  const auto end = text.find("\r\n\r\n");
  if (end == text.npos)
    return failure{code::malformed, "a part has no end of its headers"};
  body_part made{.content = std::string{text.substr(end + 4)}};
  auto head = text.substr(0, end + 2);
  while (!head.empty()) {
    const auto line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size() + 2);
    if (line.starts_with("Content-Disposition: ")) {
      made.name = attribute(line, " name");
      made.filename = attribute(line, "filename");
    } else if (line.starts_with("Content-Type: ")) {
      made.type = line.substr(std::string_view{"Content-Type: "}.size());
    }
  }
  return made;
}

} // namespace

multipart_body write_form_data(const std::vector<body_part>& parts) {
  const auto boundary = boundary_of(parts);
  return {"multipart/form-data; boundary=" + boundary, write(parts, boundary, true)};
}

multipart_body write_related(const std::vector<body_part>& parts) {
  const auto boundary = boundary_of(parts);
  return {"multipart/related; boundary=" + boundary, write(parts, boundary, false)};
}

result<std::vector<body_part>> read_multipart(std::string_view type, std::string_view bytes) {
  const auto at = type.find("boundary=");
  if (!type.starts_with("multipart/") || at == type.npos)
    return failure{code::malformed, "the type of the body names no boundary"};
  auto said = type.substr(at + std::string_view{"boundary="}.size());
  said = said.substr(0, said.find(';'));
  if (said.size() > 1 && said.starts_with('"'))
    said = said.substr(1, said.size() - 2);
  const auto line = "--" + std::string{said};
  if (said.empty() || !bytes.starts_with(line))
    return failure{code::malformed, "the body does not begin with its boundary"};
  bytes.remove_prefix(line.size());
  std::vector<body_part> parts;
  while (!bytes.starts_with("--")) {
    const auto end = bytes.find("\r\n" + line);
    if (!bytes.starts_with("\r\n") || end == bytes.npos || parts.size() == most_parts)
      return failure{code::malformed, "the body does not end with its boundary"};
    auto one = read_part(end < 2 ? std::string_view{} : bytes.substr(2, end - 2));
    if (!one)
      return std::move(one).error();
    parts.push_back(*std::move(one));
    bytes.remove_prefix(end + 2 + line.size());
  }
  return parts;
}

} // namespace tenon::actors::connectors
