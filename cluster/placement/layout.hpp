// Replicas on seats: the arithmetic behind placement::wanted. A seat is a node that may hold
// replicas, by its place in the list; zones are numbers likewise. No seat holds a partition twice,
// and no zone holds more of one partition than it must.
#pragma once

#include <cstdint>
#include <vector>

namespace tenon::cluster::placement {

using seat_number = std::uint16_t;
using partition_number = std::uint16_t;
inline constexpr seat_number nobody = 0xffff;

struct seat {
  std::uint32_t node = 0;
  std::uint16_t zone = 0;
  bool takes = false; // new replicas; otherwise it keeps what it has
};

class layout {
public:
  layout(std::vector<seat> seats, std::size_t zones, std::size_t partitions, std::size_t factor);

  const std::vector<seat>& seats() const { return seats_; }
  const std::vector<seat_number>& of(partition_number p) const { return of_[p]; }
  bool is_on(partition_number p, seat_number s) const;

  void put(partition_number, seat_number);
  /// What is placed by hand counts and is not moved.
  void lock(partition_number p) { locked_[p] = true; }

  /// Takes replicas away where there are more than the factor, the leader's last.
  void trim(partition_number, seat_number leader);
  /// Adds replicas where some are missing, as far as there are seats, and never to an even number:
  /// of two, both would be needed for a majority, so that one alone is lost less often.
  void fill(partition_number);
  /// Brings a partition out of zones that hold too many of it.
  void spread(partition_number);
  /// Moves as few as possible until every seat has its share.
  void even_out();

private:
  std::size_t fillable(partition_number) const;
  void take(partition_number, seat_number);
  void move(partition_number, seat_number from, seat_number to);
  std::size_t in_zone(partition_number, std::uint16_t zone) const;
  bool fits(partition_number, seat_number from, seat_number to) const;
  std::vector<std::size_t> shares() const;
  bool relieve(seat_number from, const std::vector<std::size_t>& shares);

  std::vector<seat> seats_;
  std::size_t factor_;
  std::vector<std::size_t> zone_seats_;
  std::vector<std::size_t> zone_most_; // replicas of one partition
  std::vector<std::vector<seat_number>> of_;
  std::vector<std::vector<partition_number>> on_;
  std::vector<bool> locked_;
};

/// Equal for equal arguments everywhere; otherwise without a pattern.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b);

} // namespace tenon::cluster::placement
