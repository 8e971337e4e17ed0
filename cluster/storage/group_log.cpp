#include "cluster/storage/group_log.hpp"

#include "protocols/codec.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

namespace tenon::cluster::storage {
namespace {

namespace store = runtime::store;

class awaited final : public runtime::durable_listener {
public:
  void durable(std::uint64_t) noexcept override {
    const std::scoped_lock lock{mutex_};
    done_ = true;
    told_.notify_one(); // under the lock: whoever waits may be gone after it
  }
  void wait() {
    std::unique_lock lock{mutex_};
    told_.wait(lock, [&] { return done_; });
  }

private:
  std::mutex mutex_;
  std::condition_variable told_;
  bool done_ = false;
};

raft::entry entry_of(const store::kept_entry& e) {
  return {.term = e.term, .kind = raft::kind{e.kind}, .bytes = e.bytes};
}

std::string numbered(std::uint64_t index) {
  return "index " + std::to_string(index);
}

} // namespace

failure group_log::refusal(std::string why) const {
  return {code::internal, "partition " + std::to_string(group_) + ": " + std::move(why),
          store_->file().file().string(),
          "Log and state are not of one time: restore both from one backup, or let the node join "
          "anew with an empty directory."};
}

/// Nothing of a log that begins with its first entry.
result<std::optional<raft::stamp>> group_log::base() const {
  const auto trimmed = store_->trimmed(group_);
  if (trimmed == 0)
    return std::optional<raft::stamp>{};
  const auto said = store_->base(group_);
  if (!said || said->index != trimmed)
    return refusal("it is not known in which term the log begins, behind " + numbered(trimmed));
  auto at = protocols::decode<raft::stamp>(said->said);
  if (!at || at->index != trimmed)
    return refusal("what is kept of " + numbered(trimmed) + " cannot be read");
  return std::optional{*std::move(at)};
}

/// The log and the ballot, without a state.
result<raft::durable> group_log::everything() const {
  const auto& promised = store_->ballot(group_);
  raft::durable all{.ballot = {.term = promised.term, .vote = promised.vote}};
  all.first = store_->trimmed(group_) + 1;
  bool known = true;
  store_->scan(group_, 0, [&](const store::kept_entry& e) {
    auto& last = all.entries.emplace_back(
        raft::entry{.term = e.term, .kind = raft::kind{e.kind}, .bytes = {}});
    known = known && last.kind <= raft::kind::configuration;
    if (last.kind != raft::kind::configuration)
      return; // of others only term and kind are looked at
    last.bytes = e.bytes;
    known = known && protocols::decode<raft::configuration>(e.bytes).has_value();
  });
  if (!known)
    return refusal("an entry of the log is none that this program knows");
  return all;
}

/// Of an index in the log, or of the one that it begins behind.
result<raft::stamp> group_log::stamp_of(std::uint64_t index, const raft::durable& log) const {
  auto begins = base();
  if (!begins)
    return std::move(begins).error();
  if (index + 1 < log.first || index >= log.first + log.entries.size())
    return refusal("the state is stored up to " + numbered(index) + ", the log is of " +
                   numbered(log.first) + " to " +
                   std::to_string(log.first + log.entries.size() - 1));
  raft::stamp at{.index = index};
  if (*begins)
    at = **begins;
  at.index = index;
  for (auto next = log.first; next <= index; ++next) {
    const auto& e = log.entries[next - log.first];
    at.term = e.term;
    if (e.kind != raft::kind::configuration)
      continue;
    at.configuration_index = next;
    at.configuration = protocols::decode<raft::configuration>(e.bytes).value();
  }
  return at;
}

result<raft::durable> group_log::kept(std::uint64_t stored) const {
  auto all = everything();
  if (!all)
    return all;
  if (stored == 0 && all->first > 1)
    return refusal("no state is stored, and the log begins at " + numbered(all->first));
  if (stored == 0)
    return all;
  auto at = stamp_of(stored, *all);
  if (!at)
    return std::move(at).error();
  all->state = *std::move(at);
  return all;
}

result<raft::durable> group_log::kept(const raft::stamp& stored) {
  auto all = everything();
  if (!all)
    return all;
  const auto last = all->first + all->entries.size() - 1;
  if (stored.index + 1 < all->first)
    return refusal("the state is stored up to " + numbered(stored.index) + ", the log begins at " +
                   numbered(all->first));
  if (stored.index <= last) {
    const auto at = stamp_of(stored.index, *all);
    if (!at)
      return at.error();
    if (at->term == stored.term) {
      all->state = stored;
      return all;
    }
  }
  awaited begun;
  store_->submit(group_, {.begin = store::log_base{stored.index, protocols::encode(stored)}}, 0,
                 begun);
  begun.wait();
  return raft::durable{
      .ballot = all->ballot, .state = stored, .first = stored.index + 1, .entries = {}};
}

void group_log::write(raft::write w, runtime::durable_listener& listener) {
  store::log_change change;
  if (w.ballot)
    change.ballot = store::log_ballot{w.ballot->term, w.ballot->vote};
  if (w.installed)
    change.begin = store::log_base{w.installed->index, protocols::encode(*w.installed)};
  change.from = w.from;
  change.entries.reserve(w.entries.size());
  for (auto& e : w.entries)
    change.entries.push_back(
        {.term = e.term, .kind = static_cast<std::uint8_t>(e.kind), .bytes = std::move(e.bytes)});
  store_->submit(group_, std::move(change), w.number, listener);
}

void group_log::forget(const raft::stamp& at) {
  store_->trim(group_, {at.index, protocols::encode(at)});
}

result<std::vector<raft::entry>> group_log::read(std::uint64_t from, std::uint64_t to,
                                                 std::size_t bytes) {
  std::vector<raft::entry> found;
  for (const auto& e : store_->read(group_, from, to, bytes))
    found.push_back(entry_of(e));
  return found;
}

} // namespace tenon::cluster::storage
