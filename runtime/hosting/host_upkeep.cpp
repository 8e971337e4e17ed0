// What the host does by the clock: checkpoints, deadlines of sleepers, idle actors, and the end.
#include "runtime/hosting/host.hpp"

#include "runtime/telemetry/log.hpp"

#include <algorithm>
#include <condition_variable>
#include <set>

namespace tenon::runtime {
namespace {

// How far a checkpoint may say the state reaches: lowered by every cell that could not hand its
// state over, used when the last cell has answered.
class checkpoint_round {
public:
  checkpoint_round(std::uint64_t through, std::function<void(std::uint64_t)> finish)
      : through_{through}, finish_{std::move(finish)} {}
  ~checkpoint_round() { finish_(through_); }

  void lower(std::uint64_t most) {
    auto seen = through_.load();
    while (most < seen && !through_.compare_exchange_weak(seen, most)) {
    }
  }

private:
  std::atomic<std::uint64_t> through_;
  std::function<void(std::uint64_t)> finish_;
};

} // namespace

void host::dirty(cell& c) {
  auto& part = *partitions_[c.where().partition];
  const std::lock_guard hold{part.guard};
  part.dirty.push_back(cell_ref{c.ctrl()});
}

void host::checkpoint(partition_number p) {
  auto& part = *partitions_[p];
  // First the index, then the cells: an entry up to it belongs to a cell that is in the list or
  // has handed its state over since.
  auto through = journal_.durable(p);
  std::vector<cell_ref> asked;
  {
    const std::lock_guard hold{part.guard};
    asked.swap(part.dirty);
    for (const auto& [id, indices] : part.tail) // woken at start and not yet loaded
      through = std::min(through, indices.front() - 1);
  }
  const auto reached = state_.checkpointed(p);
  auto round = std::make_shared<checkpoint_round>(through, [this, p, reached](std::uint64_t to) {
    if (to > reached)
      state_.checkpoint(p, to);
  });
  for (auto& ref : asked) {
    // One that has left meanwhile handed everything over before.
    const bool asks = as_cell(ref).tell([round, &part, ref](cell& c) {
      if (const auto first_kept = c.save()) {
        round->lower(first_kept - 1);
        const std::lock_guard hold{part.guard};
        part.dirty.push_back(ref);
      }
    });
    if (!asks && stopping_) // then one may leave with entries that it could not read
      round->lower(0);
  }
  journal_.trim(p, state_.checkpointed(p));
}

void host::wake_due() {
  constexpr std::size_t at_most = 1000;
  for (partition_number p = 0; p < journal_.partitions(); ++p)
    for (const auto& id : state_.due(p, clock_.now(), at_most))
      if (!find(id)) // one in memory keeps its own time
        if (const auto found = find_or_wake(id))
          as_cell(*found).tell([](cell& c) { c.inspect(); });
}

void host::passivate_idle() {
  // A sixteenth of the shards each second: a million sleepers cost a short look now and then.
  constexpr std::size_t looked_at = 4;
  const auto before = clock_.now() - options_.idle;
  for (std::size_t i = 0; i < looked_at; ++i) {
    auto& s = shards_[sweep_++ % shards_.size()];
    std::vector<cell_ref> idle;
    {
      const std::shared_lock hold{s.guard};
      for (const auto& [id, ref] : s.cells)
        if (as_cell(ref).last_active() < before)
          idle.push_back(ref);
    }
    for (const auto& ref : idle)
      as_cell(ref).attend(attention::passivate);
  }
  loaded_gauge_.Set(static_cast<double>(loaded_count()));
}

std::vector<std::string> host::list(std::string_view tenant, std::string_view kind,
                                    std::string_view after, std::size_t limit) const {
  // What is stored, and what is so new that only its cell knows it.
  auto names = state_.list(tenant, kind, after, limit);
  std::set<std::string> all{names.begin(), names.end()};
  for (const auto& s : shards_) {
    const std::shared_lock hold{s.guard};
    for (const auto& [id, ref] : s.cells)
      if (id.tenant == tenant && id.kind == kind && id.name > after)
        all.insert(id.name);
  }
  names.assign(all.begin(), all.end());
  if (names.size() > limit)
    names.resize(limit);
  return names;
}

void host::stop() {
  if (stopping_.exchange(true))
    return;
  std::vector<cell_ref> all;
  for (const auto& s : shards_) {
    const std::shared_lock hold{s.guard};
    for (const auto& [id, ref] : s.cells)
      all.push_back(ref);
  }
  std::mutex guard;
  std::condition_variable one_left;
  std::size_t staying = all.size();
  // How far the state of each partition reaches when all have left. A cell that cannot be read
  // leaves its entries in the log, for a node that can.
  std::vector<std::uint64_t> reached;
  for (partition_number p = 0; p < journal_.partitions(); ++p) {
    reached.push_back(~std::uint64_t{0});
    const std::lock_guard hold{partitions_[p]->guard};
    for (const auto& [id, indices] : partitions_[p]->tail) // found at the start, never loaded
      reached[p] = std::min(reached[p], indices.front() - 1);
  }
  const auto gone = [&](partition_number p, std::uint64_t first_kept) {
    const std::lock_guard hold{guard};
    if (first_kept > 0)
      reached[p] = std::min(reached[p], first_kept - 1);
    --staying;
    one_left.notify_one();
  };
  for (const auto& ref : all) {
    const auto p = as_cell(ref).where().partition;
    const auto leave = [gone, p](std::uint64_t first_kept) { gone(p, first_kept); };
    if (!as_cell(ref).tell([leave](cell& c) { c.retire(leave); }))
      leave(0); // it left by itself meanwhile, with nothing kept
  }
  {
    std::unique_lock hold{guard};
    one_left.wait(hold, [&] { return staying == 0; });
  }
  alarms_.stop(); // only now: cells may have been waiting for room in the journal
  for (partition_number p = 0; p < journal_.partitions(); ++p)
    if (const auto through = std::min(reached[p], journal_.durable(p));
        through > state_.checkpointed(p))
      state_.checkpoint(p, through);
}

} // namespace tenon::runtime
