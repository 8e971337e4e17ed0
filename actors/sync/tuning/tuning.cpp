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
constexpr span longest_page = std::chrono::days{1};
constexpr double newest_counts = 0.3;

std::string number(double v) {
  char text[64];
  std::snprintf(text, sizeof text, v < 100 ? "%.1f" : "%.0f", v);
  return text;
}

std::uint32_t size_of(const state& s) {
  return s.page_size > 0 ? s.page_size : s.usual_size;
}

double rate_of(const tuning::meter& m) {
  const auto took = std::max<span::rep>(m.took.count(), 1);
  return 1000 * static_cast<double>(m.records) / static_cast<double>(took);
}

const change* trial_of(const state& s) {
  const auto it = std::ranges::find(s.changes, knob::page_size, &change::knob);
  return s.trying && it != s.changes.end() ? &*it : nullptr;
}

/// The next size in that direction; nothing beyond the bounds.
std::optional<std::uint32_t> step(const state& s, const bounds& b, bool smaller) {
  const auto here = size_of(s);
  const auto most = std::min(s.most_size, b.most_size);
  const auto least = std::min(b.least_size, most);
  const auto next = std::clamp(smaller ? here / 2 : here * 2, least, most);
  if (next == here || (smaller ? next > here : next < here))
    return std::nullopt;
  return next;
}

change trial(const state& s, std::uint32_t to, std::string why, double rate, moment now) {
  return {.knob = knob::page_size,
          .from = size_of(s),
          .to = to,
          .verdict = verdict::tried,
          .why = std::move(why),
          .before = rate,
          .at = now};
}

} // namespace

void measure(state& s, const protocols::sync::moved& page) {
  s.usual_size = page.usual_size;
  s.most_size = page.most_size;
  if (page.page_size == 0 || page.last) // the last one is mostly short
    return;
  if (s.meter.size != page.page_size)
    s.meter = {.size = page.page_size};
  ++s.meter.pages;
  s.meter.records += page.stored + page.unchanged + page.filtered + page.dead_lettered;
  s.meter.took += std::clamp(page.took, span{0}, longest_page);
  s.rests_for -= s.rests_for > 0;
}

void note_run(state& s, bool brought_something) {
  s.empty = brought_something ? 0 : s.empty + 1;
  s.full = brought_something ? s.full + 1 : 0;
  s.brought += newest_counts * ((brought_something ? 1 : 0) - s.brought);
}

std::optional<change> next_size(const state& s, const bounds& b, moment now) {
  const auto& m = s.meter;
  if (!b.page_size || s.most_size == 0 || s.usual_size == 0 || m.size != size_of(s) ||
      m.pages < enough_pages || m.records == 0)
    return std::nullopt;
  const auto rate = rate_of(m);
  if (const auto* tried = trial_of(s)) {
    auto found = *tried;
    found.after = rate;
    found.at = now;
    const bool gains = rate >= tried->before * worth_it;
    found.verdict = gains ? verdict::kept : verdict::reverted;
    found.why = number(rate) + " records a second instead of " + number(tried->before);
    return found;
  }
  const auto here = size_of(s);
  const auto most = std::min(s.most_size, b.most_size);
  const auto within = std::clamp(here, std::min(b.least_size, most), most);
  if (within != here) { // whatever it brings
    auto moved = trial(s, within, "the size was outside its bounds", rate, now);
    moved.verdict = verdict::kept;
    return moved;
  }
  if (s.rests_for > 0)
    return std::nullopt;
  const auto there = step(s, b, s.smaller);
  const auto to = there ? there : step(s, b, !s.smaller);
  if (!to)
    return std::nullopt;
  return trial(s, *to,
               std::string{*to < here ? "smaller" : "larger"} + " pages may bring more than " +
                   number(rate) + " records a second",
               rate, now);
}

std::optional<change> after_failure(const state& s, const std::string& why, moment now) {
  const auto* tried = trial_of(s);
  if (tried == nullptr)
    return std::nullopt;
  auto found = *tried;
  found.verdict = verdict::reverted;
  found.why = "a page of that size failed: " + why;
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

void apply(state& s, const change& c) {
  if (c.knob == knob::interval) {
    for (auto& earlier : s.changes) // what it came to is known now
      if (earlier.knob == knob::interval) {
        earlier.after = c.before;
        break;
      }
    s.interval = span{static_cast<span::rep>(std::min<std::uint64_t>(c.to, 1ull << 45))};
    s.empty = s.full = 0;
  } else {
    const auto size = c.verdict == verdict::reverted ? c.from : c.to;
    s.page_size = static_cast<std::uint32_t>(std::min<std::uint64_t>(size, 1'000'000));
    s.trying = c.verdict == verdict::tried;
    if (c.verdict == verdict::tried)
      s.smaller = c.to < c.from;
    s.rate = c.verdict == verdict::kept ? c.after : c.before;
    if (c.verdict == verdict::kept)
      s.setbacks = 0;
    if (c.verdict == verdict::reverted) {
      s.setbacks = std::min(s.setbacks + 1, 100u);
      s.smaller = !s.smaller;
      s.rests_for = std::min(longest_rest, first_rest << std::min(s.setbacks - 1, 10u));
    }
    s.meter = {};
  }
  const bool ends_trial = c.verdict != verdict::tried && c.knob == knob::page_size;
  const auto same = std::ranges::find_if(s.changes, [&](const change& known) {
    return ends_trial && known.knob == c.knob && known.verdict == verdict::tried;
  });
  if (same != s.changes.end())
    s.changes.erase(same);
  s.changes.insert(s.changes.begin(), c);
  if (s.changes.size() > most_changes)
    s.changes.pop_back();
}

bool holds(const state& s) {
  const auto trials = std::ranges::count_if(s.changes, [](const change& c) {
    return c.knob == knob::page_size && c.verdict == verdict::tried;
  });
  return s.changes.size() <= most_changes && trials <= 1;
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
  return object{
      {"on", !off},
      {"page_size", s.page_size > 0 ? value{std::uint64_t{s.page_size}} : value{}},
      {"usual_page_size", s.usual_size > 0 ? value{std::uint64_t{s.usual_size}} : value{}},
      {"most_page_size", s.most_size > 0 ? value{std::uint64_t{s.most_size}} : value{}},
      {"records_per_second", s.rate > 0 ? value{s.rate} : value{}},
      {"trying", s.trying},
      {"rests_for_pages", std::uint64_t{s.rests_for}},
      {"interval", s.interval > span{} ? value{to_text(s.interval)} : value{}},
      {"changes", std::move(changes)}};
}

} // namespace tenon::actors::tuning
