#include "actors/sync/sources/mqtt/deliveries.hpp"

#include "protocols/identity.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

namespace tenon::actors::mqtt {
namespace {

constexpr std::array<std::string_view, 3> intent_names{"read", "look", "end"};

std::uint32_t digest_of(const message& m) {
  auto h = stable_hash(m.topic);
  h = stable_hash(m.payload, h ^ 0xff);
  h = stable_hash(m.content_type, h ^ 0xff);
  for (const auto& [name, v] : m.properties)
    h = stable_hash(v, stable_hash(name, h ^ 0xff) ^ 0xff);
  return static_cast<std::uint32_t>(h ^ h >> 32);
}

bool is_same(const delivery& d, const given& g) {
  const bool own = d.as.number == g.number && d.as.epoch == g.epoch;
  return d.as.id == g.id && d.as.digest == g.digest && (own || (d.message.again && g.id != 0));
}

/// What it takes here, whatever it consists of: somebody may send properties without a payload.
std::size_t size_of(const message& m) {
  auto all = sizeof(delivery) + m.topic.size() + m.payload.size() + m.content_type.size();
  for (const auto& p : m.properties)
    all += sizeof p + p.first.size() + p.second.size();
  return all;
}

/// To find one by its id without looking at all of them.
class index_of_given {
public:
  explicit index_of_given(const std::vector<given>& all) {
    for (const auto& g : all)
      by_id_.emplace(g.id, &g);
  }
  bool has(const delivery& d) const {
    const auto [from, to] = by_id_.equal_range(d.as.id);
    return std::any_of(from, to, [&](const auto& each) { return is_same(d, *each.second); });
  }

private:
  std::unordered_multimap<std::uint16_t, const given*> by_id_;
};

std::string in_hex(std::uint64_t n) {
  std::array<char, 16> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + 16, n, 16).ptr};
}

template <class N> bool take_hex(std::string_view& from, N& n, char end) {
  const auto [at, bad] = std::from_chars(from.data(), from.data() + from.size(), n, 16);
  const auto size = static_cast<std::size_t>(at - from.data());
  if (bad != std::errc{} || size == from.size() || from[size] != end)
    return false;
  from.remove_prefix(size + 1);
  return true;
}

/// An epoch, and what came in it as "number:id:digest ".
list written(const std::vector<given>& all) {
  list groups;
  std::string texts;
  for (std::size_t i = 0; i < all.size(); ++i) {
    texts += in_hex(all[i].number) + ':' + in_hex(all[i].id) + ':' + in_hex(all[i].digest) + ' ';
    if (i + 1 == all.size() || all[i + 1].epoch != all[i].epoch) {
      groups.emplace_back(all[i].epoch);
      groups.emplace_back(std::exchange(texts, {}));
    }
  }
  return groups;
}

bool read_given(const value* said, std::vector<given>& into) {
  const auto* groups = said ? said->as<list>() : nullptr;
  if (!groups || groups->size() % 2 != 0)
    return false;
  for (std::size_t i = 0; i < groups->size(); i += 2) {
    const auto* epoch = (*groups)[i].as<std::string>();
    const auto* texts = (*groups)[i + 1].as<std::string>();
    if (!epoch || !texts)
      return false;
    for (std::string_view left = *texts; !left.empty();) {
      given g{.epoch = *epoch};
      if (!take_hex(left, g.number, ':') || !take_hex(left, g.id, ':') ||
          !take_hex(left, g.digest, ' '))
        return false;
      into.push_back(std::move(g));
    }
  }
  return true;
}

} // namespace

std::string write_place(const place& p) {
  return write_json(object{{"stored", written(p.stored)},
                           {"last", written(p.last)},
                           {"next", intent_names[static_cast<std::size_t>(p.next)]}});
}

result<place> read_place(const std::string& text) {
  place p;
  if (text.empty())
    return p;
  const auto document = read_json(text);
  const auto* next = document ? document->find("next") : nullptr;
  const auto* name = next ? next->as<std::string>() : nullptr;
  const auto it = name ? std::ranges::find(intent_names, *name) : intent_names.end();
  if (it == intent_names.end() || !read_given(document->find("stored"), p.stored) ||
      !read_given(document->find("last"), p.last))
    return failure{
        code::stale, "the position is not one of messages", {}, "It is read from the beginning."};
  p.next = static_cast<intent>(it - intent_names.begin());
  return p;
}

std::string delivery::key() const {
  const auto digits = in_hex(as.number);
  return as.epoch + '-' + std::string(8 - std::min<std::size_t>(digits.size(), 8), '0') + digits;
}

void deliveries::arrived(message m) {
  const given as{epoch_, next_++, m.id, digest_of(m)};
  bytes_ += size_of(m);
  all_.push_back({as, std::move(m)});
}

std::vector<std::uint16_t> deliveries::settle(const std::vector<given>& stored) {
  const index_of_given those{stored};
  std::vector<std::uint16_t> ids;
  std::erase_if(all_, [&](const delivery& d) {
    if (!those.has(d))
      return false;
    bytes_ -= size_of(d.message);
    if (d.as.id != 0)
      ids.push_back(d.as.id);
    return true;
  });
  return ids;
}

std::vector<const delivery*> deliveries::fresh(const std::vector<given>& before,
                                               std::size_t most) const {
  const index_of_given those{before};
  std::vector<const delivery*> found;
  for (const auto& d : all_) {
    if (found.size() == most)
      break;
    if (!those.has(d))
      found.push_back(&d);
  }
  return found;
}

} // namespace tenon::actors::mqtt
