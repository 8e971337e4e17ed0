#include "protocols/generator/lines.hpp"
#include "protocols/generator/writing.hpp"

namespace tenon::generator {

namespace {

bool is_pointer(const type& t) {
  return t.shape == shape::text || t.shape == shape::bytes || t.shape == shape::composite ||
         t.shape == shape::list;
}

std::string number(std::size_t n) {
  return std::to_string(n);
}

/// "i", "i2", "i3": loops within loops.
std::string numbered(std::string_view name, std::size_t depth) {
  return std::string{name} + (depth == 0 ? "" : number(depth + 1));
}

class codec_writer {
public:
  explicit codec_writer(const conversation& from) : from_{from} {}

  std::string write() {
    begin();
    for (const auto& t : from_.types)
      std::visit([this](const auto& held) { declare(held); }, t);
    for (const auto& t : from_.types)
      std::visit([this](const auto& held) { define(held); }, t);
    out_.add("} // namespace wire\n");
    for (const auto& t : from_.types)
      if (const auto* s = std::get_if<structure>(&t); s && s->root)
        give_codec(s->name, s->wire, from_.space() + "::" + s->name + "::type_name");
      else if (const auto* u = std::get_if<sum>(&t))
        give_codec(u->name, u->wire,
                   "alternatives_of<" + from_.space() + "::" + u->name + ">::type_name");
    list_messages();
    out_.add("} // namespace tenon::protocols");
    return out_.take();
  }

private:
  void begin() {
    out_.add("// Generated from " + from_.path + ".capnp; edit that.");
    out_.add("#include \"" + from_.path + ".hpp\"\n");
    out_.add("#include \"" + from_.path + ".capnp.h\"");
    out_.add("#include \"protocols/catalog.hpp\"");
    out_.add("#include \"protocols/ensure.hpp\"");
    out_.add("#include \"protocols/frame.hpp\"");
    out_.add("#include \"protocols/specimen.hpp\"\n");
    out_.add("namespace tenon::protocols {\n\nnamespace wire {\n");
    for (const auto& f : from_.foreigners)
      declare_three(f.spelled, f.wire);
  }

  std::string local(std::string_view name) const {
    return from_.space() + "::" + std::string{name};
  }

  void declare_three(const std::string& spelled, const std::string& wire) {
    out_.add("std::size_t words_beyond(const " + spelled + "&);");
    out_.add("void write(wire::" + wire + "::Builder, const " + spelled + "&);");
    out_.add("bool read(wire::" + wire + "::Reader, source&, " + spelled + "&);");
  }

  void declare(const structure& s) {
    if (!s.wire.empty())
      declare_three(local(s.name), s.wire);
  }
  void declare(const sum& u) { declare_three(local(u.name), u.wire); }

  void define(const structure& s) {
    if (s.wire.empty())
      return;
    out_.blank();
    out_.open("std::size_t words_beyond([[maybe_unused]] const " + local(s.name) + "& x)");
    out_.add("std::size_t words = 0;");
    for (const auto& f : s.fields)
      count(f);
    out_.add("return words;");
    out_.close();
    out_.blank();
    out_.open("void write([[maybe_unused]] wire::" + s.wire +
              "::Builder to, [[maybe_unused]] const " + local(s.name) + "& x)");
    for (const auto& f : s.fields)
      write(f);
    out_.close();
    out_.blank();
    out_.open("bool read([[maybe_unused]] wire::" + s.wire +
              "::Reader from, [[maybe_unused]] source& in, [[maybe_unused]] " + local(s.name) +
              "& x)");
    for (const auto& f : s.fields)
      read(f);
    out_.add("return true;");
    out_.close();
  }

  void define(const sum& u) {
    using made_of = alternative::made_of;
    out_.blank();
    out_.open("std::size_t words_beyond(const " + local(u.name) + "& x)");
    out_.open("switch (x.index())");
    for (std::size_t i = 0; i < u.alternatives.size(); ++i) {
      const auto& a = u.alternatives[i];
      const auto held = "words_beyond(*std::get_if<" + number(i) + ">(&x))";
      out_.add("case " + number(i) + ":");
      if (a.of == made_of::nothing)
        out_.add("  return 0;");
      else if (a.of == made_of::group)
        out_.add("  return " + held + ";");
      else
        out_.add("  return " + number(a.words) + " + " + held + ";");
    }
    out_.close();
    out_.add("ensure(false, \"a union holds nothing\");");
    out_.add("return 0;");
    out_.close();
    out_.blank();
    out_.open("void write(wire::" + u.wire + "::Builder to, const " + local(u.name) + "& x)");
    out_.open("switch (x.index())");
    for (std::size_t i = 0; i < u.alternatives.size(); ++i) {
      const auto& a = u.alternatives[i];
      out_.add("case " + number(i) + ":");
      if (a.of == made_of::nothing)
        out_.add("  return to.set" + a.wire + "();");
      else
        out_.add("  return write(to.init" + a.wire + "(), *std::get_if<" + number(i) + ">(&x));");
    }
    out_.close();
    out_.add("ensure(false, \"a union holds nothing\");");
    out_.close();
    read_sum(u);
  }

