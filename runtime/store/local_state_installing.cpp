// Another node's stored state takes the place of a partition's, while the other partitions go on.
#include "protocols/ensure.hpp"
#include "runtime/store/local_state.hpp"
#include "runtime/store/state_installation.hpp"
#include "runtime/store/storage_failure.hpp"

#include <array>
#include <utility>

namespace tenon::runtime::store {

result<void> local_state::load_stamps() {
  const installation_bounds bounds{options_.most_rows, options_.most_bytes};
  if (auto ok = finish_installations(*environment_, options_.partitions, bounds); !ok)
    return ok;
  for (partition_number p = 0; p < options_.partitions; ++p) {
    auto found = read_stamp(*environment_, p);
    if (!found)
      return std::move(found).error();
    partitions_[p].stamp = std::move(found).value();
  }
  return {};
}

std::optional<state_stamp> local_state::stamp(partition_number p) const {
  const auto& partition = partitions_.at(p);
  const std::shared_lock lock{partition.mutex};
  return partition.stamp;
}

std::unique_lock<std::timed_mutex> local_state::hold_installations(span most) const {
  return std::unique_lock{installing_, most};
}

result<void> local_state::install(staged_copy copy, blob said) {
  const auto& totals = copy.totals();
  const auto p = totals.partition;
  const auto place = "state copy of partition " + std::to_string(p);
  if (!copy.whole() || p >= partitions_.size() || copy.file() != staged_file_of(options_.file, p))
    return failure{code::malformed, "it is not whole, or staged for another node", place,
                   "Begin another copy."};
  const std::scoped_lock alone{installing_};
  const auto before = stamp(p);
  if (totals.index < checkpointed(p) || (before && totals.index <= before->index))
    return failure{code::stale,
                   "it stands at index " + std::to_string(totals.index) + ", and up to " +
                       std::to_string(checkpointed(p)) + " is stored here",
                   place, "Nothing is missing here: ask for a later one when something is."};
  const installation mark{
      copy.copy(), copy.checksum(), {totals.index, totals.reaches, std::move(said)}};
  if (auto ok = check_staged(*environment_, p, mark); !ok)
    return ok;
  auto& partition = partitions_[p];
  forget(partition, true);
  copy.let_go();
  const installation_bounds bounds{options_.most_rows, options_.most_bytes};
  if (auto ok = put_in_place(*environment_, p, mark, bounds); !ok)
    give_up(ok.error().where + ": " + ok.error().why + ". " + ok.error().remedy);
  {
    const std::unique_lock lock{partition.mutex};
    partition.stamp = mark.stamp;
    partition.checkpointed.store(mark.stamp.index, std::memory_order_release);
    partition.replaced = false;
  }
  environment_->let_go();
  return {};
}

/// Takes out what waits, when the writer is not at it, to be destroyed without a lock.
void local_state::forget(partition_state& partition, bool and_take_no_more) {
  std::array<pending_layer, 2> gone;
  {
    const std::scoped_lock between{passing_};
    const std::unique_lock lock{partition.mutex};
    partition.replaced = and_take_no_more;
    gone = {std::exchange(partition.open, {}), std::exchange(partition.writing, {})};
  }
  for (const auto& layer : gone)
    for (const auto& [key, cell] : layer.all())
      waiting_ -= cell.bytes;
}

} // namespace tenon::runtime::store
