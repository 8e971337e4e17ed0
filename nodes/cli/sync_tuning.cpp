#include "nodes/cli/sync_tuning.hpp"

#include "nodes/cli/members.hpp"
#include "nodes/cli/table.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tenon::nodes::cli {
namespace {

std::optional<double> real_at(const value& v, std::string_view key) {
  const auto* member = v.find(key);
  if (member == nullptr)
    return std::nullopt;
  if (const auto* real = member->as<double>())
    return *real;
  const auto* whole = member->as<std::int64_t>();
  return whole == nullptr ? std::nullopt : std::optional{static_cast<double>(*whole)};
}

std::string shown(const value& of, std::string_view key) {
  const auto* member = of.find(key);
  return member == nullptr ? "" : in_short(*member);
}

struct knob {
  std::string_view name, spoken, unit;
};
constexpr std::array<knob, 3> knobs{{{"page_size", "page size", "records"},
                                     {"batch_size", "batch size", "records"},
                                     {"concurrency", "concurrency", "calls at once"}}};

std::vector<std::pair<std::string, cell>> summary(const value& v) {
  std::vector<std::pair<std::string, cell>> pairs;
  const auto* on = v.find("on");
  const bool is_on = on != nullptr && *on == value{true};
  pairs.push_back({"tuning", {is_on ? "on" : "off", is_on ? ink::good : ink::dim}});
  const auto before = pairs.size();
  for (const auto& [name, spoken, unit] : knobs) {
    const auto* knob = v.find(name);
    if (knob == nullptr)
      continue;
    auto text = shown(*knob, "is") + ' ' + std::string{unit} + "; usual is " +
                shown(*knob, "usual") + ", the most " + shown(*knob, "most");
    if (const auto rests = number_at(*knob, "rests_for_pages").value_or(0); rests > 0)
      text += "; next trial after " + as_count(rests, "page", "pages");
    pairs.push_back({std::string{spoken}, {std::move(text)}});
  }
  if (pairs.size() == before)
    pairs.push_back({"page size", {"nothing can be chosen yet", ink::dim}});
  if (const auto rate = real_at(v, "records_per_second"))
    pairs.push_back({"speed", {with_thousands(std::llround(*rate)) + " records/s"}});
  if (const auto interval = shown(v, "interval"); !interval.empty())
    pairs.push_back({"interval", {interval}});
  return pairs;
}

ink ink_of_outcome(std::string_view outcome) {
  return outcome == "kept" ? ink::good : outcome == "reverted" ? ink::caution : ink::accent;
}

std::string gain_of(const value& change) {
  const auto gain = real_at(change, "gain");
  if (!gain)
    return "";
  const auto percent = std::llround(*gain * 100);
  return (percent > 0 ? "+" : "") + std::to_string(percent) + " %";
}

} // namespace

std::string tuning_text(std::string_view name, const value& v, const look& l) {
  auto text = inked(l, ink::strong, printable(name)) + '\n' + render_pairs(summary(v), l, 2);
  std::vector<row> rows;
  for (const auto& c : list_at(v, "changes")) {
    const auto outcome = text_at(c, "outcome");
    auto what = text_at(c, "what");
    if (const auto it = std::ranges::find(knobs, what, &knob::name); it != knobs.end())
      what = it->spoken;
    rows.push_back({{text_at(c, "at").substr(0, 16), ink::dim},
                    {what},
                    {shown(c, "from") + " to " + shown(c, "to")},
                    {outcome, ink_of_outcome(outcome)},
                    {gain_of(c)},
                    {text_at(c, "why")}});
  }
  if (rows.empty())
    return text;
  return text + '\n' +
         render_table({{"at (UTC)"}, {"what"}, {"changed"}, {"outcome"}, {"gain", true}, {"why"}},
                      rows, l);
}

} // namespace tenon::nodes::cli
