// Asking: positions, requests, credentials and buckets. Judging is in page_reading.cpp.
#include "actors/integration/interpreter.hpp"

#include "actors/integration/verdict.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

using runtime::expression::evaluate;
using runtime::expression::evaluate_text;

/// For expressions; and, where a parameter carries it, for the query.
value bound_value(const progress_rule& rule, const std::string& name,
                  std::optional<std::int64_t> bound, parameters& query) {
  if (!bound)
    return {};
  if (!name.empty())
    query.emplace_back(name, text_of(rule, *bound));
  return value_of(rule, *bound);
}

failure at_parameter(const parameter& p, std::string why, std::string remedy) {
  return {code::malformed, std::move(why), (p.secret ? "secrets." : "settings.") + p.name,
          std::move(remedy)};
}

result<void> check_parameter(const parameter& p, const value& content) {
  if (content.is<list>() || content.is<object>())
    return at_parameter(p, "`" + p.name + "` is a single value", "Write a text or a number.");
  if (!p.check)
    return {};
  const value text = content.is<std::string>() ? content : value{write_json(content)};
  const auto fits = runtime::expression::evaluate_condition(*p.check, scope{}.bind("value", text));
  if (fits && *fits)
    return {};
  return at_parameter(p, "`" + p.name + "` is not as expected", "It has to match " + p.expected);
}

result<void> check_unknown(const manifest& m, const object& given, bool secret) {
  std::vector<std::string> known;
  for (const auto& p : m.parameters)
    if (p.secret == secret)
      known.push_back(p.name);
  for (const auto& [name, content] : given) {
    if (std::ranges::find(known, name) != known.end())
      continue;
    const auto meant = suggestion(name, known);
    const auto remedy = !meant.empty()  ? "Did you mean " + meant + "?"
                        : known.empty() ? "Remove it."
                                        : "Known here: " + listed(known) + ".";
    return failure{code::malformed, "the connector has no parameter `" + name + "`",
                   (secret ? "secrets." : "settings.") + name, remedy};
  }
  return {};
}

result<connection> fill_in(const manifest& m, std::string id, const object& settings,
                           const object& secrets) {
  for (const bool secret : {false, true})
    if (auto ok = check_unknown(m, secret ? secrets : settings, secret); !ok)
      return std::move(ok).error();
  connection made{std::move(id), object{}, object{}, {}};
  auto& plain = *made.settings.as<object>();
  auto& hidden = *made.secrets.as<object>();
  plain["id"] = made.id;
  for (const auto& p : m.parameters) {
    const auto* given = (p.secret ? secrets : settings).find(p.name);
    const bool missing = given == nullptr || given->is_null();
    const auto& content = missing ? p.fallback : *given;
    if (content.is_null() && p.required)
      return at_parameter(p, "`" + p.name + "` is missing", "Fill in: " + p.title + ".");
    if (!content.is_null())
      if (auto ok = check_parameter(p, content); !ok)
        return std::move(ok).error();
    (p.secret ? hidden : plain)[p.name] = content;
  }
  return made;
}

scope words_of(const connection& c, moment now) {
  scope names;
  names.bind("conn", c.settings).set_now(now);
  return names;
}

scope secret_words_of(const connection& c) {
  scope names;
  names.bind("conn", c.settings).bind_secret("secret", c.secrets);
  return names;
}

} // namespace

result<connection> introduce(const manifest& m, std::string id, const object& settings,
                             const object& secrets) {
  auto made = fill_in(m, std::move(id), settings, secrets);
  if (!made)
    return made;
  const auto base = evaluate_text(*m.base, scope{}.bind("conn", made->settings));
  if (const auto read = base ? parse_url(*base) : result<url>{base.error()})
    made->base = *read;
  return made;
}

result<connection> connect(const manifest& m, std::string id, const object& settings,
                           const object& secrets, const object& captured) {
  auto made = fill_in(m, std::move(id), settings, secrets);
  if (!made)
    return made;
  for (const auto& [name, content] : captured)
    (*made->settings.as<object>())[name] = content;
  auto base = evaluate_text(*m.base, scope{}.bind("conn", made->settings));
  if (!base)
    return std::move(base).error();
  auto read = parse_url(*base);
  if (!read)
    return failure{read.error().code, read.error().why, "base", read.error().remedy};
  made->base = *std::move(read);
  return made;
}

asking asked_for(const stream& s, const position& at, const progress& so_far) {
  if (s.start && so_far.token.empty() && so_far.given.empty())
    return asking::token;
  const bool by_parent = s.parts != nullptr && !s.parts->parent().empty();
  return by_parent && at.parts.empty() && at.more ? asking::parts : asking::records;
}

