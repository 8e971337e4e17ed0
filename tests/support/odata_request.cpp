#include "tests/support/odata_request.hpp"

#include "actors/integration/web/form_text.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <regex>
#include <set>

namespace tenon::tests {
namespace {

using words = std::set<std::string, std::less<>>;

constexpr auto clock = R"(\d\d:\d\d(:\d\d(\.\d{1,12})?)?)";

struct spelling {
  int version; // 0: either
  const char* type;
  std::string pattern;
};

const std::vector<spelling>& spellings() {
  const std::string guid{"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"};
  const std::string day{R"(\d{4}-\d\d-\d\d)"};
  const std::string zone{R"((Z|[+-]\d\d:\d\d))"};
  static const std::vector<spelling> all{
      {0, "null", "null"},
      {0, "Edm.Boolean", "true|false"},
      {0, "Edm.String", "'([^']|'')*'"},
      {2, "number", R"(-?\d+(\.\d+)?([eE][+-]?\d+)?[lLmMdDfF]?)"},
      {2, "Edm.DateTime", "datetime'" + day + 'T' + clock + '\''},
      {2, "Edm.DateTimeOffset", "datetimeoffset'" + day + 'T' + clock + zone + '\''},
      {2, "Edm.Time", R"(time'P[0-9DTHMS.]+')"},
      {2, "Edm.Guid", "guid'" + guid + '\''},
      {4, "number", R"(-?\d+(\.\d+)?([eE][+-]?\d+)?)"},
      {4, "Edm.DateTimeOffset", day + 'T' + clock + zone},
      {4, "Edm.Date", day},
      {4, "Edm.TimeOfDay", clock},
      {4, "Edm.Duration", R"(duration'-?P[0-9DTHMS.]+')"},
      {4, "Edm.Guid", guid},
      {4, "an enumeration", R"([A-Za-z_]\w*(\.\w+)+'\w+')"},
  };
  return all;
}

const words& options_of(int version) {
  static const words two{"$expand", "$filter",      "$format",    "$inlinecount", "$orderby",
                         "$select", "$skip",        "$skiptoken", "$top",         "!deltatoken",
                         "search",  "sap-language", "sap-client"};
  static const words four{"$apply",  "$compute",   "$count",   "$deltatoken",  "$expand",
                          "$filter", "$format",    "$orderby", "$search",      "$select",
                          "$skip",   "$skiptoken", "$top",     "sap-language", "sap-client"};
  return version == 2 ? two : four;
}

std::vector<std::string> parts_of(std::string_view text, char by) {
  std::vector<std::string> all;
  bool quoted = false;
  std::string one;
  for (const char c : text) {
    quoted = quoted != (c == '\'');
    if (c == by && !quoted)
      all.push_back(std::exchange(one, {}));
    else if (c != ' ' || quoted || !one.empty())
      one += c;
  }
  if (!one.empty())
    all.push_back(std::move(one));
  return all;
}

std::string decoded(std::string_view text) {
  // A plus is a blank in a form alone.
  std::string safe;
  for (const char c : text)
    safe += c == '+' ? "%2B" : std::string{c};
  const auto read = actors::connectors::read_form("x=" + safe);
  return read.empty() ? std::string{text} : read.front().second;
}

/// `Set(A='x',B=1)`, or `Set('x')`.
void read_set(int version, const std::string& step, odata_request& into) {
  const auto open = step.find('(');
  into.set = step.substr(0, open);
  if (open == step.npos)
    return;
  if (!step.ends_with(')')) {
    into.wrong.push_back("the key in " + step + " has no end");
    return;
  }
  for (const auto& part : parts_of(step.substr(open + 1, step.size() - open - 2), ',')) {
    const auto equals = part.starts_with('\'') ? part.npos : part.find('=');
    const auto name = equals == part.npos ? "" : part.substr(0, equals);
    const auto literal = equals == part.npos ? part : part.substr(equals + 1);
    if (odata_literal(version, literal).empty())
      into.wrong.push_back("the key has " + literal + ", which is no literal");
    into.key.emplace_back(name, literal);
  }
}

/// Properties compared with literals, between `and`, `or`, `not`, parentheses and functions.
void read_filter(int version, const std::string& text, odata_request& into) {
  static const std::regex token{R"([A-Za-z_.]*'([^']|'')*'|[(),]|[^\s(),']+)"};
  static const words comparing{"eq", "ne", "gt", "ge", "lt", "le"};
  static const words joining{"and", "or", "not"};
  std::vector<std::string> tokens;
  std::size_t covered = 0;
  for (std::sregex_iterator it{text.begin(), text.end(), token}, end; it != end; ++it) {
    tokens.push_back(it->str());
    covered += it->str().size();
  }
  if (const auto blanks = static_cast<std::size_t>(std::ranges::count(text, ' '));
      covered + blanks < text.size())
    into.wrong.push_back("$filter is not understood: " + text);
  int depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto& one = tokens[i];
    depth += one == "(" ? 1 : one == ")" ? -1 : 0;
    if (!comparing.contains(one))
      continue;
    if (i == 0 || i + 1 == tokens.size()) {
      into.wrong.push_back("$filter compares nothing: " + text);
      return;
    }
    if (odata_literal(version, tokens[i + 1]).empty())
      into.wrong.push_back("$filter has " + tokens[i + 1] + ", which is no literal");
    if (tokens[i - 1] != ")") // or what a function makes
      into.held.emplace_back(tokens[i - 1], tokens[i + 1]);
  }
  if (depth != 0)
    into.wrong.push_back("$filter has parentheses without end: " + text);
  if (into.held.empty() && text.find('(') == text.npos)
    into.wrong.push_back("$filter compares nothing: " + text);
}

void read_option(int version, const std::string& name, const std::string& content,
                 odata_request& into) {
  const bool counted = content.find_first_not_of("0123456789") == content.npos;
  if (!options_of(version).contains(name))
    into.wrong.push_back(name + " is no option of OData " + std::to_string(version));
  else if (content.empty() || ((name == "$top" || name == "$skip") && !counted))
    into.wrong.push_back(name + " cannot be '" + content + '\'');
  else if (name == "$inlinecount" && content != "allpages" && content != "none")
    into.wrong.push_back("$inlinecount cannot be '" + content + '\'');
  else if (name == "$count" && content != "true" && content != "false")
    into.wrong.push_back("$count cannot be '" + content + '\'');
  else if (name == "$filter")
    read_filter(version, content, into);
  else if (name == "$select")
    into.selected = parts_of(content, ',');
  else if (name == "$expand")
    into.expanded = parts_of(content, ',');
  else if (name == "$orderby")
    for (const auto& part : parts_of(content, ','))
      into.ordered.push_back(part.substr(0, part.find(' ')));
}

} // namespace