  void read_sum(const sum& u) {
    out_.blank();
    out_.open("bool read(wire::" + u.wire + "::Reader from, source& in, " + local(u.name) + "& x)");
    out_.open("switch (static_cast<std::uint16_t>(from.which()))");
    for (std::size_t i = 0; i < u.alternatives.size(); ++i) {
      const auto& a = u.alternatives[i];
      out_.add("case " + number(a.discriminant) + ":");
      if (a.of == alternative::made_of::nothing) {
        out_.add("  x.emplace<" + number(i) + ">();");
        out_.add("  return true;");
      } else {
        out_.add("  return read(from.get" + a.wire + "(), in, x.emplace<" + number(i) + ">());");
      }
    }
    out_.add("default:");
    out_.add("  return in.refuse(\"it is of a kind that this version does not know\");");
    out_.close();
    out_.close();
  }

  // Counting.

  void count(const field& f) {
    if (!is_pointer(f.type))
      return;
    const auto place = (f.optional ? "*x." : "x.") + f.member;
    if (f.optional)
      out_.open("if (x." + f.member + ")");
    else if (f.type.shape != shape::composite && f.empty_by_default)
      out_.open("if (!x." + f.member + ".empty())");
    count(f.type, f.optional ? '(' + place + ')' : place, 0);
    if (f.optional || (f.type.shape != shape::composite && f.empty_by_default))
      out_.close();
  }

  void count(const type& t, const std::string& place, std::size_t depth) {
    if (t.shape == shape::text)
      out_.add("words += words_of_text(" + place + ".size());");
    else if (t.shape == shape::bytes)
      out_.add("words += words_of_list(" + place + ".size(), 8);");
    else if (t.shape == shape::composite)
      out_.add("words += " + number(t.bits / 64) + " + words_beyond(" + place + ");");
    if (t.shape != shape::list)
      return;
    const auto& e = *t.element;
    const auto tag = e.shape == shape::composite ? "1 + " : "";
    out_.add("words += " + std::string{tag} + "words_of_list(" + place + ".size(), " +
             number(e.bits) + ");");
    if (!is_pointer(e))
      return;
    const auto each = numbered("e", depth);
    out_.open("for (const auto& " + each + " : " + place + ")");
    if (e.shape == shape::composite)
      out_.add("words += words_beyond(" + each + ");");
    else {
      out_.open("if (!" + each + ".empty())");
      count(e, each, depth + 1);
      out_.close();
    }
    out_.close();
  }

  // Writing.

  void write(const field& f) {
    const auto place = f.optional ? "(*x." + f.member + ')' : "x." + f.member;
    const bool guarded = f.optional || (is_pointer(f.type) && f.type.shape != shape::composite &&
                                        f.empty_by_default);
    if (guarded)
      out_.open(f.optional ? "if (x." + f.member + ")" : "if (!" + place + ".empty())");
    switch (f.type.shape) {
    case shape::composite:
      out_.add("write(to.init" + f.wire + "(), " + place + ");");
      break;
    case shape::list:
      out_.add("auto list = to.init" + f.wire + "(static_cast<kj::uint>(" + place + ".size()));");
      write_elements(f.type, place, 0);
      break;
    default:
      out_.add("to.set" + f.wire + '(' + scalar(f.type, place) + ");");
    }
    if (guarded)
      out_.close();
  }

  void write_elements(const type& t, const std::string& place, std::size_t depth) {
    const auto& e = *t.element;
    const auto list = numbered("list", depth), i = numbered("i", depth),
               each = numbered("e", depth);
    out_.add("kj::uint " + i + " = 0;");
    out_.open("for (const auto& " + each + " : " + place + ")");
    if (e.shape == shape::composite) {
      out_.add("write(" + list + '[' + i + "++], " + each + ");");
    } else if (e.shape == shape::list) {
      const auto inner = numbered("list", depth + 1);
      out_.open("if (!" + each + ".empty())");
      out_.add("auto " + inner + " = " + list + ".init(" + i + ", static_cast<kj::uint>(" + each +
               ".size()));");
      write_elements(e, each, depth + 1);
      out_.close();
      out_.add("++" + i + ';');
    } else if (is_pointer(e)) {
      out_.add("if (!" + each + ".empty())");
      out_.add("  " + list + ".set(" + i + ", " + scalar(e, each) + ");");
      out_.add("++" + i + ';');
    } else {
      out_.add(list + ".set(" + i + "++, " + scalar(e, each) + ");");
    }
    out_.close();
  }

