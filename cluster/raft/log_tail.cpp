#include "cluster/raft/log_tail.hpp"

#include "protocols/ensure.hpp"

#include <iterator>

namespace tenon::cluster::raft {

namespace {

constexpr std::size_t entry_overhead = 64; // of one that says nothing

std::size_t weight_of(const entry& e) {
  return entry_overhead + e.bytes.size();
}

} // namespace

durable founding(const configuration& members) {
  return {
      .ballot = {.term = 1},
      .entries = {{.term = 1, .kind = kind::configuration, .bytes = protocols::encode(members)}}};
}

log_tail::log_tail(const durable& kept) {
  if (const auto& at = kept.state) {
    must(kept.first <= at->index + 1, "a log that begins after the state it continues");
    must(kept.first + kept.entries.size() > at->index, "a log that ends before its state");
    configurations_[at->configuration_index] = {at->configuration_index, at->configuration};
    if (kept.first > at->index)
      terms_[at->index] = at->term;
  }
  last_ = kept.first - 1;
  for (const auto& e : kept.entries)
    note(++last_, e);
}

void log_tail::append(std::uint64_t first, const std::vector<entry>& entries) {
  cut(first);
  for (const auto& e : entries) {
    note(++last_, e);
    bytes_ += weight_of(e);
    recent_.push_back(e);
  }
}

void log_tail::reset(const stamp& at) {
  recent_.clear();
  terms_.clear();
  configurations_.clear();
  bytes_ = 0;
  last_ = at.index;
  terms_[at.index] = at.term;
  configurations_[at.configuration_index] = {at.configuration_index, at.configuration};
}

void log_tail::forget(std::uint64_t through) {
  if (const auto term = term_of(through)) {
    terms_.erase(terms_.begin(), terms_.upper_bound(through));
    terms_[through] = term;
  }
  const auto after = configurations_.upper_bound(through);
  if (after != configurations_.begin())
    configurations_.erase(configurations_.begin(), std::prev(after));
}

void log_tail::shrink(std::size_t bytes, std::uint64_t durable) {
  while (bytes_ > bytes && !recent_.empty() && last_ - recent_.size() + 1 <= durable) {
    bytes_ -= weight_of(recent_.front());
    recent_.pop_front();
  }
}

const entry* log_tail::find(std::uint64_t index) const {
  const auto before = last_ - recent_.size();
  return index > before && index <= last_ ? &recent_[index - before - 1] : nullptr;
}

std::uint64_t log_tail::term_of(std::uint64_t index) const {
  const auto after = terms_.upper_bound(index);
  return index > last_ || after == terms_.begin() ? 0 : std::prev(after)->second;
}

const log_tail::placed_configuration* log_tail::configuration_at(std::uint64_t index) const {
  const auto after = configurations_.upper_bound(index);
  return after == configurations_.begin() ? nullptr : &std::prev(after)->second;
}

const log_tail::placed_configuration* log_tail::configuration_after(std::uint64_t index) const {
  const auto after = configurations_.upper_bound(index);
  return after == configurations_.end() ? nullptr : &after->second;
}

const log_tail::placed_configuration* log_tail::newest_configuration() const {
  return configurations_.empty() ? nullptr : &configurations_.rbegin()->second;
}

void log_tail::cut(std::uint64_t first) {
  must(first <= last_ + 1, "entries that leave a gap in a partition's log");
  while (last_ >= first && !recent_.empty()) {
    bytes_ -= weight_of(recent_.back());
    recent_.pop_back();
    --last_;
  }
  last_ = first - 1;
  terms_.erase(terms_.lower_bound(first), terms_.end());
  configurations_.erase(configurations_.lower_bound(first), configurations_.end());
}

void log_tail::note(std::uint64_t index, const entry& e) {
  if (terms_.empty() || terms_.rbegin()->second != e.term)
    terms_[index] = e.term;
  if (e.kind != kind::configuration)
    return;
  auto read = protocols::decode<configuration>(e.bytes);
  must(read.has_value(), "a configuration in a partition's log cannot be read");
  configurations_[index] = {index, *std::move(read)};
}

} // namespace tenon::cluster::raft
