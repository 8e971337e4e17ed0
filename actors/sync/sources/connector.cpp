#include "actors/sync/sources/connector.hpp"

#include "actors/sync/outcome.hpp"
#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/connector/letters.hpp"
#include "protocols/ensure.hpp"
#include "protocols/json.hpp"

namespace tenon::actors {
namespace {

using namespace connectors;
using runtime::task;

struct stream_options {
  std::string integration;
  std::string stream;
};

result<stream_options> read_options(const object& written) {
  stream_options o;
  for (const auto& [name, v] : written) {
    const auto* text = v.as<std::string>();
    const bool known = name == "integration" || name == "stream";
    if (!known || !text)
      return failure{code::malformed,
                     known ? "expected text, found " + std::string{v.type_name()}
                           : "a connector has no option " + name,
                     "spec.from.connector." + name, "Write {integration: …, stream: …}."};
    (name == "stream" ? o.stream : o.integration) = *text;
  }
  if (o.integration.empty() || o.stream.empty())
    return failure{code::malformed, "the integration or the stream is missing",
                   "spec.from.connector", "Write {integration: …, stream: …}."};
  return o;
}

/// `Model` from the JSON text that an earlier page gave; `fresh` for an empty one.
template <class Read> auto restored(const std::string& text, Read read)
    -> decltype(read(object{})) {
  const auto document = read_json(text);
  if (!document)
    return document.error();
  const auto* members = document->as<object>();
  if (!members)
    return failure{code::malformed, "a kept position is no object"};
  return read(*members);
}

/// What a run has before it that is told to begin at a cursor, maybe another run's on its way.
result<progress> begun_at(const progress& told) {
  auto made = complete(told);
  if (told != progress{} && !made.from && made.token.empty())
    return failure{code::malformed, "the cursor does not say where to begin", "cursor",
                   "Rewind the sync to one that `tenon sync places` shows, or without one: it is "
                   "then read from its start."};
  return made;
}

/// What the connector says of its records, as far as they have it in their JSON.
std::vector<protocols::drift_types::seen> declared_in(const stream& s) {
  using type = protocols::drift_types::type;
  constexpr std::array types{type::text, type::integer, type::number, type::boolean,
                             type::text, type::text,    type::object, type::list};
  static_assert(types.size() == field_type_names.size());
  std::vector<protocols::drift_types::seen> all;
  for (const auto& field : s.schema)
    if (field.path.steps.size() == 1)
      all.push_back({field.path.steps.front(), types[static_cast<std::size_t>(field.type)]});
  return all;
}

class connector_stream final : public source {
public:
  connector_stream(platform& p, identity integration, std::string stream)
      : platform_{p}, integration_{std::move(integration)}, stream_{std::move(stream)} {}

  task<page_or_trouble> read(actors::page_request wanted) override {
    const auto who = background(wanted.sync.name, wanted.priority);
    for (bool with_new_token = false;; with_new_token = true) {
      auto entered = co_await platform_.enter(integration_, who);
      if (!entered)
        co_return trouble_from(std::move(entered).error());
      auto& s = *entered;
      const auto* stream = s.connector->find_stream(stream_);
      if (!stream)
        co_return source_trouble{no_such_stream()};
      const reading what{*s.connector, *stream, s.connection};
      const auto reached = reached_before(*stream, wanted);
      if (!reached)
        co_return source_trouble{reached.error()};
      auto from = where(what, wanted, *reached);
      if (!from)
        co_return source_trouble{.why = std::move(from).error(),
                                 .start_over = !wanted.position.empty()};
      from->first.tries = tries_of(wanted.attempt);
      from->first = sized(*stream, std::move(from->first), from->second,
                          tuning::set_in(wanted.settings, tuning::knob::page_size));
      const bool makes_job = asked_for(*stream, from->first, from->second) == asking::job;
      if (makes_job && !wanted.anew)
        co_return source_trouble{.why = {code::conflict, "a job is made only once"},
                                 .unless_stored = true};
      result<http_response> answer{http_response{}};
      std::optional<page_outcome> came;
      if (makes_job) {
        auto found = co_await search(s, what, *from);
        if (!found)
          co_return trouble_from(found.error());
        came = *std::move(found);
      }
      if (!came) {
        auto request = page_request_of(what, *from);
        if (!request)
          co_return source_trouble{std::move(request).error()};
        if (needs_proof(what, from->first))
          answer = co_await platform_.send(s, *request);
        else
          answer = co_await platform_.send_plainly(s, *request);
        if (!answer)
          co_return trouble_from(answer.error());
        came = read_page(what, *request, *answer, from->first, from->second, platform_.now());
      }
      auto& outcome = *came;
      if (auto* read = std::get_if<page>(&outcome))
        co_return page_of(*stream, *answer, wanted, *from, std::move(*read), platform_.now());
      auto& said = std::get<verdict>(outcome);
      said.why = covered(std::move(said.why), s);
      if (said.then == action::refresh_auth && !with_new_token) {
        platform_.reject_token(s);
        continue;
      }
      if (said.then == action::reconnect)
        platform_.reconnect(s, said.why);
      if (said.classify == meaning::throttled && said.delay > span{0})
        platform_.throttled(s, said.delay);
      if (said.aborts)
        co_await tell_to_stop(s, what, *from);
      co_return trouble_of(*stream, wanted, *reached, std::move(said));
    }
  }

