// Inbound webhooks: what platforms send to us, verified by the connector and stored before it is
// acknowledged. No key of ours: the sender proves itself as the connector says.
#include "actors/integration/hooks/reception.hpp"
#include "nodes/edge/environment.hpp"
#include "nodes/edge/work.hpp"

#include <array>

namespace tenon::nodes::edge::routes {
namespace {

namespace connectors = actors::connectors;
using connectors::reception;
using said = std::variant<response, failure>;

/// How requests to hooks end.
struct tallies {
  explicit tallies(runtime::meters& m) {
    constexpr std::array names{"challenged", "stored", "repeated", "let_go"};
    for (std::size_t i = 0; i < names.size(); ++i)
      taken[i] = &count(m, names[i]);
    refused = &count(m, "refused");
    failed = &count(m, "failed");
  }
  static runtime::counter& count(runtime::meters& m, const char* outcome) {
    return m.count("tenon_hook_requests_total", "Requests to inbound webhooks, by outcome.",
                   {{"outcome", outcome}});
  }
  std::array<runtime::counter*, 4> taken{};
  runtime::counter* refused = nullptr;
  runtime::counter* failed = nullptr;
};

/// The media types of answers have static storage.
std::string_view media_of(const std::string& type) {
  return type == "application/json" ? media::json
         : type == "text/xml"       ? std::string_view{"text/xml; charset=utf-8"}
                                    : media::text;
}

said told(const tallies& t, result<connectors::received> r) {
  if (!r) {
    auto f = std::move(r).error();
    const bool ours = f.code != code::unauthenticated && f.code != code::not_found;
    (ours ? t.failed : t.refused)->Increment();
    return f;
  }
  t.taken[static_cast<std::size_t>(r->how)]->Increment();
  auto& a = r->answer;
  return response{a.status, media_of(a.type), std::move(a.body), std::move(a.headers)};
}

connectors::inbound inbound_of(const environment& e, const request& q) {
  connectors::inbound in;
  in.method = name_of(q.method);
  in.url = e.public_url() + std::string{q.target};
  for (const auto& f : q.headers.all())
    in.headers.emplace_back(f.name, f.value);
  for (const auto& f : q.arguments.queries())
    in.query.emplace_back(f.name, f.value);
  in.body = q.body;
  return in;
}

void receive(const environment& e, const std::shared_ptr<const tallies>& t, request&& q,
             reply&& r) {
  if (q.body.size() > connectors::max_inbound_bytes)
    return std::move(r)(failure{code::too_large, "the body has more than 4 MiB"});
  const identity integration{std::string{q.tenant}, "integration",
                             std::string{q.arguments.path("integration")}};
  if (!check(integration))
    return std::move(r)(failure{code::not_found, "there is no such hook"});
  answer_by<connectors::received>(
      e,
      connectors::receive(*e.platform, integration, std::string{q.arguments.path("hook")},
                          inbound_of(e, q)),
      std::move(r), [t](result<connectors::received> done) { return told(*t, std::move(done)); });
}

} // namespace

route_list hooks(const environment& e) {
  if (!e.platform || !e.workers)
    return {};
  const auto counted = std::make_shared<const tallies>(e.meters);
  route_list all;
  const auto add = [&](method m, const char* summary) {
    all.push_back(
        {.method = m,
         .pattern = "/hooks/{tenant}/{integration}/{hook}",
         .summary = summary,
         .permission = "",
         .handle = [e, counted](request&& q,
                                reply&& r) { receive(e, counted, std::move(q), std::move(r)); },
         .response_type = media::text.data(),
         .refusals = {code::unauthenticated, code::not_found, code::too_large}});
  };
  add(method::post, "Takes events that a platform sends, each once.");
  add(method::get, "Answers a platform that asks whether we are there.");
  add(method::options, "Answers a platform that asks whether it may send.");
  return all;
}

} // namespace tenon::nodes::edge::routes
