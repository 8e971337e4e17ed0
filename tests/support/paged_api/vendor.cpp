#include "tests/support/paged_api/vendor.hpp"

#include "tests/support/paged_api/pages.hpp"
#include "tests/support/paged_api/stamp.hpp"

#include <algorithm>
#include <cctype>

namespace tenon::tests::paged_api {
namespace {

using pager = answer (*)(const collection&, const page_request&);
struct endpoint {
  std::string_view path;
  std::string_view table;
  pager serve;
};
constexpr std::array<endpoint, 7> endpoints{{{"/customers", "customers", cursor_page},
                                             {"/invoices", "invoices", numbered_page},
                                             {"/invoice_lines", "invoice_lines", offset_page},
                                             {"/tracks", "tracks", linked_page},
                                             {"/records", "records", cursor_page},
                                             {"/records_by_number", "records", numbered_page},
                                             {"/changes", "records", changes_page}}};

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

query query_of(std::string_view target) {
  const auto mark = target.find('?');
  return query{mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1)};
}

// What follows "<scheme> " in an Authorization header; empty for another scheme.
std::string_view credential(std::string_view header, std::string_view scheme) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ' ||
      !std::ranges::equal(header.substr(0, scheme.size()), scheme, same))
    return {};
  return header.substr(scheme.size() + 1);
}

constexpr nanos second = 1'000'000'000;
constexpr nanos rounded_up(nanos n, nanos unit) {
  return (n + unit - 1) / unit;
}

std::string rate_headers(const gate_rules& rules, const gate::admission& a, instant now) {
  const auto ms = rounded_up(a.wait, 1'000'000);
  return "X-RateLimit-Limit: " + std::to_string(rules.requests) +
         "\r\nX-RateLimit-Remaining: " + std::to_string(a.remaining) +
         "\r\nX-RateLimit-Reset: " + std::to_string((now.wall + ms + 999) / 1000) +
         "\r\nX-RateLimit-Reset-After-Ms: " + std::to_string(ms) +
         "\r\nX-RateLimit-Window-Ms: " + std::to_string(rules.window / 1'000'000) + "\r\n";
}

answer unauthorised(std::string_view message) {
  auto a = refusal(401, "unauthorized", message);
  a.headers = "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n";
  return a;
}

answer throttled(nanos wait) {
  auto a = refusal(429, "rate_limited", "too many requests; see Retry-After");
  a.headers =
      "Retry-After: " + std::to_string(std::max<nanos>(1, rounded_up(wait, second))) + "\r\n";
  return a;
}

// Names of members end up in JSON unescaped: letters, digits and underscores.
bool simple(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  });
}

// "key": 7 or "keys": [7, 8].
std::vector<std::int64_t> keys_of(simdjson::dom::object asked) {
  std::vector<std::int64_t> keys;
  std::int64_t one = 0;
  if (asked["key"].get(one) == simdjson::SUCCESS)
    keys.push_back(one);
  simdjson::dom::array many;
  if (asked["keys"].get(many) == simdjson::SUCCESS)
    for (const auto element : many)
      if (element.get(one) == simdjson::SUCCESS)
        keys.push_back(one);
  return keys;
}

} // namespace

vendor::vendor(vendor_rules rules, std::map<std::string, collection, std::less<>> tables)
    : rules_{std::move(rules)}, gate_{rules_.gate}, dice_{rules_.faults, rules_.seed},
      ledger_{rules_.ledger.empty() ? ledger{} : ledger{rules_.ledger}}, tables_{
                                                                             std::move(tables)} {}

answer vendor::respond(const request& r, instant now) {
  const auto path = path_of(r.target);
  if (path.starts_with("/admin/"))
    return admin(r, now);
  return path == "/oauth/token" ? token(r, now) : data(r, now);
}

answer vendor::data(const request& r, instant now) {
  ++requests_;
  const auto asked = query_of(r.target);
  ledger::entry line{.at = now.steady, .target = r.target};
  const auto answered = [&](answer a) {
    line.status = a.status;
    ledger_.write(line);
    a.delay = std::max(a.delay, rules_.latency);
    return a;
  };

  auto shown = credential(r.authorization, "Bearer");
  if (shown.empty())
    shown = r.api_key;
  if (const auto* in_query = asked.find("api_key"); shown.empty() && in_query != nullptr)
    shown = *in_query;
  const auto known = gate_.recognise(shown, now.steady);
  if (!known) {
    ++auth_refusals_;
    return answered(unauthorised(shown.empty() ? "no key or token was sent"
                                               : "the key or token is wrong or has expired"));
  }
  line.token = *known;

  const auto admission = gate_.admit(now.steady);
  const auto limits =
      rules_.gate.requests == 0 ? std::string{} : rate_headers(rules_.gate, admission, now);
  if (!admission.admitted) {
    ++rate_refusals_;
    line.fault = "rate";
    auto a = throttled(admission.wait);
    a.headers += limits;
    return answered(std::move(a));
  }

  const auto path = path_of(r.target);
  const auto* const end = endpoints.data() + endpoints.size();
  const auto* at =
      std::find_if(endpoints.data(), end, [&](const auto& e) { return e.path == path; });
  const auto rows = at == end ? tables_.end() : tables_.find(at->table);
  if (rows == tables_.end())
    return answered(
        refusal(404, "not_found", "there is no such endpoint or its data is not loaded"));
  if (r.method != "GET")
    return answered(refusal(405, "method_not_allowed", "only GET is allowed here"));

  const auto drawn = dice_.next();
  if (drawn != fault::none) {
    ++faults_[drawn];
    line.fault = name_of(drawn);
  }
  if (rules_.redirect)
    return answered(
        {.status = 302, .headers = "Location: http://169.254.169.254/latest/meta-data/\r\n"});
  const auto whole = at->serve(rows->second, {asked, rules_.page_size, rules_.loop, path, r.host});
  auto a = spoiled(whole, drawn);
  a.headers += limits;
  return answered(std::move(a));
}

