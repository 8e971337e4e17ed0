#include "runtime/store/local_journal.hpp"

#include "runtime/store/bytes.hpp"
#include "runtime/store/storage_failure.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace tenon::runtime::store {
namespace {

/// What an entry weighs while it waits, besides its bytes.
constexpr std::size_t entry_overhead = 64;

/// Erasing a row frees its pages, about a microsecond each: never so many that appends wait.
constexpr std::size_t most_rows_erased = 1024;

std::string random_name() {
  std::random_device random;
  std::string name;
  for (int i = 0; i < 16; ++i)
    name += "0123456789abcdef"[random() % 16];
  return name;
}

} // namespace

local_journal::counts::counts(meters& m)
    : commits{m.count("tenon_journal_commits_total", "Group commits made durable.")},
      entries{m.count("tenon_journal_entries_total", "Entries made durable.")},
      bytes{m.count("tenon_journal_bytes_total", "Bytes of entries made durable.")},
      commit_seconds{m.spread("tenon_journal_commit_seconds",
                              "How long a group commit took, with its fsync.",
                              meters::latency_bounds())},
      waiting_bytes{m.level("tenon_journal_waiting_bytes", "Bytes taken and not yet durable.")},
      readers{m.level("tenon_store_readers", "Snapshots being read.", {{"file", "journal"}})},
      oldest_reader_seconds{m.level("tenon_store_oldest_reader_seconds",
                                    "Age of the oldest snapshot being read; it pins pages.",
                                    {{"file", "journal"}})} {}

local_journal::local_journal(journal_options options, meters& m)
    : options_{std::move(options)}, counts_{m},
      logs_(options_.partitions), map_{options_.partitions} {}

result<std::unique_ptr<local_journal>> local_journal::open(journal_options options, meters& m) {
  std::unique_ptr<local_journal> opened{new local_journal{std::move(options), m}};
  if (auto ok = opened->load(); !ok)
    return std::move(ok).error();
  opened->thread_ = std::thread{[j = opened.get()] { j->run(); }};
  return opened;
}

