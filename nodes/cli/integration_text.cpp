#include "nodes/cli/integration_text.hpp"

#include "nodes/cli/members.hpp"
#include "nodes/cli/table.hpp"

#include <cmath>
#include <cstdio>

namespace tenon::nodes::cli {
namespace {

ink ink_of_health(std::string_view state) {
  return state == "good"   ? ink::good
         : state == "fair" ? ink::caution
         : state == "poor" ? ink::bad
                           : ink::dim;
}

std::string in_words(std::string name) {
  for (auto& c : name)
    if (c == '_')
      c = ' ';
  return name;
}

/// "98.2 %", "2 h 03 min", "120 ms", "4".
std::string with_unit(const value& metric) {
  const auto* found = metric.find("value");
  const auto* real = found ? found->as<double>() : nullptr;
  const auto* whole = found ? found->as<std::int64_t>() : nullptr;
  if (real == nullptr && whole == nullptr)
    return "";
  const auto number = real ? *real : static_cast<double>(*whole);
  const auto unit = text_at(metric, "unit");
  if (unit == "s")
    return as_duration(span{std::llround(number * 1000)});
  char text[32];
  std::snprintf(text, sizeof text, unit == "%" ? "%.1f" : "%.0f", number);
  return unit.empty() ? text : text + (' ' + unit);
}

/// How long ago; "" where it is not known.
std::string ago(const value& metric, std::string_view key, moment now) {
  const auto at = parse_moment(text_at(metric, key));
  return at && *at <= now ? as_duration(now - *at) : "";
}

struct mark {
  std::string_view unicode;
  std::string_view ascii;
  cli::ink ink;
};

mark mark_of(std::string_view outcome) {
  if (outcome == "passed")
    return {"✓", "ok", ink::good};
  if (outcome == "warned")
    return {"!", "!", ink::caution};
  if (outcome == "failed")
    return {"✗", "x", ink::bad};
  return {"–", "-", ink::dim};
}

std::string padded(std::string text, std::size_t width) {
  const auto columns = columns_of(text);
  return columns < width ? text + std::string(width - columns, ' ') : text;
}

std::string time_taken(span took) {
  constexpr span a_second{1000};
  return took < a_second ? std::to_string(took.count()) + " ms" : as_duration(took);
}

std::string check_lines(const value& check, std::size_t width, const look& l) {
  const auto m = mark_of(text_at(check, "outcome"));
  const auto took = number_at(check, "took_ms");
  auto text = "    " + inked(l, m.ink, padded(std::string{l.unicode ? m.unicode : m.ascii}, 2)) +
              ' ' + padded(printable(text_at(check, "check")), width) + "  " +
              inked(l, ink::dim, padded(took ? time_taken(span{*took}) : "", 8)) + ' ' +
              printable(text_at(check, "detail")) + '\n';
  if (const auto remedy = text_at(check, "remedy"); !remedy.empty())
    text += std::string(7, ' ') + inked(l, ink::accent, printable(remedy)) + '\n';
  return text;
}

} // namespace

std::string health_text(const value& health, moment now, const look& l) {
  const auto score = number_at(health, "score");
  const auto state = text_at(health, "state");
  auto text = inked(l, ink::strong, printable(text_at(health, "integration"))) + "  " +
              inked(l, ink_of_health(state),
                    score ? std::to_string(*score) + " of 100, " + state
                          : std::string{"nothing is known yet"}) +
              inked(l, ink::dim,
                    "  from " + std::to_string(number_at(health, "known").value_or(0)) + " of " +
                        std::to_string(list_at(health, "metrics").size()) + " metrics") +
              "\n\n";
  std::vector<row> rows;
  for (const auto& m : list_at(health, "metrics")) {
    const auto how = text_at(m, "state");
    const auto points = number_at(m, "score");
    rows.push_back({{in_words(text_at(m, "metric"))},
                    {how, ink_of_health(how)},
                    {points ? std::to_string(*points) : ""},
                    {with_unit(m)},
                    {ago(m, "since", now)},
                    {text_at(m, "from"), ink::dim}});
  }
  text += render_table(
      {{"metric"}, {"state"}, {"score", true}, {"value", true}, {"for", true}, {"from"}}, rows, l);
  for (const auto& a : list_at(health, "advice")) {
    text += '\n' + inked(l, ink::caution, in_words(text_at(a, "about"))) + ": " +
            printable(text_at(a, "what")) + '\n';
    text += "  " + printable(text_at(a, "remedy")) + '\n';
  }
  return text;
}

std::string trial_text(const value& report, const look& l) {
  auto text = inked(l, ink::strong, printable(text_at(report, "integration"))) + '\n';
  const auto& checks = list_at(report, "checks");
  std::size_t width = 0;
  for (const auto& c : checks)
    width = std::max(width, columns_of(printable(text_at(c, "check"))));
  std::string part;
  for (const auto& c : checks) {
    if (const auto here = text_at(c, "part"); here != part) {
      part = here;
      text += "  " + inked(l, ink::dim, printable(part)) + '\n';
    }
    text += check_lines(c, std::min<std::size_t>(width, 40), l);
  }
  const auto number = [&](std::string_view key) { return number_at(report, key).value_or(0); };
  text += '\n' + inked(l, ink::good, std::to_string(number("passed")) + " passed");
  const auto add = [&](std::string_view key, cli::ink how, std::string what) {
    if (number(key) > 0)
      text += ", " + inked(l, how, std::to_string(number(key)) + ' ' + what);
  };
  add("warned", ink::caution, "to look at");
  add("failed", ink::bad, "failed");
  add("skipped", ink::dim, "not tried");
  return text + '\n';
}

} // namespace tenon::nodes::cli
