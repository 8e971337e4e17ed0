// Writes the `writing` layers of stored state, in transactions of bounded size. Rows go in the
// order of their keys, so that each put finds its page at once.
#pragma once

#include "runtime/store/local_state.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace tenon::runtime::store {

class state_writer {
public:
  explicit state_writer(local_state& s) : state_{s} {}

  /// Everything in the `writing` layers of these partitions becomes durable.
  void write(const std::vector<partition_number>&);

private:
  struct item {
    partition_number partition = 0;
    std::string_view key;
    const pending_cell* cell = nullptr; // null: the partition's checkpoint
    bool row_alone = false;             // its table and history are written already
  };

  void write(partition_number, std::string_view key, const pending_cell&);
  void make_room(std::string_view key);
  void write_ahead(std::string_view key, const pending_cell&);
  void commit();
  void commit(const std::function<void(write_transaction&)>&);
  void put(write_transaction&, const item&);
  void put_cell(write_transaction&, std::string_view key, const pending_cell&, bool row_alone);
  void put_listings(write_transaction&, std::string_view key, const stored_row* before,
                    const stored_row* after);
  void release(const item&);

  local_state& state_;
  std::vector<item> slice_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace tenon::runtime::store
