#include "tests/support/odata_description.hpp"

#include "actors/formats/xml/tree.hpp"
#include "protocols/json.hpp"
#include "tests/support/odata_request.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

namespace tenon::tests {
namespace {

std::string text_at(const value& node, std::string_view name) {
  const auto* said = node.find(name);
  const auto* text = said == nullptr ? nullptr : said->as<std::string>();
  return text == nullptr ? std::string{} : *text;
}

/// Elements of a name: none, one or several.
std::vector<const value*> all_of(const value& node, std::string_view name) {
  const auto* said = node.find(name);
  std::vector<const value*> all;
  if (said == nullptr)
    return all;
  if (const auto* several = said->as<list>())
    for (const auto& one : *several)
      all.push_back(&one);
  else
    all.push_back(said);
  return all;
}

odata_property property_of(const value& said) {
  odata_property made{text_at(said, "@Name"), text_at(said, "@Type")};
  if (made.type.starts_with("Collection(") || text_at(said, "@CollectionKind") == "List") {
    made.many = true;
    if (const auto open = made.type.find('('); open != std::string::npos)
      made.type = made.type.substr(open + 1, made.type.size() - open - 2);
  }
  made.required = text_at(said, "@Nullable") == "false";
  return made;
}

bool is_text_of(const value& v, const std::string& pattern) {
  const auto* text = v.as<std::string>();
  return text != nullptr && std::regex_match(*text, std::regex{pattern});
}

bool is_number(const value& v) {
  return v.is<std::int64_t>() || v.is<double>();
}

/// Whether a value in JSON is one of Edm's own types; what nobody knows may be anything.
bool is_written_as(int version, const std::string& type, const value& v) {
  const std::string clock{R"(\d\d:\d\d(:\d\d(\.\d{1,12})?)?)"}, day{R"(\d{4}-\d\d-\d\d)"};
  if (type == "Edm.String" || type == "Edm.Binary")
    return v.is<std::string>();
  if (type == "Edm.Boolean")
    return v.is<bool>();
  if (type == "Edm.Guid")
    return is_text_of(v, "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  if (type == "Edm.Int16" || type == "Edm.Int32" || type == "Edm.Byte" || type == "Edm.SByte")
    return v.is<std::int64_t>();
  // OData 2 writes these as texts, so that no digit is lost on the way.
  if (type == "Edm.Int64")
    return version == 2 ? is_text_of(v, "-?[0-9]+") : v.is<std::int64_t>();
  if (type == "Edm.Decimal")
    return version == 2 ? is_text_of(v, R"(-?\d+(\.\d+)?)") : is_number(v);
  if (type == "Edm.Single" || type == "Edm.Double" || type == "Edm.Float")
    return is_number(v) || is_text_of(v, R"(-?(\d+(\.\d+)?([eE][+-]?\d+)?|INF)|NaN)");
  if (type == "Edm.DateTime")
    return is_text_of(v, R"(/Date\(-?\d+\)/)");
  if (type == "Edm.DateTimeOffset")
    return is_text_of(v, version == 2 ? R"(/Date\(-?\d+([+-]\d{4})?\)/)"
                                      : day + 'T' + clock + R"((Z|[+-]\d\d:\d\d))");
  if (type == "Edm.Date")
    return is_text_of(v, day);
  if (type == "Edm.TimeOfDay")
    return is_text_of(v, clock);
  if (type == "Edm.Time" || type == "Edm.Duration")
    return is_text_of(v, "-?P[0-9DTHMS.]+");
  if (type.starts_with("Edm.Geography"))
    return v.is<object>();
  return true;
}

} // namespace

odata_description::odata_description(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  const auto json = actors::formats::xml_as_json(text.str(), 4u << 20);
  const auto read = json ? read_json(*json) : result<value>{json.error()};
  const auto* services = read ? read->find("edmx:DataServices") : nullptr;
  if (services == nullptr)
    return;
  version_ = text_at(*read, "@Version").starts_with('4') ? 4 : 2;
  for (const auto* schema : all_of(*services, "Schema"))
    read_schema(*schema);
  for (auto& [name, type] : types_)
    inherit(type);
}

void odata_description::read_schema(const value& schema) {
  const auto space = text_at(schema, "@Namespace") + '.';
  for (const auto* kind : {"EntityType", "ComplexType", "EnumType"})
    read_types(schema, kind, space);
  for (const auto* container : all_of(schema, "EntityContainer"))
    for (const auto* set : all_of(*container, "EntitySet"))
      sets_.emplace_back(text_at(*set, "@Name"), text_at(*set, "@EntityType"));
}

void odata_description::read_types(const value& schema, const char* kind,
                                   const std::string& space) {
  for (const auto* said : all_of(schema, kind)) {
    odata_type type{.name = space + text_at(*said, "@Name")};
    type.open = text_at(*said, "@OpenType") == "true";
    if (const auto base = text_at(*said, "@BaseType"); !base.empty())
      bases_[type.name] = base;
    for (const auto* key : all_of(*said, "Key"))
      for (const auto* part : all_of(*key, "PropertyRef"))
        type.key.push_back(text_at(*part, "@Name"));
    for (const auto* one : all_of(*said, "Property"))
      type.properties.push_back(property_of(*one));
    for (const auto* one : all_of(*said, "NavigationProperty"))
      type.links.push_back(text_at(*one, "@Name"));
    for (const auto* one : all_of(*said, "Member"))
      type.members.push_back(text_at(*one, "@Name"));
    types_[type.name] = std::move(type);
  }
}

void odata_description::inherit(odata_type& type, int depth) {
  const auto base = bases_.find(type.name);
  const auto from = base == bases_.end() ? types_.end() : types_.find(base->second);
  if (from == types_.end() || depth > 10)
    return;
  inherit(from->second, depth + 1);
  bases_.erase(type.name); // done
  const auto& above = from->second;
  type.open = type.open || above.open;
  type.key.insert(type.key.begin(), above.key.begin(), above.key.end());
  type.properties.insert(type.properties.begin(), above.properties.begin(), above.properties.end());
  type.links.insert(type.links.begin(), above.links.begin(), above.links.end());
}

std::vector<std::string> odata_description::sets() const {
  std::vector<std::string> all;
  for (const auto& [name, type] : sets_)
    all.push_back(name);
  return all;
}

const odata_type* odata_description::find(std::string_view type) const {
  const auto it = types_.find(type);
  return it == types_.end() ? nullptr : &it->second;
}

const odata_type* odata_description::of_set(std::string_view set) const {
  for (const auto& [name, type] : sets_)
    if (name == set)
      return find(type);
  return nullptr;
}

void odata_description::check_names(const odata_type& type, const std::vector<std::string>& names,
                                    bool links, std::string_view option,
                                    std::vector<std::string>& wrong) const {
  for (const auto& name : names) {
    const auto first = name.substr(0, name.find('/'));
    const bool is_link = std::ranges::find(type.links, first) != type.links.end();
    const bool is_property =
        std::ranges::find(type.properties, first, &odata_property::name) != type.properties.end();
    if (!(is_link || (is_property && !links) || (type.open && !links) || first == "*"))
      wrong.push_back(std::string{option} + ": " + name + " is not declared");
  }
}

std::vector<std::string> odata_description::complaints(std::string_view target) const {
  const auto asked = odata_request::read(version_, target);
  auto wrong = asked.wrong;
  const auto* type = of_set(asked.set);
  if (type == nullptr) {
    wrong.push_back("there is no set " + asked.set);
    return wrong;
  }
  const auto type_of = [&](const std::string& name) {
    const auto it = std::ranges::find(type->properties, name, &odata_property::name);
    return it == type->properties.end() ? std::string{} : it->type;
  };
  std::vector<std::string> named;
  for (const auto& [name, literal] : asked.key) {
    named.push_back(name.empty() && type->key.size() == 1 ? type->key.front() : name);
    if (!odata_suits(odata_literal(version_, literal), type_of(named.back())))
      wrong.push_back("the key's " + named.back() + " cannot be " + literal);
  }
  auto expected = type->key;
  std::ranges::sort(named);
  std::ranges::sort(expected);
  if (!asked.key.empty() && named != expected)
    wrong.push_back("that is not the key of " + type->name);
  check_names(*type, asked.selected, false, "$select", wrong);
  check_names(*type, asked.ordered, false, "$orderby", wrong);
  check_names(*type, asked.expanded, true, "$expand", wrong);
  for (const auto& [name, literal] : asked.held) {
    check_names(*type, {name}, false, "$filter", wrong);
    if (const auto is = type_of(name);
        !is.empty() && !odata_suits(odata_literal(version_, literal), is))
      wrong.push_back("$filter: " + name + " is " + is + ", and not " + literal);
  }
  return wrong;
}

std::vector<std::string> odata_description::complaints(const odata_type& type, const value& entity,
                                                       bool whole) const {
  std::vector<std::string> wrong;
  const auto* members = entity.as<object>();
  if (members == nullptr)
    return {"an entity is an object"};
  check_members(type, *members, "", wrong);
  for (const auto& name : type.key)
    if (const auto* there = entity.find(name); whole && (there == nullptr || there->is_null()))
      wrong.push_back(name + " is a part of the key, and missing");
  if (version_ == 2 && whole)
    check_metadata(type, *members, wrong);
  return wrong;
}

void odata_description::check_members(const odata_type& type, const object& members,
                                      const std::string& where,
                                      std::vector<std::string>& wrong) const {
  for (const auto& [name, content] : members) {
    if (version_ == 2 ? name == "__metadata" : name.find('@') != name.npos)
      continue;
    const auto it = std::ranges::find(type.properties, name, &odata_property::name);
    if (it != type.properties.end())
      check_member(*it, content, where + name, wrong);
    else if (std::ranges::find(type.links, name) == type.links.end() && !type.open)
      wrong.push_back(where + name + " is not declared");
  }
}

void odata_description::check_member(const odata_property& p, const value& v,
                                     const std::string& where,
                                     std::vector<std::string>& wrong) const {
  if (v.is_null()) {
    if (p.required)
      wrong.push_back(where + " cannot be null");
    return;
  }
  if (p.many) {
    const auto* inside = version_ == 2 ? v.find("results") : &v;
    const auto* items = inside == nullptr ? nullptr : inside->as<list>();
    if (items == nullptr) {
      wrong.push_back(where + " is no list");
      return;
    }
    for (const auto& one : *items)
      check_member({p.name, p.type, false, true}, one, where + "[]", wrong);
    return;
  }
  const auto* of = find(p.type);
  if (of == nullptr) {
    if (!is_written_as(version_, p.type, v))
      wrong.push_back(where + " is " + p.type + ", and not " + write_json(v));
  } else if (!of->members.empty()) {
    const auto* text = v.as<std::string>();
    if (text == nullptr || std::ranges::find(of->members, *text) == of->members.end())
      wrong.push_back(where + " is one of " + of->name + ", and not " + write_json(v));
  } else if (const auto* members = v.as<object>()) {
    check_members(*of, *members, where + '.', wrong);
  } else {
    wrong.push_back(where + " is no object");
  }
}

/// Where an entity says that it is, it is.
void odata_description::check_metadata(const odata_type& type, const object& members,
                                       std::vector<std::string>& wrong) const {
  const auto* about = members.find("__metadata");
  if (about == nullptr) {
    wrong.emplace_back("__metadata is missing");
    return;
  }
  if (text_at(*about, "type") != type.name)
    wrong.push_back("__metadata.type is " + text_at(*about, "type") + ", and not " + type.name);
  const auto uri = text_at(*about, "uri");
  const auto key = uri.find('(');
  const auto step = uri.rfind('/', key);
  if (key == uri.npos || step == uri.npos) {
    wrong.push_back("__metadata.uri is no entity's: " + uri);
    return;
  }
  for (const auto& one : complaints(std::string_view{uri}.substr(step + 1)))
    wrong.push_back("__metadata.uri: " + one);
  const auto said = odata_request::read(version_, std::string_view{uri}.substr(step + 1));
  for (const auto& [name, literal] : said.key) {
    const auto& meant = name.empty() ? type.key.front() : name;
    const auto it = std::ranges::find(type.properties, meant, &odata_property::name);
    const auto* there = members.find(meant);
    if (it != type.properties.end() && there != nullptr &&
        odata_written(version_, it->type, *there) != literal)
      wrong.push_back("__metadata.uri has " + literal + " where " + meant + " is " +
                      write_json(*there));
  }
}

} // namespace tenon::tests
