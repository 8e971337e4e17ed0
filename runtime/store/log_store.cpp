#include "runtime/store/log_store.hpp"

#include "protocols/ensure.hpp"
#include "runtime/store/storage_failure.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace tenon::runtime::store {
namespace {

/// Of one change; a block counts its bytes in 32 bits.
constexpr std::size_t most_change = std::size_t{1} << 30;

std::string random_name() {
  std::random_device random;
  std::string name;
  for (int i = 0; i < 16; ++i)
    name += "0123456789abcdef"[random() % 16];
  return name;
}

} // namespace

log_store::counts::counts(meters& m)
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

log_store::log_store(log_options options, meters& m)
    : options_{std::move(options)}, counts_{m},
      logs_(options_.partitions), map_{options_.partitions} {}

result<std::unique_ptr<log_store>> log_store::open(log_options options, meters& m) {
  std::unique_ptr<log_store> opened{new log_store{std::move(options), m}};
  if (auto ok = opened->load(); !ok)
    return std::move(ok).error();
  opened->thread_ = std::thread{[s = opened.get()] { s->run(); }};
  return opened;
}

log_store::~log_store() {
  if (!thread_.joinable())
    return;
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

result<void> log_store::load() {
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
  const std::uint64_t sequence = *header ? (*header)->first_sequence : 1;
  map_.begin_at(sequence);
  auto rows = each_row(
      *environment_, sequence,
      [&](std::uint64_t at, std::span<const stored_block> blocks) { return take_row(at, blocks); });
  if (!rows)
    return rows;
  if (auto ok = finish_logs(); !ok)
    return ok;
  environment_->write([&](write_transaction& to) { write_journal_header(to, header_now()); });
  environment_->let_go();
  return {};
}

result<void> log_store::take_header(const journal_header& header) {
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
    logs_[p].ballot = header.logs[p].ballot;
    logs_[p].course = log_course{header.logs[p].trimmed};
  }
  return {};
}

result<void> log_store::take_row(std::uint64_t sequence, std::span<const stored_block> blocks) {
  plan_.clear();
  for (const auto& block : blocks) {
    const auto place =
        "row " + std::to_string(sequence) + ", partition " + std::to_string(block.partition);
    if (block.partition >= logs_.size())
      return damaged(options_.file, place, "there is no such partition");
    if (const auto why = logs_[block.partition].course.take(block); !why.empty())
      return damaged(options_.file, place, why);
    plan_.push_back({block.partition, block.first, block.count, 0, block.offset, block.start});
  }
  map_.add(sequence, plan_);
  return {};
}

result<void> log_store::finish_logs() {
  plan_.clear();
  for (partition_number p = 0; p < logs_.size(); ++p) {
    auto& log = logs_[p];
    if (const auto why = log.course.end(); !why.empty())
      return damaged(options_.file, "partition " + std::to_string(p), why);
    if (auto base = read_log_base(*environment_, p); !base)
      return std::move(base).error();
    log.next = log.course.next();
    log.durable = log.next - 1;
    log.floor = log.trim_stored = log.course.trimmed();
    log.trimmed = log.trim_stored;
    log.ballot.term += options_.next_terms ? 1 : 0;
    log.found = log.ballot;
    map_.trim(p, log.trim_stored);
  }
  return {};
}

journal_header log_store::header_now() const {
  journal_header header{options_.node, map_.first_sequence(), {}};
  for (const auto& log : logs_)
    header.logs.push_back({log.ballot, log.trim_stored});
  return header;
}

std::uint64_t log_store::durable(partition_number p) const {
  return logs_.at(p).durable.load(std::memory_order_acquire);
}

std::uint64_t log_store::trimmed(partition_number p) const {
  return logs_.at(p).trimmed.load(std::memory_order_acquire);
}

result<std::uint64_t> log_store::append(partition_number p, std::uint64_t term, blob entry,
                                        durable_listener& listener) {
  auto& log = logs_.at(p);
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
  queue_.push_back({.listener = &listener,
                    .number = index,
                    .term = term,
                    .index = index,
                    .bytes = std::move(entry),
                    .partition = p});
  enqueue(std::move(lock));
  return index;
}

void log_store::submit(partition_number p, log_change change, std::uint64_t number,
                       durable_listener& listener) {
  auto& log = logs_.at(p);
  std::size_t bytes = 0;
  for (const auto& e : change.entries) {
    must(e.term < number_limit, "a term beyond what an entry can hold");
    bytes += e.bytes.size() + entry_header_bytes;
  }
  must(bytes <= most_change, "a change of the log beyond any limit");
  const bool records = change.ballot || change.begin || change.entries.empty();
  std::unique_lock lock{mutex_};
  const auto first = queue_.size();
  if (change.begin) {
    must(change.begin->index >= std::max(log.floor, trimmed(p)), "a log that begins anew earlier");
    log.floor = change.begin->index;
    log.next = log.floor + 1;
  }
  if (records)
    queue_.push_back(
        {.index = log.next,
         .records = std::make_unique<waiting_records>(change.ballot, std::move(change.begin)),
         .partition = p});
  if (!change.entries.empty()) {
    must(change.from <= log.next, "entries behind a gap of the log");
    must(change.from > std::max(log.floor, trimmed(p)), "what is trimmed is cut");
    auto start = change.from < log.next ? block_start::cuts : block_start::follows;
    log.next = change.from;
    for (auto& e : change.entries)
      queue_.push_back({.term = e.term,
                        .index = log.next++,
                        .bytes = std::move(e.bytes),
                        .partition = p,
                        .kind = e.kind,
                        .start = std::exchange(start, block_start::follows)});
  }
  queue_.back().listener = &listener;
  queue_.back().number = number;
  for (auto i = first; i < queue_.size(); ++i)
    waiting_ += queue_[i].bytes.size() + entry_overhead;
  enqueue(std::move(lock));
}

void log_store::enqueue(std::unique_lock<std::mutex> lock) {
  const bool wake = std::exchange(asleep_, false);
  lock.unlock();
  if (wake)
    wake_.notify_one();
}

void log_store::trim(partition_number p, log_base base) {
  auto& log = logs_.at(p);
  const auto last = durable(p);
  must(base.said.empty() || base.index <= last, "the base of a log that is not durable");
  base.index = std::min(base.index, last);
  auto before = log.trimmed.load();
  while (before < base.index && !log.trimmed.compare_exchange_weak(before, base.index)) {
  }
  if (before >= base.index)
    return;
  {
    const std::scoped_lock lock{mutex_};
    trim_asked_ = true;
    if (log.trim_asked.index < base.index)
      log.trim_asked = std::move(base);
  }
  wake_.notify_one();
}

} // namespace tenon::runtime::store
