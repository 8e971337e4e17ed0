// What a twin has, and what is written to it.
#include "actors/integration/pagination/steps.hpp"
#include "actors/integration/twin/encoding.hpp"
#include "actors/integration/twin/parts.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t usual_page = 100;

/// A parameter as a manifest may have written it: 200 as well as "200".
value plain_value(const std::string& text) {
  auto read = read_json(text);
  return read ? *std::move(read) : value{text};
}

object merged(const value& around, object more) {
  object all;
  if (const auto* members = around.as<object>())
    all = *members;
  for (auto& [name, content] : more)
    all[name] = std::move(content);
  return all;
}

/// A body that is a list has no place beside its records.
void lead_by_header(const pager& p, const platform_request& seen, platform_page& made) {
  platform_page beside{made.given, made.total, object{}};
  p.lead_on(seen, beside);
  made.sent = std::move(beside.sent);
}

/// Tokens say how many changes there were when they were given.
constexpr std::string_view delta{"delta="};

value token_after(const progress_rule& cursor, const url& target, std::uint64_t changes) {
  const auto token = 't' + std::to_string(changes);
  if (cursor.send.named())
    return token;
  auto there = target;
  there.target = std::string{path_of(there)} + '?' + std::string{delta} + token;
  return to_text(there);
}

/// The part of a file that is asked for.
http_response in_range(const http_request& asked, http_response whole) {
  constexpr std::string_view unit{"bytes="};
  const auto said = find_header(asked.headers, "range");
  if (!said || !said->starts_with(unit))
    return whole;
  const std::string text{said->substr(unit.size())};
  const auto dash = text.find('-');
  if (dash == text.npos || dash == 0 || dash > 15 || text.size() - dash > 16 ||
      dash + 1 == text.size() || text.find_first_not_of("0123456789-") != text.npos)
    return whole;
  const auto size = whole.body.size();
  const auto from = static_cast<std::size_t>(std::stoull(text.substr(0, dash)));
  const auto to = static_cast<std::size_t>(std::stoull(text.substr(dash + 1)));
  if (from >= size)
    return {416, {{"Content-Range", "bytes */" + std::to_string(size)}}, {}};
  const auto part = whole.body.view().substr(from, to - from + 1);
  set_header(whole.headers, "Content-Range",
             "bytes " + std::to_string(from) + '-' + std::to_string(from + part.size() - 1) + '/' +
                 std::to_string(size));
  whole.status = 206;
  whole.body = whole.body.slice(part);
  return whole;
}

list items_of(const operation& o, std::string_view bytes, const value& body) {
  if (o.batch.as_lines) {
    list all;
    for (auto rest = bytes; !rest.empty();) {
      const auto end = std::min(rest.find('\n'), rest.size());
      if (auto one = read_json(rest.substr(0, end)); one && end > 0)
        all.push_back(*std::move(one));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return all;
  }
  const auto* at = &body;
  for (const auto& step : o.batch.body.steps)
    at = at == nullptr ? nullptr : at->find(step);
  if (at != nullptr && at->is<list>())
    return *at->as<list>();
  return {at == nullptr ? value{} : *at};
}
/// A parameter that is there several times is a list.
bool fits_query(const pattern& expected, const std::string& name, const parameters& query) {
  list texts;
  list plain;
  for (const auto& [said, content] : query)
    if (said == name) {
      texts.emplace_back(content);
      plain.push_back(plain_value(content));
    }
  if (texts.empty())
    return expected.fits(value{});
  return expected.fits(texts.front()) || expected.fits(plain.front()) ||
         expected.fits(value{texts}) || expected.fits(value{plain});
}

/// Whether a body has what is said of it: a star in a text stands for anything, and there may be
/// more members.
bool is_like(const value& said, const value& body) {
  if (const auto* text = said.as<std::string>()) {
    const auto* other = body.as<std::string>();
    return other != nullptr && matches(*text, *other);
  }
  if (const auto* items = said.as<list>()) {
    const auto* others = body.as<list>();
    return others != nullptr && std::ranges::equal(*items, *others, is_like);
  }
  const auto* members = said.as<object>();
  return members == nullptr ? said == body : std::ranges::all_of(*members, [&](const auto& one) {
    const auto* other = body.find(one.first);
    return other != nullptr && is_like(one.second, *other);
  });
}

/// The change after which a request goes on, by a token that this platform has given.
std::optional<std::uint64_t> change_said(const stream& s, const platform_request& r) {
  if (!s.cursor || s.cursor->what != progress_rule::kind::token)
    return std::nullopt;
  std::string token;
  if (s.cursor->send.named())
    token = said_at(r, s.cursor->send).value_or("");
  else if (const auto at = r.target.target.find(delta); at != std::string::npos)
    token = r.target.target.substr(at + delta.size());
  if (token.size() < 2 || token.size() > 18 || token.front() != 't' ||
      token.find_first_not_of("0123456789", 1) != token.npos)
    return std::nullopt;
  return std::stoull(token.substr(1));
}

} // namespace

