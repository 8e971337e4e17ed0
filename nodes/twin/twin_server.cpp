#include "nodes/twin/twin_server.hpp"

#include "protocols/json.hpp"

namespace tenon::nodes {
namespace {

using actors::connectors::http_request;

edge::response json(const value& body, unsigned status = 200) {
  return edge::response::json(write_json(body) + '\n', status);
}

/// A body that never comes: the connection is cut.
class cut_off final : public edge::body_stream {
public:
  void next(edge::piece_reply) override {}
};

std::string written_by(edge::method m) {
  return std::string{edge::name_of(m)};
}

} // namespace

result<std::unique_ptr<twin_server>> twin_server::open(actors::connectors::twin t, edge::options o,
                                                       runtime::meters& meters) {
  std::unique_ptr<twin_server> made{new twin_server{std::move(t)}};
  auto sends = sender::open(meters);
  if (!sends)
    return std::move(sends).error();
  made->sender_ = *std::move(sends);
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
  constexpr std::string_view send_to{"/_twin/send/"};
  if (r.path.starts_with(send_to) && r.method == edge::method::post)
    return send(r, r.path.substr(send_to.size()), std::move(done));
  std::move(done)(answer(r));
}

void twin_server::send(const edge::request& r, std::string_view hook, edge::reply&& done) {
  const auto asked = r.body.empty() ? result<value>{value{}} : read_json(r.body.view());
  const auto text = [&](std::string_view name) {
    const auto* said = asked ? asked->find(name) : nullptr;
    const auto* found = said ? said->as<std::string>() : nullptr;
    return found == nullptr ? std::string{} : *found;
  };
  std::vector<std::string> addresses;
  std::vector<actors::connectors::inbound> all;
  {
    const std::lock_guard hold{guard_};
    if (auto to = text("to"); !to.empty())
      addresses.push_back(std::move(to));
    else
      for (const auto& one : twin_.subscribers())
        if (one.hook == hook)
          addresses.push_back(one.address);
    for (const auto& to : addresses) {
      auto made = twin_.deliver(hook, to, clock_.now());
      if (!made)
        return std::move(done)(json(object{{"error", made.error().why}}, 404));
      all.push_back(*std::move(made));
    }
  }
  auto reply = std::make_shared<edge::reply>(std::move(done));
  sender_->send(std::move(all), text("through"),
                [reply](list answers) { std::move (*reply)(json(answers)); });
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
  const auto before = twin_.ledger().written;
  const auto came = twin_.answer(asked, clock_.now());
  if (to_lose_ > 0 && twin_.ledger().written > before) {
    --to_lose_;
    std::shared_ptr<edge::body_stream> nothing = std::make_shared<cut_off>();
    return {.status = came.status, .body = std::move(nothing)};
  }
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
  if (path == "lose" && r.method == edge::method::post) {
    const auto said = read_json(r.body.view());
    const auto* answers = said ? said->find("answers") : nullptr;
    if (answers == nullptr || !answers->is<std::int64_t>())
      return json(object{{"error", "how many is not said: {\"answers\": 2}"}}, 400);
    to_lose_ = *answers->as<std::int64_t>();
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
  if (path.starts_with(records))
    return json(twin_.records(path.substr(records.size())));
  return json(object{{"error", "a twin has ledger, written, wear-out, lose, records/<stream>, "
                               "subscribers, forget, deliver/<hook> and send/<hook>"}},
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
