#include "actors/sync/tuning/deciding.hpp"

#include "actors/resource/record.hpp"
#include "actors/sync.hpp"
#include "actors/sync/runs/next_page.hpp"
#include "protocols/schedule.hpp"

namespace tenon::actors {
namespace {

/// What a stored spec says; it was checked when it was configured.
tuning::bounds bounds_of(const protocols::sync::spec& s) {
  const auto read = tuning::read_bounds(s.tuning);
  ensure(read.has_value(), "a stored spec cannot be read");
  return *read;
}

} // namespace

sync::persisted sync::pacing(persisted p, const std::optional<tuning::pace>& wanted) {
  if (!wanted)
    return p;
  if (wanted->change)
    p = std::move(p).also(*wanted->change);
  return std::move(p).send<protocols::schedule>({.kind = "schedule", .name = wanted->schedule},
                                                protocols::schedule::pace{wanted->every});
}

sync::persisted sync::unpacing(persisted p, const state& s, const value& written) {
  if (!s.record.exists || s.tuning.interval <= span{})
    return p;
  const auto before = bounds_of(spec_of(s)).schedule;
  const auto next = protocols::from_value<spec>(written, "spec");
  if (before.empty() || (next && bounds_of(*next).schedule == before))
    return p;
  return pacing(std::move(p), tuning::pace{.schedule = before});
}

sync::decision<sync::read_tuning> sync::on(const state& s, const read_tuning&, moment) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  return reply(tuning_shown{bounds_of(spec_of(s)).off(), s.tuning});
}

void sync::apply(state& s, const protocols::tuning::change& c) {
  tuning::apply(s.tuning, c);
}

namespace tuning {

tuned_page after_page(const protocols::sync::state& before, const protocols::sync::spec& spec,
                      const protocols::sync::moved& page, moment now) {
  const auto bounds = bounds_of(spec);
  auto known = before.tuning;
  measure(known, page);
  tuned_page made{next_change(known, bounds, now)};
  if (made.change)
    apply(known, *made.change);
  made.next = chosen(known);
  return made;
}

std::optional<pace> after_run(const protocols::sync::state& before,
                              const protocols::sync::spec& spec, const protocols::sync::moved& page,
                              moment now) {
  if (!is_regular(before.run))
    return std::nullopt;
  const auto bounds = bounds_of(spec);
  auto known = before.tuning;
  note_run(known, before.run.stored + page.stored > 0);
  const auto change = next_interval(known, bounds, now);
  if (!change)
    return std::nullopt;
  return pace{bounds.schedule, span{static_cast<span::rep>(change->to)}, change};
}

bool is_regular(const protocols::sync::run& r) {
  return r.by == "schedule";
}

bool tunes_otherwise(const protocols::resource::record& before,
                     const protocols::resource::record& after) {
  if (!before.exists || !after.exists)
    return before.exists != after.exists;
  const auto was = spec_in(before), is = spec_in(after);
  const auto differs = [&](std::string_view member) {
    const auto *a = was.find(member), *b = is.find(member);
    return (a ? *a : value{}) != (b ? *b : value{});
  };
  return differs("tuning") || differs("from") || differs("to");
}

} // namespace tuning
} // namespace tenon::actors
