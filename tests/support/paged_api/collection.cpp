#include "tests/support/paged_api/collection.hpp"

#include "tests/support/paged_api/stamp.hpp"

#include <algorithm>
#include <numeric>

namespace tenon::tests::paged_api {
namespace {

// `members` with those of `set` in place of theirs; members that are new come last.
std::string merged(const std::string& members, simdjson::dom::object set) {
  simdjson::dom::parser parser;
  const std::string whole = '{' + members + '}';
  std::string out;
  const auto append = [&out](std::string_view key, simdjson::dom::element value) {
    if (!out.empty())
      out += ',';
    out += '"';
    out += key; // simple names: checked where they come in
    out += "\":" + simdjson::minify(value);
  };
  const simdjson::dom::object before = parser.parse(whole);
  for (const auto [key, value] : before) {
    simdjson::dom::element replaced;
    append(key, set.at_key(key).get(replaced) == simdjson::SUCCESS ? replaced : value);
  }
  for (const auto [key, value] : set) {
    simdjson::dom::element known;
    if (before.at_key(key).get(known) != simdjson::SUCCESS)
      append(key, value);
  }
  return out;
}

} // namespace

collection::collection(std::string key_member, std::unique_ptr<origin> rows)
    : key_member_{std::move(key_member)}, origin_{std::move(rows)}, order_(origin_->size()),
      places_(origin_->size()), last_seq_{static_cast<std::int64_t>(origin_->size())} {
  std::iota(order_.begin(), order_.end(), 0u);
  std::ranges::stable_sort(order_, {}, [this](auto index) { return origin_->updated_at(index); });
  for (std::size_t place = 0; place < order_.size(); ++place)
    places_[order_[place]] = static_cast<std::uint32_t>(place);
  if (!order_.empty())
    last_time_ = origin_->updated_at(order_.back());
}

collection::walked collection::changed_after(std::int64_t seq, std::size_t limit,
                                             std::string& onto) const {
  walked w{.last_seq = seq};
  const auto full = [&w, limit] { return w.more = w.rows == limit; };
  const auto next_row = [&](std::int64_t its_seq) {
    if (w.rows++ != 0)
      onto += ',';
    w.last_seq = its_seq;
  };
  for (auto place = static_cast<std::size_t>(seq); place < order_.size(); ++place) {
    if (!changes_.empty() && changes_.contains(origin_->key(order_[place])))
      continue;
    if (full())
      return w;
    next_row(static_cast<std::int64_t>(place) + 1);
    write(order_[place], onto);
  }
  for (auto at = recent_.upper_bound(seq); at != recent_.end(); ++at) {
    if (full())
      return w;
    next_row(at->first);
    const auto& changed = changes_.at(at->second);
    onto += '{' + changed.members;
    write_stamps(changed.at.updated_at, changed.at.seq, changed.deleted, onto);
    onto += '}';
  }
  return w;
}

std::size_t collection::by_key(std::size_t offset, std::size_t limit, std::string& onto) const {
  const auto end = offset >= size() ? offset : offset + std::min(limit, size() - offset);
  for (auto index = offset; index < end; ++index) {
    if (index != offset)
      onto += ',';
    write(index, onto);
  }
  return end - offset;
}

std::int64_t collection::seq_before(std::int64_t time) const {
  const auto at = std::ranges::lower_bound(
      order_, time, {}, [this](auto index) { return origin_->updated_at(index); });
  if (at != order_.end())
    return at - order_.begin();
  auto seq = static_cast<std::int64_t>(order_.size());
  for (const auto& [changed_seq, key] : recent_) {
    if (changes_.at(key).at.updated_at >= time)
      break;
    seq = changed_seq;
  }
  return seq;
}

collection::stamp collection::touch(std::int64_t key, simdjson::dom::object set, std::int64_t now) {
  if (!origin_->find(key) && !changes_.contains(key))
    added_.push_back(key);
  return record(key, false, merged(members_of(key), set), now);
}

std::optional<collection::stamp> collection::erase(std::int64_t key, std::int64_t now) {
  if (!origin_->find(key) && !changes_.contains(key))
    return std::nullopt;
  return record(key, true, members_of(key), now);
}

collection::stamp collection::record(std::int64_t key, bool deleted, std::string members,
                                     std::int64_t now) {
  last_time_ = std::max(now, last_time_ + 1);
  const stamp at{.updated_at = last_time_, .seq = ++last_seq_};
  if (const auto before = changes_.find(key); before != changes_.end())
    recent_.erase(before->second.at.seq);
  recent_.emplace(at.seq, key);
  changes_[key] = {at, deleted, std::move(members)};
  return at;
}

std::string collection::members_of(std::int64_t key) const {
  if (const auto changed = changes_.find(key); changed != changes_.end())
    return changed->second.members;
  std::string members;
  if (const auto index = origin_->find(key))
    origin_->members(*index, members);
  else
    members = '"' + key_member_ + "\":" + std::to_string(key);
  return members;
}

void collection::write(std::size_t index, std::string& onto) const {
  const bool original = index < origin_->size();
  const auto key = original ? origin_->key(index) : added_[index - origin_->size()];
  const auto changed = changes_.empty() ? changes_.end() : changes_.find(key);
  onto += '{';
  if (changed != changes_.end()) {
    const auto& [at, deleted, members] = changed->second;
    onto += members;
    write_stamps(at.updated_at, at.seq, deleted, onto);
  } else {
    origin_->members(index, onto);
    write_stamps(origin_->updated_at(index), places_[index] + 1, false, onto);
  }
  onto += '}';
}

} // namespace tenon::tests::paged_api
