#include "actors/collection/returned.hpp"

#include "actors/collection/conflicts.hpp"

#include <limits>

namespace tenon::actors::collections {
namespace {

using wire = protocols::collection;

/// Beside what conflicts.hpp keeps for the outlet.
std::string returned_key(std::uint8_t slot, std::string_view key) {
  return slot_key('p', slot, key);
}

/// All that is kept for the slot, and no longer there.
std::vector<std::pair<std::string, blob>> take_all(collection::state& s, std::uint8_t slot) {
  const auto prefix = returned_key(slot, "");
  std::vector<std::pair<std::string, blob>> all;
  s.rows.scan(prefix, std::numeric_limits<std::size_t>::max(),
              [&](std::string_view key, const blob& content) {
                if (!key.starts_with(prefix))
                  return false;
                all.emplace_back(key, content);
                return true;
              });
  for (const auto& [key, content] : all)
    s.rows.erase(key);
  return all;
}

} // namespace

blob returned_of(const collection::state& s, const wire::outlet& o, std::string_view key) {
  if (!o.returns)
    return {};
  return s.rows.find(returned_key(o.slot, key)).value_or(blob{});
}

std::vector<protocols::outlet_types::held> returned_by_all(const collection::state& s,
                                                           std::string_view key) {
  std::vector<protocols::outlet_types::held> all;
  for (const auto& o : s.outlets)
    if (auto content = returned_of(s, o, key); !content.empty() && !o.name.empty())
      all.push_back({o.name, std::move(content)});
  return all;
}

void keep_returned(collection::state& s, wire::outlet& o,
                   const std::vector<protocols::outlet_types::returned>& all) {
  for (const auto& one : all) {
    if (one.content.empty()) {
      s.rows.erase(returned_key(o.slot, one.key));
      continue;
    }
    s.rows.put(returned_key(o.slot, one.key), one.content);
    o.returns = true;
  }
}

void forget_returned(collection::state& s, const wire::outlet& o) {
  if (o.returns)
    take_all(s, o.slot);
}

void move_returned(collection::state& s, const wire::outlet& o, std::uint8_t to) {
  if (!o.returns)
    return;
  for (auto& [key, content] : take_all(s, o.slot)) {
    key[1] = static_cast<char>(to);
    s.rows.put(std::move(key), std::move(content));
  }
}

} // namespace tenon::actors::collections
