// One io thread: its loop, listener, connections, timer wheel, mailbox and cached date. Lanes share
// nothing but counters.
#pragma once

#include "nodes/edge/options.hpp"
#include "nodes/edge/reply.hpp"
#include "nodes/edge/service.hpp"
#include "nodes/edge/wheel.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <utility>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace tenon::nodes::edge {

class connection;

using executor = boost::asio::io_context::executor_type;
using stream_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;

/// Counted by the transport; made once per server.
struct transport_meters {
  explicit transport_meters(runtime::meters&);

  runtime::gauge& connections;
  runtime::counter& accepted;
  runtime::counter& turned_away;   // at the limit of connections
  runtime::counter& misunderstood; // requests refused by the parser
  runtime::counter& late_clients;  // dropped for being slow
  runtime::counter& late_answers;  // given up waiting for
};

/// What the lanes of one server share.
struct commons {
  const edge::options& options;
  edge::service& service;
  transport_meters& meters;
  boost::asio::ssl::context* tls = nullptr; // null: plain
  std::atomic<std::size_t> connections{0};
  std::atomic<std::uint64_t> bodies_bytes{0};
};

class lane {
public:
  using time = std::chrono::steady_clock::time_point;

  lane(commons&, unsigned number);
  ~lane();

  /// The port that was bound. `shared` lets other lanes bind it too.
  result<std::uint16_t> listen(const std::string& address, std::uint16_t port, bool shared);
  void run();            // the thread
  void stop(span grace); // from any thread: answer what is in flight, then end the thread

  // For connections, on this thread.
  const edge::options& options() const { return commons_.options; }
  edge::service& service() { return commons_.service; }
  transport_meters& meters() { return commons_.meters; }
  const std::shared_ptr<mailbox>& letters() const { return mailbox_; }
  unsigned number() const { return number_; }
  bool stopping() const { return stopping_; }
  time now() const { return now_; }
  void read_clock() { now_ = std::chrono::steady_clock::now(); }
  std::string_view date();
  std::uint64_t random();
  bool reserve_body(std::uint64_t bytes);
  void release_body(std::uint64_t bytes) { commons_.bodies_bytes -= bytes; }
  void watch(connection&); // its deadline has become earlier
  void resume_later(const connection&);
  void enlist(connection&);
  void strike(const connection&); // it is cut

private:
  struct entry {
    std::shared_ptr<connection> who; // until it is cut: one that only waits is held by nobody else
    std::uint32_t generation = 0;
  };

  void accept();
  void welcome(stream_socket);
  void tick();
  void empty_mailbox();
  bool answer_at_once(answer&);
  connection* find(std::uint32_t index, std::uint32_t generation);
  void end_if_done();

  commons& commons_;
  unsigned number_;
  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<executor> guard_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, executor> acceptor_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, executor>
      timer_;
  std::shared_ptr<mailbox> mailbox_;
  std::vector<answer> letters_;
  std::vector<entry> connections_;
  std::vector<std::uint32_t> free_;
  std::size_t living_ = 0;
  time now_;
  wheel wheel_;
  time date_read_{};
  std::string date_;
  std::uint64_t random_[2];
  bool stopping_ = false;
  bool accepting_ = false;
  time give_up_at_ = time::max();
};

} // namespace tenon::nodes::edge