http_response twin::parts::serve(const asked& r, moment now) {
  if (auto about_hook = serve_subscriptions(r, now, false))
    return *std::move(about_hook);
  if (auto about_job = serve_job(r, now))
    return *std::move(about_job);
  if (auto known = serve_check(r))
    return *std::move(known);
  if (auto known = serve_probe(r))
    return *std::move(known);
  if (const auto* action = action_asked(r))
    return perform(*action, r, now);
  if (auto read = read_streams(r, now))
    return *std::move(read);
  if (connector->check && fits(connector->check->request, r))
    return json_answer(object{{"ok", true}});
  return refuse({404, "there is nothing at " + std::string{path_of(r.target)}});
}

/// Of several at one path, the one that says that it is asked so.
const operation* twin::parts::action_asked(const asked& r) const {
  const operation* any = nullptr;
  for (const auto& action : connector->actions) {
    if (!fits(action.request, r))
      continue;
    const auto known = samples.actions.find(action.name);
    const bool says = known != samples.actions.end() && !known->second.asked.is_null();
    if (says && is_like(known->second.asked, r.body))
      return &action;
    if (!says && any == nullptr)
      any = &action;
  }
  return any;
}

/// Streams at one path are told apart by what is said beside their cursors and pages.
std::optional<http_response> twin::parts::read_streams(const asked& r, moment now) {
  const stream* of = nullptr;
  const stream* as = nullptr;
  reach between{.differs = SIZE_MAX};
  for (const auto& s : connector->streams) {
    if (s.job)
      continue; // it is read out of what its job has made
    if (s.start && fits(s.start->request, r)) {
      value body;
      set_member(body, s.start->path, 't' + std::to_string(changes));
      return json_answer(body);
    }
    const platform_request seen{r.target, r.query, r.body, {}};
    if (s.changes != nullptr && change_said(s, seen) && fits_stream(*s.changes, r))
      return page(s, *s.changes, r, {});
    for (const auto* shape : {&s, s.changes.get()}) {
      if (shape == nullptr || !fits_stream(*shape, r))
        continue;
      const auto found = reach_of(s, shape->request, r, now);
      if (found.differs < between.differs) {
        of = &s;
        as = shape;
        between = found;
      }
    }
  }
  return of == nullptr ? std::nullopt : std::optional{page(*of, *as, r, between)};
}

bool twin::parts::fits_path(const path_pattern& path, const asked& r) const {
  const auto whole = to_text(r.target);
  if (path.matches(std::string_view{whole}.substr(0, whole.find('?'))))
    return true; // it says the whole address: uploads are elsewhere
  const auto below = path_of(connection.base);
  auto here = path_of(r.target);
  if (r.target.host != connection.base.host || !here.starts_with(below))
    return false;
  here.remove_prefix(below.ends_with('/') ? below.size() - 1 : below.size());
  return path.matches(here) || path.matches(path_of(r.target)) ||
         (here.starts_with('/') && path.matches(here.substr(1)));
}

bool twin::parts::fits(const request_pattern& p, const asked& r) const {
  if (p.method != r.whole.method || !fits_path(p.path, r))
    return false;
  // What the connector always sends tells requests at one path apart.
  for (const auto& [name, content] : p.query)
    if (!fits_query(content, name, r.query))
      return false;
  if (p.as == body_kind::related || p.as == body_kind::raw)
    return true; // what is wrong with an upload is said of it
  if (p.graphql.empty())
    return !p.body || r.body.is_null() || p.body->fits(r.body);
  const auto* query = r.body.find("query");
  return query != nullptr && *query == value{p.graphql};
}

bool twin::parts::fits_stream(const stream& s, const asked& r) const {
  if (fits(s.request, r))
    return true;
  if (s.page == nullptr || s.page->continued_at().empty() || s.request.method != r.whole.method)
    return false;
  const auto there = join(connection.base, s.page->continued_at());
  return there && path_of(*there) == path_of(r.target);
}

