#include "nodes/cli/progress.hpp"

#include "nodes/cli/members.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace tenon::nodes::cli {
namespace {

constexpr double settles_in_ms = 2500; // after this long, 63 % of the rate shown is recent

std::string bar(double share, std::size_t width, const look& l) {
  const auto halves = static_cast<std::size_t>(share * static_cast<double>(width) * 2);
  const auto full = halves / 2;
  std::string done;
  std::string rest;
  const bool half = halves % 2 != 0 && l.unicode;
  for (std::size_t i = 0; i < full; ++i)
    done += l.unicode ? "━" : "#";
  if (half)
    done += "╸";
  for (auto i = full + (half ? 1 : 0); i < width; ++i)
    rest += l.unicode ? "─" : "-";
  return inked(l, ink::accent, done) + inked(l, ink::dim, rest);
}

// Fixed for a width, so that it does not breathe while the numbers beside it grow.
std::size_t bar_width(const run_report& r, const look& l) {
  if (!r.expected || *r.expected <= 0 || l.width < 50)
    return 0;
  return l.width >= 100 ? 30 : l.width >= 75 ? 20 : 10;
}

std::string padded(const std::string& text, std::size_t columns) {
  return std::string(columns - std::min(columns, text.size()), ' ') + text;
}

// What a line may say beyond the name, most important first.
struct part {
  std::string text;
  cli::ink ink = cli::ink::plain;
};

std::vector<part> parts_of(const run_report& r, const pace& p, span elapsed) {
  std::vector<part> parts;
  if (r.expected && *r.expected > 0) {
    const auto percent =
        std::clamp<std::int64_t>(r.read * 100 / *r.expected, 0, r.ended() ? 100 : 99);
    const auto all = with_thousands(*r.expected);
    parts.push_back({padded(std::to_string(percent), 2) + " %", ink::strong});
    parts.push_back({padded(with_thousands(r.read), all.size()) + " of " + all});
  } else {
    parts.push_back({with_thousands(r.read) + " read"});
  }
  if (r.state == "paused")
    parts.push_back({"paused", ink::caution});
  else if (p.rate() > 0)
    parts.push_back({with_thousands(std::llround(p.rate())) + "/s"});
  if (const auto left = p.left(r.read, r.expected); left && r.state != "paused")
    parts.push_back({as_duration(*left) + " left"});
  else
    parts.push_back({as_duration(elapsed)});
  if (r.dead_lettered > 0)
    parts.push_back({as_count(r.dead_lettered, "dead letter", "dead letters"), ink::bad});
  if (r.unchanged > 0)
    parts.push_back({with_thousands(r.unchanged) + " unchanged", ink::dim});
  return parts;
}

} // namespace

std::optional<run_report> read_run(const value& v) {
  const auto run = number_at(v, "run");
  if (!run || text_at(v, "state").empty())
    return std::nullopt;
  run_report r{.run = *run, .state = text_at(v, "state")};
  const std::array<std::pair<std::string_view, std::int64_t*>, 8> counts{
      {{"read", &r.read},
       {"stored", &r.stored},
       {"unchanged", &r.unchanged},
       {"filtered", &r.filtered},
       {"dead_lettered", &r.dead_lettered},
       {"conflicts", &r.conflicts},
       {"deleted", &r.deleted},
       {"bytes", &r.bytes}}};
  for (const auto& [name, into] : counts)
    *into = number_at(v, name).value_or(0);
  r.expected = number_at(v, "expected");
  const auto started = parse_moment(text_at(v, "started_at"));
  const auto ended = parse_moment(text_at(v, "ended_at"));
  if (started && ended)
    r.took = *ended - *started;
  if (const auto* why = v.find("failure"); why != nullptr && !why->is_null())
    r.why = read_problem(*why, 0);
  return r;
}

void pace::observe(std::int64_t read, span at) {
  if (last_at_ && at > *last_at_) {
    const auto ms = static_cast<double>((at - *last_at_).count());
    const auto now = static_cast<double>(std::max<std::int64_t>(0, read - last_read_)) * 1000 / ms;
    const auto weight = known_ ? 1 - std::exp(-ms / settles_in_ms) : 1;
    rate_ += (now - rate_) * weight;
    known_ = known_ || now > 0;
  }
  if (!last_at_ || at > *last_at_) {
    last_at_ = at;
    last_read_ = read;
  }
}

std::optional<span> pace::left(std::int64_t read, std::optional<std::int64_t> expected) const {
  if (!expected || rate_ < 0.01 || read >= *expected)
    return std::nullopt;
  return span{std::llround(static_cast<double>(*expected - read) * 1000 / rate_)};
}

std::string progress_line(std::string_view name, const run_report& r, const pace& p, span elapsed,
                          const look& l) {
  auto parts = parts_of(r, p, elapsed);
  const auto limit = l.width == 0 ? std::string::npos : l.width - 1; // the last column may wrap
  const auto shown_name = clipped(l, printable(name), std::max<std::size_t>(12, l.width / 3));
  const auto bar_columns = bar_width(r, l);
  const auto taken = [&] {
    auto columns = columns_of(shown_name) + (bar_columns == 0 ? 0 : bar_columns + 2);
    for (const auto& each : parts)
      columns += 2 + columns_of(each.text);
    return columns;
  };
  while (parts.size() > 1 && taken() > limit)
    parts.pop_back();

  std::string line = inked(l, ink::strong, shown_name);
  if (bar_columns != 0) {
    const auto share = static_cast<double>(r.read) / static_cast<double>(*r.expected);
    line += "  " + bar(std::clamp(share, 0.0, 1.0), bar_columns, l);
  }
  for (const auto& each : parts)
    line += "  " + inked(l, each.ink, each.text);
  return line;
}

std::string summary_line(std::string_view name, const run_report& r, span elapsed, const look& l) {
  const auto took = r.took.value_or(elapsed);
  const bool good = r.state == "succeeded";
  const auto colour = ink_of(r.state);
  std::string out;
  if (good)
    out = inked(l, colour, l.unicode ? "✓" : "ok") + ' ';
  else if (r.state == "failed")
    out = inked(l, colour, l.unicode ? "✗" : "x") + ' ';
  out += inked(l, ink::strong, printable(name));
  out += good ? "  " : "  " + inked(l, colour, printable(r.state)) + ": ";
  out += with_thousands(r.read) + " read" + (r.bytes > 0 ? ", " + as_bytes(r.bytes) + "," : "") +
         " in " + as_duration(took);
  if (took.count() >= 100 && r.read > 0)
    out += " (" + with_thousands(r.read * 1000 / took.count()) + "/s)";
  const std::array<std::pair<std::int64_t, std::string_view>, 6> counts{
      {{r.stored, "stored"},
       {r.unchanged, "unchanged"},
       {r.deleted, "deleted"},
       {r.filtered, "filtered"},
       {r.conflicts, "in conflict"},
       {r.dead_lettered, "dead-lettered"}}};
  std::string_view lead = ": ";
  for (const auto& [count, what] : counts) {
    if (count == 0)
      continue;
    out.append(lead).append(inked(l, what == "dead-lettered" ? ink::bad : ink::plain,
                                  with_thousands(count) + ' ' + std::string{what}));
    lead = ", ";
  }
  return out + '\n';
}

} // namespace tenon::nodes::cli
