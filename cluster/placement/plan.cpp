#include "cluster/placement/plan.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

namespace tenon::cluster::placement {

namespace {

std::string name_of(const state& s, node_id id) {
  const auto* n = membership::find(s, id);
  return n == nullptr ? "node " + std::to_string(id) : n->name;
}

std::string zone_of(const state& s, node_id id) {
  const auto* n = membership::find(s, id);
  return n == nullptr ? "" : n->zone;
}

std::string rate_text(double rate) {
  return std::to_string(static_cast<std::uint64_t>(rate + 0.5)) + "/s";
}

/// What each node has before anything moves, for the reasons.
struct standing_before {
  std::map<node_id, std::size_t> replicas;
  std::map<node_id, std::size_t> leads;
  std::map<node_id, double> rates;

  standing_before(const state& s, const circumstances& c) {
    for (const auto& a : s.assignments) {
      for (const auto id : a.wanted)
        ++replicas[id];
      ++leads[a.preferred_leader];
      if (a.partition < c.rates.size())
        rates[a.preferred_leader] += c.rates[a.partition];
    }
  }
};

std::string why_moved(const state& s, const circumstances& c, standing_before& was,
                      const words::assignment& a, const row& r) {
  const auto* from = membership::find(s, r.from);
  if (r.from == 0)
    return std::to_string(a.wanted.size()) + " of " + std::to_string(s.factor) + " replicas";
  if (from == nullptr || !membership::is_member(*from))
    return name_of(s, r.from) + " is no member any more";
  if (membership::contains(c.gone, r.from))
    return from->name + " is dead";
  if (from->for_good)
    return from->name + " is leaving";
  if (!from->worker)
    return from->name + " is an edge";
  if (r.to == 0)
    return "the factor is " + std::to_string(s.factor);
  const auto zone = from->zone;
  const auto together = std::ranges::count_if(
      a.wanted, [&](node_id id) { return !zone.empty() && zone_of(s, id) == zone; });
  if (together > 1 && zone_of(s, r.to) != zone)
    return std::to_string(together) + " replicas in zone " + zone;
  return "balance: " + from->name + " holds " + std::to_string(was.replicas[r.from]) + ", " +
         name_of(s, r.to) + " " + std::to_string(was.replicas[r.to]);
}

std::string why_led(const state& s, const circumstances& c, standing_before& was,
                    const words::wish& w, const words::assignment& a) {
  const auto from = a.preferred_leader;
  const auto* n = membership::find(s, from);
  if (n == nullptr || !membership::is_member(*n))
    return name_of(s, from) + " is no member any more";
  if (membership::contains(c.gone, from))
    return n->name + " is dead";
  if (n->for_good)
    return n->name + " is leaving";
  if (!membership::contains(w.wanted, from))
    return "its leader's replica moves";
  if (c.rates.size() == s.assignments.size()) {
    const auto usual =
        std::accumulate(c.rates.begin(), c.rates.end(), 0.0) / static_cast<double>(c.rates.size());
    const auto own = c.rates[a.partition];
    if (own > usual && was.rates[from] > was.rates[w.preferred_leader])
      return "busy: " + rate_text(own) + " of " + rate_text(was.rates[from]) + " on " + n->name;
    if (was.leads[from] <= was.leads[w.preferred_leader])
      return "in exchange for a busier one";
  }
  return "balance: " + n->name + " leads " + std::to_string(was.leads[from]) + ", " +
         name_of(s, w.preferred_leader) + " " + std::to_string(was.leads[w.preferred_leader]);
}

void add_rows(plan& to, const state& s, const circumstances& c, standing_before& was,
              const words::wish& w, std::uint64_t bytes) {
  const auto& a = s.assignments[w.partition];
  node_ids out;
  node_ids in;
  std::ranges::set_difference(a.wanted, w.wanted, std::back_inserter(out));
  std::ranges::set_difference(w.wanted, a.wanted, std::back_inserter(in));
  for (std::size_t i = 0; i < std::max(out.size(), in.size()); ++i) {
    row r{.partition = w.partition,
          .from = i < out.size() ? out[i] : 0,
          .to = i < in.size() ? in[i] : 0};
    r.bytes = r.to != 0 ? bytes : 0;
    r.why = why_moved(s, c, was, a, r);
    to.rows.push_back(std::move(r));
  }
  if (a.preferred_leader != w.preferred_leader)
    to.rows.push_back({.partition = w.partition,
                       .leads = true,
                       .from = a.preferred_leader,
                       .to = w.preferred_leader,
                       .why = why_led(s, c, was, w, a)});
}

std::uint64_t bytes_of(const std::vector<std::uint64_t>& bytes, std::uint16_t partition) {
  return partition < bytes.size() ? bytes[partition] : 0;
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::string_view units[]{"B", "KB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; bytes >= 10'000 && unit + 1 < std::size(units); ++unit)
    bytes /= 1000;
  return bytes == 0 ? "-" : std::to_string(bytes) + " " + std::string{units[unit]};
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width)
    text.append(width - text.size(), ' ');
  return text + "  ";
}

std::string counted(std::size_t number, std::string_view one) {
  return std::to_string(number) + " " + std::string{one} + (number == 1 ? "" : "s");
}

} // namespace

plan rebalance(const state& s, const circumstances& c, const std::vector<std::uint64_t>& bytes) {
  plan made;
  standing_before was{s, c};
  for (auto& w : wanted(s, c)) {
    const auto& a = s.assignments[w.partition];
    if (a.wanted == w.wanted && a.preferred_leader == w.preferred_leader)
      continue;
    add_rows(made, s, c, was, w, bytes_of(bytes, w.partition));
    made.command.wishes.push_back(std::move(w));
  }
  return made;
}

plan by_hand(const state& s, const words::move& m, const std::vector<std::uint64_t>& bytes) {
  plan made;
  made.rows.push_back({.partition = m.partition,
                       .from = m.from,
                       .to = m.to,
                       .why = "by hand",
                       .bytes = bytes_of(bytes, m.partition)});
  const auto* a = membership::find_assignment(s, m.partition);
  if (a != nullptr && a->preferred_leader == m.from)
    made.rows.push_back({.partition = m.partition,
                         .leads = true,
                         .from = m.from,
                         .to = m.to,
                         .why = "its leader's replica moves"});
  return made;
}

std::string to_text(const plan& p, const state& s) {
  if (p.rows.empty())
    return "Nothing to move: replicas and leaders are where they should be.\n";
  std::size_t width = 4;
  for (const auto& r : p.rows)
    for (const auto id : {r.from, r.to})
      width = std::max(width, id == 0 ? 1 : name_of(s, id).size());
  const auto node = [&](node_id id) { return padded(id == 0 ? "-" : name_of(s, id), width); };
  std::string text = padded("PARTITION", 9) + padded("WHAT", 7) + padded("FROM", width) +
                     padded("TO", width) + padded("SIZE", 7) + "WHY\n";
  std::uint64_t bytes = 0;
  std::size_t replicas = 0;
  for (const auto& r : p.rows) {
    text += padded(std::to_string(r.partition), 9) + padded(r.leads ? "leader" : "replica", 7) +
            node(r.from) + node(r.to) + padded(size_text(r.bytes), 7) + r.why + "\n";
    bytes += r.bytes;
    replicas += r.leads ? 0 : 1;
  }
  text += counted(replicas, "replica") + " and " + counted(p.rows.size() - replicas, "leader");
  return text + (bytes == 0 ? ".\n" : ", " + size_text(bytes) + ".\n");
}

} // namespace tenon::cluster::placement
