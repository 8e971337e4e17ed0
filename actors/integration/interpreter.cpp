// Positions, credentials, checks and buckets. Asking is in page_asking.cpp, judging in
// page_reading.cpp.
#include "actors/integration/interpreter.hpp"

#include "actors/integration/settings.hpp"
#include "actors/integration/verdict.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <cmath>

namespace tenon::actors::connectors {
namespace {

using runtime::expression::evaluate;
using runtime::expression::evaluate_text;

result<connection> fill_in(const manifest& m, std::string id, const object& settings,
                           const object& secrets) {
  if (auto faults = faults_in_settings(m, settings); !faults.empty())
    return std::move(faults.front());
  if (auto faults = faults_in_secrets(m, settings, secrets); !faults.empty())
    return std::move(faults.front());
  connection made{std::move(id), object{}, object{}, {}};
  auto& plain = *made.settings.as<object>();
  auto& hidden = *made.secrets.as<object>();
  plain["id"] = made.id;
  for (const auto& p : m.parameters) {
    const auto* given = (p.secret ? secrets : settings).find(p.name);
    const bool missing = given == nullptr || given->is_null();
    (p.secret ? hidden : plain)[p.name] = missing ? p.fallback : *given;
  }
  return made;
}

const program& base_of(const manifest& m, const connection& c) {
  const auto* chosen = c.settings.find("environment");
  const auto* name = chosen == nullptr ? nullptr : chosen->as<std::string>();
  for (const auto& [known, address] : m.environments)
    if (name != nullptr && known == *name)
      return address;
  return *m.base;
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

/// A path alone is one of the API's.
result<std::optional<http_request>> at_base(const connection& c,
                                            result<std::optional<http_request>> request) {
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

} // namespace

compiled_auth auth_of(const manifest& m, const connection& c) {
  const auto* settings = c.settings.as<object>();
  return m.auth_for(settings == nullptr ? object{} : *settings);
}

result<connection> introduce(const manifest& m, std::string id, const object& settings,
                             const object& secrets) {
  auto made = fill_in(m, std::move(id), settings, secrets);
  if (!made)
    return made;
  const auto base = evaluate_text(base_of(m, *made), scope{}.bind("conn", made->settings));
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
  auto base = evaluate_text(base_of(m, *made), scope{}.bind("conn", made->settings));
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
  if (by_parent && at.parts.empty() && at.more)
    return asking::parts;
  if (s.job == nullptr || (at.job && at.job->done))
    return asking::records;
  return at.job ? asking::state : asking::job;
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
  if (p.job)
    kept["job"] = to_object(*p.job);
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
  if (const auto* job = kept.find("job"); job && job->is<object>()) {
    auto place = to_job_place(*job->as<object>());
    if (!place)
      return std::move(place).error();
    p.job = *std::move(place);
  }
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

result<void> authenticate(const manifest& m, const connection& c, const holding* held,
                          http_request& request, const instant& when) {
  return auth_of(m, c).method->inject(request, secret_words_of(c), held, when);
}

result<std::optional<http_request>> next_request(const manifest& m, const connection& c,
                                                 acquisition& so_far, const instant& when) {
  return at_base(c, auth_of(m, c).method->ask(secret_words_of(c), so_far, when));
}

result<std::optional<http_request>> leave_request(const manifest& m, const connection& c,
                                                  const holding& held) {
  return at_base(c, auth_of(m, c).method->leave(secret_words_of(c), held));
}

result<void> hear_answer(const manifest& m, const connection& c, const http_response& answer,
                         acquisition& so_far, const instant& when) {
  return auth_of(m, c).method->hear(secret_words_of(c), answer, so_far, when);
}

result<std::string> consent_address(const manifest& m, const connection& c, const consent& asked) {
  return auth_of(m, c).method->authorize(secret_words_of(c), asked);
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

namespace {

/// What a request is reckoned to cost; 0 where that cannot be said.
std::int64_t reckoned(const bucket& b, const scope& names) {
  constexpr double most = 1e8;
  const auto said = evaluate(*b.estimated, names);
  const auto* whole = said ? said->as<std::int64_t>() : nullptr;
  const auto* part = said ? said->as<double>() : nullptr;
  const double price = whole != nullptr  ? static_cast<double>(*whole)
                       : part != nullptr ? std::ceil(*part)
                                         : 0;
  return price >= 1 ? static_cast<std::int64_t>(std::min(price, most)) : 0;
}

} // namespace

result<std::vector<bucket_use>> buckets_for(const manifest& m, const connection& c,
                                            const http_request& request) {
  const auto target = parse_url(request.url);
  if (!target)
    return target.error();
  const value nothing;
  const value size{static_cast<std::int64_t>(request.body.size())};
  auto names = scope{}.bind("conn", c.settings).bind("size", size);
  if (request.body.view().starts_with('{'))
    names.bind_json("body", request.body.view());
  else
    names.bind("body", nothing);
  std::vector<bucket_use> used;
  for (std::size_t i = 0; i < m.buckets.size(); ++i) {
    const auto& one = m.buckets[i];
    if (!one.match.matches(request.method, path_of(*target)))
      continue;
    auto key = evaluate_text(*one.key, names);
    if (!key) { // a body that cannot be read says nothing
      names.bind("body", nothing);
      key = evaluate_text(*one.key, names);
    }
    if (!key)
      return std::move(key).error();
    auto price = one.price_of(request.method, path_of(*target));
    if (price == 0 && one.estimated)
      price = reckoned(one, names);
    used.push_back({i, *std::move(key), price, one.is_shared(c.settings)});
  }
  return used;
}

} // namespace tenon::actors::connectors
