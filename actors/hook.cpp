#include "actors/hook.hpp"

#include "protocols/binding.hpp"
#include "protocols/ensure.hpp"

#include <algorithm>
#include <functional>

namespace tenon::actors {

namespace {

using wire = protocols::hook;

constexpr moment never{};
constexpr span look_every = std::chrono::hours{1};
constexpr span first_retry = std::chrono::minutes{1};
constexpr span last_retry = std::chrono::hours{1};
constexpr std::uint32_t most_farewells = 24; // about a day
constexpr std::size_t most_leaving = 8;

span pause_after(std::uint32_t failures) {
  const auto doubled = first_retry * (1 << std::min<std::uint32_t>(failures, 10));
  return std::min<span>(doubled, last_retry);
}

/// Between 80 and 90 hundredths of its life: those that were made together are not renewed
/// together.
moment renewal_of(const wire::place& p, moment subscribed_at) {
  if (p.ends_at == never)
    return never;
  const auto life = std::max(p.ends_at - subscribed_at, span{0});
  const auto draw = static_cast<std::int64_t>(std::hash<std::string>{}(p.id) % 100);
  return p.ends_at - life / 5 + span{life.count() / 1000 * draw};
}

moment next_look(const wire::place& p, moment subscribed_at, moment now) {
  const auto renewal = renewal_of(p, subscribed_at);
  const auto look = now + look_every;
  return renewal == never ? look : std::max(std::min(renewal, look), now + first_retry);
}

wire::place wanted_place(const wire::spec& s) {
  return {.integration = s.integration, .hook = s.hook};
}

bool is_about(const wire::place& p, const wire::spec& s) {
  return p.integration == s.integration && p.hook == s.hook;
}

wire::spec stored_spec(const hook::state& s) {
  const auto read = protocols::from_value<wire::spec>(spec_in(s.record), "spec");
  ensure(read.has_value(), "a stored spec can be read");
  return *read;
}

/// The present subscription, or what one is to be made of.
wire::place present(const hook::state& s, const wire::spec& spec) {
  return s.place.id.empty() || !is_about(s.place, spec) ? wanted_place(spec) : s.place;
}

} // namespace

result<void> hook::check_spec(const value& written) {
  const auto read = protocols::from_value<spec>(written, "spec");
  if (!read)
    return read.error();
  for (const auto& [name, kind, where] :
       {std::tuple{&read->integration, "integration", "spec.integration"},
        std::tuple{&read->hook, "hook", "spec.hook"}})
    if (const auto checked = check(identity{"tenant", kind, *name}); !checked)
      return failure{code::malformed,
                     "this cannot be the name of a " + std::string{kind} + ": " +
                         checked.error().why,
                     where, checked.error().remedy};
  return {};
}

value hook::status(const state& s) {
  const bool there = !s.place.id.empty();
  object shown{{"state", there            ? "subscribed"
                         : s.failures > 0 ? "failing"
                         : s.busy != 0    ? "subscribing"
                                          : "waiting"}};
  if (there) {
    shown["subscription"] = s.place.id;
    shown["subscribed_at"] = s.subscribed_at;
    if (s.place.ends_at != never) {
      shown["until"] = s.place.ends_at;
      shown["renewed_at"] = renewal_of(s.place, s.subscribed_at);
    }
  }
  if (!s.why.empty())
    shown["why"] = s.why;
  if (s.next_at != never)
    shown["next_at"] = s.next_at;
  if (!s.leaving.empty())
    shown["still_to_leave"] = static_cast<std::int64_t>(s.leaving.size());
  return shown;
}

hook::persisted hook::when_configured(persisted p, const state& s, const value& written,
                                      moment now) {
  const auto read = protocols::from_value<spec>(written, "spec");
  if (!s.place.id.empty() && !is_about(s.place, *read))
    p = std::move(p).also(leaves{now});
  if (s.busy != 0)
    return p; // what is under way is looked at when it is over
  return std::move(p)
      .also(began{errand::subscribe})
      .call(arrange{s.number + 1, errand::subscribe, present(s, *read)});
}

hook::persisted hook::when_removed(persisted p, const state& s, moment now) {
  return s.place.id.empty() ? std::move(p) : std::move(p).also(leaves{now});
}

hook::decision<hook::due_now> hook::on(const state& s, const due_now&, moment now) {
  if (s.busy != 0)
    return ignore();
  if (s.record.exists && s.next_at != never && now >= s.next_at) {
    const auto place = present(s, stored_spec(s));
    const auto renewal = renewal_of(place, s.subscribed_at);
    const bool anew = place.id.empty() || (renewal != never && now >= renewal);
    const auto what = anew ? errand::subscribe : errand::look;
    return persist(began{what}).call(arrange{s.number + 1, what, place});
  }
  if (!s.leaving.empty() && now >= s.leaving.front().next_at)
    return persist(began{errand::leave})
        .call(arrange{s.number + 1, errand::leave, s.leaving.front().place});
  return ignore();
}

hook::decision<hook::arranged> hook::on(const state& s, const arranged& c, moment now) {
  if (c.number != s.busy)
    return ignore();
  if (c.errand == errand::leave) {
    if (c.succeeded || s.leaving.empty())
      return persist(left{});
    const auto failures = s.leaving.front().failures + 1;
    const bool gives_up = failures >= most_farewells;
    return persist(stayed{c.why, gives_up ? never : now + pause_after(failures)});
  }
  const bool wanted = s.record.exists && is_about(c.place, stored_spec(s));
  const auto again = s.record.exists ? now : never;
  if (!wanted) { // it was removed or changed meanwhile
    if (c.place.id.empty())
      return persist(failed{"", again});
    return persist(protocols::hook::subscribed{c.place, now, again}, leaves{now});
  }
  if (c.missing) {
    auto p = persist(failed{c.why, now + look_every});
    return s.place.id.empty() ? std::move(p) : std::move(p).also(leaves{now});
  }
  if (!c.succeeded)
    return persist(failed{c.why, now + pause_after(s.failures)});
  if (c.place.id.empty()) // the platform has dropped it
    return persist(protocols::hook::subscribed{c.place, now, now});
  const auto since = c.errand == errand::look ? s.subscribed_at : now;
  return persist(protocols::hook::subscribed{c.place, since, next_look(c.place, since, now)});
}

void hook::apply(state& s, const configured& e) {
  resource::apply(s, e);
  s.failures = 0;
  s.why.clear();
}

void hook::apply(state& s, const removed& e) {
  actors::apply(s.record, e);
  s.next_at = never; // what there is at the platform outlives the resource
  s.failures = 0;
  s.why.clear();
}

void hook::apply(state& s, const began&) {
  s.busy = ++s.number;
}

void hook::apply(state& s, const protocols::hook::subscribed& e) {
  s.busy = 0;
  s.place = e.place;
  s.subscribed_at = e.at;
  s.next_at = e.next_at;
  s.failures = 0;
  s.why.clear();
}

void hook::apply(state& s, const protocols::hook::failed& e) {
  s.busy = 0;
  s.next_at = e.next_at;
  s.why = e.why;
  if (!e.why.empty())
    ++s.failures;
}

void hook::apply(state& s, const leaves& e) {
  if (s.leaving.size() >= most_leaving)
    s.leaving.erase(s.leaving.begin() + 1); // the first may be under way
  s.leaving.push_back({.place = s.place, .next_at = e.next_at});
  s.place = {};
}

void hook::apply(state& s, const protocols::hook::left&) {
  s.busy = 0;
  if (!s.leaving.empty())
    s.leaving.erase(s.leaving.begin());
}

void hook::apply(state& s, const stayed& e) {
  s.busy = 0;
  if (s.leaving.empty())
    return;
  auto one = std::move(s.leaving.front());
  s.leaving.erase(s.leaving.begin());
  if (e.next_at == never)
    return;
  ++one.failures;
  one.next_at = e.next_at;
  s.leaving.push_back(std::move(one)); // others are not held up by it
}

bool hook::holds(const state& s) {
  return actors::holds(s.record) && s.busy <= s.number && s.leaving.size() <= most_leaving &&
         (s.record.exists || s.next_at == never);
}

runtime::deadlines hook::due(const state& s) {
  if (s.busy != 0)
    return {};
  runtime::deadlines all;
  if (s.next_at != never)
    all.push_back(remind(s.next_at, due_now{}));
  if (!s.leaving.empty())
    all.push_back(remind(s.leaving.front().next_at, due_now{}));
  return all;
}

hook::metrics::metrics(runtime::meters& m)
    : subscribed{m.count("tenon_hook_errands_total", "Subscriptions at platforms, by outcome.",
                         {{"outcome", "subscribed"}})},
      failed{m.count("tenon_hook_errands_total", "Subscriptions at platforms, by outcome.",
                     {{"outcome", "failed"}})},
      left{m.count("tenon_hook_errands_total", "Subscriptions at platforms, by outcome.",
                   {{"outcome", "left"}})},
      given_up{m.count("tenon_hook_errands_total", "Subscriptions at platforms, by outcome.",
                       {{"outcome", "given_up"}})} {}

void hook::observe(metrics& m, const protocols::hook::stayed& e) {
  if (e.next_at == never)
    m.given_up.Increment();
}

} // namespace tenon::actors
