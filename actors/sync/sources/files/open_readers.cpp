#include "actors/sync/sources/files/open_readers.hpp"

#include <algorithm>

namespace tenon::actors::files {
namespace {

constexpr int most_changes = 4;

} // namespace

std::unique_ptr<open_reader> open_readers::take(const identity& sync, const std::string& position) {
  const std::lock_guard hold{guard_};
  const auto it = std::ranges::find(newest_first_, sync, &kept::sync);
  if (it == newest_first_.end())
    return nullptr;
  auto found = std::move(*it);
  newest_first_.erase(it);
  return found.position == position ? std::move(found.reader) : nullptr;
}

void open_readers::keep(const identity& sync, std::string position,
                        std::unique_ptr<open_reader> reader) {
  const std::lock_guard hold{guard_};
  std::erase_if(newest_first_, [&](const kept& k) { return k.sync == sync; });
  if (newest_first_.size() == most)
    newest_first_.pop_back();
  newest_first_.push_front({sync, std::move(position), std::move(reader)});
}

bool open_readers::changed_too_often(const identity& sync) {
  const std::lock_guard hold{guard_};
  if (++changes_[sync] < most_changes)
    return false;
  changes_.erase(sync);
  return true;
}

void open_readers::came_to_its_end(const identity& sync) {
  const std::lock_guard hold{guard_};
  changes_.erase(sync);
}

} // namespace tenon::actors::files
