#include "actors/schedule.hpp"

#include "actors/schedule/cron.hpp"
#include "actors/schedule/zones.hpp"
#include "protocols/binding.hpp"
#include "protocols/ensure.hpp"
#include "protocols/sync.hpp"

namespace tenon::actors {

namespace {

using spec = schedule::spec;

constexpr span shortest = std::chrono::seconds{1};
constexpr span longest = std::chrono::days{366};
constexpr moment never{};

result<void> check_cron(const spec& s) {
  if (auto parsed = cron::parse(s.cron); !parsed) {
    auto& f = parsed.error();
    f.where = "spec.cron, " + f.where;
    return std::move(f);
  }
  if (auto zone = zone_named(s.timezone); !zone) {
    zone.error().where = "spec.timezone";
    return std::move(zone).error();
  }
  return {};
}

/// The first of the times after `now`; `never` for one that is paused.
moment time_after(const spec& s, moment made, moment now) {
  if (s.paused)
    return never;
  if (s.cron.empty())
    return now < made ? made + s.every : made + ((now - made) / s.every + 1) * s.every;
  const auto expression = cron::parse(s.cron);
  const auto zone = zone_named(s.timezone);
  ensure(expression && zone, "the expression and the time zone of a schedule were there before");
  return expression->next(now, **zone).value_or(never);
}

/// As it was written, at the distance that its sync has found out.
spec present_spec(const schedule::state& s) {
  auto read = protocols::from_value<spec>(spec_in(s.record), "spec");
  ensure(read.has_value(), "a stored spec can be read");
  if (read->cron.empty() && s.every > span{})
    read->every = s.every;
  return *std::move(read);
}

} // namespace

result<void> schedule::check_spec(const value& written) {
  const auto read = protocols::from_value<spec>(written, "spec");
  if (!read)
    return read.error();
  if (auto named = check(identity{"tenant", "sync", read->sync}); !named)
    return failure{code::malformed, "this cannot be the name of a sync: " + named.error().why,
                   "spec.sync", named.error().remedy};
  const auto* every = written.find("every");
  const bool repeated = every != nullptr && !every->is_null();
  if (repeated == !read->cron.empty())
    return failure{code::malformed,
                   repeated ? "there are both cron and every" : "there is neither cron nor every",
                   "spec.cron", "Write one of them: cron: \"0 3 * * *\" or every: 15m."};
  if (!repeated)
    return check_cron(*read);
  if (read->every < shortest || read->every > longest)
    return failure{code::malformed,
                   read->every == span{} ? "0 is no period: a schedule rings again and again"
                                         : "a schedule cannot ring every " + to_text(read->every),
                   "spec.every", "Use 1s to 366d."};
  return {};
}

value schedule::status(const state& s) {
  object shown{{"rings", s.rings}};
  if (s.every > span{})
    shown["every"] = to_text(s.every); // as its sync has it
  if (s.next_at != never)
    shown["next_at"] = s.next_at;
  if (s.last_at != never)
    shown["last_at"] = s.last_at;
  return shown;
}

schedule::persisted schedule::when_configured(persisted p, const state& s, const value& written,
                                              moment now) {
  const auto read = protocols::from_value<spec>(written, "spec");
  const auto made = s.record.exists ? s.record.created_at : now;
  return std::move(p).also(planned{time_after(*read, made, now)});
}

schedule::decision<schedule::ring> schedule::on(const state& s, const ring&, moment now) {
  if (s.next_at == never || now < s.next_at)
    return ignore();
  const auto present = present_spec(s);
  return persist(rang{now, time_after(present, s.record.created_at, now)})
      .send<protocols::sync>({.kind = "sync", .name = present.sync},
                             protocols::sync::start{.by = "schedule", .every = present.every});
}

schedule::decision<schedule::pace> schedule::on(const state& s, const pace& c, moment now) {
  const bool possible = c.every == span{} || (c.every >= shortest && c.every <= longest);
  if (!s.record.exists || !possible || c.every == s.every)
    return ignore();
  auto after = s;
  after.every = c.every;
  const auto present = present_spec(after);
  if (!present.cron.empty())
    return ignore();
  return persist(paced{c.every, time_after(present, s.record.created_at, now)});
}

void schedule::apply(state& s, const configured& e) {
  actors::apply(s.record, e);
  s.every = {};
}

void schedule::apply(state& s, const paced& e) {
  s.every = e.every;
  s.next_at = e.next_at;
}

void schedule::apply(state& s, const rang& e) {
  s.next_at = e.next_at;
  s.last_at = e.at;
  ++s.rings;
}

bool schedule::holds(const state& s) {
  return actors::holds(s.record) && (s.record.exists || s.next_at == never);
}

runtime::deadlines schedule::due(const state& s) {
  if (s.next_at == never)
    return {};
  return {remind(s.next_at, ring{})};
}

} // namespace tenon::actors
