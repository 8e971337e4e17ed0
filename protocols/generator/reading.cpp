#include "protocols/generator/reading.hpp"

#include "protocols/generator/fields.hpp"
#include "protocols/generator/naming.hpp"

#include <set>

namespace tenon::generator {

namespace {

using capnp::schema::CodeGeneratorRequest;
using capnp::schema::Field;
using capnp::schema::Node;

/// Whether everything in the struct is in its union.
bool is_sum(Node::Struct::Reader shape) {
  return shape.getDiscriminantCount() > 0 &&
         shape.getDiscriminantCount() == shape.getFields().size();
}

/// Walks one file in the order of its declarations, each type after those it is made of.
class file_reader {
public:
  file_reader(const request& all, CodeGeneratorRequest::RequestedFile::Reader file,
              std::vector<std::string>& complaints)
      : all_{all}, file_{all.nodes.at(file.getId())}, names_{all, file}, complaints_{complaints} {}

  conversation read() {
    out_.name = names_.conversation();
    out_.path = names_.path();
    out_.doc = all_.doc(file_.getId());
    if (all_.text(file_.getAnnotations(), cxx_namespace) != "tenon::protocols::wire")
      complain("", "say $Cxx.namespace(\"tenon::protocols::wire\")");
    for (const auto nested : file_.getNestedNodes())
      declare(all_.nodes.at(nested.getId()));
    for (const auto nested : file_.getNestedNodes())
      visit(nested.getId());
    resolve_replies();
    check_names();
    out_.includes = names_.includes();
    out_.foreigners = names_.foreigners();
    return std::move(out_);
  }

private:
  void complain(std::string_view place, std::string_view what) {
    complaints_.push_back(out_.path + ".capnp: " + std::string{place} +
                          (place.empty() ? "" : ": ") + std::string{what});
  }

  void declare(Node::Reader node) {
    const auto name = names_.schema_name(node.getId());
    if (node.getNestedNodes().size() > 0)
      complain(name, "declare types at the top of the file, not inside another");
    if (node.isEnum())
      out_.enumerations.push_back(read_enumeration(node));
    else if (!node.isStruct() && !node.isAnnotation())
      complain(name, "only structs, enums and annotations are declared in a conversation");
  }

  enumeration read_enumeration(Node::Reader node) {
    enumeration e{.id = node.getId(),
                  .name = identifier(names_.own_name(node.getId())),
                  .wire = names_.schema_name(node.getId()),
                  .doc = all_.doc(node.getId())};
    // By value, not in the order of the text: the names are looked up by value.
    for (kj::uint i = 0; i < node.getEnum().getEnumerants().size(); ++i) {
      const auto name = snake_case(node.getEnum().getEnumerants()[i].getName().cStr());
      e.enumerators.push_back({name, identifier(name), all_.member_doc(node.getId(), i)});
    }
    return e;
  }

  /// Depth first, so that what a type is made of comes before it.
  void visit(std::uint64_t id) {
    const auto node = all_.nodes.at(id);
    if (!node.isStruct() || finished_.contains(id))
      return;
    if (!open_.insert(id).second) {
      complain(names_.schema_name(id),
               "contains itself; values cannot, so give the parts names and refer to those");
      return;
    }
    for (const auto part : names_.parts_of(id))
      visit(part);
    open_.erase(id);
    finished_.insert(id);
    if (node.getScopeId() == file_.getId())
      emit(node);
  }

  void emit(Node::Reader node) {
    if (is_sum(node.getStruct())) {
      emit_sum(node);
      return;
    }
    const auto name = names_.schema_name(node.getId());
    if (node.getStruct().getDiscriminantCount() > 0)
      complain(name, "has a union beside other fields; make the union a struct of its own");
    structure s{.id = node.getId(),
                .name = identifier(names_.own_name(node.getId())),
                .wire = name,
                .doc = all_.doc(node.getId()),
                .fields = read_fields(node.getId(), name)};
    if (const auto outcome = all_.text(node.getAnnotations(), outcome_annotation); !outcome.empty())
      s.outcome = snake_case(outcome);
    out_.types.emplace_back(std::move(s));
  }

  std::vector<field> read_fields(std::uint64_t id, const std::string& place) {
    std::vector<field> fields;
    const auto declared = all_.nodes.at(id).getStruct().getFields();
    for (const auto index : in_code_order(declared)) {
      std::string wrong;
      fields.push_back(read_field(names_, declared[index], all_.member_doc(id, index), wrong));
      if (!wrong.empty())
        complain(place + '.' + declared[index].getName().cStr(), wrong);
    }
    return fields;
  }

  void emit_sum(Node::Reader node) {
    const auto id = node.getId();
    const auto place = names_.schema_name(id);
    sum u{.id = id, .name = identifier(names_.own_name(id)), .wire = place, .doc = all_.doc(id)};
    const bool command = place.ends_with("Command");
    const auto declared = node.getStruct().getFields();
    for (const auto index : in_code_order(declared)) {
      auto made = read_alternative(declared[index], place, all_.member_doc(id, index));
      const auto reply = all_.text(declared[index].getAnnotations(), reply_annotation);
      if (command)
        replies_.push_back({made.type, reply, place + '.' + made.name});
      else if (!reply.empty())
        complain(place + '.' + made.name, "$reply is for the members of a ...Command union");
      u.alternatives.push_back(std::move(made));
    }
    check_alternatives(u, place);
    out_.types.emplace_back(std::move(u));
  }

