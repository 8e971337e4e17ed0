// Holds messages back until the promise they rest on is durable: a node that has voted, or has
// entered a term, must still know it after a crash before anybody else does. What is held leaves in
// the order in which it was said, before anything said later.
#pragma once

#include "cluster/raft/update.hpp"

#include <deque>
#include <iterator>
#include <utility>

namespace tenon::cluster::raft {

class gate {
public:
  /// From now on messages rest on this write.
  void close(std::uint64_t write) { closed_by_ = write; }

  void pass(outgoing m, std::uint64_t written, std::vector<outgoing>& out) {
    if (closed_by_ > written)
      held_.push_back({closed_by_, std::move(m)});
    else
      out.push_back(std::move(m));
  }

  void open(std::uint64_t written, std::vector<outgoing>& out) {
    for (; !held_.empty() && held_.front().first <= written; held_.pop_front())
      out.push_back(std::move(held_.front().second));
  }

private:
  std::uint64_t closed_by_ = 0;
  std::deque<std::pair<std::uint64_t, outgoing>> held_;
};

} // namespace tenon::cluster::raft