  bool metered() const override { return true; }

  task<result<void>> abandon(actors::page_request given_up) override {
    const auto who = background(given_up.sync.name, given_up.priority);
    auto entered = co_await platform_.enter(integration_, who);
    if (!entered)
      co_return std::move(entered).error();
    auto& s = *entered;
    const auto* stream = s.connector->find_stream(stream_);
    if (!stream)
      co_return result<void>{};
    const reading what{*s.connector, *stream, s.connection};
    const auto reached = reached_before(*stream, given_up);
    if (!reached)
      co_return reached.error();
    const auto from = where(what, given_up, *reached);
    if (!from)
      co_return from.error();
    co_return co_await tell_to_stop(s, what, *from);
  }

  /// By what the connector says now. Nobody is asked.
  task<result<source_page>> read_again(protocols::letter_types::kept letter) override {
    auto held = record_of(letter);
    if (!held)
      co_return of_another_kind(letter);
    auto entered = co_await platform_.enter_without_token(integration_);
    if (!entered)
      co_return std::move(entered).error();
    const auto* stream = entered->connector->find_stream(stream_);
    if (!stream)
      co_return no_such_stream();
    const auto& [record, changes] = *held;
    const auto* way = changes && stream->changes ? stream->changes.get() : stream;
    const reading what{*entered->connector, *way, entered->connection};
    auto read = connectors::read_again(what, record, platform_.now());
    if (!read)
      co_return std::move(read).error();
    source_page page;
    page.filtered = read->filtered;
    for (auto& r : read->records)
      page.records.push_back({std::move(r.key), std::move(r.json), r.deleted});
    for (auto& m : read->malformed)
      page.letters.push_back(letter_of(std::move(m), 0, changes));
    co_return page;
  }

private:
  using place = std::pair<connectors::position, progress>;

  failure no_such_stream() const {
    return {code::not_found, "the connector has no stream " + stream_,
            "spec.from.connector.stream"};
  }

  /// A job that was made before, when its answer was lost; nothing when it is to be made, or none.
  task<result<std::optional<page_outcome>>> search(session& s, const reading& what,
                                                   const place& at) {
    using found = std::optional<page_outcome>;
    const auto request = search_request(what, at.first, at.second, platform_.now());
    if (!request)
      co_return request.error();
    if (!*request)
      co_return found{};
    const auto answer = co_await platform_.send(s, **request);
    if (!answer)
      co_return answer.error();
    co_return read_search(what, **request, *answer, at.first, at.second, platform_.now());
  }

  /// Whatever the platform says to that: nobody waits for the job any more.
  task<result<void>> tell_to_stop(session& s, const reading& what, const place& at) {
    const auto request = abort_request(what, at.first, at.second, platform_.now());
    if (!request)
      co_return request.error();
    if (!*request)
      co_return result<void>{};
    const auto answer = co_await platform_.send(s, **request);
    if (!answer)
      co_return answer.error();
    co_return result<void>{};
  }

  /// A cursor may be a person's: one that makes no sense must not read everything again unasked.
  static result<progress> reached_before(const stream& s, const actors::page_request& wanted) {
    if (wanted.cursor.empty())
      return progress{};
    if (!s.cursor)
      return failure{code::malformed, "the stream " + s.name + " has no cursor to begin at",
                     "cursor", "Rewind the sync without a cursor: it is then read from its start."};
    auto kept = restored(wanted.cursor, [&](const object& o) { return to_progress(*s.cursor, o); });
    if (!kept)
      return std::move(kept).error();
    return wanted.position.empty() ? begun_at(*kept) : kept;
  }

