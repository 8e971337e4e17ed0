// How a node comes by another's copies of partitions that it wants: one at a time, asked for,
// staged chunk by chunk, put in place. Pure: what happens comes in with its moment, what follows
// is taken out and done by the host, which answers what it staged and put in place.
//
//   wanted ─▶ asked ─▶ coming ─▶ put in place ─▶ finished
//               └────────┴─ lost, silent, failed, damaged ─▶ finished, with the reason
//
// It does not try again by itself: whoever wanted the copy knows best from whom to want the next.
#pragma once

#include "cluster/copying/giving.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

namespace tenon::cluster::copying {

struct taking_limits {
  std::uint32_t window = 8; // chunks on their way or not yet staged
  span patience{15'000};    // with a sender from which nothing comes
  std::size_t most_stamp_bytes = 64u << 10;
};

struct wanted {
  partition_number partition = 0;
  node_id from = 0;
  std::uint64_t at_least = 0;
};

/// What to do, in the order of the members.
struct taking_todo {
  struct staging {
    partition_number partition = 0;
    std::uint64_t copy = 0;
  };
  struct finished {
    partition_number partition = 0;
    result<offer> outcome; // where the partition's state stands now
  };
  bool drop = false;                // what was staged
  std::optional<staging> stage{};   // begin to
  std::vector<copy_chunk> chunks{}; // to be staged; each answered by `staged`
  std::vector<outgoing> messages{};
  std::optional<blob> install{}; // with this stamp, what was staged; answered by `installed`
  std::vector<finished> told{};
};

class taking {
public:
  /// `seed` is drawn anew at every start: copies are told apart by what is drawn from it.
  taking(taking_limits l, std::uint64_t seed) : limits_{l}, random_{seed} {}

  /// In the place of what was wanted of the partition before, unless that has come too far.
  void want(const wanted&, span now);
  void unwanted(partition_number, span now);
  void receive(node_id from, const say::message&, span now);
  void lost(node_id, span now);
  /// The oldest chunk that was not answered yet; whether the copy is whole with it.
  void staged(const result<bool>& whole, span now);
  void installed(const result<void>&, span now);
  /// Called when `due` has come; earlier does no harm.
  void tick(span now);
  span due() const;
  taking_todo take();

private:
  struct current {
    wanted what;
    std::uint64_t copy = 0;
    bool coming = false;
    bool whole = false;
    std::uint32_t arrived = 0; // chunks
    std::uint32_t staged = 0;
    std::uint32_t before = 0; // allowed are chunks with lower numbers
    offer at;
    span heard_at{};
  };

  void take_in(const say::offered&, span now);
  void take_in(const say::chunk&, span now);
  void ask_next(span now);
  void finish(result<offer>, span now);
  void give_up(failure, span now);
  void tell(node_id, std::uint64_t copy, say::said);

  taking_limits limits_;
  std::mt19937_64 random_;
  std::deque<wanted> waiting_;
  std::optional<current> current_;
  taking_todo todo_;
};

} // namespace tenon::cluster::copying
