#include "actors/trigger.hpp"

#include "protocols/binding.hpp"
#include "protocols/ensure.hpp"

#include <algorithm>
#include <set>

namespace tenon::actors {

namespace {

using wire = protocols::trigger;

constexpr std::size_t most_syncs = 50;
constexpr span closest = std::chrono::seconds{1};
constexpr span farthest = std::chrono::days{1};
constexpr span longest_pause = std::chrono::minutes{5};
constexpr moment never{};

wire::spec stored_spec(const trigger::state& s) {
  const auto read = protocols::from_value<wire::spec>(spec_in(s.record), "spec");
  ensure(read.has_value(), "a stored spec can be read");
  return *read;
}

wire::target* being_started(std::vector<wire::target>& all, std::uint64_t number) {
  const auto it = std::ranges::find(all, number, &wire::target::asking);
  return number == 0 || it == all.end() ? nullptr : &*it;
}

span pause_after(span apart, std::uint32_t failures) {
  return std::min(apart * (1 << std::min<std::uint32_t>(failures, 10)),
                  std::max(longest_pause, apart));
}

} // namespace

result<void> trigger::check_spec(const value& written) {
  const auto read = protocols::from_value<spec>(written, "spec");
  if (!read)
    return read.error();
  if (read->syncs.empty() || read->syncs.size() > most_syncs)
    return failure{code::malformed,
                   "a trigger starts 1 to " + std::to_string(most_syncs) + " syncs", "spec.syncs",
                   "Name them, such as syncs: [files]."};
  std::set<std::string> known;
  for (const auto& name : read->syncs) {
    if (auto named = check(identity{"tenant", "sync", name}); !named)
      return failure{code::malformed, "this cannot be the name of a sync: " + named.error().why,
                     "spec.syncs", named.error().remedy};
    if (!known.insert(name).second)
      return failure{code::malformed, name + " is there twice", "spec.syncs"};
  }
  if (read->apart < closest || read->apart > farthest)
    return failure{code::malformed, "starts cannot be " + to_text(read->apart) + " apart",
                   "spec.apart", "Use 1s to 1d."};
  return {};
}

result<void> trigger::check_name(const std::string& name) {
  const auto colon = name.find(':');
  const bool fits = colon != name.npos && colon > 0 && colon + 1 < name.size() &&
                    name.find(':', colon + 1) == name.npos;
  if (!fits)
    return failure{code::malformed, "a trigger is called by the hook that it listens to", "name",
                   "Call it INTEGRATION:HOOK, such as drive:changes."};
  return {};
}

value trigger::status(const state& s) {
  const auto waiting =
      std::ranges::count_if(s.targets, [](const auto& t) { return t.waiting || t.asking != 0; });
  object shown{{"heard", s.heard}, {"waiting", static_cast<std::int64_t>(waiting)}};
  if (s.heard_at != never)
    shown["heard_at"] = s.heard_at;
  list syncs;
  for (const auto& t : s.targets) {
    object one{{"sync", t.sync}};
    if (t.waiting && t.due_at != never)
      one["due_at"] = t.due_at;
    if (t.started_at != never)
      one["started_at"] = t.started_at;
    if (!t.why.empty()) {
      one["why"] = t.why;
      shown["why"] = t.sync + ": " + t.why;
    }
    syncs.push_back(std::move(one));
  }
  shown["syncs"] = std::move(syncs);
  return shown;
}

trigger::decision<trigger::hear> trigger::on(const state& s, const hear&, moment now) {
  if (!s.record.exists || stored_spec(s).paused)
    return reply(promised{});
  const promised told{static_cast<std::uint32_t>(s.targets.size())};
  const bool all_wait = std::ranges::all_of(s.targets, [](const auto& t) { return t.waiting; });
  if (all_wait)
    return reply(told);
  return persist(noticed{now}).reply(told);
}

trigger::decision<trigger::due_now> trigger::on(const state& s, const due_now&, moment now) {
  auto p = ignore();
  auto number = s.starts;
  for (const auto& t : s.targets)
    if (t.waiting && t.asking == 0 && now >= t.due_at)
      p = std::move(p).also(began{t.sync}).call(start{++number, t.sync});
  return p;
}

trigger::decision<trigger::begun> trigger::on(const state& s, const begun& c, moment now) {
  auto targets = s.targets;
  const auto* t = being_started(targets, c.number);
  if (t == nullptr)
    return ignore(); // it was configured otherwise, or removed
  if (!c.why.empty())
    return persist(put_off{c.number, now + pause_after(s.apart, t->failures), c.why});
  if (c.joined)
    return persist(put_off{c.number, now + s.apart, {}});
  return persist(started{c.number, now});
}

void trigger::apply(state& s, const configured& e) {
  actors::apply(s.record, e);
  const auto spec = stored_spec(s);
  s.apart = spec.apart;
  std::vector<wire::target> all;
  for (const auto& name : spec.syncs) {
    const auto before = std::ranges::find(s.targets, name, &wire::target::sync);
    all.push_back(before == s.targets.end() ? wire::target{.sync = name} : *before);
    auto& t = all.back();
    if (t.waiting && t.asking == 0)
      t.due_at = std::min(t.due_at, t.started_at + s.apart); // it may work now
    t.failures = 0;
    t.why.clear();
  }
  s.targets = std::move(all);
}

void trigger::apply(state& s, const noticed& e) {
  ++s.heard;
  s.heard_at = e.at;
  for (auto& t : s.targets) {
    if (!t.waiting && t.asking == 0)
      t.due_at = std::max(e.at, t.started_at == never ? e.at : t.started_at + s.apart);
    t.waiting = true;
  }
}

void trigger::apply(state& s, const began& e) {
  ++s.starts;
  for (auto& t : s.targets)
    if (t.sync == e.sync) {
      t.asking = s.starts;
      t.waiting = false;
      t.due_at = never;
    }
}

void trigger::apply(state& s, const started& e) {
  auto* t = being_started(s.targets, e.number);
  if (t == nullptr)
    return;
  t->asking = 0;
  t->started_at = e.at;
  t->failures = 0;
  t->why.clear();
  if (t->waiting) // since it was asked for, something came
    t->due_at = e.at + s.apart;
}

void trigger::apply(state& s, const put_off& e) {
  auto* t = being_started(s.targets, e.number);
  if (t == nullptr)
    return;
  t->asking = 0;
  t->waiting = true;
  t->due_at = e.until_at;
  t->why = e.why;
  t->failures = e.why.empty() ? 0 : t->failures + 1;
}

bool trigger::holds(const state& s) {
  const auto fine = [&](const wire::target& t) {
    return t.asking <= s.starts && (t.asking != 0 || t.waiting || t.due_at == never);
  };
  return actors::holds(s.record) && (s.record.exists || s.targets.empty()) &&
         std::ranges::all_of(s.targets, fine);
}

runtime::deadlines trigger::due(const state& s) {
  runtime::deadlines all;
  for (const auto& t : s.targets)
    if (t.waiting && t.asking == 0)
      all.push_back(remind(t.due_at, due_now{}));
  return all;
}

} // namespace tenon::actors
