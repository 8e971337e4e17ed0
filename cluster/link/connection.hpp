// One connection after both hellos: frames of one channel, both ways. Whatever waits when the
// socket is ready goes out in one write; frames about the connection itself go first and need no
// credit.
//
// Belongs to the thread of its io_context; only held_credit may end anywhere. After `close` nothing
// is called any more.
#pragma once

#include "cluster/link/credit.hpp"
#include "cluster/link/frame.hpp"
#include "cluster/link/outbox.hpp"
#include "cluster/link/pacing.hpp"
#include "cluster/link/wire.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>

namespace tenon::cluster::link {

/// Counts of one channel to one peer, over all its connections; read by any thread.
struct tallies {
  std::atomic<std::uint64_t> frames_in{0}, frames_out{0}, bytes_in{0}, bytes_out{0}, writes{0};
};

class connection;

/// A consumer's hold on the bytes of a frame. When it ends, the sender may send as much again.
class held_credit {
public:
  held_credit() = default;
  held_credit(std::shared_ptr<connection> of, std::size_t bytes)
      : of_{std::move(of)}, bytes_{bytes} {}
  held_credit(held_credit&& other) noexcept
      : of_{std::move(other.of_)}, bytes_{std::exchange(other.bytes_, 0)} {}
  held_credit& operator=(held_credit&& other) noexcept {
    std::swap(of_, other.of_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~held_credit();

private:
  std::shared_ptr<connection> of_;
  std::size_t bytes_ = 0;
};

class connection : public std::enable_shared_from_this<connection> {
public:
  struct calls {
    std::function<void(topic, blob, held_credit)> arrived;
    std::function<void(failure)> lost;                       // once
    std::function<void(std::chrono::microseconds)> answered; // how long a ping took
  };
  struct options {
    std::int64_t window = 4 << 20;
    span patience{10'000};
    pulse::limits heartbeat{};
    link::checking checking = checking::none;
  };

  connection(boost::asio::io_context&, std::unique_ptr<wire>, frame_reader, std::shared_ptr<outbox>,
             std::shared_ptr<tallies>, options, instant now);

  /// `early` came together with the hello.
  void start(calls, std::vector<frame> early);
  void pump(); // something may wait to be sent
  void close();

  void ping(instant now);
  /// Time passed: gives the peer up if it is silent (when it is asked for) or does not take.
  void look(instant now, bool asked);
  void heard(instant now) { pulse_.heard(now); }

private:
  friend class held_credit;
  void give_back(std::size_t bytes); // any thread
  void grant();
  void read();
  void take(frame);
  void lose(failure);

  boost::asio::io_context& io_;
  std::unique_ptr<wire> wire_;
  frame_reader reader_;
  std::shared_ptr<outbox> outbox_;
  std::shared_ptr<tallies> tallies_;
  options options_;
  calls calls_;
  sending_window sending_;
  receiving_window receiving_;
  pulse pulse_;
  link::patience patience_;
  std::atomic<std::size_t> freed_{0}; // given back, and not yet taken note of
  std::vector<frame> frames_;
  std::vector<waiting_frame> taken_;
  std::string urgent_;
  std::string batch_;
  blob large_; // the last of the batch, written from where it is
  bool writing_ = false;
  bool closed_ = false;
  bool moved_ = false; // credit came since the last look
};

} // namespace tenon::cluster::link
