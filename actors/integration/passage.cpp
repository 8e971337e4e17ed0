#include "actors/integration/passage.hpp"

#include "actors/quota/level.hpp"

#include <algorithm>
#include <cstdio>
#include <type_traits>

namespace tenon::actors::connectors {
namespace {

using quota = protocols::quota;

/// Keys are addresses and the like, which names of actors cannot hold: the name has their hash, and
/// the names of its buckets tell apart what has the same.
identity shared_quota(const identity& own, std::string_view connector, std::string_view key) {
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016llx",
                static_cast<unsigned long long>(stable_hash(key, stable_hash(connector))));
  return {own.tenant, "quota", std::string{connector} + '-' + hash + ":shared"};
}

failure used_up(const quota::granted& later) {
  return {code::overloaded, "the limit of " + later.slowest + " is used up", later.slowest,
          "Wait, or raise the limit if the platform allows more.", later.wait};
}

span longest_wait_at(const passage::gate& g) {
  span longest{0};
  for (const auto& b : g.wanted.buckets)
    longest = std::max(longest, actors::longest_wait(b));
  return longest;
}

bool counts(const passage::gate& g, const std::string& bucket) {
  return std::ranges::count(g.wanted.buckets, bucket, &quota::bucket::name) > 0;
}

} // namespace

passage::passage(const manifest& m, const toll& t, const identity& own) {
  for (std::size_t i = 0; i < t.wanted.buckets.size(); ++i) {
    const auto id = t.shared[i].empty() ? own : shared_quota(own, m.name, t.shared[i]);
    auto it = std::ranges::find(gates_, id, &gate::quota);
    if (it == gates_.end()) {
      it = gates_.insert(it, gate{.quota = id, .wanted = t.wanted});
      it->wanted.buckets.clear();
      it->wanted.prices.clear();
    }
    it->wanted.buckets.push_back(t.wanted.buckets[i]);
    it->wanted.prices.push_back(t.wanted.prices[i]);
    it->buckets.push_back(i);
  }
}

const passage::gate* passage::next() const {
  return at_ < gates_.size() ? &gates_[at_] : nullptr;
}

passage::turn passage::hear(result<quota::granted> answer, moment now, span patience) {
  auto& here = gates_[at_];
  here.known = true;
  turn made;
  if (answer && answer->grant != 0) {
    here.granted = *std::move(answer);
    ++at_;
    return made;
  }
  auto why = answer ? used_up(*answer) : answer.error();
  const auto wait = why.retry_after;
  if (wait && *wait > longest_wait_at(here) && !std::exchange(here.caught_up, true)) {
    made.told.push_back({here.quota, quota::catch_up{}});
    return made;
  }
  made.given_up = why.code != code::overloaded || !wait || *wait > patience;
  if (since_ == moment{})
    since_ = now;
  step_back(here, made.given_up ? moment{} : now + *wait, made.told);
  made.refused = std::move(why);
  at_ = 0;
  return made;
}

void passage::step_back(const gate& from, moment until, std::vector<word>& into) {
  for (auto& g : gates_) {
    if (&g == &from || !g.known)
      continue;
    const auto got = std::exchange(g.granted, {});
    into.push_back(
        {g.quota, quota::step_back{.grant = got.grant,
                                   .taken_at = got.at,
                                   .buckets = g.wanted.buckets,
                                   .amounts = got.grant != 0 ? got.taken : g.wanted.prices,
                                   .asker = g.wanted.asker,
                                   .weight = g.wanted.weight,
                                   .interactive = g.wanted.interactive,
                                   .since_at = since_,
                                   .until_at = until}});
  }
}

std::vector<passage::word> passage::leave(const manifest& m, const toll& t,
                                          const http_response* answer, moment now) {
  std::vector<word> all;
  for (const auto& g : gates_)
    all.push_back({g.quota, quota::give_back{g.granted.grant}});
  if (answer == nullptr)
    return all;
  quota::granted whole{.taken = std::vector<std::uint32_t>(t.buckets.size())};
  for (const auto& g : gates_)
    for (std::size_t i = 0; i < g.buckets.size() && i < g.granted.taken.size(); ++i)
      whole.taken[g.buckets[i]] = g.granted.taken[i];
  for (auto& said : told_by(m, t, whole, *answer, now))
    for (const auto& g : gates_)
      std::visit(
          [&]<class Word>(const Word& word) {
            if constexpr (std::is_same_v<Word, quota::settle>) {
              auto its = word;
              its.taken_at = g.granted.at;
              if (counts(g, word.bucket))
                all.push_back({g.quota, std::move(its)});
            } else if constexpr (std::is_same_v<Word, quota::observed>) {
              if (counts(g, word.bucket))
                all.push_back({g.quota, word});
            } else { // what is said of all limits together
              all.push_back({g.quota, word});
            }
          },
          said);
  return all;
}

std::vector<passage::concern> passage::concerned(const std::vector<word>& said) const {
  enum class told : std::uint8_t { used_up, nothing, some_left };
  const auto told_of = [&](const identity& at, const std::string& bucket) {
    auto all = told::nothing;
    for (const auto& [to, what] : said) {
      const auto* seen = std::get_if<quota::observed>(&what);
      if (seen == nullptr || to != at || seen->bucket != bucket || !seen->knows_remaining)
        continue;
      if (seen->remaining == 0)
        return told::used_up;
      all = told::some_left;
    }
    return all;
  };
  for (const auto wanted : {told::used_up, told::nothing, told::some_left}) {
    std::vector<concern> all;
    for (const auto& g : gates_) {
      concern here{g.quota, {}};
      for (const auto& b : g.wanted.buckets)
        if (told_of(g.quota, b.name) == wanted)
          here.buckets.push_back(b.name);
      if (!here.buckets.empty())
        all.push_back(std::move(here));
    }
    if (!all.empty())
      return all;
  }
  return {};
}

std::vector<identity> quotas_of(const manifest& m, const connection& c, const identity& own) {
  std::vector<identity> all{own};
  const auto names = scope{}.bind("conn", c.settings);
  for (const auto& b : m.buckets) {
    const auto key = runtime::expression::evaluate_text(*b.key, names);
    if (!key || !b.is_shared(c.settings))
      continue;
    auto id = shared_quota(own, m.name, *key);
    if (std::ranges::find(all, id) == all.end())
      all.push_back(std::move(id));
  }
  return all;
}

} // namespace tenon::actors::connectors
