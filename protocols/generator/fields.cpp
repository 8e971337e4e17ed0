#include "protocols/generator/fields.hpp"

#include "protocols/generator/naming.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tenon::generator {

namespace {

using capnp::schema::Annotation;
using capnp::schema::CodeGeneratorRequest;
using capnp::schema::Field;
using capnp::schema::Type;
using capnp::schema::Value;

/// "protocols/breaker.capnp" → "breaker".
std::string stem_of(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1); // npos + 1 is 0
  return std::string{path.substr(0, path.rfind('.'))};
}

/// A type without what only a field can say.
type plain_type(names& names, Type::Reader t, std::string& wrong) {
  const auto number = [](const char* spelled, std::size_t bits) {
    return type{.shape = shape::number, .spelled = spelled, .bits = bits};
  };
  switch (t.which()) {
  case Type::BOOL:
    return number("bool", 1);
  case Type::INT8:
    return number("std::int8_t", 8);
  case Type::INT16:
    return number("std::int16_t", 16);
  case Type::INT32:
    return number("std::int32_t", 32);
  case Type::INT64:
    return number("std::int64_t", 64);
  case Type::UINT8:
    return number("std::uint8_t", 8);
  case Type::UINT16:
    return number("std::uint16_t", 16);
  case Type::UINT32:
    return number("std::uint32_t", 32);
  case Type::UINT64:
    return number("std::uint64_t", 64);
  case Type::FLOAT64:
    return number("double", 64);
  case Type::TEXT:
    return {.shape = shape::text, .spelled = "std::string", .bits = 64};
  case Type::DATA:
    return {.shape = shape::bytes, .spelled = "tenon::blob", .bits = 64};
  case Type::ENUM: {
    const auto id = t.getEnum().getTypeId();
    return {.shape = shape::enumeration,
            .spelled = names.spelled(id),
            .wire = names.schema_name(id),
            .bits = 16,
            .id = id};
  }
  case Type::STRUCT: {
    const auto id = t.getStruct().getTypeId();
    return {.shape = shape::composite,
            .spelled = names.spelled(id),
            .wire = names.schema_name(id),
            .bits = names.words_of(id) * 64,
            .id = id};
  }
  case Type::LIST: {
    auto element = plain_type(names, t.getList().getElementType(), wrong);
    if (wrong.empty() && element.bits == 0)
      wrong = "is a list of an empty struct, which says nothing but its length";
    auto spelled = "std::vector<" + element.spelled + '>';
    return {.shape = shape::list,
            .spelled = std::move(spelled),
            .bits = 64,
            .element = std::make_shared<const type>(std::move(element))};
  }
  default:
    wrong = "has a type that values do not have; Bool, integers, Float64, Text, Data, List, "
            "structs and enums are there";
    return {};
  }
}

/// Numbers of milliseconds become what they mean, and lose the unit.
void give_unit(field& f, Type::Reader t, std::string_view schema_name) {
  const bool sign = t.isInt64();
  if (sign && (schema_name.ends_with("AtMs") || schema_name == "atMs")) {
    f.type = {
        .shape = shape::moment, .spelled = "tenon::moment", .wire = "std::int64_t", .bits = 64};
    f.name = snake_case(schema_name.substr(0, schema_name.size() - 2));
  } else if ((sign || t.isUint64()) && schema_name.ends_with("Ms") && schema_name.size() > 2) {
    f.type = {.shape = shape::span,
              .spelled = "tenon::span",
              .wire = sign ? "std::int64_t" : "std::uint64_t",
              .bits = 64};
    f.name = snake_case(schema_name.substr(0, schema_name.size() - 2));
  }
}

std::string real(double number, std::string& wrong) {
  if (!std::isfinite(number))
    wrong = "has a default that is not a finite number";
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", number);
  return text;
}

std::string number_of(Value::Reader v, std::string& wrong) {
  switch (v.which()) {
  case Value::BOOL:
    return v.getBool() ? "true" : "false";
  case Value::INT8:
    return std::to_string(v.getInt8());
  case Value::INT16:
    return std::to_string(v.getInt16());
  case Value::INT32:
    return std::to_string(v.getInt32());
  case Value::INT64:
    // The smallest has no literal: in -9223372036854775808 the minus comes after the number.
    return v.getInt64() == INT64_MIN ? "INT64_MIN" : std::to_string(v.getInt64());
  case Value::UINT8:
    return std::to_string(v.getUint8());
  case Value::UINT16:
    return std::to_string(v.getUint16());
  case Value::UINT32:
    return std::to_string(v.getUint32()) + 'u';
  case Value::UINT64:
    return std::to_string(v.getUint64()) + 'u';
  case Value::FLOAT64:
    return real(v.getFloat64(), wrong);
  default:
    wrong = "has a default of a kind that members cannot have";
    return {};
  }
}

void give_default(field& f, Field::Reader declared, names& names, const request& all,
                  std::string& wrong) {
  const auto slot = declared.getSlot();
  const auto v = slot.getDefaultValue();
  const bool explicit_default = slot.getHadExplicitDefault();
  if (f.optional) {
    if (explicit_default)
      wrong = "is $optional and has a default; it can have one of the two";
    return;
  }
  switch (f.type.shape) {
  case shape::number:
    f.initialiser = " = " + number_of(v, wrong);
    break;
  case shape::moment:
    f.initialiser = explicit_default ? "{tenon::span{" + number_of(v, wrong) + "}}" : "{}";
    break;
  case shape::span:
    f.initialiser = "{" + number_of(v, wrong) + "}";
    break;
  case shape::enumeration: {
    const auto enumerants = all.nodes.at(f.type.id).getEnum().getEnumerants();
    f.initialiser = " = " + names.spelled(f.type.id) +
                    "::" + identifier(snake_case(enumerants[v.getEnum()].getName().cStr()));
    break;
  }
  case shape::text:
    f.empty_by_default = v.getText().size() == 0;
    f.initialiser = f.empty_by_default ? "{}" : " = " + literal(v.getText().cStr());
    break;
  default:
    f.initialiser = "{}";
    if (explicit_default)
      wrong = "has a default of a kind that members cannot have";
  }
}

