// What waits for a cell: three lanes in order of precedence. *Stop* and *supervision* (orders from
// the runtime) go before *user* (commands), so a full mailbox never keeps an operator out. The user
// lane is bounded; at the bound a command is refused, and outcomes of the cell's own calls, which
// are bounded by the calls themselves, still come in.
#pragma once

#include "runtime/hosting/envelope.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace tenon::runtime {

class cell;
using order = std::function<void(cell&)>;

class mailbox {
public:
  enum class put_result : std::uint8_t {
    waiting, // taken; the cell is already on its way to a thread
    wake,    // taken; the caller must schedule the cell
    full,    // not taken
    closed,  // not taken: this cell has left, ask for the identity again
  };

  explicit mailbox(std::uint32_t bound) : bound_{bound} {}

  put_result put(std::unique_ptr<envelope>&, bool bounded);
  put_result put(order);
  put_result wake(); // something to look at that is not a message

  /// Commands go back to the front, in their order.
  void put_back(std::unique_ptr<envelope> first_of_chain);

  std::vector<order> take_orders();
  /// A chain of at most `most`.
  std::unique_ptr<envelope> take(std::uint32_t most);
  /// Those whose asker no longer waits, out of the middle of the others.
  std::unique_ptr<envelope> take_expired(steady_point now);

  /// Whether the cell may rest: nothing waits (commands do not count when `user_lane_held`). Then
  /// the next put says `wake`.
  bool rest(bool user_lane_held);

  /// Closes unless something waits. Whether it did.
  bool close_if_empty();
  /// Closes whatever waits, and gives it to the caller.
  struct remains {
    std::vector<order> orders;
    std::unique_ptr<envelope> commands; // a chain
  };
  remains close();
  std::uint32_t size() const;

private:
  mutable std::mutex guard_;
  std::unique_ptr<envelope> first_;
  envelope* last_ = nullptr;
  std::uint32_t waiting_ = 0;
  std::uint32_t bound_;
  bool scheduled_ = false;
  bool closed_ = false;
  bool noticed_ = true; // false while a `wake` has not been looked at
  std::vector<order> orders_;
};

} // namespace tenon::runtime