const stream& present(const stream& s, const progress& so_far) {
  return s.changes != nullptr && !so_far.token.empty() ? *s.changes : s;
}

result<position> first_position(const reading& r, moment now) {
  position p{r.stream.page == nullptr ? object{} : r.stream.page->first()};
  if (r.stream.parts == nullptr)
    return p;
  auto first = r.stream.parts->first(words_of(r.connection, now), now);
  if (!first)
    return std::move(first).error();
  if (first->ready.empty() && !first->more)
    return failure{code::malformed,
                   "the stream " + r.stream.name + " is read in parts, and there are none",
                   "partition", "Fill in what the integration's config says about them."};
  p.parts = r.stream.group > 0 ? grouped(std::move(first->ready), r.stream.group)
                               : std::move(first->ready);
  p.more = std::move(first->more);
  return p;
}

object to_object(const position& p) {
  object kept{{"at", p.at}};
  kept["pages"] = p.pages;
  kept["records"] = p.records;
  object tries;
  for (const auto& [rule, times] : p.tries)
    tries[std::to_string(rule)] = times;
  if (!tries.empty())
    kept["tries"] = std::move(tries);
  if (p.rows > 0)
    kept["rows"] = p.rows;
  if (!p.parts.empty())
    kept["parts"] = p.parts;
  if (p.more)
    kept["more"] = *p.more;
  return kept;
}

result<position> to_position(const object& kept) {
  const failure wrong{code::malformed, "the kept position is not one", "position",
                      "Reset the stream's cursor to read it from its start."};
  const auto* at = kept.find("at");
  const auto* pages = kept.find("pages");
  const auto* records = kept.find("records");
  if (at == nullptr || !at->is<object>() || pages == nullptr || !pages->is<std::int64_t>() ||
      records == nullptr || !records->is<std::int64_t>())
    return wrong;
  position p{*at->as<object>(),
             static_cast<std::uint64_t>(*pages->as<std::int64_t>()),
             static_cast<std::uint64_t>(*records->as<std::int64_t>()),
             {}};
  if (const auto* rows = kept.find("rows"); rows && rows->is<std::int64_t>())
    p.rows = static_cast<std::uint64_t>(*rows->as<std::int64_t>());
  if (const auto* parts = kept.find("parts"); parts && parts->is<list>())
    p.parts = *parts->as<list>();
  if (const auto* more = kept.find("more"); more && more->is<object>())
    p.more = *more->as<object>();
  const auto* tries = kept.find("tries");
  const auto* counted = tries == nullptr ? nullptr : tries->as<object>();
  if (counted == nullptr)
    return p;
  for (const auto& [rule, times] : *counted) {
    const auto* number = times.as<std::int64_t>();
    if (number == nullptr || rule.empty() || rule.size() > 6 ||
        rule.find_first_not_of("0123456789") != rule.npos)
      return wrong;
    p.tries.emplace_back(static_cast<std::uint32_t>(std::stoul(rule)),
                         static_cast<std::uint32_t>(*number));
  }
  return p;
}

namespace {

result<http_request> parts_request(const reading& r, const position& at, moment now) {
  const auto* parent = r.connector.find_stream(r.stream.parts->parent());
  if (parent == nullptr)
    return failure{code::not_found,
                   "the connector has no stream " + std::string{r.stream.parts->parent()},
                   "partition.parent.stream"};
  auto made = draft_request(parent->request, r.connector.headers, r.connection.base,
                            words_of(r.connection, now));
  if (!made)
    return std::move(made).error();
  if (parent->page != nullptr)
    if (auto ok = parent->page->put(*made, at.more->empty() ? parent->page->first() : *at.more);
        !ok)
      return std::move(ok).error();
  return finish_request(*std::move(made), r.connector.hosts);
}

/// What a token or an event's id adds to the first request of a query.
result<void> put_token(draft& request, const progress_rule& rule, const progress& so_far) {
  const auto& token =
      so_far.given.empty() || rule.what == progress_rule::kind::token ? so_far.token : so_far.given;
  if (token.empty())
    return {};
  if (rule.send.named())
    return put_at(request, rule.send, token);
  // It is the address to go on at.
  auto target = runtime::outbound::resolve_reference(request.base, token);
  if (!target)
    return failure{target.error().code,
                   "the kept token is no address to go on at: " + target.error().why,
                   "cursor.token"};
  request.target = *std::move(target);
  request.query.clear();
  return {};
}

} // namespace

