#include "actors/sync/tuning/tuning.hpp"

#include <algorithm>
#include <cstdio>

namespace tenon::actors::tuning {
namespace {

using protocols::tuning;
using knob = tuning::knob;
using verdict = tuning::verdict;

// Fewer pages say little where answers take now this long and now that long.
constexpr std::uint32_t enough_pages = 8;
// Less is not worth the change, and might be chance.
constexpr double worth_it = 1.05;
// Pages without a trial after one that brought nothing; it doubles with each in a row.
constexpr std::uint32_t first_rest = 32, longest_rest = 4096;
constexpr std::uint32_t runs_alike = 3;
constexpr std::size_t most_changes = 20;
constexpr std::size_t most_climbs = 8;
constexpr std::uint32_t most_set = 1'000'000;
constexpr span longest_page = std::chrono::days{1};
constexpr double newest_counts = 0.3;

using climb = protocols::tuning::climb;

std::string number(double v) {
  char text[64];
  std::snprintf(text, sizeof text, v < 100 ? "%.1f" : "%.0f", v);
  return text;
}

std::uint32_t set_of(const climb& c) {
  return c.set > 0 ? c.set : c.usual;
}

climb& climb_of(state& s, knob k) {
  const auto it = std::ranges::find(s.climbs, k, &climb::knob);
  return it != s.climbs.end() ? *it : s.climbs.emplace_back(climb{.knob = k});
}

double rate_of(const tuning::meter& m) {
  const auto took = std::max<span::rep>(m.took.count(), 1);
  return 1000 * static_cast<double>(m.records) / static_cast<double>(took);
}

bool is_trial(const change& c) {
  return c.knob != knob::interval && c.verdict == verdict::tried;
}

const change* trial_of(const state& s) {
  const auto it = std::ranges::find_if(s.changes, is_trial);
  return s.trying && it != s.changes.end() ? &*it : nullptr;
}

/// The next in that direction; nothing beyond the bounds.
std::optional<std::uint32_t> step(const climb& c, const range& within, bool less) {
  const auto here = set_of(c);
  const auto most = std::min(c.most, within.most);
  const auto least = std::min(within.least, most);
  const auto next = std::clamp(less ? here / 2 : here * 2, least, most);
  if (next == here || (less ? next > here : next < here))
    return std::nullopt;
  return next;
}

std::string_view unit_of(knob k) {
  return k == knob::concurrency  ? "calls at once"
         : k == knob::batch_size ? "records to a batch"
                                 : "records to a page";
}

change trial(const climb& c, std::uint32_t to, std::string why, double rate, moment now) {
  return {.knob = c.knob,
          .from = set_of(c),
          .to = to,
          .verdict = verdict::tried,
          .why = std::move(why),
          .before = rate,
          .at = now};
}

change outcome_of(const change& tried, double rate, moment now) {
  auto found = tried;
  found.after = rate;
  found.at = now;
  found.verdict = rate >= tried.before * worth_it ? verdict::kept : verdict::reverted;
  found.why = number(rate) + " records a second instead of " + number(tried.before);
  return found;
}

} // namespace

void measure(state& s, const protocols::sync::moved& page) {
  bool as_chosen = !page.settings.empty();
  for (const auto& now : page.settings) {
    auto& c = climb_of(s, now.knob);
    c.usual = now.usual;
    c.most = now.most;
    as_chosen = as_chosen && now.set == set_of(c);
  }
  if (!as_chosen || page.last) // the last one is mostly short
    return;
  ++s.meter.pages;
  s.meter.records += page.stored + page.unchanged + page.filtered + page.dead_lettered;
  s.meter.took += std::clamp(page.took, span{0}, longest_page);
  for (auto& c : s.climbs)
    c.rests_for -= c.rests_for > 0;
}

settings chosen(const state& s) {
  settings all;
  for (const auto& c : s.climbs)
    if (c.set > 0)
      all.push_back({.knob = c.knob, .set = c.set, .usual = c.usual, .most = c.most});
  return all;
}

void note_run(state& s, bool brought_something) {
  s.empty = brought_something ? 0 : s.empty + 1;
  s.full = brought_something ? s.full + 1 : 0;
  s.brought += newest_counts * ((brought_something ? 1 : 0) - s.brought);
}

std::optional<change> next_change(const state& s, const bounds& b, moment now) {
  if (s.meter.pages < enough_pages || s.meter.records == 0)
    return std::nullopt;
  const auto rate = rate_of(s.meter);
  if (const auto* tried = trial_of(s))
    return outcome_of(*tried, rate, now);
  for (std::size_t i = 0; i < s.climbs.size(); ++i) {
    const auto& c = s.climbs[(s.turn + i) % s.climbs.size()];
    const auto& within = b.of(c.knob);
    if (!within.on || c.most == 0 || c.usual == 0)
      continue;
    const auto here = set_of(c);
    const auto most = std::min(c.most, within.most);
    if (const auto inside = std::clamp(here, std::min(within.least, most), most); inside != here) {
      auto moved = trial(c, inside, "it was outside its bounds", rate, now);
      moved.verdict = verdict::kept; // whatever it brings
      return moved;
    }
    if (c.rests_for > 0)
      continue;
    const auto there = step(c, within, c.less);
    if (const auto to = there ? there : step(c, within, !c.less))
      return trial(c, *to,
                   std::string{*to < here ? "fewer " : "more "} + std::string{unit_of(c.knob)} +
                       " may bring more than " + number(rate) + " records a second",
                   rate, now);
  }
  return std::nullopt;
}

std::optional<change> after_failure(const state& s, const std::string& why, moment now) {
  const auto* tried = trial_of(s);
  if (tried == nullptr)
    return std::nullopt;
  auto found = *tried;
  found.verdict = verdict::reverted;
  found.why = "a page failed with it: " + why;
  found.after = 0;
  found.at = now;
  return found;
}

std::optional<change> next_interval(const state& s, const bounds& b, moment now) {
  if (b.schedule.empty() || s.interval <= span{})
    return std::nullopt;
  const auto here = s.interval;
  const bool longer = s.empty >= runs_alike;
  if (!longer && s.full < runs_alike)
    return std::nullopt;
  const auto to = std::clamp(longer ? here * 2 : here / 2, b.least_interval, b.most_interval);
  if (to == here || (longer ? to < here : to > here))
    return std::nullopt;
  return change{
      .knob = knob::interval,
      .from = static_cast<std::uint64_t>(here.count()),
      .to = static_cast<std::uint64_t>(to.count()),
      .verdict = verdict::kept,
      .why = std::to_string(longer ? s.empty : s.full) +
             (longer ? " runs in a row brought nothing" : " runs in a row brought something"),
      .before = s.brought,
      .at = now};
}

namespace {

void apply_interval(state& s, const change& c) {
  for (auto& earlier : s.changes) // what it came to is known now
    if (earlier.knob == knob::interval) {
      earlier.after = c.before;
      break;
    }
  s.interval = span{static_cast<span::rep>(std::min<std::uint64_t>(c.to, 1ull << 45))};
  s.empty = s.full = 0;
}

void apply_step(state& s, const change& e) {
  auto& c = climb_of(s, e.knob);
  const bool back = e.verdict == verdict::reverted;
  c.set = static_cast<std::uint32_t>(std::min<std::uint64_t>(back ? e.from : e.to, most_set));
  s.trying = e.verdict == verdict::tried;
  s.rate = e.verdict == verdict::kept ? e.after : e.before;
  s.turn = static_cast<std::uint32_t>(&c - s.climbs.data());
  if (e.verdict == verdict::tried)
    c.less = e.to < e.from;
  if (e.verdict == verdict::kept)
    c.setbacks = 0;
  if (back) {
    c.setbacks = std::min(c.setbacks + 1, 100u);
    c.less = !c.less;
    c.rests_for = std::min(longest_rest, first_rest << std::min(c.setbacks - 1, 10u));
    s.turn = static_cast<std::uint32_t>((s.turn + 1) % s.climbs.size());
  }
  s.meter = {};
  if (e.verdict == verdict::tried)
    return;
  if (const auto tried = std::ranges::find_if(s.changes, is_trial); tried != s.changes.end())
    s.changes.erase(tried);
}

} // namespace

void apply(state& s, const change& c) {
  if (c.knob == knob::interval)
    apply_interval(s, c);
  else
    apply_step(s, c);
  s.changes.insert(s.changes.begin(), c);
  if (s.changes.size() > most_changes)
    s.changes.pop_back();
}

bool holds(const state& s) {
  return s.changes.size() <= most_changes && s.climbs.size() <= most_climbs &&
         (s.climbs.empty() || s.turn < s.climbs.size()) &&
         std::ranges::count_if(s.changes, is_trial) <= 1;
}

object to_object(const state& s, bool off) {
  list changes;
  for (const auto& c : s.changes) {
    const bool interval = c.knob == knob::interval;
    const auto as_set = [&](std::uint64_t v) {
      return interval ? value{to_text(span{static_cast<span::rep>(v)})} : value{v};
    };
    const bool measured = c.verdict != verdict::tried && c.after > 0 && c.before > 0;
    changes.push_back(object{{"what", name_of(c.knob)},
                             {"from", as_set(c.from)},
                             {"to", as_set(c.to)},
                             {"outcome", name_of(c.verdict)},
                             {"why", c.why},
                             {"before", c.before},
                             {"after", c.after > 0 ? value{c.after} : value{}},
                             {"gain", measured ? value{c.after / c.before - 1} : value{}},
                             {"at", c.at}});
  }
  object all{{"on", !off}};
  for (const auto& c : s.climbs)
    if (c.most > 0)
      all[name_of(c.knob)] = object{{"is", std::uint64_t{set_of(c)}},
                                    {"usual", std::uint64_t{c.usual}},
                                    {"most", std::uint64_t{c.most}},
                                    {"rests_for_pages", std::uint64_t{c.rests_for}}};
  all["records_per_second"] = s.rate > 0 ? value{s.rate} : value{};
  all["trying"] = s.trying;
  all["interval"] = s.interval > span{} ? value{to_text(s.interval)} : value{};
  all["changes"] = std::move(changes);
  return all;
}

} // namespace tenon::actors::tuning
