#include "nodes/twin/twin_server.hpp"

#include "protocols/json.hpp"

namespace tenon::nodes {
namespace {

using actors::connectors::http_request;

edge::response json(const value& body, unsigned status = 200) {
  return edge::response::json(write_json(body) + '\n', status);
}

std::string written_by(edge::method m) {
  return std::string{edge::name_of(m)};
}

} // namespace

result<std::unique_ptr<twin_server>> twin_server::open(actors::connectors::twin t, edge::options o,
                                                       runtime::meters& meters) {
  std::unique_ptr<twin_server> made{new twin_server{std::move(t)}};
  auto server = edge::server::open(std::move(o), *made, meters);
  if (!server)
    return std::move(server).error();
  made->server_ = *std::move(server);
  return made;
}

std::optional<edge::response> twin_server::screen(const edge::head&, edge::request&,
                                                  edge::account&) {
  return std::nullopt;
}

void twin_server::serve(edge::request&& r, edge::reply&& done) {
  std::move(done)(answer(r));
}

edge::response twin_server::answer(const edge::request& r) {
  constexpr std::string_view own{"/_twin/"};
  const std::lock_guard hold{guard_};
  if (r.path.starts_with(own))
    return about_twin(r, r.path.substr(own.size()));
  const auto host = r.target.substr(1, std::min(r.target.find('/', 1), r.target.size()) - 1);
  const auto& base = twin_.connection().base;
  const bool plain = !base.tls && runtime::outbound::authority_of(base) == host;
  http_request asked{written_by(r.method),
                     (plain ? "http://" : "https://") + std::string{r.target.substr(1)},
                     {},
                     r.body};
  for (const auto& f : r.headers.all())
    asked.headers.emplace_back(std::string{f.name}, std::string{f.value});
  const auto came = twin_.answer(asked, clock_.now());
  edge::response out{.status = came.status, .body = came.body};
  for (const auto& [name, content] : came.headers) {
    if (!edge::same_name(name, "content-type"))
      out.headers.emplace_back(name, content);
    else if (content.starts_with("application/jsonl"))
      out.content_type = edge::media::ndjson;
  }
  return out;
}

edge::response twin_server::about_twin(const edge::request& r, std::string_view path) {
  constexpr std::string_view records{"records/"};
  constexpr std::string_view deliver{"deliver/"};
  if (path == "ledger") {
    const auto& l = twin_.ledger();
    return json(object{{"requests", l.requests},
                       {"pages", l.pages},
                       {"consents", l.consents},
                       {"tokens", l.tokens},
                       {"refused", l.refused},
                       {"throttled", l.throttled},
                       {"written", l.written},
                       {"repeated", l.repeated},
                       {"jobs", l.jobs},
                       {"aborted", l.aborted}});
  }
  if (path == "written") {
    object all;
    for (const auto& [action, items] : twin_.written())
      all[action] = items;
    return json(all);
  }
  if (path == "wear-out" && r.method == edge::method::post) {
    twin_.wear_out_tokens();
    return json(object{});
  }
  if (path == "subscribers") {
    list all;
    for (const auto& one : twin_.subscribers())
      all.emplace_back(object{{"hook", one.hook}, {"id", one.id}, {"address", one.address}});
    return json(all);
  }
  if (path == "forget" && r.method == edge::method::post) {
    twin_.drop_subscribers();
    return json(object{});
  }
  if (path.starts_with(deliver) && r.method == edge::method::post)
    return delivery(path.substr(deliver.size()), r.body.view());
  if (path.starts_with(records) && r.method == edge::method::post) {
    auto record = read_json(r.body.view());
    if (!record || !record->is<object>())
      return json(object{{"error", "a record is a JSON object"}}, 400);
    twin_.put(path.substr(records.size()), *std::move(record));
    return json(object{});
  }
  return json(object{{"error", "a twin has ledger, written, wear-out, records/<stream>, "
                               "subscribers, forget and deliver/<hook>"}},
              404);
}

edge::response twin_server::delivery(std::string_view hook, std::string_view body) {
  const auto asked = read_json(body);
  const auto* to = asked ? asked->find("to") : nullptr;
  const auto* address = to ? to->as<std::string>() : nullptr;
  if (address == nullptr)
    return json(object{{"error", "where to is not said: {\"to\": \"https://…\"}"}}, 400);
  const auto made = twin_.deliver(hook, *address, clock_.now());
  if (!made)
    return json(object{{"error", made.error().why}}, 404);
  object headers;
  for (const auto& [name, content] : made->headers)
    headers[name] = content;
  return json(object{{"method", made->method},
                     {"url", made->url},
                     {"headers", headers},
                     {"body", made->body.text()}});
}

} // namespace tenon::nodes
