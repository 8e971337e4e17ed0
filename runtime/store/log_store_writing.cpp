// The storage thread: what waits becomes one row and one transaction, and then whoever waits for it
// is told.
#include "runtime/store/bytes.hpp"
#include "runtime/store/log_store.hpp"

#include <algorithm>
#include <utility>

namespace tenon::runtime::store {
namespace {

/// Erasing a row frees its pages, about a microsecond each: never so many that appends wait.
constexpr std::size_t most_rows_erased = 1024;

} // namespace

void log_store::run() {
  while (take()) {
    std::size_t from = 0;
    do
      from = commit(from);
    while (from < batch_.size());
    batch_.clear();
  }
}

bool log_store::take() {
  std::unique_lock lock{mutex_};
  const auto trims = [&] { return trim_asked_ && holds_ == 0; };
  while (queue_.empty() && !trims() && !stopping_) {
    asleep_ = true;
    wake_.wait(lock);
  }
  asleep_ = false;
  if (queue_.empty() && !trims())
    return false;
  batch_.swap(queue_);
  trim_now_ = trims();
  trim_asked_ = trim_asked_ && !trim_now_;
  if (trim_now_)
    for (auto& log : logs_)
      if (log.trim_asked.index > log.trim_stored)
        log.trimming = std::move(log.trim_asked);
  return true;
}

std::size_t log_store::commit(std::size_t from) {
  const auto began = std::chrono::steady_clock::now();
  bases_.clear();
  header_changed_ = false;
  if (std::exchange(trim_now_, false))
    advance_trims();
  const auto taken = plan(from);
  environment_->write([&](write_transaction& change) {
    if (!plan_.empty())
      write_row(change, from, taken.to);
    for (const auto sequence : unwanted_)
      change.erase(wal_table, number_key{sequence});
    for (const auto& [p, base] : bases_)
      write_log_base(change, p, base);
    if (header_changed_)
      write_journal_header(change, header_now());
  });
  if (!plan_.empty()) {
    const std::unique_lock lock{map_mutex_};
    map_.add(map_.next_sequence(), plan_);
  }
  unwanted_.clear();
  waiting_ -= taken.weight;
  count(taken, std::chrono::steady_clock::now() - began);
  tell(from, taken.to);
  return taken.to;
}

/// As many whole changes as go into one row.
log_store::taken log_store::plan(std::size_t from) {
  taken so_far{.to = from};
  plan_.clear();
  while (so_far.to < batch_.size()) {
    auto end = so_far.to;
    std::size_t bytes = batch_[end].bytes.size();
    while (!batch_[end].listener)
      bytes += batch_[++end].bytes.size();
    ++end;
    const bool full = so_far.bytes > 0 && so_far.bytes + bytes > options_.most_batch;
    if (full || plan_.size() == most_blocks) // a change has at most one
      break;
    so_far.bytes += bytes;
    so_far.weight += bytes + (end - so_far.to) * entry_overhead;
    for (; so_far.to < end; ++so_far.to) {
      auto& next = batch_[so_far.to];
      if (next.records) {
        note_records(next.partition, *next.records);
      } else {
        plan_entry(next);
        ++so_far.entries;
      }
    }
  }
  return so_far;
}

void log_store::plan_entry(waiting& entry) {
  auto& log = logs_[entry.partition];
  const bool goes_on = log.planned < plan_.size() &&
                       plan_[log.planned].partition == entry.partition &&
                       entry.start == block_start::follows;
  if (!goes_on) {
    log.planned = static_cast<std::uint32_t>(plan_.size());
    plan_.push_back({entry.partition, entry.index, 0, 0, 0, entry.start});
  }
  entry.block = log.planned;
  auto& block = plan_[log.planned];
  ++block.count;
  block.bytes += static_cast<std::uint32_t>(entry_header_bytes + entry.bytes.size());
}

void log_store::note_records(partition_number p, waiting_records& records) {
  auto& log = logs_[p];
  if (records.ballot) {
    log.ballot = *records.ballot;
    header_changed_ = true;
  }
  if (!records.begin)
    return;
  log.trim_stored = records.begin->index;
  log.planned = static_cast<std::uint32_t>(plan_.size());
  plan_.push_back({p, log.trim_stored + 1, 0, 0, 0, block_start::begins});
  bases_.emplace_back(p, std::move(*records.begin));
  header_changed_ = true;
}

void log_store::write_row(write_transaction& change, std::size_t from, std::size_t to) {
  const auto size = plan_row(plan_);
  const auto sequence = map_.next_sequence();
  char* const row = change.append(wal_table, number_key{sequence}, size);
  if (!row)
    return;
  places_.clear();
  for (const auto& block : plan_)
    places_.push_back(row + block.offset + block_header_bytes);
  for (std::size_t i = from; i < to; ++i) {
    const auto& next = batch_[i];
    if (next.records)
      continue;
    auto& at = places_[next.block];
    at = write_entry(at, next.term, next.bytes.view(), next.kind);
  }
  seal_row(row, sequence, plan_);
}

/// Readers look a block up and begin their snapshot under one lock, and blocks leave the map before
/// their rows are erased: what a reader has found in the map is in its snapshot.
void log_store::advance_trims() {
  header_changed_ = true;
  const std::unique_lock lock{map_mutex_};
  for (partition_number p = 0; p < logs_.size(); ++p) {
    auto& log = logs_[p];
    if (log.trimming.index <= log.trim_stored)
      continue;
    log.trim_stored = log.trimming.index;
    map_.trim(p, log.trim_stored);
    if (!log.trimming.said.empty())
      bases_.emplace_back(p, std::move(log.trimming));
    log.trimming = {};
  }
  while (unwanted_.size() < most_rows_erased) {
    const auto sequence = map_.first_unwanted();
    if (!sequence)
      return;
    unwanted_.push_back(*sequence);
    map_.drop_first();
  }
  const std::scoped_lock again{mutex_};
  trim_asked_ = true;
}

void log_store::tell(std::size_t from, std::size_t to) {
  for (const auto& block : plan_) {
    auto& log = logs_[block.partition];
    if (block.start == block_start::begins)
      log.trimmed.store(block.first - 1, std::memory_order_release);
    log.durable.store(block.first + block.count - 1, std::memory_order_release);
  }
  listening_.clear();
  for (std::size_t i = from; i < to; ++i) {
    const auto& next = batch_[i];
    if (!next.listener)
      continue;
    auto& log = logs_[next.partition];
    if (!log.listener)
      listening_.push_back(next.partition);
    else if (log.listener != next.listener)
      log.listener->durable(log.told);
    log.listener = next.listener;
    log.told = next.number;
  }
  for (const auto p : listening_)
    std::exchange(logs_[p].listener, nullptr)->durable(logs_[p].told);
}

void log_store::count(const taken& done, std::chrono::steady_clock::duration took) {
  counts_.commits.Increment();
  counts_.entries.Increment(static_cast<double>(done.entries));
  counts_.bytes.Increment(static_cast<double>(done.bytes));
  counts_.commit_seconds.Observe(std::chrono::duration<double>(took).count());
  counts_.waiting_bytes.Set(static_cast<double>(waiting_.load()));
  const auto reading = environment_->reading();
  counts_.readers.Set(static_cast<double>(reading.active));
  counts_.oldest_reader_seconds.Set(std::chrono::duration<double>(reading.oldest).count());
}

} // namespace tenon::runtime::store
