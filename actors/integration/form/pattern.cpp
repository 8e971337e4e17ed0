#include "actors/integration/form/pattern.hpp"

#include "actors/integration/web/url.hpp"
#include "protocols/json.hpp"

namespace tenon::actors::connectors {
namespace {

/// Behind the "}}" that ends the expression starting at `open`; quotes hide braces.
std::size_t end_of_expression(std::string_view text, std::size_t open) {
  char quote = '\0';
  for (auto i = open + 2; i + 1 < text.size(); ++i) {
    if (quote != '\0') {
      if (text[i] == '\\')
        ++i;
      else if (text[i] == quote)
        quote = '\0';
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == '}' && text[i + 1] == '}') {
      return i + 2;
    }
  }
  return text.size();
}

std::optional<program> noted(result<program> compiled, std::string where, problems& found) {
  if (compiled)
    return *std::move(compiled);
  found.add(std::move(where), std::move(compiled).error());
  return std::nullopt;
}

} // namespace

runtime::expression::options options_of(const vocabulary& words) {
  runtime::expression::options chosen;
  chosen.roots = words.roots;
  chosen.implied_root = words.implied;
  chosen.allow_secrets = words.secrets;
  return chosen;
}

std::optional<program> compile_text(std::string_view text, std::string where,
                                    const vocabulary& words, problems& found) {
  return noted(runtime::expression::compile_template(text, options_of(words)), std::move(where),
               found);
}

std::optional<program> compile_bare(std::string_view text, std::string where,
                                    const vocabulary& words, problems& found) {
  return noted(runtime::expression::compile(text, options_of(words)), std::move(where), found);
}

struct pattern::node {
  value constant{};
  std::optional<program> text{};
  std::vector<std::shared_ptr<const node>> items{};
  std::vector<std::string> keys{}; // of an object, one for each item
};

std::shared_ptr<const pattern::node> pattern::compile_node(const value& v, const std::string& where,
                                                           const vocabulary& words,
                                                           problems& found) {
  auto made = std::make_shared<node>();
  if (const auto* text = v.as<std::string>(); text != nullptr && text->find("{{") != text->npos) {
    made->text = compile_text(*text, where, words, found);
  } else if (const auto* items = v.as<list>()) {
    made->constant = list{};
    for (const auto& item : *items)
      made->items.push_back(compile_node(item, below(where, made->items.size()), words, found));
  } else if (const auto* members = v.as<object>()) {
    made->constant = object{};
    for (const auto& [key, content] : *members) {
      made->keys.push_back(key);
      made->items.push_back(compile_node(content, below(where, key), words, found));
    }
  } else {
    made->constant = v;
  }
  return made;
}

pattern pattern::compile(const value& v, const std::string& where, const vocabulary& words,
                         problems& found) {
  pattern compiled;
  compiled.root_ = compile_node(v, where, words, found);
  return compiled;
}

result<value> pattern::evaluate_node(const node& from, const scope& names) {
  if (from.text)
    return runtime::expression::evaluate(*from.text, names);
  if (from.items.empty())
    return from.constant;
  list items;
  object members;
  for (std::size_t i = 0; i < from.items.size(); ++i) {
    auto one = evaluate_node(*from.items[i], names);
    if (!one)
      return one;
    if (from.keys.empty())
      items.push_back(*std::move(one));
    else
      members.append(from.keys[i], *std::move(one));
  }
  return from.keys.empty() ? value{std::move(items)} : value{std::move(members)};
}

result<value> pattern::evaluate(const scope& names) const {
  return root_ == nullptr ? value{} : evaluate_node(*root_, names);
}

bool pattern::fits(const value& v) const {
  return root_ == nullptr || fits_node(*root_, &v);
}

bool pattern::fits_node(const node& n, const value* v) {
  if (n.text)
    return true;
  if (v == nullptr)
    return n.items.empty() && n.constant.is_null();
  if (n.constant == value{object{}})
    return v->is<object>();
  if (n.items.empty())
    return n.constant == *v || write_json(n.constant) == write_json(*v);
  const auto* items = v->as<list>();
  if (n.keys.empty() && (items == nullptr || items->size() != n.items.size()))
    return false;
  for (std::size_t i = 0; i < n.items.size(); ++i)
    if (!fits_node(*n.items[i], n.keys.empty() ? &(*items)[i] : v->find(n.keys[i])))
      return false;
  return true;
}

path_pattern path_pattern::compile(std::string_view text, const std::string& where,
                                   const vocabulary& words, problems& found) {
  path_pattern compiled;
  for (std::size_t at = 0; at < text.size();) {
    const auto open = std::min(text.find("{{", at), text.size());
    part next{std::string{text.substr(at, open - at)}, {}};
    at = open;
    if (open < text.size()) {
      at = end_of_expression(text, open);
      next.inserted = compile_text(text.substr(open, at - open), where, words, found);
    }
    compiled.parts_.push_back(std::move(next));
  }
  return compiled;
}

result<std::string> path_pattern::evaluate(const scope& names) const {
  std::string path;
  for (const auto& part : parts_) {
    path += part.literal;
    if (!part.inserted)
      continue;
    auto text = runtime::expression::evaluate_text(*part.inserted, names);
    if (!text)
      return text;
    // Encoding leaves dots alone, and a part of only dots would climb.
    if (text->empty() || *text == "." || *text == "..")
      return failure{code::malformed,
                     std::string{part.inserted->source()} + " is '" + *text +
                         "', and it is a part of a path",
                     "", "Give it another value."};
    path += percent_encoded(*text);
  }
  return path;
}

bool path_pattern::matches(std::string_view path) const {
  // What is inserted is a segment or a part of one: it ends where the next literal begins.
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const auto& part = parts_[i];
    if (!path.starts_with(part.literal))
      return false;
    path.remove_prefix(part.literal.size());
    if (!part.inserted)
      continue;
    const auto segment = path.substr(0, path.find('/'));
    const bool last = i + 1 == parts_.size();
    const auto next = last ? std::string_view{} : std::string_view{parts_[i + 1].literal};
    const auto stop = next.substr(0, next.find('/'));
    const auto length = last || stop.empty() ? segment.size() : segment.rfind(stop);
    if (segment.empty() || length == segment.npos || length == 0)
      return false;
    path.remove_prefix(length);
  }
  return path.empty();
}

} // namespace tenon::actors::connectors
