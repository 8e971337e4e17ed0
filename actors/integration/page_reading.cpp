// Judging: an answer becomes a page of records or a verdict.
#include "actors/integration/interpreter.hpp"

#include "actors/integration/decode/gzip.hpp"
#include "actors/integration/job/reading.hpp"
#include "actors/integration/page/record_reader.hpp"
#include "actors/integration/query.hpp"
#include "actors/integration/verdict.hpp"

namespace tenon::actors::connectors {
namespace {

/// The items at `records`; false when there is nothing there and there has to be.
bool read_records(const stream& s, const json_text& text, record_reader& reader) {
  bool found = false;
  find_all(text, text.root(), s.records, [&](std::string_view at) {
    found = true;
    if (!is_list(at)) {
      if (!is_null(at))
        reader.read(at);
      return;
    }
    for (json_text::walk items{text, at}; items.next();)
      reader.read(items.content());
  });
  const bool starred = s.records.text.find('*') != std::string::npos;
  return found || s.records_optional || starred;
}

result<void> step(const reading& r, const http_request& request, const http_response& answer,
                  const json_text& text, const record_reader& records, const position& at,
                  moment now, page& into) {
  const auto& s = present(r.stream, into.progress);
  position reached = at;
  ++reached.pages;
  reached.records += records.count();
  reached.rows += records.count();
  reached.tries.clear();
  std::optional<object> next;
  if (s.page != nullptr) {
    const auto asked = parse_url(request.url);
    if (!asked)
      return asked.error();
    const page_answer seen{text,
                           answer.headers,
                           *asked,
                           r.connection.base,
                           r.connector.hosts,
                           records.items(),
                           records.last(),
                           records.mark(),
                           answer.body.size()};
    auto found = s.page->next(seen, at.at);
    if (!found)
      return std::move(found).error();
    next = *std::move(found);
  }
  const auto& cap = r.stream.cap;
  if (cap.rows > 0 && reached.rows >= cap.rows) {
    if (auto ok = narrow(r, reached, into); !ok)
      return ok;
  } else if (next) {
    reached.at = *std::move(next);
    into.next = std::move(reached);
  } else if (auto ok = end_of_query(r, reached, now, into); !ok) {
    return ok;
  }
  if (into.next && (into.next->pages >= cap.pages || into.next->records >= cap.records))
    return failure{code::too_large,
                   "the stream goes on after " + std::to_string(into.next->pages) + " pages and " +
                       std::to_string(into.next->records) + " records, its cap",
                   "", "Raise `cap`, or read less with `cursor`."};
  return {};
}

/// A login page of some network or a cut-off body may be gone the next time; a wrong address will
/// not, so this is asked again only a few times.
verdict judge_no_json(const reading& r, const failure& why, const http_response& answer,
                      const position& at) {
  constexpr unsigned most = 4;
  const auto type = find_header(answer.headers, "content-type");
  failure said{code::unavailable, "the answer is not JSON: " + why.why, why.where,
               "Check the connector's base address and path."};
  if (type && type->find("json") == type->npos)
    said.why += "; it says that it is " + std::string{type->substr(0, 60)};
  auto made = give_up(at_stream(r, std::move(said)), at);
  made.classify = meaning::transient;
  // The number behind the last rule's: it belongs to no rule.
  const auto times = count_try(made.position, static_cast<std::uint32_t>(r.connector.rules.size()));
  if (times > most || why.code == code::too_large) {
    made.why.code = why.code;
    return made;
  }
  made.then = action::retry;
  made.delay = std::chrono::seconds{1 << (times - 1)};
  made.why.retry_after = made.delay;
  return made;
}

page_outcome nothing(const reading& r, const position& at, const progress& so_far, moment now) {
  page empty;
  empty.progress = so_far;
  auto reached = at;
  ++reached.pages;
  if (auto ok = end_of_query(r, reached, now, empty); !ok)
    return give_up(at_stream(r, std::move(ok).error()), at);
  return empty;
}

/// The parts that a page of the parent stream's records makes; it has no records of its own.
page_outcome read_parts(const reading& r, const http_request& request, const http_response& answer,
                        const json_text& text, const position& at, const progress& so_far,
                        moment now) {
  const auto& parent = *r.connector.find_stream(r.stream.parts->parent());
  page of_parent;
  const value none;
  record_reader records{parent, r.connection, none, text, answer.body, of_parent, now};
  if (!read_records(parent, text, records))
    return give_up({code::malformed,
                    "the answer has nothing at `" + parent.records.text +
                        "`, where the records of the parent stream should be",
                    r.stream.name, "Check `records` of the stream " + parent.name + "."},
                   at);
  position reached = query_from(r, at, so_far);
  ++reached.pages;
  list ready;
  for (const auto& one : of_parent.records)
    if (!one.deleted) {
      const auto bytes = one.json.view();
      const auto checked = json_text::check(bytes);
      if (auto part = r.stream.parts->part_of(*checked, checked->root()))
        ready.push_back(*std::move(part));
    }
  reached.parts = r.stream.group > 0 ? grouped(std::move(ready), r.stream.group) : std::move(ready);
  reached.more.reset();
  if (parent.page != nullptr) {
    const auto asked = parse_url(request.url);
    if (!asked)
      return give_up(at_stream(r, asked.error()), at);
    const page_answer seen{text,
                           answer.headers,
                           *asked,
                           r.connection.base,
                           r.connector.hosts,
                           records.items(),
                           records.last(),
                           records.mark()};
    auto next = parent.page->next(seen, at.more->empty() ? parent.page->first() : *at.more);
    if (!next)
      return give_up(at_stream(r, std::move(next).error()), at);
    reached.more = *std::move(next);
  }
  page made;
  made.progress = so_far;
  made.next = std::move(reached);
  if (made.next->parts.empty() && !made.next->more) {
    const auto end = *std::exchange(made.next, std::nullopt);
    if (auto ok = end_of_query(r, end, now, made); !ok)
      return give_up(at_stream(r, std::move(ok).error()), at);
  }
  return made;
}

page_outcome read_token(const reading& r, const json_text& text, const position& at,
                        const progress& so_far) {
  const auto raw = find(text, text.root(), r.stream.start->path);
  const auto token = raw ? scalar_text(*raw) : std::nullopt;
  if (!token || token->empty())
    return give_up({code::malformed,
                    "the answer has no token at `" + r.stream.start->path.text + "`", r.stream.name,
                    "Check `cursor.token.start`."},
                   at);
  page made;
  made.progress = so_far;
  made.progress.given = *token;
  made.next = query_from(r, at, so_far);
  ++made.next->pages;
  return made;
}

/// A token that the platform no longer knows: everything is read again.
bool is_worn_out(const reading& r, const verdict& v, const progress& so_far) {
  const auto& rule = r.stream.cursor;
  return rule && rule->what == progress_rule::kind::token && rule->full && !so_far.token.empty() &&
         v.then == action::fail && v.classify == meaning::gone;
}

/// What the rules make of the answer; nothing when none is about it.
std::optional<page_outcome> follow_rules(const reading& r, const http_request& request,
                                         const http_response& answer, const json_text* text,
                                         const position& at, const progress& so_far, moment now) {
  const auto& rules = r.connector.rules;
  const auto* matched = first_match(rules, answer, text);
  if (matched == nullptr)
    return std::nullopt;
  const auto number = static_cast<std::uint32_t>(matched - rules.data());
  auto made = judge(r, number, request, answer, text, at, now);
  if (is_worn_out(r, made, so_far))
    made.then = action::reset_cursor;
  // A job that is not there has not made nothing.
  const bool unknown = made.classify == meaning::not_found || made.classify == meaning::gone;
  if (at.job && made.then == action::ok && unknown)
    made.then = action::fail;
  if (made.then != action::ok && made.then != action::skip_record) {
    if (at.job)
      return without_job(r, answer, std::move(made), at, so_far);
    return made;
  }
  auto empty = nothing(r, at, so_far, now);
  if (auto* page_made = std::get_if<page>(&empty); page_made && made.then == action::skip_record)
    page_made->malformed.push_back({r.stream.name, made.why.why, answer.body});
  return empty;
}

page_outcome read_answer(const reading& r, const http_request& request, const http_response& answer,
                         const position& at, const progress& so_far, moment now) {
  const auto asked = asked_for(r.stream, at, so_far);
  const auto& s = present(r.stream, so_far);
  const auto& shape =
      asked == asking::parts ? *r.connector.find_stream(r.stream.parts->parent()) : s;
  const bool as_json = asked == asking::token || asked == asking::job || asked == asking::state ||
                       shape.decode == &json_decoder;
  const auto checked = json_text::check(answer.body.view());
  const auto* text = checked ? &*checked : nullptr;
  if (auto judged = follow_rules(r, request, answer, text, at, so_far, now))
    return *std::move(judged);
  if (answer.status == 204)
    return nothing(r, at, so_far, now);
  if (as_json && text == nullptr)
    return judge_no_json(r, checked.error(), answer, at);
  if (asked == asking::token)
    return read_token(r, *text, at, so_far);
  if (asked == asking::job)
    return read_created(r, *text, at, so_far, now);
  if (asked == asking::state)
    return read_state(r, *text, at, so_far, now);

  auto body = as_json ? result<decoded>{decoded{answer.body}} : shape.decode->decode(answer.body);
  if (!body)
    return judge_no_json(r, body.error(), answer, at);
  const auto decoded_text =
      as_json ? result<json_text>{*text} : json_text::check(body->json.view());
  if (!decoded_text)
    return judge_no_json(r, decoded_text.error(), answer, at);
  if (asked == asking::parts)
    return read_parts(r, request, {answer.status, answer.headers, body->json}, *decoded_text, at,
                      so_far, now);
  page made;
  made.progress = so_far;
  made.malformed = std::move(body->malformed);
  const value part = at.parts.empty() ? value{} : at.parts.front();
  record_reader records{s, r.connection, part, *decoded_text, body->json, made, now};
  if (!read_records(s, *decoded_text, records)) {
    const auto message = message_in(text);
    return give_up({code::malformed,
                    "the answer has nothing at `" + s.records.text +
                        "`, where the records should be" +
                        (message.empty() ? "" : "; it says: " + message),
                    r.stream.name, "Check `records`, or say {path: …, optional: true}."},
                   at);
  }
  if (s.cursor && s.cursor->what == progress_rule::kind::token)
    if (const auto raw = find(*decoded_text, decoded_text->root(), s.cursor->field))
      if (auto token = scalar_text(*raw); token && !token->empty())
        made.progress.given = *std::move(token);
  if (auto ok = step(r, request, answer, *decoded_text, records, at, now, made); !ok)
    return give_up(at_stream(r, std::move(ok).error()), at);
  return made;
}

} // namespace

page_outcome read_page(const reading& r, const http_request& request, const http_response& answer,
                       const position& at, const progress& so_far, moment now) {
  const auto& s = present(r.stream, so_far);
  const bool good = answer.status >= 200 && answer.status < 300;
  if (!good || asked_for(r.stream, at, so_far) != asking::records)
    return read_answer(r, request, answer, at, so_far, now);
  auto body = s.page == nullptr ? result<blob>{answer.body} : s.page->piece(answer, at.at);
  if (body && s.unpack)
    body = unpacked(*body);
  if (!body)
    return judge_no_json(r, body.error(), answer, at);
  if (body->size() == answer.body.size())
    return read_answer(r, request, answer, at, so_far, now);
  return read_answer(r, request, {answer.status, answer.headers, *std::move(body)}, at, so_far,
                     now);
}

result<page> read_again(const reading& r, const malformed_record& m, moment now) {
  const auto text = json_text::check(m.bytes.view());
  if (!text)
    return text.error();
  const auto within = m.within.value_or(malformed_record::surroundings{});
  page made;
  record_reader reader{r.stream, r.connection, within.partition, *text, m.bytes, made, now};
  reader.read_again(within.outer.empty() ? text->root() : within.outer.view(), text->root());
  return made;
}

} // namespace tenon::actors::connectors
