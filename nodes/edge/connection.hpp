// One client connection: reads what is there, hands every complete request over, and writes the
// answers in the order of the requests, however late and in whatever order they come.
//
//   reading head ──► reading body ──► (handed over; the next head is read meanwhile)
//        │ refused, limit, time over, Connection: close, stop
//        ▼
//     closing ──► lingering (our half is shut; the client's rest is read and dropped) ──► cut
//
// Bounded: unanswered requests, unsent bytes, head and body sizes, and every wait. At the first two
// it stops reading, so the client's own sending slows down. All methods run on the lane's thread.
#pragma once

#include "nodes/edge/options.hpp"
#include "nodes/edge/reply.hpp"
#include "nodes/edge/service.hpp"
#include "nodes/edge/slot.hpp"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tenon::nodes::edge {

class lane;

class connection : public std::enable_shared_from_this<connection> {
public:
  using time = std::chrono::steady_clock::time_point;
  using error = boost::system::error_code;

  connection(lane&, const address& peer);
  virtual ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  virtual void open() = 0; // the lane has enlisted it: prepare the link, then `begin`
  void turn_away();        // too many connections: say so and close
  /// Whether the answer was taken at once, because this is the connection's own turn.
  bool take_at_once(answer&);
  void take(std::vector<answer>::iterator first, std::vector<answer>::iterator last);
  void resume();           // ask the stream for more, look at input again
  void expire(time now);   // the time watched for may be over
  void finish_and_close(); // answer what is there, then close
  void cut();              // now, whatever is unsent

  time deadline() const { return deadline_; }

  // The lane's own notes: under which number it knows the connection, and in which tick its wheel
  // looks at it next.
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
  std::uint64_t watched_tick = 0;

protected:
  virtual void start_read(char* to, std::size_t room) = 0;
  /// What could be written without waiting.
  virtual std::size_t try_write(std::string_view, error&) = 0;
  /// Writes some of it; the buffers stay where they are until `write_done`.
  virtual void start_write(std::span<const boost::asio::const_buffer>) = 0;
  virtual void start_shutdown() = 0; // of our half
  virtual void close_link() = 0;

  void await_link(); // the link's own opening counts as the first head
  void begin();      // the link is ready: read
  void read_done(const error&, std::size_t bytes);
  void write_done(const error&, std::size_t bytes);
  lane& home() { return lane_; }

private:
  enum class state : std::uint8_t { open, closing, lingering, cut };
  enum class wait : std::uint8_t { nothing, idle, header, body, write, answer, linger };

  // connection.cpp: turns, time
  /// Everything that happens to a connection happens in a turn: first the event, then whatever it
  /// made possible, then one write for all of it.
  template <class F> void turn(F work) {
    const auto self = shared_from_this();
    begin_turn();
    work();
    settle();
    in_turn_ = false;
  }
  void begin_turn();
  void settle();
  void arm();
  void watch(wait, time until);
  void start_closing();
  void close_if_finished();
  std::size_t in_flight() const { return slots_.size() - first_; }
  std::size_t unsent() const { return out_.size() + queued_bytes_; }

  // input.cpp
  bool may_read() const;
  void read_more();
  void make_room();
  void parse();
  bool parse_head();
  void accept_head(const head&);
  void answer_head(response, const head&, slot&&);
  void begin_upload(const head&, request&&, slot&&);
  bool parse_body();
  bool parse_chunks();
  void hand_over(request&&, slot&&);
  void refuse_input(refusal);
  void end_upload();
  slot new_slot(request&);

  // output.cpp
  void deliver(answer&&);
  void write_answered();
  void write_front();
  void write_piece(piece&&);
  void end_front();
  void pump_stream();
  void flush();
  void write_some();
  void abandon_slots();

  lane& lane_;
  const address peer_;
  state state_ = state::open;
  bool in_turn_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool peer_done_ = false;    // the client has shut its half
  bool more_comes_ = true;    // no request asked for the connection to be closed
  bool continue_due_ = false; // 100 Continue waits for the answers before it
  bool stream_asked_ = false;
  bool begun_ = false; // bytes of the next head are there

  std::shared_ptr<char[]> chunk_; // what heads and small bodies are slices of
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::size_t filled_ = 0;
  std::size_t searched_ = 0;
  std::size_t last_read_ = 0;
  std::size_t lingered_ = 0;
  std::unique_ptr<upload> upload_;

  std::vector<slot> slots_; // from first_: unanswered or unwritten, in order
  std::size_t first_ = 0;
  std::uint64_t front_sequence_ = 0;
  std::shared_ptr<body_stream> stream_; // the front's body, being given

  std::string out_;                                  // to be written after the queue
  std::vector<blob> queue_;                          // to be written next
  std::vector<blob> leaving_;                        // being written
  std::array<boost::asio::const_buffer, 8> buffers_; // of leaving_, for one write
  std::size_t left_ = 0;                             // bytes of leaving_'s first that are gone
  std::size_t queued_bytes_ = 0;                     // of both

  wait waiting_ = wait::nothing;
  time deadline_ = time::max();
  time waits_since_{}; // of the read side: last request done, head begun
  time written_at_{};  // when the client last took something
  time asked_at_{};    // when the stream was asked for a piece
};

} // namespace tenon::nodes::edge
