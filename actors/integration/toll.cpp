#include "actors/integration/toll.hpp"

#include "protocols/identity.hpp"

#include <algorithm>
#include <limits>

namespace tenon::actors::connectors {
namespace {

using quota = protocols::quota;

constexpr std::size_t longest_name = 128;

quota::kind kind_of(bucket_kind k) {
  switch (k) {
  case bucket_kind::token:
    return quota::kind::token;
  case bucket_kind::fixed:
    return quota::kind::fixed;
  case bucket_kind::sliding:
    return quota::kind::sliding;
  case bucket_kind::concurrency:
    return quota::kind::concurrency;
  case bucket_kind::cost:
    return quota::kind::cost;
  case bucket_kind::daily:
    return quota::kind::daily;
  }
  return quota::kind::token;
}

std::uint32_t as_units(std::int64_t number) {
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(number, 0, most));
}

/// A key may be an address; what is too long for a name is told apart by its hash.
std::string name_of(const manifest& m, const bucket_use& use) {
  auto name = m.name + ':' + std::to_string(use.bucket) + ':' + use.key;
  if (name.size() > longest_name) {
    const auto hash = std::to_string(stable_hash(name));
    name.resize(longest_name - hash.size());
    name += hash;
  }
  return name;
}

quota::observed word_of(const std::string& bucket, const observation& seen) {
  return {.bucket = bucket,
          .remaining = as_units(seen.remaining.value_or(0)),
          .reset_at = seen.reset_at.value_or(moment{}),
          .limit = as_units(seen.limit.value_or(0)),
          .window = seen.window.value_or(span{}),
          .restored = as_units(seen.restored.value_or(0)),
          .knows_remaining = seen.remaining.has_value()};
}

bool says_something(const observation& seen) {
  return seen.remaining || seen.limit || seen.window || seen.restored;
}

/// Of the first bucket that counts, and the first whose prices answers say.
struct firsts {
  std::size_t counted;
  std::size_t priced;
};

firsts firsts_of(const manifest& m, const toll& t) {
  firsts found{t.buckets.size(), t.buckets.size()};
  for (std::size_t i = t.buckets.size(); i-- > 0;) {
    const auto& b = m.buckets[t.buckets[i]];
    if (b.kind != bucket_kind::concurrency)
      found.counted = i;
    if (!b.price_in_body.empty())
      found.priced = i;
  }
  return found;
}

bool looks_into_bodies(const manifest& m, const toll& t) {
  return std::ranges::any_of(t.buckets, [&](std::size_t i) {
    const auto& b = m.buckets[i];
    return !b.price_in_body.empty() || (b.observe && b.observe->body.available);
  });
}

void tell_strain(const manifest& m, const http_response& answer, moment now,
                 std::vector<quota::command>& into) {
  std::optional<strain> worst;
  for (const auto& from : m.observe.percent)
    if (const auto seen = observe(from, answer.headers, now))
      if (!worst || seen->per_mille < worst->per_mille)
        worst = seen;
  if (worst && worst->per_mille == 0)
    into.emplace_back(quota::throttled{worst->until_at});
  else if (worst)
    into.emplace_back(quota::pressed{worst->per_mille, worst->until_at});
}

} // namespace

asker background(std::string sync, protocols::sync::priority p) {
  using priority = protocols::sync::priority;
  const auto weight = p == priority::high ? 16u : p == priority::low ? 1u : 4u;
  return {"sync " + std::move(sync), weight, false};
}

quota::bucket described(const bucket& b, std::string name) {
  return {.name = std::move(name),
          .kind = kind_of(b.kind),
          .amount = as_units(b.count),
          .period = b.window,
          .restored = as_units(b.restored),
          .zone = b.zone,
          .starts = b.starts,
          .kept_percent = static_cast<std::uint8_t>(b.kept_percent),
          .estimate = as_units(b.estimate)};
}

result<toll> toll_of(const manifest& m, const connection& c, const http_request& r,
                     const asker& who) {
  const auto uses = buckets_for(m, c, r);
  if (!uses)
    return uses.error();
  toll made;
  made.wanted.asker = who.name;
  made.wanted.weight = who.weight;
  made.wanted.interactive = who.interactive;
  for (const auto& use : *uses) {
    made.wanted.buckets.push_back(described(m.buckets[use.bucket], name_of(m, use)));
    made.wanted.prices.push_back(as_units(use.price));
    made.buckets.push_back(use.bucket);
    made.shared.push_back(use.shared ? use.key : std::string{});
  }
  return made;
}

std::vector<quota::command> told_by(const manifest& m, const toll& t, const quota::granted& g,
                                    const http_response& answer, moment now) {
  std::vector<quota::command> all;
  const auto first = firsts_of(m, t);
  const auto body =
      looks_into_bodies(m, t) ? json_text::check(answer.body.view()) : result<json_text>{failure{}};
  for (std::size_t i = 0; i < t.buckets.size(); ++i) {
    const auto& b = m.buckets[t.buckets[i]];
    const auto& name = t.wanted.buckets[i].name;
    const auto price = body ? price_in(b.price_in_body, *body) : std::optional<std::int64_t>{};
    if (price && i < g.taken.size())
      all.emplace_back(quota::settle{name, g.taken[i], as_units(*price), g.at});
    const auto* by_headers = b.observe ? &*b.observe : i == first.counted ? &m.observe : nullptr;
    if (by_headers != nullptr)
      if (const auto seen = observe(*by_headers, answer.headers, now); says_something(seen))
        all.emplace_back(word_of(name, seen));
    const auto* by_body = b.observe ? &*b.observe : i == first.priced ? &m.observe : nullptr;
    if (by_body != nullptr && body)
      if (const auto seen = observe(by_body->body, *body); says_something(seen))
        all.emplace_back(word_of(name, seen));
  }
  tell_strain(m, answer, now, all);
  return all;
}

} // namespace tenon::actors::connectors
