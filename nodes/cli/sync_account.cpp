#include "nodes/cli/sync_account.hpp"

#include "nodes/cli/members.hpp"
#include "nodes/cli/table.hpp"

#include <cmath>

namespace tenon::nodes::cli {
namespace {

double real_at(const value& v, std::string_view key) {
  const auto* member = v.find(key);
  if (member == nullptr)
    return 0;
  if (const auto* real = member->as<double>())
    return *real;
  const auto* whole = member->as<std::int64_t>();
  return whole == nullptr ? 0 : static_cast<double>(*whole);
}

std::string speed(const value& rate) {
  return with_thousands(std::llround(real_at(rate, "records_per_second"))) + " records/s, " +
         as_bytes(std::llround(real_at(rate, "bytes_per_second"))) + "/s";
}

std::vector<std::pair<std::string, cell>> summary(const value& v) {
  std::vector<std::pair<std::string, cell>> pairs;
  const auto succeeded = number_at(v, "succeeded").value_or(0);
  const auto ended = succeeded + number_at(v, "failed").value_or(0);
  if (ended == 0)
    pairs.push_back({"success", {"no run has ended yet", ink::dim}});
  else
    pairs.push_back(
        {"success",
         {std::to_string(succeeded * 100 / ended) + " % of " + as_count(ended, "run", "runs"),
          succeeded == ended ? ink::good : ink::caution}});
  if (const auto* rate = v.find("under_way"); rate != nullptr && !rate->is_null())
    pairs.push_back({"under way", {speed(*rate)}});
  if (const auto* rate = v.find("newest"); rate != nullptr && !rate->is_null())
    pairs.push_back({"speed",
                     {speed(*rate) + " in the last " +
                      as_count(number_at(*rate, "runs").value_or(0), "run", "runs")}});
  if (const auto lag = number_at(v, "lag_ms"))
    pairs.push_back({"seen whole", {as_duration(span{*lag}) + " ago"}});
  else
    pairs.push_back({"seen whole", {"never", ink::caution}});
  if (const auto behind = number_at(v, "undelivered"))
    pairs.push_back(
        {"undelivered",
         {as_count(*behind, "change", "changes"), *behind == 0 ? ink::good : ink::plain}});
  return pairs;
}

bool is_empty(const value& bucket) {
  for (const auto* name : {"succeeded", "failed", "cancelled", "pages"})
    if (number_at(bucket, name).value_or(0) != 0)
      return false;
  return true;
}

} // namespace

std::string account_text(std::string_view name, const value& v, bool by_day, const look& l) {
  std::string text = inked(l, ink::strong, printable(name)) + '\n';
  text += render_pairs(summary(v), l, 2);
  std::vector<row> rows;
  for (const auto& b : list_at(v, by_day ? "days" : "hours")) {
    if (is_empty(b))
      continue;
    const auto number = [&](std::string_view key) { return number_at(b, key).value_or(0); };
    const auto from = text_at(b, "from"); // 2026-11-21T14:00:00Z
    const auto busy = number("busy_ms");
    rows.push_back(
        {{from.substr(0, 10) + (by_day ? "" : ' ' + from.substr(from.find('T') + 1, 5))},
         {with_thousands(number("succeeded"))},
         {with_thousands(number("failed")), number("failed") > 0 ? ink::bad : ink::plain},
         {with_thousands(number("read"))},
         {with_thousands(number("stored"))},
         {as_bytes(number("bytes"))},
         {busy > 0 ? with_thousands(number("read") * 1000 / busy) : ""}});
  }
  if (rows.empty())
    return text;
  const std::vector<column> columns{{by_day ? "day" : "hour (UTC)"},
                                    {"succeeded", true},
                                    {"failed", true},
                                    {"read", true},
                                    {"stored", true},
                                    {"bytes", true},
                                    {"read/s", true}};
  return text + '\n' + render_table(columns, rows, l);
}

} // namespace tenon::nodes::cli
