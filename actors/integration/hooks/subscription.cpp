#include "actors/integration/hooks/subscription.hpp"

#include "actors/integration/interpreter.hpp"
#include "actors/integration/verdict.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t max_kept = 16;
constexpr span shortest_life = std::chrono::minutes{1};
constexpr span longest_life = std::chrono::days{366};
constexpr std::string_view subject{"subscription"};

vocabulary words_of_requests() {
  return {.roots = {"conn", "hook"}, .secrets = true};
}

std::optional<request_pattern> take_asking(form& fields, std::string_view name) {
  const auto* said = fields.take(name);
  if (said == nullptr)
    return std::nullopt;
  form inner{*said, fields.at(name), fields.found()};
  auto made = take_request(inner, words_of_requests());
  inner.finish();
  return made;
}

void take_find(form& fields, subscription_rule& into) {
  const auto* said = fields.take("find");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("find"), fields.found()};
  subscription_rule::listing made;
  inner.require("request", "request: {get: /hooks}");
  if (auto request = take_asking(inner, "request"))
    made.request = *std::move(request);
  made.items = take_path(inner, "items").value_or(json_path{});
  inner.require("id", "where an item has the subscription's id, id: id");
  made.id = take_path(inner, "id").value_or(json_path{});
  inner.require("when", "which of them is ours, when: url == hook.address");
  if (const auto when = inner.text("when"))
    made.when =
        compile_bare(*when, inner.at("when"), {{"item", "hook", "conn"}, "item"}, inner.found());
  inner.finish();
  into.find = std::move(made);
}

void take_keep(form& fields, subscription_rule::kept_paths& into) {
  const auto* said = fields.take("keep");
  const auto* members = said == nullptr ? nullptr : said->as<object>();
  if (said == nullptr)
    return;
  if (members == nullptr || members->size() > max_kept)
    return fields.note("keep", "a map of up to " + std::to_string(max_kept) + " paths is expected");
  form kept{*said, fields.at("keep"), fields.found()};
  for (const auto& [name, path] : *members) {
    if (name == "id" || name == "key" || name == "address")
      kept.note(name, "`hook." + name + "` is there already", "Choose another name.");
    if (auto read = take_path(kept, name))
      into.emplace_back(name, *std::move(read));
  }
}

/// What the platform says instead of doing what it was asked for.
std::optional<failure> refusal_in(const manifest& m, const connection& c,
                                  const http_response& answer, const json_text* body, moment now) {
  const auto* matched = first_match(m.rules, answer, body);
  if (matched != nullptr && matched->then != action::ok)
    return explain(*matched, answer, body, c, subject, now);
  return std::nullopt;
}

moment end_of(const subscription_rule& rule, const json_text* body, std::string_view from,
              moment now) {
  const auto raw = rule.until && body ? find(*body, from, *rule.until) : std::nullopt;
  const auto text = raw ? scalar_text(*raw) : std::nullopt;
  const auto said = text ? read_clock(rule.until_as, *text, now) : std::nullopt;
  if (said)
    return *said;
  return rule.lasts > span{0} ? now + rule.lasts : moment{};
}

void read_kept(const subscription_rule::kept_paths& keep, const json_text& body,
               std::string_view from, object& into) {
  for (const auto& [name, path] : keep)
    if (const auto raw = find(body, from, path))
      if (auto read = read_json(*raw))
        into[name] = *std::move(read);
}

} // namespace

std::shared_ptr<const subscription_rule>
compile_subscription(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  auto made = std::make_shared<subscription_rule>();
  if (const auto* first = fields.take("first")) {
    form inner{*first, fields.at("first"), found};
    made->first = take_request(inner, words_of_requests());
    take_keep(inner, made->first_keep);
    inner.finish();
  }
  fields.require("create", "the request that makes it, create: {post: /hooks, body: {…}}");
  if (auto request = take_asking(fields, "create"))
    made->create = *std::move(request);
  made->id = take_path(fields, "id");
  take_keep(fields, made->keep);
  made->until = take_path(fields, "until");
  const std::vector<std::string> clocks{clock_names.begin(), clock_names.end()};
  if (const auto chosen = fields.choice("as", clocks))
    made->until_as = static_cast<clock>(*chosen);
  made->lasts = fields.length("lasts", shortest_life, longest_life).value_or(span{0});
  take_find(fields, *made);
  made->renew = take_asking(fields, "renew");
  made->erase = take_asking(fields, "delete");
  made->bare = fields.choice("auth", {"none"}).has_value();
  fields.finish();
  return made;
}