void annotate(field& f, capnp::List<Annotation>::Reader annotations) {
  for (const auto a : annotations) {
    f.required |= a.getId() == required_annotation;
    f.optional |= a.getId() == optional_annotation;
    f.secret |= a.getId() == secret_annotation;
    f.json |= a.getId() == json_annotation;
  }
}

void check_annotations(const field& f, std::string& wrong) {
  if (f.optional && (f.type.spelled == "bool" || f.type.shape == shape::enumeration))
    wrong = "cannot be $optional: no number of its type is free to mean absent";
  if (f.optional && f.required)
    wrong = "is both $required and $optional";
  if (f.json && f.type.shape != shape::text)
    wrong = "is $json, which is for Text";
}

} // namespace

names::names(const request& all, CodeGeneratorRequest::RequestedFile::Reader file)
    : all_{all}, file_{file.getId()} {
  const std::string name = file.getFilename().cStr();
  path_ = name.substr(0, name.rfind('.'));
  stem_ = stem_of(name);
  const auto folder = name.substr(0, name.rfind('/') + 1);
  for (const auto import : file.getImports()) {
    const std::string said = import.getName().cStr();
    const auto from_root = said.starts_with('/') ? said.substr(1) : folder + said;
    paths_[import.getId()] = from_root.substr(0, from_root.rfind('.'));
  }
}

std::string names::schema_name(std::uint64_t id) const {
  const auto node = all_.nodes.at(id);
  return node.getDisplayName().cStr() + node.getDisplayNamePrefixLength();
}

std::string names::own_name(std::uint64_t id) const {
  return own_name(all_.nodes.at(id).getScopeId(), schema_name(id));
}

std::string names::own_name(std::uint64_t file, std::string name) const {
  const auto prefix = camel_case(stem_in(file));
  if (name.starts_with(prefix) && name != prefix)
    name = name.substr(prefix.size());
  return snake_case(name);
}

std::string names::stem_in(std::uint64_t file) const {
  return file == file_ ? stem_ : stem_of(paths_.at(file) + ".capnp");
}

std::string names::spelled(std::uint64_t id) {
  const auto file = all_.nodes.at(id).getScopeId();
  auto out = stem_in(file) + "_types::" + identifier(own_name(id));
  if (file != file_) {
    includes_.insert(paths_.at(file));
    if (all_.nodes.at(id).isStruct())
      foreigners_.insert({out, schema_name(id)});
  }
  return out;
}

std::string names::resolve(const std::string& reply) {
  // The compiler tells of an imported file all names, but only those types that fields are made of.
  const auto in = [&](std::uint64_t file, const std::string& name) -> std::string {
    const auto node = all_.nodes.find(file);
    if (node == all_.nodes.end())
      return {};
    for (const auto nested : node->second.getNestedNodes())
      if (name == nested.getName().cStr())
        return stem_in(file) + "_types::" + identifier(own_name(file, name));
    return {};
  };
  for (const auto& name : {camel_case(stem_) + reply, reply})
    if (auto found = in(file_, name); !found.empty())
      return found;
  for (const auto& [file, path] : paths_)
    if (auto found = in(file, reply); !found.empty()) {
      includes_.insert(path);
      return found;
    }
  return {};
}

std::vector<std::uint64_t> names::parts_of(std::uint64_t id) const {
  std::vector<std::uint64_t> parts;
  for (const auto f : all_.nodes.at(id).getStruct().getFields()) {
    if (f.isGroup()) {
      const auto inner = parts_of(f.getGroup().getTypeId());
      parts.insert(parts.end(), inner.begin(), inner.end());
      continue;
    }
    auto t = f.getSlot().getType();
    while (t.isList())
      t = t.getList().getElementType();
    if (t.isStruct())
      parts.push_back(t.getStruct().getTypeId());
  }
  return parts;
}

std::size_t names::words_of(std::uint64_t id) const {
  const auto layout = all_.nodes.at(id).getStruct();
  return std::size_t{layout.getDataWordCount()} + layout.getPointerCount();
}

std::vector<kj::uint> in_code_order(capnp::List<Field>::Reader fields) {
  std::vector<kj::uint> order(fields.size());
  for (kj::uint i = 0; i < order.size(); ++i)
    order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](kj::uint a, kj::uint b) {
    return fields[a].getCodeOrder() < fields[b].getCodeOrder();
  });
  return order;
}

field read_field(names& names, Field::Reader declared, std::string doc, std::string& wrong) {
  const std::string schema_name = declared.getName().cStr();
  field f{.name = snake_case(schema_name), .wire = title_case(schema_name), .doc = std::move(doc)};
  if (declared.isGroup()) {
    wrong = "is a group or a union inside a struct; make it a struct of its own";
    return f;
  }
  f.type = plain_type(names, declared.getSlot().getType(), wrong);
  give_unit(f, declared.getSlot().getType(), schema_name);
  f.member = identifier(f.name);
  annotate(f, declared.getAnnotations());
  if (wrong.empty())
    check_annotations(f, wrong);
  if (wrong.empty())
    give_default(f, declared, names, names.all(), wrong);
  return f;
}

} // namespace tenon::generator
