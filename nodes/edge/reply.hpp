// How a route answers: once, from any thread, now or later. An answer that comes from elsewhere
// than the connection's own turn crosses back through the io thread's mailbox, which is emptied
// once per loop turn, so a thousand answers wake the thread once.
#pragma once

#include "nodes/edge/http.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

namespace tenon::nodes::edge {

/// Which answer to which request of which connection.
struct slot_address {
  std::uint32_t connection = 0;
  std::uint32_t generation = 0;
  std::uint64_t sequence = 0;
};

struct piece {
  blob bytes;
  bool last = false;
};

/// What crosses: a whole answer, or one piece of a body (or why there will be no more).
struct answer {
  slot_address to;
  std::variant<response, failure, piece> said;
  bool of_stream = false; // a failure that ends a body already begun
};

/// Where answers for one io thread arrive. It outlives the thread: late answers are dropped.
class mailbox {
public:
  /// `wake` is called, from any thread, when the first answer arrives in an empty mailbox;
  /// `at_once` on the io thread itself and says whether it took the answer.
  mailbox(std::function<void()> wake, std::function<bool(answer&)> at_once)
      : wake_{std::move(wake)}, at_once_{std::move(at_once)} {}

  void put(answer);
  void take(std::vector<answer>& onto); // io thread
  void close();                         // nothing is taken any more, and nobody woken
  void belong_to_this_thread();

private:
  std::mutex guard_;
  std::vector<answer> waiting_;
  bool closed_ = false;
  std::function<void()> wake_;
  std::function<bool(answer&)> at_once_;
};

/// Anything that must last until the request is answered, such as a place among the requests in
/// flight.
using keepsake = std::shared_ptr<void>;

/// Answers one request. Destroyed unanswered, it answers `unavailable`.
class reply {
public:
  reply() = default;
  reply(std::shared_ptr<mailbox> home, slot_address to) : home_{std::move(home)}, to_{to} {}
  reply(reply&&) noexcept = default;
  reply& operator=(reply&&) noexcept;
  ~reply();

  void operator()(response) &&;
  void operator()(failure) &&;

  void hold(keepsake k) { kept_ = std::move(k); }

private:
  void say(std::variant<response, failure, piece>);

  std::shared_ptr<mailbox> home_;
  slot_address to_{};
  keepsake kept_;
};

/// Gives one piece of a streamed body. Destroyed unused, it cuts the connection, because the client
/// must not take what it got for the whole.
class piece_reply {
public:
  piece_reply(std::shared_ptr<mailbox> home, slot_address to) : home_{std::move(home)}, to_{to} {}
  piece_reply(piece_reply&&) noexcept = default;
  piece_reply& operator=(piece_reply&&) noexcept;
  ~piece_reply();

  void give(blob bytes) &&; // and ask again; an empty piece is fine
  void end(blob bytes = {}) &&;
  void fail(failure) &&;

private:
  void say(std::variant<response, failure, piece>);

  std::shared_ptr<mailbox> home_;
  slot_address to_{};
};

} // namespace tenon::nodes::edge
