#include "cluster/raft/read_rounds.hpp"

#include <utility>

namespace tenon::cluster::raft {

bool read_rounds::begin(std::uint64_t committed) {
  if (waiting_.empty() || !asked_.empty())
    return false;
  asked_ = std::exchange(waiting_, {});
  ++number_;
  index_ = committed;
  confirmed_.clear();
  return true;
}

void read_rounds::confirm(node_id member, std::uint64_t round) {
  if (round == number_ && !asked_.empty())
    confirmed_.insert(member);
}

std::vector<allowed_read> read_rounds::allowed(const configuration& members, node_id self) {
  std::size_t voters = 0;
  std::size_t behind = 0;
  for (const auto& m : members.members)
    if (m.role == role::voter) {
      ++voters;
      behind += m.node == self || confirmed_.contains(m.node);
    }
  if (asked_.empty() || behind <= voters / 2)
    return {};
  std::vector<allowed_read> reads;
  for (const auto token : std::exchange(asked_, {}))
    reads.push_back({token, index_});
  return reads;
}

std::vector<std::uint64_t> read_rounds::drop() {
  auto tokens = std::exchange(asked_, {});
  tokens.insert(tokens.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
  return tokens;
}

} // namespace tenon::cluster::raft