  static std::string scalar(const type& t, const std::string& place) {
    switch (t.shape) {
    case shape::moment:
      return place + ".time_since_epoch().count()";
    case shape::span:
      return "static_cast<" + t.wire + ">(" + place + ".count())";
    case shape::enumeration:
      return "static_cast<wire::" + t.wire + ">(" + place + ")";
    case shape::text:
      return "as_text(" + place + ")";
    case shape::bytes:
      return "as_data(" + place + ")";
    default:
      return place;
    }
  }

  // Reading.

  void read(const field& f) {
    const auto got = "from.get" + f.wire + "()";
    const auto target = "x." + f.member;
    if (!is_pointer(f.type)) {
      const bool absent_is_zero = f.optional;
      if (absent_is_zero)
        out_.open("if (" + got + " != 0)");
      read_scalar(f.type, got, target);
      if (absent_is_zero)
        out_.close();
      return;
    }
    out_.open("if (from.has" + f.wire + "())");
    const auto place = f.optional ? target + ".emplace()" : target;
    if (f.type.shape == shape::composite) {
      out_.add("if (!read(" + got + ", in, " + place + "))");
      out_.add("  return false;");
    } else if (f.type.shape == shape::list) {
      out_.add("const auto list = " + got + ';');
      if (f.optional)
        out_.add("auto& into = " + place + ';');
      read_elements(f.type, f.optional ? "into" : target, 0);
    } else {
      read_scalar(f.type, got, target);
    }
    out_.close();
  }

  void read_scalar(const type& t, const std::string& got, const std::string& target) {
    if (t.shape == shape::enumeration) {
      out_.add("if (!read_name(" + got + ", in, " + target + "))");
      out_.add("  return false;");
      return;
    }
    out_.add(target + " = " + taken(t, got) + ';');
  }

  static std::string taken(const type& t, const std::string& got) {
    switch (t.shape) {
    case shape::moment:
      return "tenon::moment{tenon::span{" + got + "}}";
    case shape::span:
      return "tenon::span{static_cast<std::int64_t>(" + got + ")}";
    case shape::text:
      return "text_of(" + got + ")";
    case shape::bytes:
      return "slice_of(in, " + got + ")";
    default:
      return got;
    }
  }

  void read_elements(const type& t, const std::string& into, std::size_t depth) {
    const auto& e = *t.element;
    const auto list = numbered("list", depth), each = numbered("e", depth);
    out_.add("if (!in.affords(" + list + ".size(), sizeof(" + e.spelled + ")))");
    out_.add("  return false;");
    out_.add(into + ".reserve(" + list + ".size());");
    out_.open("for (const auto " + each + " : " + list + ")");
    if (e.shape == shape::composite) {
      out_.add("if (!read(" + each + ", in, " + into + ".emplace_back()))");
      out_.add("  return false;");
    } else if (e.shape == shape::list) {
      const auto inner = numbered("into", depth + 1);
      out_.add("auto& " + inner + " = " + into + ".emplace_back();");
      out_.add("const auto& " + numbered("list", depth + 1) + " = " + each + ';');
      read_elements(e, inner, depth + 1);
    } else if (e.shape == shape::enumeration) {
      out_.add("if (!read_name(" + each + ", in, " + into + ".emplace_back()))");
      out_.add("  return false;");
    } else {
      out_.add(into + ".push_back(" + taken(e, each) + ");");
    }
    out_.close();
  }

  // What the header declares.

  void give_codec(const std::string& name, const std::string& wire, const std::string& type_name) {
    const auto type = local(name);
    out_.open("template <> blob encode(const " + type + "& x)");
    out_.add("return wire::encode_as<wire::" + wire + ">(x, wire::words_beyond(x), " + type_name +
             ");");
    out_.close();
    out_.open("template <> result<" + type + "> decode(const blob& bytes)");
    out_.add("return wire::decode_as<wire::" + wire + ", " + type + ">(bytes, " + type_name + ");");
    out_.close("\n");
  }

  void list_messages() {
    out_.open("std::vector<message_type> messages_of_" + from_.name + "()");
    out_.open("return");
    for (const auto& t : from_.types) {
      const auto* s = std::get_if<structure>(&t);
      if (s && !s->root)
        continue;
      const auto name = std::visit([](const auto& held) { return held.name; }, t);
      out_.add("message_type_of<" + local(name) + ">(),");
    }
    out_.close(";");
    out_.close("\n");
  }

  const conversation& from_;
  lines out_;
};

} // namespace

std::string write_codecs(const conversation& from) {
  return codec_writer{from}.write();
}

} // namespace tenon::generator
