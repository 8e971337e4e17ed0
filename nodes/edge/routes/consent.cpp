// Connecting a credential: a person is sent to a provider, and comes back with what it says.
#include "actors/integration/authorization.hpp"
#include "nodes/edge/environment.hpp"
#include "nodes/edge/work.hpp"
#include "protocols/json.hpp"

namespace tenon::nodes::edge::routes {
namespace {

namespace connectors = actors::connectors;
using said = std::variant<response, failure>;

constexpr std::string_view callback = "/oauth/callback";

void begin(const environment& e, request&& q, reply&& r) {
  const auto body = read_json(q.body.view());
  if (!body)
    return std::move(r)(body.error());
  const auto* named = body->find("integration");
  const auto* integration = named ? named->as<std::string>() : nullptr;
  if (integration == nullptr || integration->empty())
    return std::move(r)(failure{code::malformed, "it is missing", "integration",
                                "Name the integration that this credential is for."});
  const identity credential{std::string{q.tenant}, "credential",
                            std::string{q.arguments.path("name")}};
  answer_by<connectors::errand>(
      e,
      connectors::begin_authorization(*e.platform, credential, *integration,
                                      e.public_url() + std::string{callback}),
      std::move(r), [](result<connectors::errand> begun) -> said {
        if (!begun)
          return begun.error();
        return response::json(write_json(object{
            {"url", begun->url}, {"number", begun->number}, {"expires_at", begun->expires_at}}));
      });
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text)
    switch (c) {
    case '<':
      safe += "&lt;";
      break;
    case '>':
      safe += "&gt;";
      break;
    case '&':
      safe += "&amp;";
      break;
    case '"':
      safe += "&quot;";
      break;
    default:
      safe += c;
    }
  return safe;
}

/// The code is in this page's address: nothing may load from it or be told of it.
response page(unsigned status, std::string_view title, std::string_view text) {
  std::string html = "<!doctype html><html lang=en><meta charset=utf-8><title>";
  html += escaped(title);
  html += "</title><body><h1>" + escaped(title) + "</h1><p>" + escaped(text) + "</p></body></html>";
  return {status,
          media::html,
          std::move(html),
          {{"Cache-Control", "no-store"},
           {"Referrer-Policy", "no-referrer"},
           {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}}};
}

struct outcome {
  connectors::arrival of;
  std::optional<std::string> why; // "": the token is there; nothing: not yet
  std::string refused;            // what the provider said instead of a code
};

runtime::task<result<outcome>> arrive(connectors::platform& p, connectors::returned back) {
  const auto refused = back.code.empty() ? back.why : std::string{};
  const auto arrived = co_await connectors::end_authorization(p, back);
  if (!arrived)
    co_return arrived.error();
  outcome o{*arrived, std::nullopt, refused};
  if (!refused.empty())
    co_return o;
  auto why = co_await connectors::await_token(p, *arrived);
  if (!why)
    co_return why.error();
  o.why = *std::move(why);
  co_return o;
}

said told(const result<outcome>& o) {
  if (!o) {
    const auto& f = o.error();
    const auto refused =
        f.code == code::conflict || f.code == code::too_large || f.code == code::unauthenticated;
    return page(refused ? 400 : 503, "Not connected", f.why + ". " + f.remedy);
  }
  const auto name = "The credential " + o->of.credential.name;
  if (!o->refused.empty())
    return page(400, "Not connected", "The provider said: " + o->refused + ".");
  if (!o->why)
    return page(202, "Being connected",
                name + " is being connected; its status shows how it ends.");
  if (!o->why->empty())
    return page(502, "Not connected", name + " could not be connected: " + *o->why + ".");
  return page(200, "Connected", name + " is connected. You can close this window.");
}

void come_back(const environment& e, request&& q, reply&& r) {
  if (q.method != method::get) // who only looks at the address must not use it up
    return std::move(r)(page(200, "Connecting", "Open this address in a browser."));
  const auto text = [&](const char* name) {
    return std::string{q.arguments.query(name).value_or("")};
  };
  connectors::inbound sent{.method = "GET", .url = e.public_url() + std::string{q.target}};
  for (const auto& one : q.arguments.queries())
    sent.query.emplace_back(one.name, one.value);
  connectors::returned back{text("state"), text("code"), text("error"), std::move(sent)};
  if (const auto more = text("error_description"); !back.why.empty() && !more.empty())
    back.why += ": " + more;
  if (back.code.empty() && back.why.empty())
    back.why = "it sent neither a code nor an error";
  if (!back.why.empty())
    back.code.clear();
  answer_by<outcome>(e, arrive(*e.platform, std::move(back)), std::move(r),
                     [](result<outcome> o) { return told(o); });
}

} // namespace

route_list consent(const environment& e) {
  if (!e.platform || !e.workers)
    return {};
  route start{.method = method::post,
              .pattern = "/api/v1/{tenant}/credentials/{name}/connect",
              .summary = "Where a person allows a provider to let this credential in.",
              .permission = "credentials:write",
              .handle = [e](request&& q, reply&& r) { begin(e, std::move(q), std::move(r)); }};
  start.request_schema =
      object{{"type", "object"},
             {"required", list{"integration"}},
             {"properties", object{{"integration", object{{"type", "string"}}}}}};
  start.response_schema =
      object{{"type", "object"},
             {"properties", object{{"url", object{{"type", "string"}}},
                                   {"number", object{{"type", "integer"}}},
                                   {"expires_at", object{{"type", "string"}}}}}};
  start.refusals = {code::not_found, code::conflict, code::unauthenticated};
  route back{.method = method::get,
             .pattern = std::string{callback},
             .summary = "Where a provider sends that person back to.",
             .permission = "",
             .handle = [e](request&& q, reply&& r) { come_back(e, std::move(q), std::move(r)); }};
  for (const char* name : {"state", "code", "error", "error_description"})
    back.parameters.push_back({.name = name, .description = "As RFC 6749 has it."});
  back.response_type = media::html;
  return {std::move(start), std::move(back)};
}

} // namespace tenon::nodes::edge::routes
