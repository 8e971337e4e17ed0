#include "nodes/cli/sync_tuning.hpp"

#include "nodes/cli/members.hpp"
#include "nodes/cli/table.hpp"

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

std::vector<std::pair<std::string, cell>> summary(const value& v) {
  std::vector<std::pair<std::string, cell>> pairs;
  const auto* on = v.find("on");
  const bool is_on = on != nullptr && *on == value{true};
  pairs.push_back({"tuning", {is_on ? "on" : "off", is_on ? ink::good : ink::dim}});
  if (const auto usual = number_at(v, "usual_page_size")) {
    const auto size = number_at(v, "page_size").value_or(*usual);
    pairs.push_back({"page size",
                     {std::to_string(size) + " records; usual is " + std::to_string(*usual) +
                      ", the most " + shown(v, "most_page_size")}});
  } else {
    pairs.push_back({"page size", {"its source lets nobody choose", ink::dim}});
  }
  if (const auto rate = real_at(v, "records_per_second"))
    pairs.push_back({"speed", {with_thousands(std::llround(*rate)) + " records/s"}});
  if (const auto interval = shown(v, "interval"); !interval.empty())
    pairs.push_back({"interval", {interval}});
  if (const auto rests = number_at(v, "rests_for_pages").value_or(0); rests > 0)
    pairs.push_back({"next trial", {"after " + as_count(rests, "page", "pages")}});
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
    if (what == "page_size")
      what = "page size";
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
