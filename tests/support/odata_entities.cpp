// Entities as an OData service gives them, made from what it says of itself: with every property,
// and with keys that are not easily written in an address.
#include "actors/integration/web/url.hpp"
#include "tests/support/odata_description.hpp"
#include "tests/support/odata_request.hpp"

#include <algorithm>
#include <cstdio>

namespace tenon::tests {
namespace {

std::string digits(int number, int width) {
  char text[16];
  std::snprintf(text, sizeof text, "%0*d", width, number);
  return text;
}

} // namespace

value odata_description::made_plain(const std::string& type, int number) const {
  const auto n = static_cast<std::int64_t>(number);
  const auto ms = 1'772'323'200'000 + n * 86'400'000;
  const auto day = "20" + digits(10 + number / 336, 2) + '-' + digits(1 + number / 28 % 12, 2) +
                   '-' + digits(1 + number % 28, 2);
  if (type == "Edm.String")
    return "O'Neil/ü " + std::to_string(n);
  if (type == "Edm.Boolean")
    return number % 2 == 0;
  if (type == "Edm.Guid")
    return "42f2e9af-be83-1ed8-8089-" + digits(number, 12);
  if (type == "Edm.Int16" || type == "Edm.Int32" || type == "Edm.Byte" || type == "Edm.SByte")
    return n % 128;
  // More digits than a double has.
  if (type == "Edm.Int64")
    return version_ == 2 ? value{std::to_string(9'007'199'254'740'993 + n)}
                         : value{9'007'199'254'740'993 + n};
  if (type == "Edm.Decimal")
    return version_ == 2 ? value{std::to_string(n) + ".25"} : value{static_cast<double>(n) + 0.25};
  if (type == "Edm.Single" || type == "Edm.Double" || type == "Edm.Float")
    return version_ == 2 ? value{std::to_string(n) + ".5"} : value{static_cast<double>(n) + 0.5};
  if (type == "Edm.DateTime")
    return "/Date(" + std::to_string(ms) + ")/";
  if (type == "Edm.DateTimeOffset")
    return version_ == 2 ? "/Date(" + std::to_string(ms) + "+0000)/" : day + "T10:00:00.12Z";
  if (type == "Edm.Date")
    return day;
  if (type == "Edm.TimeOfDay")
    return "13:20:00";
  if (type == "Edm.Time" || type == "Edm.Duration")
    return "PT13H20M0S";
  if (type.starts_with("Edm.Geography"))
    return object{{"type", "Point"}, {"coordinates", list{13.4, 52.5}}};
  return nullptr;
}

value odata_description::made(const odata_property& p, int number, int depth) const {
  if (p.many) {
    list all;
    for (int i = 0; i < 2; ++i)
      all.push_back(made({p.name, p.type}, number + i, depth));
    return version_ == 2 ? value{object{{"results", all}}} : value{all};
  }
  const auto* type = find(p.type);
  if (type == nullptr)
    return made_plain(p.type, number);
  if (!type->members.empty())
    return type->members[static_cast<std::size_t>(number) % type->members.size()];
  if (depth > 4)
    return nullptr;
  object members;
  if (version_ == 2)
    members["__metadata"] = object{{"type", type->name}};
  for (const auto& one : type->properties)
    members[one.name] = made(one, number, depth + 1);
  return members;
}

object odata_description::draft(const std::string& set, int number) const {
  object members;
  for (const auto& one : of_set(set)->properties)
    members[one.name] = made(one, number, 0);
  return members;
}

std::string odata_description::address_of(const std::string& set, const object& entity) const {
  std::string key;
  const auto& type = *of_set(set);
  for (const auto& name : type.key) {
    const auto it = std::ranges::find(type.properties, name, &odata_property::name);
    const auto literal = odata_written(version_, it->type, *entity.find(name));
    const auto named = type.key.size() == 1 ? "" : name + '=';
    key += (key.empty() ? "" : ",") + named + actors::connectors::percent_encoded(literal);
  }
  return set + '(' + key + ')';
}

object odata_description::entity(const std::string& set, int number) const {
  const auto& type = *of_set(set);
  const auto members = draft(set, number);
  object whole;
  if (version_ == 4) {
    whole["@odata.etag"] = "W/\"" + std::to_string(number) + '"';
  } else {
    const auto service = type.name.substr(0, type.name.find('.'));
    const auto at = "https://host/sap/opu/odata/sap/" + service + '/' + address_of(set, members);
    whole["__metadata"] = object{{"id", at}, {"uri", at}, {"type", type.name}};
    for (const auto& link : type.links)
      whole[link] = object{{"__deferred", object{{"uri", at + '/' + link}}}};
  }
  for (const auto& [name, content] : members)
    whole[name] = content;
  return whole;
}

} // namespace tenon::tests