  alternative read_alternative(Field::Reader f, const std::string& place, std::string doc) {
    alternative a{.name = snake_case(f.getName().cStr()),
                  .wire = title_case(f.getName().cStr()),
                  .discriminant = f.getDiscriminantValue(),
                  .doc = std::move(doc)};
    structure own{.name = identifier(a.name), .root = false, .doc = a.doc};
    a.type = out_.space() + "::" + own.name;
    if (f.isGroup()) {
      a.of = alternative::made_of::group;
      own.id = f.getGroup().getTypeId();
      own.wire = place + "::" + a.wire;
      own.fields = read_fields(own.id, place + '.' + a.name);
      if (all_.nodes.at(own.id).getStruct().getDiscriminantCount() > 0)
        complain(place + '.' + a.name, "has a union inside; make it a struct of its own");
      out_.types.emplace_back(std::move(own));
    } else if (f.getSlot().getType().isVoid()) {
      out_.types.emplace_back(std::move(own));
    } else if (f.getSlot().getType().isStruct()) {
      a.of = alternative::made_of::structure;
      a.id = f.getSlot().getType().getStruct().getTypeId();
      a.type = names_.spelled(a.id);
      a.words = names_.words_of(a.id);
      if (a.doc.empty())
        a.doc = all_.doc(a.id);
    } else {
      complain(place + '.' + a.name, "is neither Void, a group nor a struct; name it by one");
    }
    return a;
  }

  void check_alternatives(const sum& u, const std::string& place) {
    std::set<std::string> types;
    for (const auto& a : u.alternatives)
      if (!types.insert(a.type).second)
        complain(place + '.' + a.name, "another alternative is the same struct");
    if (!made_of_.insert(types).second)
      complain(place, "another union has the same alternatives");
  }

  structure* find(const std::string& spelled) {
    for (auto& t : out_.types)
      if (auto* s = std::get_if<structure>(&t); s && out_.space() + "::" + s->name == spelled)
        return s;
    return nullptr;
  }

  void resolve_replies() {
    for (const auto& r : replies_) {
      auto* command = find(r.type);
      std::string answer = "void";
      // A struct of another conversation is a command there, and has its reply from there.
      const bool own = r.type.starts_with(out_.space() + "::");
      if (!command && own)
        complain(r.place, "a command is Void, a group, or a plain struct");
      if (!own && !r.reply.empty())
        complain(r.place, "$reply belongs where the struct is declared");
      if (!r.reply.empty() && (answer = names_.resolve(r.reply)).empty())
        complain(r.place, "$reply names no struct: " + r.reply);
      if (command && !command->reply.empty() && command->reply != answer)
        complain(r.place, "is a command elsewhere, with another reply");
      if (command)
        command->reply = answer;
    }
    for (auto& t : out_.types)
      if (auto* s = std::get_if<structure>(&t); s && !s->outcome.empty()) {
        const auto target = out_.space() + "::" + identifier(s->outcome);
        if (const auto* command = find(target); !command || command->reply.empty())
          complain(s->wire, "$outcome names no member of a ...Command union: " + s->outcome);
        s->outcome = target;
      }
  }

  void check_names() {
    std::set<std::string> taken{out_.name, "tenon", "std"};
    const auto take = [&](const std::string& name) {
      if (name.empty() || !taken.insert(name).second)
        complain("", "two types would be named " + out_.name + "::" + name);
    };
    for (const auto& e : out_.enumerations)
      take(e.name);
    for (const auto& t : out_.types)
      take(std::visit([](const auto& held) { return held.name; }, t));
    for (const auto& t : out_.types)
      if (const auto* s = std::get_if<structure>(&t))
        check_members(*s);
  }

  void check_members(const structure& s) {
    std::set<std::string> taken{"type_name", "type_doc", "each"};
    if (!s.reply.empty())
      taken.insert("reply");
    if (!s.outcome.empty())
      taken.insert({"outcome", "name"});
    for (const auto& f : s.fields)
      if (!taken.insert(f.member).second)
        complain(s.name, "cannot have a field named " + f.name);
  }

  struct reply {
    std::string type;  // of the command
    std::string reply; // as the annotation says it
    std::string place;
  };

  const request& all_;
  Node::Reader file_;
  names names_;
  std::vector<std::string>& complaints_;
  conversation out_;
  std::set<std::uint64_t> open_, finished_;
  std::set<std::set<std::string>> made_of_;
  std::vector<reply> replies_;
};

} // namespace

request::request(CodeGeneratorRequest::Reader from) {
  for (const auto node : from.getNodes())
    nodes.emplace(node.getId(), node);
  for (const auto source : from.getSourceInfo())
    sources.emplace(source.getId(), source);
}

std::string request::doc(std::uint64_t id) const {
  const auto found = sources.find(id);
  return found == sources.end() ? std::string{} : found->second.getDocComment().cStr();
}

std::string request::member_doc(std::uint64_t id, kj::uint index) const {
  const auto found = sources.find(id);
  if (found == sources.end() || index >= found->second.getMembers().size())
    return {};
  return found->second.getMembers()[index].getDocComment().cStr();
}

std::string request::text(capnp::List<capnp::schema::Annotation>::Reader list,
                          std::uint64_t annotation) const {
  for (const auto a : list)
    if (a.getId() == annotation)
      return a.getValue().getText().cStr();
  return {};
}

conversation read_conversation(const request& all, CodeGeneratorRequest::RequestedFile::Reader file,
                               std::vector<std::string>& complaints) {
  return file_reader{all, file, complaints}.read();
}

} // namespace tenon::generator
