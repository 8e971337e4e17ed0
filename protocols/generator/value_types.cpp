#include "protocols/generator/naming.hpp"
#include "protocols/generator/writing.hpp"

namespace tenon::generator {

namespace {

std::string spelled(const field& f) {
  return f.optional ? "std::optional<" + f.type.spelled + '>' : f.type.spelled;
}

/// `field{…}` with what is not at its default.
std::string reflection(std::string_view name, std::string_view doc, const field* flags = nullptr) {
  auto out =
      "tenon::protocols::field{.name = " + literal(name) + ", .doc = " + literal(unwrapped(doc));
  if (flags && flags->required)
    out += ", .required = true";
  if (flags && flags->optional)
    out += ", .optional = true";
  if (flags && flags->secret)
    out += ", .secret = true";
  if (flags && flags->json)
    out += ", .json = true";
  return out + '}';
}

std::string constant(std::string_view name, std::string_view text) {
  return "  static constexpr std::string_view " + std::string{name} + " = " + literal(text) + ";\n";
}

class header_writer {
public:
  explicit header_writer(const conversation& from) : from_{from} {}

  std::string write() {
    begin();
    for (const auto& e : from_.enumerations)
      write_enumeration(e);
    for (const auto& t : from_.types)
      if (const auto* s = std::get_if<structure>(&t))
        out_ += "struct " + s->name + ";\n";
    for (const auto& t : from_.types)
      std::visit([this](const auto& held) { write_type(held); }, t);
    out_ += "\n} // namespace " + from_.space() + "\n\n";
    write_conversation();
    for (const auto& e : from_.enumerations)
      describe(e);
    for (const auto& t : from_.types)
      if (const auto* u = std::get_if<sum>(&t))
        describe(*u);
    declare_codecs();
    out_ += "\n} // namespace tenon::protocols\n";
    return std::move(out_);
  }

private:
  void begin() {
    out_ += "// Generated from " + from_.path + ".capnp; edit that.\n#pragma once\n\n";
    for (const auto& path : from_.includes)
      out_ += "#include \"" + path + ".hpp\"\n";
    out_ += "#include \"protocols/blob.hpp\"\n"
            "#include \"protocols/codec.hpp\"\n"
            "#include \"protocols/field.hpp\"\n"
            "#include \"protocols/moment.hpp\"\n\n"
            "#include <array>\n#include <cstdint>\n#include <optional>\n#include <string>\n"
            "#include <string_view>\n#include <utility>\n#include <variant>\n#include <vector>\n\n"
            "namespace tenon::protocols {\n\nnamespace " +
            from_.space() + " {\n\n";
  }

  void write_enumeration(const enumeration& e) {
    out_ += comment(e.doc, "") + "enum class " + e.name + " : std::uint16_t {\n";
    for (const auto& v : e.enumerators)
      out_ += comment(v.doc, "  ") + "  " + v.member + ",\n";
    out_ += "};\n\nconstexpr std::string_view name_of(" + e.name +
            " v) {\n  constexpr std::string_view names[]{";
    for (const auto& v : e.enumerators)
      out_ += literal(v.name) + ", ";
    out_ += "};\n  return names[static_cast<std::size_t>(v)];\n}\n\n";
  }

  void write_type(const structure& s) {
    out_ += '\n' + comment(s.doc, "") + "struct " + s.name + " {\n";
    out_ += constant("type_name", from_.name + '.' + said(s.name));
    out_ += constant("type_doc", unwrapped(s.doc));
    if (!s.reply.empty())
      out_ += "  using reply = " + s.reply + ";\n";
    if (!s.outcome.empty())
      out_ += "  using outcome = " + s.outcome + ";\n" +
              constant("name", from_.name + '.' + said(s.name));
    out_ += '\n';
    for (const auto& f : s.fields)
      out_ += comment(f.doc, "  ") + "  " + spelled(f) + ' ' + f.member + f.initialiser + ";\n";
    out_ += "\n  template <class Self, class Visit>\n"
            "  static constexpr void each([[maybe_unused]] Self& self, "
            "[[maybe_unused]] Visit&& visit) {\n";
    for (const auto& f : s.fields)
      out_ += "    visit(" + reflection(f.name, f.doc, &f) + ", self." + f.member + ");\n";
    out_ += "  }\n  bool operator==(const " + from_.space() + "::" + s.name +
            "&) const = default;\n};\n";
  }

  void write_type(const sum& u) {
    out_ += '\n' + comment(u.doc, "") + "using " + u.name + " = std::variant<";
    for (const auto& a : u.alternatives)
      out_ += (&a == &u.alternatives.front() ? "" : ", ") + a.type;
    out_ += ">;\n";
  }

  /// What actors inherit: the types under the conversation's own name. They live beside it, because
  /// a nested struct's member initialisers do not count before its enclosing struct is complete.
  void write_conversation() {
    out_ += comment(from_.doc, "") + "struct " + from_.name + " {\n";
    const auto alias = [&](const std::string& name) {
      out_ += "  using " + name + " = " + from_.space() + "::" + name + ";\n";
    };
    for (const auto& e : from_.enumerations)
      alias(e.name);
    for (const auto& t : from_.types)
      alias(std::visit([](const auto& held) { return held.name; }, t));
    out_ += "};\n";
  }

  void describe(const enumeration& e) {
    out_ += "\ntemplate <> struct names_of<" + from_.space() + "::" + e.name + "> {\n" +
            constant("type_name", from_.name + '.' + said(e.name)) +
            constant("type_doc", unwrapped(e.doc));
    std::vector<std::string> entries;
    for (const auto& v : e.enumerators)
      entries.push_back(reflection(v.name, v.doc));
    list("names", entries);
  }

  void describe(const sum& u) {
    out_ += "\ntemplate <> struct alternatives_of<" + from_.space() + "::" + u.name + "> {\n" +
            constant("type_name", from_.name + '.' + said(u.name)) +
            constant("type_doc", unwrapped(u.doc));
    std::vector<std::string> entries;
    for (const auto& a : u.alternatives)
      entries.push_back(reflection(a.name, a.doc));
    list("names", entries);
  }

  void list(std::string_view name, const std::vector<std::string>& entries) {
    out_ += "  static constexpr std::array<field, " + std::to_string(entries.size()) + "> " +
            std::string{name} + "{{\n";
    for (const auto& e : entries)
      out_ += "      " + e + ",\n";
    out_ += "  }};\n};\n";
  }

  void declare_codecs() {
    out_ += '\n';
    for (const auto& t : from_.types) {
      const auto* s = std::get_if<structure>(&t);
      if (s && !s->root)
        continue;
      const auto name =
          from_.space() + "::" + std::visit([](const auto& held) { return held.name; }, t);
      out_ += "template <> blob encode(const " + name + "&);\n";
      out_ += "template <> result<" + name + "> decode(const blob&);\n";
    }
  }

  /// An identifier as people write it: without the underscore that keeps it from being a keyword.
  static std::string said(std::string_view identifier) {
    return std::string{identifier.substr(0, identifier.find_last_not_of('_') + 1)};
  }

  const conversation& from_;
  std::string out_;
};

} // namespace

std::string write_header(const conversation& from) {
  return header_writer{from}.write();
}

} // namespace tenon::generator
