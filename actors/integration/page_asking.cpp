// Asking: from a position to the request for what comes next.
#include "actors/integration/interpreter.hpp"

#include "actors/integration/job/files.hpp"
#include "actors/integration/job/reading.hpp"
#include "actors/integration/pagination/steps.hpp"

namespace tenon::actors::connectors {
namespace {

scope names_of(const connection& c, moment now) {
  scope names;
  names.bind("conn", c.settings).set_now(now);
  return names;
}

result<http_request> parts_request(const reading& r, const position& at, moment now) {
  const auto* parent = r.connector.find_stream(r.stream.parts->parent());
  if (parent == nullptr)
    return failure{code::not_found,
                   "the connector has no stream " + std::string{r.stream.parts->parent()},
                   "partition.parent.stream"};
  auto made = draft_request(parent->request, r.connector.headers, r.connection.base,
                            names_of(r.connection, now));
  if (!made)
    return std::move(made).error();
  if (parent->page != nullptr)
    if (auto ok = parent->page->put(*made, at.more->empty() ? parent->page->first() : *at.more);
        !ok)
      return std::move(ok).error();
  return finish_request(*std::move(made), r.connector.hosts);
}

/// What a token or an event's id adds to the first request of a query.
result<void> put_token(draft& request, const progress_rule& rule, const progress& so_far) {
  const auto& token =
      so_far.given.empty() || rule.what == progress_rule::kind::token ? so_far.token : so_far.given;
  if (token.empty())
    return {};
  if (rule.send.named())
    return put_at(request, rule.send, token);
  // It is the address to go on at.
  auto target = runtime::outbound::resolve_reference(request.base, token);
  if (!target)
    return failure{target.error().code,
                   "the kept token is no address to go on at: " + target.error().why,
                   "cursor.token"};
  request.target = *std::move(target);
  request.query.clear();
  return {};
}

/// What expressions may name in the requests of a stream.
struct stream_words {
  value from{};
  value to{};
  value part{};
  value job{};
  parameters bounds{}; // of the cursor, where parameters carry them

  stream_words(const stream& s, const position& at, const progress& so_far) {
    if (s.cursor) {
      from = bound_value(*s.cursor, s.cursor->from, lower_bound(*s.cursor, so_far));
      to = bound_value(*s.cursor, s.cursor->to, upper_bound(*s.cursor, so_far));
    }
    if (!at.parts.empty())
      part = at.parts.front();
    if (at.job)
      job = words_of(*at.job);
  }

  scope of(const connection& c, moment now) const {
    auto names = names_of(c, now);
    return names.bind("cursor", from)
        .bind("cursor_end", to)
        .bind("partition", part)
        .bind("job", job);
  }

private:
  /// For expressions; and, where a parameter carries it, for the query.
  value bound_value(const progress_rule& rule, const std::string& name,
                    std::optional<std::int64_t> bound) {
    if (!bound)
      return {};
    if (!name.empty())
      bounds.emplace_back(name, text_of(rule, *bound));
    return value_of(rule, *bound);
  }
};

result<http_request> file_request(const reading& r, const position& at) {
  auto made = draft_for_file(r.connector, r.connection, *r.stream.job, *at.job);
  if (!made)
    return std::move(made).error();
  if (r.stream.page != nullptr)
    if (auto ok = r.stream.page->put(*made, at.at); !ok)
      return std::move(ok).error();
  return finish_for_file(r.connector, *r.stream.job, *std::move(made));
}

} // namespace

position sized(const stream& s, position at, const progress& so_far, std::int64_t wanted) {
  const auto& now = present(s, so_far);
  if (now.page != nullptr && asked_for(s, at, so_far) == asking::records)
    at.at = now.page->sized(std::move(at.at), wanted);
  return at;
}

std::optional<page_size> size_of(const stream& s, const position& at, const progress& so_far) {
  const auto& now = present(s, so_far);
  if (now.page == nullptr || asked_for(s, at, so_far) != asking::records)
    return std::nullopt;
  const auto sizes = now.page->sizes();
  if (!sizes)
    return std::nullopt;
  return page_size{size_at(at.at, sizes->usual), sizes->usual, sizes->most};
}

bool needs_proof(const reading& r, const position& at) {
  if (!r.stream.job || !r.stream.job->files || !at.job || !at.job->done)
    return true;
  return shows_proof(r.connector, r.connection, *r.stream.job, *at.job);
}

result<http_request> page_request(const reading& r, const position& at, const progress& so_far,
                                  moment now) {
  const auto asked = asked_for(r.stream, at, so_far);
  if (asked == asking::parts)
    return parts_request(r, at, now);
  const auto& s = present(r.stream, so_far);
  if (asked == asking::token) {
    auto made = draft_request(s.start->request, r.connector.headers, r.connection.base,
                              names_of(r.connection, now));
    return made ? finish_request(*std::move(made), r.connector.hosts)
                : result<http_request>{std::move(made).error()};
  }
  if (asked == asking::records && s.job && s.job->files)
    return file_request(r, at);
  const stream_words words{s, at, so_far};
  const auto& pattern = asked == asking::job     ? s.job->create
                        : asked == asking::state ? s.job->poll
                                                 : s.request;
  auto made =
      draft_request(pattern, r.connector.headers, r.connection.base, words.of(r.connection, now));
  if (!made)
    return std::move(made).error();
  if (asked == asking::job || s.job == nullptr)
    made->query.insert(made->query.end(), words.bounds.begin(), words.bounds.end());
  if (s.cursor && s.cursor->is_text())
    if (auto ok = put_token(*made, *s.cursor, so_far); !ok)
      return std::move(ok).error();
  if (s.page != nullptr && asked == asking::records)
    if (auto ok = s.page->put(*made, at.at); !ok)
      return std::move(ok).error();
  return finish_request(*std::move(made), r.connector.hosts);
}

namespace {

/// A request about the stream's jobs, besides those that are its pages.
result<std::optional<http_request>> job_request(const reading& r, const request_pattern& asked,
                                                const position& at, const progress& so_far,
                                                moment now) {
  const stream_words words{r.stream, at, so_far};
  auto made =
      draft_request(asked, r.connector.headers, r.connection.base, words.of(r.connection, now));
  if (!made)
    return std::move(made).error();
  auto request = finish_request(*std::move(made), r.connector.hosts);
  if (!request)
    return std::move(request).error();
  return std::optional{*std::move(request)};
}

} // namespace

result<std::optional<http_request>> abort_request(const reading& r, const position& at,
                                                  const progress& so_far, moment now) {
  if (!r.stream.job || !r.stream.job->abort || !at.job || at.job->done)
    return std::optional<http_request>{};
  return job_request(r, *r.stream.job->abort, at, so_far, now);
}

result<std::optional<http_request>> search_request(const reading& r, const position& at,
                                                   const progress& so_far, moment now) {
  const bool to_make = asked_for(r.stream, at, so_far) == asking::job;
  if (!to_make || !r.stream.job->find)
    return std::optional<http_request>{};
  return job_request(r, r.stream.job->find->request, at, so_far, now);
}

std::optional<page_outcome> read_search(const reading& r, const http_request& request,
                                        const http_response& answer, const position& at,
                                        const progress& so_far, moment now) {
  const auto& rule = *r.stream.job->find;
  const stream_words words{r.stream, at, so_far};
  auto names = words.of(r.connection, now);
  const auto sent = draft_request(r.stream.job->create, {}, r.connection.base, names);
  const value body = sent && sent->body ? *sent->body : value{};
  names.bind("sent", body);
  return find_job(r, rule, names, request, answer, at, so_far, now);
}

} // namespace tenon::actors::connectors