std::string odata_literal(int version, std::string_view text) {
  for (const auto& one : spellings())
    if ((one.version == 0 || one.version == version) &&
        std::regex_match(std::string{text}, std::regex{one.pattern}))
      return one.type;
  return {};
}

bool odata_suits(std::string_view literal, std::string_view type) {
  static const words numbers{"Edm.Int16",  "Edm.Int32", "Edm.Int64", "Edm.Decimal", "Edm.Single",
                             "Edm.Double", "Edm.Float", "Edm.Byte",  "Edm.SByte"};
  if (literal == "number")
    return numbers.contains(type);
  return literal == "null" || literal == type ||
         (literal == "an enumeration" && !type.starts_with("Edm."));
}

std::string odata_written(int version, std::string_view type, const value& v) {
  const auto* text = v.as<std::string>();
  if (type == "Edm.String" && text != nullptr) {
    std::string made{"'"};
    for (const char c : *text)
      made += c == '\'' ? "''" : std::string{c};
    return made + '\'';
  }
  if (type == "Edm.Guid" && version == 2 && text != nullptr)
    return "guid'" + *text + '\'';
  return text == nullptr ? write_json(v) : *text;
}

odata_request odata_request::read(int version, std::string_view target) {
  odata_request made;
  const auto mark = std::min(target.find('?'), target.size());
  auto steps = parts_of(decoded(target.substr(0, mark)), '/');
  if (steps.empty()) {
    made.wrong.emplace_back("there is no set in the address");
    return made;
  }
  read_set(version, steps.front(), made);
  made.behind.assign(steps.begin() + 1, steps.end());
  std::set<std::string> said;
  if (mark < target.size())
    for (const auto& [name, content] : actors::connectors::read_form(target.substr(mark + 1))) {
      if (!said.insert(name).second)
        made.wrong.push_back(name + " is there twice");
      read_option(version, name, content, made);
    }
  return made;
}

} // namespace tenon::tests
