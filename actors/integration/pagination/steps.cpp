#include "actors/integration/pagination/steps.hpp"

#include "protocols/identity.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::actors::connectors {

stop_rules compile_stop(const std::vector<std::string>& stop, const std::string& where,
                        const std::vector<std::string>& allowed, problems& found) {
  stop_rules rules;
  for (const auto& one : stop) {
    constexpr std::string_view unless{"false:"};
    const auto name = one.starts_with(unless) ? "false:<path>" : one;
    if (std::ranges::find(allowed, name) == allowed.end()) {
      found.add(where, "`stop: " + one + "` is not known for this kind of page",
                "Use " + listed(allowed) + ".");
      continue;
    }
    rules.missing |= one == "missing";
    rules.empty |= one == "empty";
    rules.below_size |= one == "short";
    rules.total |= one == "total";
    if (one.starts_with(unless)) {
      auto path = compile_path(std::string_view{one}.substr(unless.size()));
      if (path)
        rules.unless = *std::move(path);
      else
        found.add(where, std::move(path).error());
    }
  }
  return rules;
}

bool ends(const stop_rules& rules, const page_answer& answer) {
  if (rules.empty && answer.records == 0)
    return true;
  if (!rules.unless)
    return false;
  const auto more = find(answer.body, answer.body.root(), *rules.unless);
  return !more || *more == "false" || is_null(*more) || *more == "0" || *more == "\"\"";
}

std::optional<std::int64_t> number_at(const page_answer& answer, const json_path& path) {
  const auto raw = find(answer.body, answer.body.root(), path);
  const auto text = raw ? scalar_text(*raw) : std::nullopt;
  if (!text)
    return std::nullopt;
  std::int64_t number = 0;
  const auto* end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, number);
  return read.ec == std::errc{} && read.ptr == end ? std::optional{number} : std::nullopt;
}

std::int64_t size_at(const object& position, std::int64_t usual) {
  const auto said = number_of(position, "size");
  return said > 0 ? said : usual;
}

object with_size(object position, std::int64_t wanted, const pager::size& sizes) {
  position.erase("size");
  const auto allowed = std::clamp<std::int64_t>(wanted, 1, sizes.most);
  if (wanted > 0 && allowed != sizes.usual)
    position.append("size", allowed);
  return position;
}

pager::size take_size(form& fields, std::int64_t fallback) {
  constexpr std::int64_t most = 100'000;
  pager::size made{fields.number("size", 1, most).value_or(fallback), 0};
  made.most =
      fields.number("most", std::max<std::int64_t>(made.usual, 1), most).value_or(made.usual);
  return made;
}

namespace {

const value* found_at(const value& root, const json_path& path) {
  const value* at = &root;
  for (const auto& step : path.steps) {
    at = at->find(step);
    if (at == nullptr)
      return nullptr;
  }
  return at;
}

std::string shown(const value& v) {
  const auto* text = v.as<std::string>();
  return text != nullptr ? *text : v.is_null() ? "" : write_json(v);
}

} // namespace

std::optional<std::string> said_at(const platform_request& asked, const place& where) {
  if (where.in_body) {
    const auto* there = found_at(asked.body, where.to);
    return there == nullptr ? std::nullopt : std::optional{shown(*there)};
  }
  const auto it =
      std::ranges::find(asked.query, where.to.text, [](const auto& p) { return p.first; });
  return it == asked.query.end() ? std::nullopt : std::optional{it->second};
}

result<std::optional<std::size_t>> number_said_at(const platform_request& asked,
                                                  const place& where) {
  const auto text = where.named() ? said_at(asked, where) : std::nullopt;
  if (!text)
    return std::optional<std::size_t>{};
  std::size_t number = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  if (read.ec == std::errc{} && read.ptr == text->data() + text->size())
    return std::optional{number};
  return failure{code::malformed, "`" + where.to.text + "` is no number: " + *text};
}

std::string text_at(const value& record, const json_path& path) {
  const auto* there = found_at(record, path);
  return there == nullptr ? "" : shown(*there);
}

std::int64_t number_of(const object& position, std::string_view name) {
  const auto* member = position.find(name);
  const auto* number = member == nullptr ? nullptr : member->as<std::int64_t>();
  return number == nullptr ? 0 : *number;
}

std::string text_of(const object& position, std::string_view name) {
  const auto* member = position.find(name);
  const auto* text = member == nullptr ? nullptr : member->as<std::string>();
  return text == nullptr ? "" : *text;
}

result<void> check_circle(std::string_view cursor, const object& position, object& next) {
  const auto here = static_cast<std::int64_t>(stable_hash(cursor));
  const auto* known = position.find("mark");
  auto mark = number_of(position, "mark");
  auto steps = number_of(position, "steps") + 1;
  auto reach = std::max<std::int64_t>(number_of(position, "reach"), 1);
  if (known != nullptr && mark == here)
    return failure{code::malformed,
                   "the server leads in a circle: after " + std::to_string(steps) +
                       " pages it gives a next page that it gave before",
                   "", "Check which field of the answer `page` takes the next page from."};
  if (known == nullptr || steps >= reach) {
    mark = here;
    reach = known == nullptr ? 1 : reach * 2;
    steps = 0;
  }
  next["mark"] = mark;
  next["steps"] = steps;
  next["reach"] = reach;
  return {};
}

result<void> check_repeat(const page_answer& answer, const object& position, object& next,
                          std::string_view parameter) {
  const auto mark = static_cast<std::int64_t>(answer.mark);
  if (mark != 0 && mark == number_of(position, "mark"))
    return failure{code::malformed,
                   "the server gave the same page twice although it was asked for the next one", "",
                   "Check that it knows the parameter `" + std::string{parameter} + "`."};
  next["mark"] = mark;
  return {};
}

} // namespace tenon::actors::connectors
