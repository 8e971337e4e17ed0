#include "actors/integration/twin/twin.hpp"

#include "actors/integration/pagination/steps.hpp"
#include "actors/integration/twin/parts.hpp"
#include "actors/integration/web/multipart.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {

parameters decoded_form(std::string_view text) {
  parameters all;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = std::min(one.find('='), one.size());
    const auto decode = [](std::string_view from) {
      std::string plain;
      for (std::size_t i = 0; i < from.size(); ++i) {
        const auto digit = [&](std::size_t at) {
          const auto c = static_cast<unsigned char>(from[at]);
          return c >= '0' && c <= '9'                     ? c - '0'
                 : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                          : -1;
        };
        if (from[i] == '%' && i + 2 < from.size() && digit(i + 1) >= 0 && digit(i + 2) >= 0) {
          plain += static_cast<char>(digit(i + 1) * 16 + digit(i + 2));
          i += 2;
        } else {
          plain += from[i] == '+' ? ' ' : from[i];
        }
      }
      return plain;
    };
    if (!one.empty())
      all.emplace_back(decode(one.substr(0, equals)),
                       decode(one.substr(std::min(equals + 1, one.size()))));
  }
  return all;
}

parameters query_of(const url& u) {
  const auto mark = u.target.find('?');
  return mark == u.target.npos ? parameters{}
                               : decoded_form(std::string_view{u.target}.substr(mark + 1));
}

http_response json_answer(const value& body, unsigned status, headers more) {
  set_header(more, "Content-Type", "application/json");
  return {status, std::move(more), blob::from(write_json(body))};
}

/// The fields of a form with files; of a file, what it has in it.
value members_of_parts(std::string_view type, std::string_view bytes) {
  object members;
  if (const auto parts = read_multipart(type, bytes))
    for (const auto& one : *parts)
      members[one.name] = one.content;
  return members;
}

http_response twin::parts::answer(const http_request& request, moment now) {
  ++ledger.requests;
  auto target = parse_url(request.url);
  if (!target)
    return refuse({400, target.error().why});
  asked r{request, *target, query_of(*target), {}};
  if (const auto type = find_header(request.headers, "content-type");
      type && type->starts_with("application/x-www-form-urlencoded")) {
    object members;
    for (auto& [name, content] : decoded_form(request.body.view()))
      members[name] = std::move(content);
    r.body = std::move(members);
  } else if (type && type->starts_with("multipart/")) {
    r.body = members_of_parts(*type, request.body.view());
  } else if (auto body = read_json(request.body.view()); body && !request.body.empty()) {
    r.body = *std::move(body);
  }
  if (auto file = serve_file(r, now))
    return *std::move(file);
  if (auto hub = serve_subscriptions(r, now, true))
    return *std::move(hub);
  if (auto page = serve_consent(r, now))
    return *std::move(page);
  if (auto token = give_token(r, now))
    return *std::move(token);
  if (auto wrong = check_proof(r, now)) {
    ++ledger.refused;
    return refuse(*wrong);
  }
  if (auto wrong = check_headers(r, now))
    return refuse(*wrong);
  if (auto wrong = take_turn(r, now))
    return *std::move(wrong);
  if (auto wrong = take_from_buckets(r, now))
    return *std::move(wrong);
  auto came = serve(r, now);
  tell_limits(came, r, now);
  return came;
}

twin::twin(std::unique_ptr<parts> p) : parts_{std::move(p)} {}
twin::~twin() = default;
twin::twin(twin&&) noexcept = default;

result<twin> twin::make(std::shared_ptr<const manifest> m, twin_options options) {
  auto read = read_samples(*m, options);
  if (!read)
    return std::move(read).error();
  auto connected = connect(*m, "twin", read->config, read->secrets, read->captured);
  if (!connected) {
    auto why = std::move(connected).error();
    why.where = "tests." + why.where;
    return why;
  }
  auto made = std::make_unique<parts>();
  made->connector = std::move(m);
  made->samples = *std::move(read);
  made->connection = *std::move(connected);
  made->proof = auth_of(*made->connector, made->connection).method;
  made->options = options;
  const auto* renews = made->samples.token.find("refresh_token");
  if (made->proof->needs_person() && (renews == nullptr || !renews->is_null())) {
    const auto* said = renews == nullptr ? nullptr : renews->as<std::string>();
    // A person was asked long ago.
    made->refresh_token = made->first_renewal = said == nullptr ? "twin-refresh" : *said;
    made->renewals.push_back(made->refresh_token);
  }
  if (options.max_page)
    made->samples.max_page = *options.max_page;
  made->place_actions();
  return twin{std::move(made)};
}

http_response twin::answer(const http_request& r, moment now) {
  return parts_->answer(r, now);
}

const object& twin::config() const {
  return parts_->samples.config;
}

const object& twin::secrets() const {
  return parts_->samples.secrets;
}

const connection& twin::connection() const {
  return parts_->connection;
}

const twin_ledger& twin::ledger() const {
  return parts_->ledger;
}

const list& twin::records(std::string_view stream) const {
  static const list none;
  const auto it = parts_->samples.streams.find(stream);
  return it == parts_->samples.streams.end() ? none : it->second.records;
}

const std::vector<error_sample>& twin::errors() const {
  return parts_->samples.errors;
}

const std::string& twin::checked_name() const {
  return parts_->samples.checked_name;
}

const value& twin::record_for(std::string_view action) const {
  static const value none;
  const auto it = parts_->samples.actions.find(action);
  return it == parts_->samples.actions.end() ? none : it->second.record;
}

const std::map<std::string, list, std::less<>>& twin::written() const {
  return parts_->written;
}

void twin::wear_out_tokens() {
  parts_->held.clear();
  parts_->conversations.clear();
}

const std::string& twin::refresh_token() const {
  return parts_->refresh_token;
}

void twin::put(std::string_view stream, value record) {
  const auto* s = parts_->connector->find_stream(stream);
  if (s != nullptr && !s->key.empty() && parts_->samples.streams.contains(s->name))
    parts_->put(*s, std::move(record));
}

std::size_t twin::grow(std::string_view stream, moment at) {
  const auto* s = parts_->connector->find_stream(stream);
  return s != nullptr && parts_->samples.streams.contains(s->name) ? parts_->grow(*s, at) : 0;
}

std::string twin::kept_in(std::string_view action) const {
  const auto it = parts_->samples.actions.find(action);
  return it == parts_->samples.actions.end() ? std::string{} : it->second.into;
}

} // namespace tenon::actors::connectors