  result<place> where(const reading& what, const actors::page_request& wanted,
                      const progress& reached) const {
    const auto& s = what.stream;
    place p{{}, reached};
    if (wanted.position.empty()) {
      if (s.cursor)
        p.second = begin(*s.cursor, p.second, platform_.now());
      auto first = first_position(what, platform_.now());
      if (!first)
        return std::move(first).error();
      p.first = *std::move(first);
      return p;
    }
    auto kept = restored(wanted.position, to_position);
    if (!kept)
      return std::move(kept).error();
    p.first = *std::move(kept);
    return p;
  }

  /// How often each rule has been followed for this page, from an earlier trouble's words.
  static decltype(connectors::position::tries) tries_of(const std::string& attempt) {
    if (attempt.empty())
      return {};
    auto kept = restored(attempt, to_position);
    return kept ? std::move(kept->tries) : decltype(kept->tries){};
  }

  result<http_request> page_request_of(const reading& what, const place& from) const {
    return connectors::page_request(what, from.first, from.second, platform_.now());
  }

  static page_or_trouble page_of(const stream& s, const http_response& answer,
                                 const actors::page_request& wanted, const place& from, page p,
                                 moment now) {
    source_page out;
    out.records.reserve(p.records.size());
    for (auto& r : p.records)
      out.records.push_back({std::move(r.key), std::move(r.json), r.deleted});
    const bool changes = &present(s, from.second) != &s;
    for (auto& m : p.malformed)
      out.letters.push_back(letter_of(std::move(m), from.first.pages, changes));
    out.declared = declared_in(s);
    out.filtered = p.filtered;
    out.bytes = answer.body.size();
    out.last = !p.next;
    if (p.next)
      out.position = write_json(to_object(*p.next));
    if (p.patience)
      out.resume_at = now + *p.patience;
    out.waits_for = std::move(p.waits_for);
    if (const auto size = size_of(s, from.first, from.second)) {
      using number = std::uint32_t;
      out.settings = {{.knob = tuning::knob::page_size,
                       .set = static_cast<number>(size->now),
                       .usual = static_cast<number>(size->usual),
                       .most = static_cast<number>(size->most)}};
    }
    if (s.cursor)
      out.cursor = write_json(to_object(*s.cursor, p.progress));
    out.counted = s.page && s.page->counts();
    // Without a token, a platform that gives tokens tells everything there is.
    out.complete = wanted.full || !s.cursor ||
                   (s.cursor->what == progress_rule::kind::token && from.second.token.empty());
    return out;
  }

  static page_or_trouble trouble_of(const stream& s, const actors::page_request& wanted,
                                    const progress& reached, verdict said) {
    switch (said.then) {
    case action::retry:
    case action::wait:
      return source_trouble{.why = std::move(said.why),
                            .transient = true,
                            .retry_after = said.delay,
                            .attempt = write_json(to_object(said.position)),
                            .counted = said.bounded};
    case action::reset_cursor:
      return source_trouble{.why = std::move(said.why), .start_over = true};
    case action::skip_stream: { // the platform says that there is nothing for us: an empty stream
      const progress known{.from = reached.from, .token = reached.token};
      // What the pages before have shown is no reason to leave out what the others would have.
      return source_page{.cursor = wanted.position.empty() || !s.cursor
                                       ? wanted.cursor
                                       : write_json(to_object(*s.cursor, known)),
                         .last = true};
    }
    default:
      return source_trouble{.why = std::move(said.why),
                            .go_on_at = said.instead ? write_json(to_object(*said.instead)) : ""};
    }
  }

  platform& platform_;
  identity integration_;
  std::string stream_;
};

class connector_kind final : public source_kind {
public:
  explicit connector_kind(platform& p) : platform_{p} {}

  std::string_view name() const override { return "connector"; }
  result<void> check(const object& options) const override {
    if (const auto read = read_options(options); !read)
      return read.error();
    return {};
  }
  result<std::unique_ptr<source>> open(const identity& sync, const object& options) override {
    auto read = read_options(options);
    if (!read)
      return std::move(read).error();
    const identity integration{sync.tenant, "integration", read->integration};
    return std::unique_ptr<source>{
        std::make_unique<connector_stream>(platform_, integration, read->stream)};
  }

private:
  platform& platform_;
};

} // namespace

std::unique_ptr<source_kind> connector_source(platform& p) {
  return std::make_unique<connector_kind>(p);
}

} // namespace tenon::actors

namespace tenon::actors::sources {

std::unique_ptr<source_kind> connector(const surroundings& s) {
  ensure(s.platform != nullptr, "there is no way to platforms");
  return connector_source(*s.platform);
}

} // namespace tenon::actors::sources