local_journal::~local_journal() {
  if (!thread_.joinable())
    return;
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

result<void> local_journal::load() {
  auto opened =
      environment::open({.file = options_.file, .map_bytes = options_.map_bytes}, journal_tables());
  if (!opened)
    return std::move(opened).error();
  environment_ = std::move(opened).value();
  auto header = read_journal_header(*environment_);
  if (!header)
    return std::move(header).error();
  if (*header) {
    if (auto ok = take_header(**header); !ok)
      return ok;
  }
  if (options_.node.empty())
    options_.node = random_name();
  std::uint64_t sequence = *header ? (*header)->first_sequence : 1;
  map_.begin_at(sequence);
  auto rows = each_row(
      *environment_, sequence,
      [&](std::uint64_t at, std::span<const stored_block> blocks) { return take_row(at, blocks); });
  if (!rows)
    return rows;
  for (std::size_t p = 0; p < logs_.size(); ++p) {
    auto& log = logs_[p];
    log.durable = log.next - 1;
    ++log.term;
    map_.trim(static_cast<partition_number>(p), log.trim_stored);
  }
  environment_->write([&](write_transaction& to) { write_journal_header(to, header_now()); });
  environment_->let_go();
  return {};
}

result<void> local_journal::take_header(const journal_header& header) {
  if (options_.node.empty())
    options_.node = header.node;
  if (header.node != options_.node)
    return failure{code::conflict, "the file belongs to node " + header.node,
                   options_.file.string(), "Start with the node's own data directory."};
  if (header.logs.size() != options_.partitions)
    return failure{code::conflict,
                   "the file has " + std::to_string(header.logs.size()) +
                       " partitions, asked for " + std::to_string(options_.partitions),
                   options_.file.string(),
                   "The number of partitions is fixed when a data directory is created: "
                   "ask for the number it has."};
  for (std::size_t p = 0; p < logs_.size(); ++p) {
    logs_[p].term = header.logs[p].term;
    logs_[p].trimmed = logs_[p].trim_stored = header.logs[p].trimmed;
    logs_[p].next = header.logs[p].trimmed + 1;
  }
  return {};
}

result<void> local_journal::take_row(std::uint64_t sequence, std::span<const stored_block> blocks) {
  plan_.clear();
  for (const auto& block : blocks) {
    const auto place =
        "row " + std::to_string(sequence) + ", partition " + std::to_string(block.partition);
    if (block.partition >= logs_.size())
      return damaged(options_.file, place, "there is no such partition");
    auto& log = logs_[block.partition];
    // The first block may begin before what is trimmed: rows go as a whole.
    const bool begins = log.next == log.trimmed + 1 && block.first <= log.next;
    if (block.first != log.next && !begins)
      return damaged(options_.file, place,
                     "index " + std::to_string(log.next) + " should follow, index " +
                         std::to_string(block.first) + " does");
    log.next = std::max(log.next, block.last() + 1);
    plan_.push_back({block.partition, block.first, block.count, 0, block.offset});
  }
  map_.add(sequence, plan_);
  return {};
}

journal_header local_journal::header_now() const {
  journal_header header{options_.node, map_.first_sequence(), {}};
  for (const auto& log : logs_)
    header.logs.push_back({log.term, log.trim_stored});
  return header;
}

std::uint64_t local_journal::term(partition_number p) const {
  return logs_.at(p).term;
}

std::uint64_t local_journal::durable(partition_number p) const {
  return logs_.at(p).durable.load(std::memory_order_acquire);
}

std::uint64_t local_journal::trimmed(partition_number p) const {
  return logs_.at(p).trimmed.load(std::memory_order_acquire);
}

result<std::uint64_t> local_journal::append(partition_number p, std::uint64_t term, blob entry,
                                            durable_listener& listener) {
  auto& log = logs_.at(p);
  if (term != log.term)
    return failure{code::unavailable, "another term owns the partition",
                   "partition " + std::to_string(p)};
  if (entry.size() > options_.most_entry)
    return failure{code::too_large,
                   "an entry of " + std::to_string(entry.size()) + " bytes is more than " +
                       std::to_string(options_.most_entry),
                   "journal entry", "Split it."};
  const auto weight = entry.size() + entry_overhead;
  std::unique_lock lock{mutex_};
  // One entry is always taken, so that a limit below its size cannot refuse it for ever.
  if (waiting_ > 0 && waiting_ + weight > options_.most_waiting)
    return failure{code::overloaded, "too many bytes wait for the journal", "journal",
                   "Repeat after the time given.", options_.retry_after};
  waiting_ += weight;
  const auto index = log.next++;
  queue_.push_back({&listener, index, std::move(entry), p});
  const bool wake = std::exchange(asleep_, false);
  lock.unlock();
  if (wake)
    wake_.notify_one();
  return index;
}

void local_journal::trim(partition_number p, std::uint64_t through) {
  auto& log = logs_.at(p);
  through = std::min(through, durable(p));
  auto before = log.trimmed.load();
  while (before < through && !log.trimmed.compare_exchange_weak(before, through)) {
  }
  if (before >= through)
    return;
  {
    const std::scoped_lock lock{mutex_};
    trim_asked_ = true;
  }
  wake_.notify_one();
}

void local_journal::run() {
  while (take()) {
    std::size_t from = 0;
    do
      from = commit(from);
    while (from < batch_.size());
    batch_.clear();
  }
}

bool local_journal::take() {
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
  return true;
}

std::size_t local_journal::commit(std::size_t from) {
  const auto began = std::chrono::steady_clock::now();
  std::size_t bytes = 0;
  std::size_t weight = 0;
  std::size_t to = from;
  plan_.clear();
  for (; to < batch_.size(); ++to) {
    const auto& entry = batch_[to];
    if (bytes > 0 && bytes + entry.bytes.size() > options_.most_batch)
      break;
    bytes += entry.bytes.size();
    weight += entry.bytes.size() + entry_overhead;
    auto& log = logs_[entry.partition];
    if (log.planned >= plan_.size() || plan_[log.planned].partition != entry.partition) {
      log.planned = static_cast<std::uint32_t>(plan_.size());
      plan_.push_back({entry.partition, entry.index, 0, 0, 0});
    }
    auto& block = plan_[log.planned];
    ++block.count;
    block.bytes += static_cast<std::uint32_t>(entry_header_bytes + entry.bytes.size());
  }
  const bool trims = std::exchange(trim_now_, false) && advance_trims();
  environment_->write([&](write_transaction& change) {
    if (!plan_.empty())
      write_row(change, from, to);
    for (const auto sequence : unwanted_)
      change.erase(wal_table, number_key{sequence});
    if (trims)
      write_journal_header(change, header_now());
  });
  if (!plan_.empty()) {
    const std::unique_lock lock{map_mutex_};
    map_.add(map_.next_sequence(), plan_);
  }
  unwanted_.clear();
  waiting_ -= weight;
  count(to - from, bytes, std::chrono::steady_clock::now() - began);
  tell(from, to);
  return to;
}

void local_journal::write_row(write_transaction& change, std::size_t from, std::size_t to) {
  const auto size = plan_row(plan_);
  const auto sequence = map_.next_sequence();
  char* const row = change.append(wal_table, number_key{sequence}, size);
  if (!row)
    return;
  for (const auto& block : plan_)
    logs_[block.partition].at = row + block.offset + block_header_bytes;
  for (std::size_t i = from; i < to; ++i) {
    auto& log = logs_[batch_[i].partition];
    log.at = write_entry(log.at, log.term, batch_[i].bytes.view());
  }
  seal_row(row, sequence, plan_);
}

/// Readers look a block up and begin their snapshot under one lock, and blocks leave the map before
/// their rows are erased: what a reader has found in the map is in its snapshot.
bool local_journal::advance_trims() {
  const std::unique_lock lock{map_mutex_};
  for (std::size_t p = 0; p < logs_.size(); ++p) {
    const auto through = logs_[p].trimmed.load(std::memory_order_acquire);
    if (through == logs_[p].trim_stored)
      continue;
    logs_[p].trim_stored = through;
    map_.trim(static_cast<partition_number>(p), through);
  }
  while (unwanted_.size() < most_rows_erased) {
    const auto sequence = map_.first_unwanted();
    if (!sequence)
      return true;
    unwanted_.push_back(*sequence);
    map_.drop_first();
  }
  const std::scoped_lock again{mutex_};
  trim_asked_ = true;
  return true;
}

void local_journal::tell(std::size_t from, std::size_t to) {
  for (const auto& block : plan_)
    logs_[block.partition].durable.store(block.first + block.count - 1, std::memory_order_release);
  for (std::size_t i = from; i < to; ++i) {
    auto& log = logs_[batch_[i].partition];
    if (log.listener && log.listener != batch_[i].listener)
      log.listener->durable(log.told);
    log.listener = batch_[i].listener;
    log.told = batch_[i].index;
  }
  for (const auto& block : plan_) {
    auto& log = logs_[block.partition];
    std::exchange(log.listener, nullptr)->durable(log.told);
  }
}

void local_journal::count(std::size_t entries, std::size_t bytes,
                          std::chrono::steady_clock::duration took) {
  counts_.commits.Increment();
  counts_.entries.Increment(static_cast<double>(entries));
  counts_.bytes.Increment(static_cast<double>(bytes));
  counts_.commit_seconds.Observe(std::chrono::duration<double>(took).count());
  counts_.waiting_bytes.Set(static_cast<double>(waiting_.load()));
  const auto reading = environment_->reading();
  counts_.readers.Set(static_cast<double>(reading.active));
  counts_.oldest_reader_seconds.Set(std::chrono::duration<double>(reading.oldest).count());
}

} // namespace tenon::runtime::store
