#include "nodes/cli/cluster_text.hpp"

#include "nodes/cli/members.hpp"
#include "nodes/cli/table.hpp"

namespace tenon::nodes::cli {
namespace {

bool is_true(const value& of, std::string_view name) {
  const auto* v = of.find(name);
  return v && v->is<bool>() && *v->as<bool>();
}

std::string count_at(const value& of, std::string_view name) {
  return with_thousands(number_at(of, name).value_or(0));
}

std::string joined(const list& texts) {
  std::string all;
  for (const auto& t : texts)
    all += (all.empty() ? "" : ", ") + in_short(t);
  return all;
}

row row_of(const value& m) {
  const bool alive = is_true(m, "alive");
  const auto standing = text_at(m, "standing");
  const bool well = alive && standing == "up";
  return {{text_at(m, "name"), ink::strong},
          {count_at(m, "node")},
          {alive ? "alive" : "dead", alive ? ink::good : ink::bad},
          {standing + (is_true(m, "may_be_stopped") ? ", may be stopped" : ""),
           well ? ink::plain : ink::caution},
          {text_at(m, "zone"), ink::dim},
          {joined(list_at(m, "roles"))},
          {count_at(m, "leads")},
          {count_at(m, "holds")},
          {text_at(m, "address")},
          {text_at(m, "version"), ink::dim}};
}

/// Partitions that are in the same need, as one line: "partitions 0-15: 1 of 3 replicas".
std::string shortages(const list& all, std::int64_t factor, const look& l) {
  std::string text;
  for (std::size_t i = 0; i < all.size();) {
    const auto first = number_at(all[i], "partition").value_or(0);
    const auto replicas = number_at(all[i], "replicas").value_or(0);
    const auto zones = number_at(all[i], "zones").value_or(0);
    auto last = first;
    for (++i; i < all.size() && number_at(all[i], "partition") == last + 1 &&
              number_at(all[i], "replicas") == replicas && number_at(all[i], "zones") == zones;
         ++i)
      ++last;
    text += first == last ? "partition " + std::to_string(first)
                          : "partitions " + std::to_string(first) + '-' + std::to_string(last);
    text += ": " + inked(l, ink::caution,
                         std::to_string(replicas) + " of " + std::to_string(factor) + " replicas");
    if (zones < replicas)
      text += ", in " + as_count(zones, "zone", "zones");
    text += '\n';
  }
  return text;
}

std::string movements(const list& all) {
  std::string text;
  for (const auto& m : all)
    text += "partition " + count_at(m, "partition") + ": " + text_at(m, "act") + ' ' +
            printable(text_at(m, "node")) + " since " + text_at(m, "since") + '\n';
  return text;
}

} // namespace

std::string cluster_text(const value& status, const look& l) {
  const auto& members = list_at(status, "members");
  const auto count = [](const list& of) { return static_cast<std::int64_t>(of.size()); };
  const auto factor = number_at(status, "factor").value_or(0);
  std::string text =
      "cluster " + inked(l, ink::strong, printable(text_at(status, "name"))) + ": " +
      as_count(count(members), "node", "nodes") + ", " +
      as_count(number_at(status, "partitions").value_or(0), "partition", "partitions") + ", " +
      as_count(factor, "replica", "replicas") + " of each wanted\n\n";
  std::vector<row> rows;
  for (const auto& m : members)
    rows.push_back(row_of(m));
  text += render_table({{"NAME"},
                        {"NODE", true},
                        {"IS"},
                        {"STANDING"},
                        {"ZONE"},
                        {"ROLES"},
                        {"LEADS", true},
                        {"HOLDS", true},
                        {"ADDRESS"},
                        {"VERSION"}},
                       rows, l);
  if (const auto lacking = shortages(list_at(status, "under_replicated"), factor, l);
      !lacking.empty())
    text += '\n' + lacking;
  if (const auto moving = movements(list_at(status, "moving")); !moving.empty())
    text += '\n' + moving;
  return text;
}

std::string joining_text(const value& token) {
  return "On the machine that joins, within the token's time (until " +
         text_at(token, "expires_at") +
         "), as it works once:\n\n"
         "  export TENON_JOIN_TOKEN=THE-TOKEN\n"
         "  tenon node --data NEW-DIRECTORY --cluster-address ITS-HOST:PORT \\\n"
         "    --cluster " +
         printable(text_at(token, "cluster")) + " --join " + printable(text_at(token, "address")) +
         "\n\n"
         "The token, shown this once:\n";
}

} // namespace tenon::nodes::cli