result<http_request> page_request(const reading& r, const position& at, const progress& so_far,
                                  moment now) {
  const auto asked = asked_for(r.stream, at, so_far);
  if (asked == asking::parts)
    return parts_request(r, at, now);
  const auto& s = present(r.stream, so_far);
  auto names = words_of(r.connection, now);
  if (asked == asking::token) {
    auto made = draft_request(s.start->request, r.connector.headers, r.connection.base, names);
    return made ? finish_request(*std::move(made), r.connector.hosts)
                : result<http_request>{std::move(made).error()};
  }
  value from;
  value to;
  parameters bounds;
  if (s.cursor) {
    from = bound_value(*s.cursor, s.cursor->from, lower_bound(*s.cursor, so_far), bounds);
    to = bound_value(*s.cursor, s.cursor->to, upper_bound(*s.cursor, so_far), bounds);
  }
  const value part = at.parts.empty() ? value{} : at.parts.front();
  names.bind("cursor", from).bind("cursor_end", to).bind("partition", part);
  auto made = draft_request(s.request, r.connector.headers, r.connection.base, names);
  if (!made)
    return std::move(made).error();
  made->query.insert(made->query.end(), bounds.begin(), bounds.end());
  if (s.cursor && s.cursor->is_text())
    if (auto ok = put_token(*made, *s.cursor, so_far); !ok)
      return std::move(ok).error();
  if (s.page != nullptr)
    if (auto ok = s.page->put(*made, at.at); !ok)
      return std::move(ok).error();
  return finish_request(*std::move(made), r.connector.hosts);
}

result<void> authenticate(const manifest& m, const connection& c, const holding* held,
                          http_request& request, const instant& when) {
  return m.auth->inject(request, secret_words_of(c), held, when);
}

result<std::optional<http_request>> next_request(const manifest& m, const connection& c,
                                                 acquisition& so_far, const instant& when) {
  auto request = m.auth->ask(secret_words_of(c), so_far, when);
  if (!request || !*request || !(*request)->url.starts_with('/'))
    return request;
  const auto target = c.base.host.empty()
                          ? result<url>{failure{code::malformed, "the API's address is not known",
                                                "base", "Write the whole address in `auth`."}}
                          : join(c.base, (*request)->url);
  if (!target)
    return target.error();
  (*request)->url = to_text(*target);
  return request;
}

result<void> hear_answer(const manifest& m, const connection& c, const http_response& answer,
                         acquisition& so_far, const instant& when) {
  return m.auth->hear(secret_words_of(c), answer, so_far, when);
}

result<std::string> consent_address(const manifest& m, const connection& c, const consent& asked) {
  return m.auth->authorize(secret_words_of(c), asked);
}

result<std::optional<http_request>> check_request(const manifest& m, const connection& c,
                                                  moment now) {
  if (!m.check)
    return std::optional<http_request>{};
  auto made = draft_request(m.check->request, m.headers, c.base, words_of(c, now));
  if (!made)
    return std::move(made).error();
  auto request = finish_request(*std::move(made), m.hosts);
  if (!request)
    return std::move(request).error();
  return std::optional{*std::move(request)};
}

result<std::string> read_check(const manifest& m, const connection& c, const http_response& answer,
                               moment now) {
  const auto body = json_text::check(answer.body.view());
  const auto* json = body ? &*body : nullptr;
  const auto* matched = first_match(m.rules, answer, json);
  if (matched != nullptr && matched->then != action::ok)
    return explain(*matched, answer, json, c, "check", now);
  if (!m.check || !m.check->name)
    return std::string{};
  if (json == nullptr)
    return failure{code::malformed, "the answer is not JSON: " + body.error().why,
                   body.error().where, "Check the connector's base address."};
  auto names = words_of(c, now);
  names.bind_json("body", json->root());
  return evaluate_text(*m.check->name, names);
}

result<std::vector<bucket_use>> buckets_for(const manifest& m, const connection& c,
                                            const http_request& request) {
  const auto target = parse_url(request.url);
  if (!target)
    return target.error();
  std::vector<bucket_use> used;
  for (std::size_t i = 0; i < m.buckets.size(); ++i) {
    const auto& one = m.buckets[i];
    if (!one.path.empty() && !matches(one.path, path_of(*target)))
      continue;
    auto key = evaluate_text(*one.key, scope{}.bind("conn", c.settings));
    if (!key)
      return std::move(key).error();
    used.push_back({i, *std::move(key)});
  }
  return used;
}

} // namespace tenon::actors::connectors
