#include "actors/integration/form/form.hpp"

#include "protocols/moment.hpp"
#include "protocols/spelling.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

std::string article(std::string_view type) {
  const bool vowel = std::string_view{"aeiou"}.find(type.front()) != std::string_view::npos;
  return std::string{type == "null" ? "" : vowel ? "an " : "a "} + std::string{type};
}

} // namespace

void problems::add(std::string where, std::string why, std::string remedy) {
  ++count_;
  if (all_.size() < most)
    all_.push_back({code::malformed, std::move(why), std::move(where), std::move(remedy)});
}

void problems::add(std::string where, failure why) {
  if (!why.where.empty())
    why.why += " (" + why.where + ")";
  add(std::move(where), std::move(why.why), std::move(why.remedy));
}

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  const std::vector<std::string_view> names{known.begin(), known.end()};
  const auto meant = nearest(name, names);
  return meant ? known[*meant] : "";
}

std::string listed(const std::vector<std::string>& names) {
  std::string all;
  for (std::size_t i = 0; i < names.size(); ++i)
    all += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return all;
}

std::string below(std::string_view path, std::string_view name) {
  return path.empty() ? std::string{name} : std::string{path} + '.' + std::string{name};
}

std::string below(std::string_view path, std::size_t item) {
  return std::string{path} + '[' + std::to_string(item) + ']';
}

result<span> span_of(const value& v) {
  constexpr std::int64_t most_seconds = 10ll * 366 * 24 * 3600;
  if (const auto* text = v.as<std::string>())
    return parse_span(*text);
  if (const auto* length = v.as<span>())
    return *length;
  const auto* seconds = v.as<std::int64_t>();
  if (seconds != nullptr && *seconds >= 0 && *seconds <= most_seconds)
    return span{std::chrono::seconds{*seconds}};
  return failure{code::malformed, "a length of time is expected", "",
                 "Write it as 500ms, 30s, 5m, 1h30m or 3d."};
}

form::form(const value& content, std::string path, problems& found)
    : members_{content.as<object>()}, path_{std::move(path)}, found_{found} {
  if (members_ == nullptr)
    found_.add(path_, "a map is expected, not " + article(content.type_name()));
}

std::string form::at(std::string_view name) const {
  return below(path_, name);
}

const value* form::take(std::string_view name) {
  if (std::ranges::find(known_, name) == known_.end()) // some are asked for in two forms
    known_.emplace_back(name);
  const auto* member = members_ == nullptr ? nullptr : members_->find(name);
  return member == nullptr || member->is_null() ? nullptr : member;
}

const value* form::require(std::string_view name, std::string_view example) {
  const auto* member = take(name);
  if (member == nullptr && members_ != nullptr)
    note(name, "`" + std::string{name} + "` is missing", "Add " + std::string{example} + ".");
  return member;
}

std::optional<std::string> form::text(std::string_view name) {
  const auto* member = take(name);
  if (member == nullptr)
    return std::nullopt;
  if (const auto* text = member->as<std::string>())
    return *text;
  note(name, "a text is expected, not " + article(member->type_name()), "Put it in quotes.");
  return std::nullopt;
}

std::optional<bool> form::flag(std::string_view name) {
  const auto* member = take(name);
  if (member == nullptr)
    return std::nullopt;
  if (const auto* flag = member->as<bool>())
    return *flag;
  note(name, "true or false is expected, not " + article(member->type_name()));
  return std::nullopt;
}

std::optional<std::int64_t> form::number(std::string_view name, std::int64_t least,
                                         std::int64_t most) {
  const auto* member = take(name);
  if (member == nullptr)
    return std::nullopt;
  const auto* number = member->as<std::int64_t>();
  if (number != nullptr && *number >= least && *number <= most)
    return *number;
  note(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                 " is expected");
  return std::nullopt;
}

std::optional<span> form::length(std::string_view name, span least, span most) {
  const auto* member = take(name);
  if (member == nullptr)
    return std::nullopt;
  auto read = span_of(*member);
  if (!read) {
    found_.add(at(name), std::move(read).error());
    return std::nullopt;
  }
  if (*read >= least && *read <= most)
    return *read;
  note(name, "a length of time from " + to_text(least) + " to " + to_text(most) + " is expected");
  return std::nullopt;
}

std::optional<std::size_t> form::choice(std::string_view name,
                                        const std::vector<std::string>& names) {
  const auto chosen = text(name);
  if (!chosen)
    return std::nullopt;
  const auto found = std::ranges::find(names, *chosen);
  if (found != names.end())
    return static_cast<std::size_t>(found - names.begin());
  const auto meant = suggestion(*chosen, names);
  note(name, "'" + *chosen + "' is not known here",
       meant.empty() ? "Use " + listed(names) + "." : "Did you mean " + meant + "?");
  return std::nullopt;
}

std::vector<std::string> form::texts(std::string_view name) {
  const auto* member = take(name);
  if (member == nullptr)
    return {};
  if (const auto* one = member->as<std::string>())
    return {*one};
  std::vector<std::string> all;
  if (const auto* items = member->as<list>())
    for (const auto& item : *items)
      if (const auto* one = item.as<std::string>())
        all.push_back(*one);
  const auto* items = member->as<list>();
  if (items == nullptr || all.size() != items->size())
    note(name, "a text or a list of texts is expected");
  return all;
}

void form::note(std::string_view name, std::string why, std::string remedy) {
  found_.add(at(name), std::move(why), std::move(remedy));
}

void form::finish() {
  if (members_ == nullptr)
    return;
  for (const auto& [name, content] : *members_) {
    if (std::ranges::find(known_, name) != known_.end())
      continue;
    const auto meant = suggestion(name, known_);
    note(name, "there is no field `" + name + "` here",
         meant.empty() ? "Known here: " + listed(known_) + "." : "Did you mean " + meant + "?");
  }
}

} // namespace tenon::actors::connectors
