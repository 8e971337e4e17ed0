// Asking: positions, requests, credentials and buckets. Judging is in page_reading.cpp.
#include "actors/integration/interpreter.hpp"

#include "actors/integration/verdict.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

using runtime::expression::evaluate;
using runtime::expression::evaluate_text;

bool is_plain(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

result<void> put_headers(draft& into, const std::vector<std::pair<std::string, program>>& from,
                         const scope& names) {
  for (const auto& [name, content] : from) {
    auto text = evaluate_text(content, names);
    if (!text)
      return std::move(text).error();
    if (!is_plain(*text))
      return failure{code::malformed, "the header " + name + " would contain a line break",
                     "request.headers." + name};
    if (!text->empty())
      set_header(into.sent, name, *std::move(text));
  }
  return {};
}

/// Null is left out; a list is the parameter several times.
result<void> put_query(draft& into, const request_pattern& from, const scope& names) {
  const auto text_of = [](const value& v) {
    const auto* text = v.as<std::string>();
    const auto* at = v.as<moment>();
    return text != nullptr ? *text : at != nullptr ? tenon::to_text(*at) : write_json(v);
  };
  for (const auto& [name, content] : from.query) {
    auto made = content.evaluate(names);
    if (!made)
      return failure{made.error().code, made.error().why, "request.query." + name,
                     made.error().remedy};
    if (made->is_null())
      continue;
    if (const auto* several = made->as<list>())
      for (const auto& one : *several)
        into.query.emplace_back(name, text_of(one));
    else
      into.query.emplace_back(name, text_of(*made));
  }
  return {};
}

result<draft> make_draft(const manifest& m, const connection& c, const request_pattern& from,
                         const scope& names) {
  draft made{from.method, {}, {}, {{"Accept", "application/json"}}, {}};
  auto path = from.path.evaluate(names);
  if (!path)
    return std::move(path).error();
  auto target = join(c.base, *path);
  if (!target)
    return std::move(target).error();
  made.target = *std::move(target);
  if (auto ok = put_headers(made, m.headers, names); !ok)
    return std::move(ok).error();
  if (auto ok = put_headers(made, from.headers, names); !ok)
    return std::move(ok).error();
  if (auto ok = put_query(made, from, names); !ok)
    return std::move(ok).error();
  if (!from.body)
    return made;
  auto body = from.body->evaluate(names);
  if (!body)
    return std::move(body).error();
  made.body = *std::move(body);
  return made;
}

result<http_request> finish(const manifest& m, const connection& c, draft made) {
  if (!is_allowed(made.target, c.base, m.hosts))
    return failure{code::forbidden,
                   "the request would go to " + endpoint_of(made.target) +
                       ", which is not a host of this connector",
                   "request", "If it belongs to the API, add it to `base.hosts`."};
  append_query(made.target, made.query);
  http_request request{made.method, to_text(made.target), std::move(made.sent), {}};
  if (request.url.size() > max_url_bytes)
    return failure{code::too_large,
                   "the address has " + std::to_string(request.url.size()) + " bytes, more than " +
                       std::to_string(max_url_bytes),
                   "request"};
  if (!made.body)
    return request;
  const auto* text = made.body->as<std::string>();
  request.body = blob::from(text != nullptr ? std::string{*text} : write_json(*made.body));
  if (!find_header(request.headers, "Content-Type"))
    set_header(request.headers, "Content-Type",
               text != nullptr ? "text/plain" : "application/json");
  return request;
}

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

result<connection> connect(const manifest& m, std::string id, const object& settings,
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
  auto base = evaluate_text(*m.base, scope{}.bind("conn", made.settings));
  if (!base)
    return std::move(base).error();
  auto read = parse_url(*base);
  if (!read)
    return failure{read.error().code, read.error().why, "base", read.error().remedy};
  made.base = *std::move(read);
  return made;
}

position first_position(const stream& s) {
  return {s.page == nullptr ? object{} : s.page->first()};
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

result<http_request> page_request(const reading& r, const position& at, const progress& so_far,
                                  moment now) {
  const auto& s = r.stream;
  auto names = words_of(r.connection, now);
  value from;
  value to;
  parameters bounds;
  if (s.cursor) {
    from = bound_value(*s.cursor, s.cursor->from, lower_bound(*s.cursor, so_far), bounds);
    to = bound_value(*s.cursor, s.cursor->to, upper_bound(*s.cursor, so_far), bounds);
  }
  names.bind("cursor", from).bind("cursor_end", to);
  auto made = make_draft(r.connector, r.connection, s.request, names);
  if (!made)
    return std::move(made).error();
  made->query.insert(made->query.end(), bounds.begin(), bounds.end());
  if (s.page != nullptr)
    if (auto ok = s.page->put(*made, at.at); !ok)
      return std::move(ok).error();
  return finish(r.connector, r.connection, *std::move(made));
}

result<void> authenticate(const manifest& m, const connection& c, const token* held,
                          http_request& request) {
  return m.auth->inject(request, secret_words_of(c), held);
}

result<std::optional<http_request>> token_request(const manifest& m, const connection& c) {
  return m.auth->acquire(secret_words_of(c));
}

result<token> read_token(const manifest& m, const http_response& answer, renewal ahead,
                         moment now) {
  return m.auth->accept(answer, ahead, now);
}

result<std::optional<http_request>> check_request(const manifest& m, const connection& c,
                                                  moment now) {
  if (!m.check)
    return std::optional<http_request>{};
  auto made = make_draft(m, c, m.check->request, words_of(c, now));
  if (!made)
    return std::move(made).error();
  auto request = finish(m, c, *std::move(made));
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