value hook_words(const std::string& address, const std::string& key,
                 const subscription_place* place) {
  object words;
  if (place != nullptr)
    words = place->kept;
  words["address"] = address;
  words["key"] = key;
  if (place != nullptr)
    words["id"] = place->id;
  return words;
}

result<http_request> subscription_request(const manifest& m, const connection& c,
                                          const request_pattern& pattern, const value& words,
                                          moment now) {
  scope names;
  names.bind("conn", c.settings).bind_secret("secret", c.secrets).bind("hook", words).set_now(now);
  auto made = draft_request(pattern, m.headers, c.base, names);
  if (!made)
    return std::move(made).error();
  return finish_request(*std::move(made), m.hosts);
}

result<subscription_place> read_first(const manifest& m, const connection& c,
                                      const subscription_rule& rule, const http_response& answer,
                                      moment now) {
  const auto checked = json_text::check(answer.body.view());
  const auto* body = checked ? &*checked : nullptr;
  if (auto refused = refusal_in(m, c, answer, body, now))
    return *std::move(refused);
  subscription_place made;
  if (body != nullptr)
    read_kept(rule.first_keep, *body, body->root(), made.kept);
  return made;
}

result<subscription_place> read_subscribed(const manifest& m, const connection& c,
                                           const subscription_rule& rule,
                                           const http_response& answer,
                                           const subscription_place& before, moment now) {
  const auto checked = json_text::check(answer.body.view());
  const auto* body = checked ? &*checked : nullptr;
  if (auto refused = refusal_in(m, c, answer, body, now))
    return *std::move(refused);
  auto made = before;
  if (body != nullptr) {
    if (const auto raw = rule.id ? find(*body, body->root(), *rule.id) : std::nullopt)
      made.id = scalar_text(*raw).value_or(made.id);
    read_kept(rule.keep, *body, body->root(), made.kept);
  }
  if (made.id.empty())
    return failure{code::malformed,
                   "the answer has no id of the subscription at `" +
                       (rule.id ? rule.id->text : std::string{}) + "`",
                   std::string{subject}, "Check `subscribe.id` of the connector."};
  made.until = end_of(rule, body, body ? body->root() : std::string_view{}, now);
  return made;
}

result<std::optional<subscription_place>> read_found(const manifest& m, const connection& c,
                                                     const subscription_rule& rule,
                                                     const http_response& answer,
                                                     const value& words, moment now) {
  const auto checked = json_text::check(answer.body.view());
  const auto* body = checked ? &*checked : nullptr;
  if (auto refused = refusal_in(m, c, answer, body, now))
    return *std::move(refused);
  std::optional<subscription_place> ours;
  if (body == nullptr)
    return ours;
  result<void> wrong;
  find_all(*body, body->root(), rule.find->items, [&](std::string_view items) {
    if (!is_list(items))
      return;
    for (json_text::walk each{*body, items}; !ours && wrong && each.next();) {
      const auto item = each.content();
      scope names;
      names.bind("conn", c.settings).bind("hook", words).bind_json("item", item).set_now(now);
      const auto is_ours = runtime::expression::evaluate_condition(*rule.find->when, names);
      const auto raw = find(*body, item, rule.find->id);
      const auto id = raw ? scalar_text(*raw) : std::nullopt;
      if (!is_ours)
        wrong = is_ours.error();
      if (!is_ours || !*is_ours || !id)
        continue;
      ours = subscription_place{.id = *id, .until = end_of(rule, body, item, now)};
      read_kept(rule.keep, *body, item, ours->kept);
    }
  });
  if (!wrong)
    return std::move(wrong).error();
  return ours;
}

result<void> read_deleted(const manifest& m, const connection& c, const http_response& answer,
                          moment now) {
  const auto checked = json_text::check(answer.body.view());
  const auto* body = checked ? &*checked : nullptr;
  const auto* matched = first_match(m.rules, answer, body);
  const bool gone = answer.status == 404 || answer.status == 410 ||
                    (matched != nullptr && (matched->classify == meaning::not_found ||
                                            matched->classify == meaning::gone));
  if (gone)
    return {};
  if (auto refused = refusal_in(m, c, answer, body, now))
    return *std::move(refused);
  return {};
}

} // namespace tenon::actors::connectors
