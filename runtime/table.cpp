#include "runtime/table.hpp"

namespace tenon::runtime {

std::optional<blob> table::find(std::string_view key) const {
  if (const auto it = unsaved_.find(key); it != unsaved_.end())
    return it->second;
  return behind_ && !cleared_ ? behind_->find(partition_, *owner_, key) : std::nullopt;
}

void table::scan(std::string_view after, std::size_t limit,
                 const std::function<bool(std::string_view, const blob&)>& each) const {
  auto front = unsaved_.upper_bound(after);
  std::size_t given = 0;
  bool going = limit > 0;
  const auto give = [&](std::string_view key, const blob& value) {
    going = each(key, value) && ++given < limit;
    return going;
  };
  // Merges two ascending sequences; where both have a key, the front is newer. Rows behind are
  // asked for in pieces, because rows erased in front do not count towards the limit.
  std::string last{after};
  for (bool more_behind = behind_ != nullptr && !cleared_; going && more_behind;) {
    std::size_t seen = 0;
    const std::size_t piece = limit - given + 16;
    behind_->scan(partition_, *owner_, last, piece, [&](std::string_view key, const blob& value) {
      ++seen;
      for (; going && front != unsaved_.end() && front->first < key; ++front)
        if (front->second)
          give(front->first, *front->second);
      if (!going)
        return false;
      last = key;
      if (front != unsaved_.end() && front->first == key) {
        const auto& newer = (front++)->second;
        return newer ? give(key, *newer) : true;
      }
      return give(key, value);
    });
    more_behind = seen == piece;
  }
  for (; going && front != unsaved_.end(); ++front)
    if (front->second)
      give(front->first, *front->second);
}

void table::put(std::string key, blob value) {
  note(std::move(key), std::move(value));
}
void table::erase(std::string key) {
  note(std::move(key), std::nullopt);
}

void table::clear() {
  unsaved_.clear();
  unsaved_bytes_ = 0;
  cleared_ = true;
}

void table::note(std::string key, std::optional<blob> value) {
  // 96 bytes: a red-black node with two small strings' worth of bookkeeping.
  const auto weight = [](const std::string& k, const std::optional<blob>& v) {
    return 96 + k.size() + (v ? v->size() : 0);
  };
  auto [it, fresh] = unsaved_.try_emplace(std::move(key));
  if (!fresh)
    unsaved_bytes_ -= weight(it->first, it->second);
  it->second = std::move(value);
  unsaved_bytes_ += weight(it->first, it->second);
}

void table::bind(const state& behind, partition_number p, const identity& owner) {
  behind_ = &behind;
  partition_ = p;
  owner_ = &owner;
}

std::shared_ptr<const std::vector<table_change>> table::take_changes() {
  if (unsaved_.empty())
    return nullptr;
  auto changes = std::make_shared<std::vector<table_change>>();
  changes->reserve(unsaved_.size());
  while (!unsaved_.empty()) {
    auto node = unsaved_.extract(unsaved_.begin());
    changes->push_back({std::move(node.key()), std::move(node.mapped())});
  }
  unsaved_bytes_ = 0;
  return changes;
}

} // namespace tenon::runtime
