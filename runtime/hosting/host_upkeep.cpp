// What the host does by the clock: checkpoints, deadlines of sleepers, idle actors, and the end.
#include "runtime/hosting/host.hpp"

#include "runtime/telemetry/log.hpp"

#include <algorithm>
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

void host::add_dirty(holding& mine, cell_ref ref) {
  const std::lock_guard hold{mine.guard};
  if (!mine.over()) // otherwise nobody looks at the list again
    mine.dirty.push_back(std::move(ref));
}

void host::dirty(cell& c) {
  add_dirty(holding_of(c), cell_ref{c.ctrl()});
}

void host::checkpoint(partition_number p) {
  const auto mine = held(p, true);
  if (!mine)
    return;
  // First the index, then the cells: an entry up to it belongs to a cell that is in the list or
  // has handed its state over since.
  auto through = journal_.durable(p);
  std::vector<cell_ref> asked;
  {
    const std::lock_guard hold{mine->guard};
    asked.swap(mine->dirty);
    for (const auto& [id, indices] : mine->tail) // found at the start and not yet loaded
      through = std::min(through, indices.front() - 1);
  }
  const auto reached = state_.checkpointed(p);
  auto round = std::make_shared<checkpoint_round>(
      through, [this, p, reached, term = mine->term](std::uint64_t to) {
        if (to > reached)
          state_.checkpoint(p, to, term);
      });
  for (auto& ref : asked) {
    // One that has left meanwhile handed everything over before, or its tenure is over.
    const bool asks = as_cell(ref).tell([round, mine, ref](cell& c) {
      if (const auto first_kept = c.save()) {
        round->lower(first_kept - 1);
        add_dirty(*mine, ref);
      }
    });
    if (!asks && stopping_) // then one may leave with entries that it could not read
      round->lower(0);
  }
  journal_.trim(p, state_.checkpointed(p));
}

void host::wake_due() {
  constexpr std::size_t at_most = 1000;
  for (partition_number p = 0; p < journal_.partitions(); ++p) {
    if (!held(p, true))
      continue;
    auto asleep = state_.due(p, clock_.now(), at_most);
    std::erase_if(asleep, [this](const auto& id) { return find(id) != nullptr; });
    greet(asleep); // one in memory keeps its own time
  }
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
  // How far the state of each partition reaches when all have left. A cell that cannot be read
  // leaves its entries in the log, for a node that can.
  struct reach {
    std::shared_ptr<holding> of;
    std::uint64_t index = ~std::uint64_t{0};
  };
  std::vector<reach> reached;
  for (partition_number p = 0; p < journal_.partitions(); ++p) {
    auto& mine = reached.emplace_back(reach{held(p, true)});
    if (!mine.of)
      continue;
    const std::lock_guard hold{mine.of->guard};
    for (const auto& [id, indices] : mine.of->tail) // found at the start, never loaded
      mine.index = std::min(mine.index, indices.front() - 1);
  }
  std::size_t staying = all.size(); // guarded, like the rest, by leaving_guard_
  const auto gone = [&](partition_number p, std::uint64_t first_kept) {
    const std::lock_guard hold{leaving_guard_};
    if (first_kept > 0)
      reached[p].index = std::min(reached[p].index, first_kept - 1);
    --staying;
    one_left_.notify_all();
  };
  for (const auto& ref : all) {
    const auto p = as_cell(ref).where().tenure.partition;
    const auto leave = [gone, p](std::uint64_t first_kept) { gone(p, first_kept); };
    if (!as_cell(ref).tell([leave](cell& c) { c.retire(leave); }))
      leave(0); // it left by itself meanwhile, with nothing kept
  }
  {
    // Those of lost partitions leave by themselves, and must not be left behind.
    std::unique_lock hold{leaving_guard_};
    one_left_.wait(hold, [&] { return staying == 0 && cells_ == 0; });
  }
  alarms_.stop(); // only now: cells may have been waiting for room in the journal
  handing_over_.stop();
  catching_up_.stop();
  for (partition_number p = 0; p < journal_.partitions(); ++p)
    if (const auto& [mine, index] = reached[p]; mine)
      if (const auto through = std::min(index, journal_.durable(p));
          through > state_.checkpointed(p))
        state_.checkpoint(p, through, mine->term);
}

} // namespace tenon::runtime