http_response twin::parts::page(const stream& s, const stream& shape, const asked& r,
                                const reach& between) {
  ++ledger.pages;
  const auto known = samples.streams.find(s.name);
  if (known == samples.streams.end())
    return refuse({404, "the twin has no records for " + s.name});
  const platform_request bare{r.target, r.query, r.body, {}};
  const auto from_token = change_said(s, bare);
  const auto all = from_token ? changed_after(s, *from_token) : within(s, between);
  const platform_request seen{r.target, r.query, r.body, all};
  slice wanted{0, all.size()};
  if (shape.page != nullptr && !from_token) {
    const auto usual = samples.max_page > 0 ? std::min(samples.max_page, usual_page) : usual_page;
    const auto asked_for = shape.page->wanted(seen, usual);
    if (!asked_for)
      return refuse({400, asked_for.error().why});
    wanted = *asked_for;
    const bool in_files = s.job && s.job->files; // which have no pages
    if (samples.max_page > 0 && wanted.count > samples.max_page && !in_files)
      return refuse({400, "a page has at most " + std::to_string(samples.max_page) + " records"});
  }
  wanted.from = std::min(wanted.from, all.size());
  wanted.count = std::min(wanted.count, all.size() - wanted.from);
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(wanted.from);
  list given{begin, begin + static_cast<std::ptrdiff_t>(wanted.count)};
  platform_page made{wanted, all.size(), known->second.around};
  if (shape.decode != &json_decoder) {
    if (shape.page != nullptr)
      lead_by_header(*shape.page, seen, made);
    auto text = encode_records(*shape.decode, given);
    set_header(made.sent, "Content-Type", std::string{text.type});
    auto body = blob::from(shape.unpack ? packed(text.body) : std::move(text.body));
    return in_range(r.whole, {200, std::move(made.sent), std::move(body)});
  }
  if (shape.records.steps.empty())
    made.body = std::move(given);
  else
    set_member(made.body, shape.records, std::move(given));
  if (shape.page != nullptr && !made.body.is<list>())
    shape.page->lead_on(seen, made);
  else if (shape.page != nullptr)
    lead_by_header(*shape.page, seen, made);
  const auto& cursor = shape.cursor;
  const bool told_before = s.start && &shape == &s; // the token was asked for on its own
  if (cursor && cursor->what == progress_rule::kind::token && !told_before &&
      wanted.from + wanted.count == all.size())
    set_member(made.body, cursor->field, token_after(*cursor, r.target, changes));
  auto plain = json_answer(made.body, 200, std::move(made.sent));
  if (shape.unpack)
    plain.body = blob::from(packed(plain.body.view()));
  return plain;
}

value twin::parts::result_of(const operation& o, const value& item, std::string id,
                             bool refused) const {
  static const action_samples none;
  const auto known = samples.actions.find(o.name);
  const auto& sample = known == samples.actions.end() ? none : known->second;
  value entry{refused ? sample.refused : merged(sample.result, {{"id", std::move(id)}})};
  if (o.batch.item_key)
    if (const auto key = text_at(item, *o.batch.item_key); !key.empty())
      set_member(entry, o.batch.result_key ? *o.batch.result_key : *o.batch.item_key, key);
  return entry;
}

http_response twin::parts::perform(const operation& o, const asked& r, moment now) {
  const auto known = o.idempotency.header.empty()
                         ? std::nullopt
                         : find_header(r.whole.headers, o.idempotency.header);
  if (!o.idempotency.header.empty() && !known)
    return refuse({400, "the header " + o.idempotency.header + " is missing"});
  if (known)
    if (const auto before = known_calls.find(*known); before != known_calls.end()) {
      ++ledger.repeated;
      return before->second;
    }
  const auto uploaded = upload_in(o, r);
  if (uploaded && !*uploaded)
    return refuse({400, uploaded->error().why});
  const auto items = uploaded ? list{**uploaded} : items_of(o, r.whole.body.view(), r.body);
  if (items.size() > o.batch.max)
    return refuse({400, "at most " + std::to_string(o.batch.max) + " items at once"});
  const bool apart = o.batch.errors || (o.batch.results && o.batch.failed);
  if (!apart && std::ranges::any_of(items, [&](const value& item) { return is_marked(item); }))
    return refuse({400, "the record is refused"});
  list results;
  list refused;
  for (const auto& item : items) {
    if (is_marked(item)) {
      (o.batch.errors ? refused : results).push_back(result_of(o, item, {}, true));
      continue;
    }
    auto id = keep(o, r, item, now);
    if (!id)
      return refuse({404, "there is no such record"});
    ++ledger.written;
    written[o.name].push_back(item);
    if (id->empty())
      id = "twin-" + std::to_string(ledger.written);
    results.push_back(result_of(o, item, *std::move(id), false));
  }
  value body = results.empty() ? value{object{}} : results.front();
  if (o.batch.results) {
    body = {};
    if (o.batch.results->steps.empty())
      body = std::move(results);
    else
      set_member(body, *o.batch.results, std::move(results));
  }
  if (!refused.empty())
    set_member(body, *o.batch.errors, std::move(refused));
  auto made = json_answer(body);
  if (known)
    known_calls.emplace(std::string{*known}, made);
  return made;
}

} // namespace tenon::actors::connectors
