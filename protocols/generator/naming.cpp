#include "protocols/generator/naming.hpp"

#include <algorithm>
#include <cctype>

namespace tenon::generator {

namespace {

bool upper(char c) {
  return c >= 'A' && c <= 'Z';
}
char to_lower(char c) {
  return upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr std::string_view keywords[]{
    "alignas",
    "alignof",
    "and",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "nullptr",
    "operator",
    "or",
    "private",
    "protected",
    "public",
    "register",
    "requires",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "template",
    "this",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "while",
    "xor",
    "const_cast",
    "dynamic_cast",
    "reinterpret_cast",
    "static_cast",
    "static_assert",
    "thread_local",
};

} // namespace

std::string snake_case(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    // A capital begins a word, but in a row of capitals only the last does: HTTPServer.
    const bool begins =
        upper(name[i]) && i > 0 && name[i - 1] != '_' &&
        (!upper(name[i - 1]) ||
         (i + 1 < name.size() && std::islower(static_cast<unsigned char>(name[i + 1]))));
    if (begins)
      out += '_';
    out += to_lower(name[i]);
  }
  return out;
}

std::string camel_case(std::string_view snake) {
  std::string out;
  bool begins = true;
  for (const char c : snake) {
    if (c != '_')
      out += begins ? to_upper(c) : c;
    begins = c == '_';
  }
  return out;
}

std::string title_case(std::string_view name) {
  std::string out{name};
  if (!out.empty())
    out[0] = to_upper(out[0]);
  return out;
}

std::string identifier(std::string_view name) {
  std::string out{name};
  if (std::find(std::begin(keywords), std::end(keywords), name) != std::end(keywords))
    out += '_';
  return out;
}

std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      constexpr char digits[] = "01234567";
      out += {'\\', digits[byte >> 6], digits[byte >> 3 & 7], digits[byte & 7]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string comment(std::string_view doc, std::string_view indent) {
  std::string out;
  while (!doc.empty()) {
    const auto line = doc.substr(0, doc.find('\n'));
    doc.remove_prefix(std::min(line.size() + 1, doc.size()));
    out.append(indent).append(line.empty() ? "///" : "/// ").append(line).append("\n");
  }
  return out;
}

std::string unwrapped(std::string_view doc) {
  std::string out;
  while (!doc.empty()) {
    const auto line = doc.substr(0, doc.find('\n'));
    doc.remove_prefix(std::min(line.size() + 1, doc.size()));
    if (line.empty())
      out += "\n";
    else
      out.append(out.empty() || out.back() == '\n' ? "" : " ").append(line);
  }
  while (!out.empty() && out.back() == '\n')
    out.pop_back();
  return out;
}

} // namespace tenon::generator
