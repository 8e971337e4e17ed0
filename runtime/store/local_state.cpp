#include "runtime/store/local_state.hpp"

#include "protocols/ensure.hpp"
#include "runtime/store/state_file.hpp"
#include "runtime/store/state_writer.hpp"
#include "runtime/store/storage_failure.hpp"

#include <algorithm>

namespace tenon::runtime::store {
namespace {

/// How often to ask a journal that is behind: about a group commit or two.
constexpr std::chrono::milliseconds behind_interval{2};

} // namespace

local_state::counts::counts(meters& m)
    : commits{m.count("tenon_state_commits_total", "Transactions of stored state.")},
      rows{m.count("tenon_state_rows_total", "Rows written or erased in stored state.")},
      commit_seconds{m.spread("tenon_state_commit_seconds",
                              "How long a transaction of stored state took, with its fsync.",
                              meters::latency_bounds())},
      waiting_bytes{m.level("tenon_state_waiting_bytes", "Bytes saved and not yet durable.")},
      readers{m.level("tenon_store_readers", "Snapshots being read.", {{"file", "state"}})},
      oldest_reader_seconds{m.level("tenon_store_oldest_reader_seconds",
                                    "Age of the oldest snapshot being read; it pins pages.",
                                    {{"file", "state"}})} {}

local_state::local_state(state_options options, const journal& j, meters& m)
    : options_{std::move(options)}, journal_{j}, counts_{m}, partitions_(options_.partitions) {}

result<std::unique_ptr<local_state>> local_state::open(state_options options, const journal& j,
                                                       meters& m) {
  std::unique_ptr<local_state> opened{new local_state{std::move(options), j, m}};
  if (auto ok = opened->load_file(); !ok)
    return std::move(ok).error();
  opened->thread_ = std::thread{[s = opened.get()] { s->run(); }};
  return opened;
}

local_state::~local_state() {
  if (!thread_.joinable())
    return;
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

result<void> local_state::load_file() {
  auto opened = environment::open(
      {.file = options_.file, .map_bytes = options_.map_bytes, .walk_up_to = options_.walk_up_to},
      state_tables());
  if (!opened)
    return std::move(opened).error();
  environment_ = std::move(opened).value();
  const auto header = read_state_header(*environment_);
  if (!header)
    return header.error();
  const state_header mine{options_.node, options_.partitions};
  if (!*header)
    environment_->write([&](write_transaction& to) { write_state_header(to, mine); });
  else if (**header != mine)
    return failure{code::conflict,
                   "the file belongs to node " + (*header)->node + " with " +
                       std::to_string((*header)->partitions) + " partitions",
                   options_.file.string(), "Start with the node's own data directory."};
  if (auto ok = load_stamps(); !ok)
    return ok;
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    const auto number = static_cast<partition_number>(p);
    const auto index = read_checkpoint(*environment_, number);
    if (!index)
      return index.error();
    const auto& stamp = partitions_[p].stamp; // a log may yet have to begin behind it
    if (*index > std::max(journal_.durable(number), stamp ? stamp->index : 0))
      return failure{code::conflict,
                     "partition " + std::to_string(p) + " is stored up to index " +
                         std::to_string(*index) + ", but the journal ends at " +
                         std::to_string(journal_.durable(number)),
                     options_.file.string(),
                     "Journal and state are not of one time: restore both from one backup."};
    partitions_[p].checkpointed = *index;
  }
  return {};
}

void local_state::fence(partition_number p, std::uint64_t term) {
  auto& partition = partitions_.at(p);
  pending_layer open, writing; // destroyed without the lock
  {
    const std::unique_lock lock{partition.mutex};
    partition.term = term;
    ++partition.fences;
    std::swap(open, partition.open);
    if (!partition.being_written) // otherwise it is confirmed, in every term
      std::swap(writing, partition.writing);
  }
  waiting_ -= open.bytes() + writing.bytes();
}

void local_state::save(state_save s, std::function<void()> saved) {
  auto& partition = partitions_.at(s.partition);
  const state_key key{s.partition, s.id};
  const auto weight = weight_of(s);
  std::size_t before = 0;
  {
    const std::unique_lock lock{partition.mutex};
    if (s.term != partition.term || partition.replaced)
      return;
    if (partition.stamp && s.index <= partition.stamp->index)
      return; // of before the copy that took its place
    partition.open.take(std::string{key.view()}, std::move(s), std::move(saved),
                        [&] { return stored_history(partition, key); });
    before = waiting_.fetch_add(weight); // with the lock: a fence takes it away again
  }
  if (before == 0)
    wake_writer();
  else if (before + weight >= options_.write_early && !early_.exchange(true))
    wake_writer();
}

void local_state::checkpoint(partition_number p, std::uint64_t index, std::uint64_t term) {
  auto& partition = partitions_.at(p);
  {
    const std::unique_lock lock{partition.mutex};
    if (term != partition.term || index <= partition.checkpointed || partition.replaced)
      return;
    partition.open.mark(index);
  }
  wake_writer();
}

std::uint64_t local_state::checkpointed(partition_number p) const {
  return partitions_.at(p).checkpointed.load(std::memory_order_acquire);
}

void local_state::wake_writer() {
  {
    const std::scoped_lock lock{mutex_};
    anything_ = true;
  }
  wake_.notify_one();
}

bool local_state::write_now(span most) {
  std::unique_lock lock{mutex_};
  const auto mine = ++asked_;
  wake_.notify_one();
  return done_.wait_for(lock, most, [&] { return answered_ >= mine; });
}

void local_state::run() {
  auto last = outcome::all_written;
  while (gather(last)) {
    std::unique_lock lock{mutex_};
    const auto asked = asked_;
    anything_ = false;
    lock.unlock();
    early_ = false;
    last = write_all();
    lock.lock();
    if (last == outcome::all_written)
      answered_ = std::max(answered_, asked);
    done_.notify_all();
  }
}

/// Waits until writing is worth while; false when all is said and done.
bool local_state::gather(outcome last) {
  std::unique_lock lock{mutex_};
  if (stopping_)
    return last == outcome::more_came || anything_;
  if (last == outcome::journal_is_behind) {
    wake_.wait_for(lock, behind_interval, [&] { return stopping_; });
    return true;
  }
  const auto now = [&] { return stopping_ || asked_ > answered_ || early_; };
  if (last == outcome::all_written)
    wake_.wait(lock, [&] { return anything_ || now(); });
  wake_.wait_for(lock, options_.interval, now);
  return true;
}

/// The journal is asked without the lock, because it may be about to set a fence. What it says is
/// true of the time before the fence, and then counts only if none has fallen meanwhile.
bool local_state::ready_to_write(partition_number p) {
  auto& partition = partitions_[p];
  std::uint64_t fences = 0;
  {
    const std::shared_lock lock{partition.mutex};
    fences = partition.fences;
  }
  const auto durable = journal_.durable(p);
  const std::unique_lock lock{partition.mutex};
  partition.being_written = fences == partition.fences && durable >= partition.writing.needs();
  return partition.being_written;
}

local_state::outcome local_state::write_all() {
  const std::scoped_lock pass{passing_};
  auto reached = outcome::all_written;
  bool behind = false;
  std::vector<partition_number> ready;
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    auto& partition = partitions_[p];
    {
      const std::unique_lock lock{partition.mutex};
      partition.being_written = false;
      if (partition.writing.empty())
        std::swap(partition.open, partition.writing);
      else if (!partition.open.empty())
        reached = outcome::more_came;
      if (partition.writing.empty())
        continue;
    }
    const auto number = static_cast<partition_number>(p);
    (ready_to_write(number) ? ready.push_back(number) : void(behind = true));
  }
  state_writer{*this}.write(ready);
  const auto reading = environment_->reading();
  counts_.readers.Set(static_cast<double>(reading.active));
  counts_.oldest_reader_seconds.Set(std::chrono::duration<double>(reading.oldest).count());
  counts_.waiting_bytes.Set(static_cast<double>(waiting_.load()));
  return behind ? outcome::journal_is_behind : reached;
}

} // namespace tenon::runtime::store