answer vendor::spoiled(answer a, fault f) {
  switch (f) {
  case fault::none:
    break;
  case fault::unauthorised:
    return unauthorised("the token was revoked");
  case fault::throttled:
    return throttled(second);
  case fault::failed:
    return refusal(500, "internal", "something broke on our side");
  case fault::unavailable: {
    a = refusal(503, "unavailable", "down for maintenance");
    a.headers = "Retry-After: 1\r\n";
    return a;
  }
  case fault::cut:
    a.sent = a.body.size() / 2;
    break;
  case fault::truncated:
    a.body.resize(a.body.size() / 2);
    break;
  case fault::slow:
    a.delay = rules_.slow_for;
    break;
  case fault::garbage:
    return {.type = "text/html",
            .body = "<!doctype html><title>Sign in</title><p>Please sign in to the guest network."};
  case fault::busy: {
    a = refusal(200, "busy", "try again in a moment");
    return a;
  }
  }
  return a;
}

answer vendor::token(const request& r, instant now) {
  ledger::entry line{.at = now.steady, .target = r.target};
  const auto answered = [&](answer a) {
    line.status = a.status;
    ledger_.write(line);
    return a;
  };
  if (r.method != "POST")
    return answered(refusal(405, "method_not_allowed", "only POST is allowed here"));
  const query form{r.body};
  const auto member = [&form](std::string_view name) {
    const auto* text = form.find(name);
    return text == nullptr ? std::string{} : *text;
  };
  if (member("grant_type") != "client_credentials")
    return answered({.status = 400, .body = R"({"error":"unsupported_grant_type"})"});
  auto id = member("client_id");
  auto secret = member("client_secret");
  if (const auto basic = credential(r.authorization, "Basic"); !basic.empty()) {
    const auto pair = decoded_base64(basic);
    const auto colon = std::min(pair.find(':'), pair.size());
    id = pair.substr(0, colon);
    secret = pair.substr(std::min(colon + 1, pair.size()));
  }
  const auto grant = gate_.issue(id, secret, now.steady);
  if (!grant)
    return answered({.status = 401,
                     .headers = "WWW-Authenticate: Basic realm=\"token\"\r\n",
                     .body = R"({"error":"invalid_client"})"});
  grants_ = grant->number;
  line.token = line.grants = grant->number;
  return answered({.headers = "Cache-Control: no-store\r\n",
                   .body = "{\"access_token\":\"" + grant->token +
                           "\",\"token_type\":\"Bearer\",\"expires_in\":" +
                           std::to_string(rules_.gate.token_ttl / second) + '}'});
}

answer vendor::admin(const request& r, instant now) {
  const auto path = path_of(r.target);
  if (path == "/admin/counters" && r.method == "GET")
    return counters();
  if (path == "/admin/touch" && r.method == "POST")
    return change(r, false, now);
  if (path == "/admin/delete" && r.method == "POST")
    return change(r, true, now);
  return refusal(404, "not_found", "POST /admin/touch, POST /admin/delete, GET /admin/counters");
}

answer vendor::change(const request& r, bool erase, instant now) {
  simdjson::dom::parser parser;
  simdjson::dom::object asked;
  std::string_view table;
  if (parser.parse(r.body.data(), r.body.size()).get(asked) != simdjson::SUCCESS ||
      asked["table"].get(table) != simdjson::SUCCESS)
    return refusal(400, "bad_request", "expected a JSON object with table and key");
  const auto rows = tables_.find(table);
  const auto keys = keys_of(asked);
  if (rows == tables_.end() || keys.empty())
    return refusal(400, "bad_request", "table: one that is served; key or keys: numbers");
  simdjson::dom::object set;
  if (!erase) {
    if (asked["set"].get(set) != simdjson::SUCCESS)
      return refusal(400, "bad_request", "set: an object with the members to change");
    for (const auto [name, value] : set)
      if (!simple(name))
        return refusal(400, "bad_request", "set: names are letters, digits and underscores");
  }
  collection::stamp last;
  for (const auto key : keys) {
    const auto at = erase ? rows->second.erase(key, now.wall)
                          : std::optional{rows->second.touch(key, set, now.wall)};
    if (!at)
      return refusal(404, "not_found", "there is no such row; those before it were deleted");
    last = *at;
  }
  answer a{.body = "{\"changed\":" + std::to_string(keys.size()) +
                   ",\"seq\":" + std::to_string(last.seq) + ",\"updated_at\":\""};
  write_time(last.updated_at, a.body);
  a.body += "\"}";
  return a;
}

answer vendor::counters() const {
  answer a;
  a.body = "{\"requests\":" + std::to_string(requests_) +
           ",\"rate_refusals\":" + std::to_string(rate_refusals_) +
           ",\"auth_refusals\":" + std::to_string(auth_refusals_) +
           ",\"grants\":" + std::to_string(grants_) + ",\"faults\":{";
  for (const auto& [kind, count] : faults_) {
    if (a.body.back() != '{')
      a.body += ',';
    a.body.append("\"").append(name_of(kind)).append("\":").append(std::to_string(count));
  }
  a.body += "}}";
  return a;
}

} // namespace tenon::tests::paged_api
