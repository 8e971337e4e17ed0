#include "cluster/raft/parcel.hpp"

#include <map>
#include <utility>

namespace tenon::cluster::raft {

namespace {

constexpr std::size_t message_overhead = 256; // with the stamp of an offer, without its members
constexpr std::size_t entry_overhead = 48;
constexpr std::size_t member_overhead = 16;

/// Takes it into a table, when it is of the kind that is said all the time.
bool tabulate(const addressed& a, say::parcel& into) {
  const auto term = a.message.term;
  if (const auto* m = std::get_if<say::append>(&a.message.said); m && m->entries.empty()) {
    into.beats.push_back({a.group, term, m->before_index, m->before_term, m->committed});
    return true;
  }
  if (const auto* m = std::get_if<say::appended>(&a.message.said); m && !m->refused) {
    into.echoes.push_back({a.group, term, m->last_index});
    return true;
  }
  return false;
}

} // namespace

std::size_t weight_of(const message& m) {
  auto weight = message_overhead;
  if (const auto* said = std::get_if<say::append>(&m.said))
    for (const auto& e : said->entries)
      weight += entry_overhead + e.bytes.size();
  if (const auto* said = std::get_if<say::offer>(&m.said))
    weight += member_overhead * said->stamp.configuration.members.size();
  return weight;
}

blob pack(std::vector<addressed> messages) {
  // What is in a table comes before all else, so only what is alone for its group may be in one.
  std::map<std::uint16_t, std::size_t> of_group;
  for (const auto& a : messages)
    ++of_group[a.group];
  say::parcel parcel;
  for (auto& a : messages)
    if (of_group[a.group] > 1 || !tabulate(a, parcel))
      parcel.messages.push_back({a.group, a.message.term, std::move(a.message.said)});
  return protocols::encode(parcel);
}

result<std::vector<addressed>> unpack(const blob& bytes) {
  auto parcel = protocols::decode<say::parcel>(bytes);
  if (!parcel)
    return parcel.error();
  std::vector<addressed> messages;
  messages.reserve(parcel->beats.size() + parcel->echoes.size() + parcel->messages.size());
  for (const auto& b : parcel->beats)
    messages.push_back({b.group,
                        {b.term, say::append{.before_index = b.before_index,
                                             .before_term = b.before_term,
                                             .committed = b.committed}}});
  for (const auto& e : parcel->echoes)
    messages.push_back({e.group, {e.term, say::appended{.last_index = e.last_index}}});
  for (auto& m : parcel->messages)
    messages.push_back({m.group, {m.term, std::move(m.said)}});
  return messages;
}

} // namespace tenon::cluster::raft
