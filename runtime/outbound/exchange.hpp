// One request to its end: a connection, the request, the answer, redirects, and the deadlines over
// each part. Runs on the client's thread alone.
#pragma once

#include "runtime/outbound/client.hpp"
#include "runtime/outbound/connection.hpp"

namespace tenon::runtime::outbound {

/// What all exchanges of a client share.
struct machinery {
  machinery(client_options, std::unique_ptr<asio::ssl::context>, meters&);

  void count_pool();

  asio::io_context io{1};
  const outbound::policy policy;
  std::unique_ptr<asio::ssl::context> tls;
  outbound::pool pool;
  outbound::resolver resolver; // ended before the rest, as its threads post to `io`

  struct counts {
    explicit counts(meters&);
    counter& outcome(const result<response>&);
    std::vector<counter*> answered; // by the status's first digit
    std::vector<counter*> failed;   // by code
    histogram& seconds;
    gauge& open;
    gauge& waiting;
  } counts;
};

/// A connection in use, or the leave to open one: goes back to the pool by itself.
class lease {
public:
  lease(machinery& m, origin o, std::unique_ptr<connection> c)
      : held{std::move(c)}, machinery_{&m}, origin_{std::move(o)} {}
  lease(lease&& other) noexcept
      : held{std::move(other.held)}, reusable{other.reusable},
        machinery_{std::exchange(other.machinery_, nullptr)}, origin_{std::move(other.origin_)} {}
  lease& operator=(lease&&) = delete;
  ~lease();

  std::unique_ptr<connection> held;
  bool reusable = false;

private:
  machinery* machinery_;
  origin origin_;
};

class exchange : public std::enable_shared_from_this<exchange> {
public:
  exchange(machinery&, request, limits, on_chunk, client::answered);

  /// Only a connection is made, a new one, and looked at; then it is closed. Said before `run`.
  void only_look(std::shared_ptr<examination> into) { seen_ = std::move(into); }
  bool only_looks() const { return seen_ != nullptr; }

  /// Ends with `outcome` set.
  awaitable<void> run();
  /// Ends it soon, with this failure unless another came first. The phase is filled in.
  void interrupt(failure);

  std::optional<result<response>> outcome;
  client::answered done;
  std::optional<std::stop_callback<std::function<void()>>> on_stop;
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();

private:
  using time_point = std::chrono::steady_clock::time_point;
  awaitable<result<response>> follow();
  awaitable<result<response>> once();
  awaitable<result<response>> look();
  awaitable<result<lease>> acquire();
  awaitable<result<void>> open(lease&);
  awaitable<result<std::vector<address>>> look_up();
  awaitable<result<void>> connect_one_of(lease&, const std::vector<address>&, time_point until);

  awaitable<result<response>> transfer(lease&);
  awaitable<result<void>> read_head(connection&, answer_reader&);
  awaitable<result<response>> read_body(connection&, answer_reader&);
  awaitable<result<void>> read_length(connection&, std::uint64_t length, answer_body&);
  awaitable<result<void>> read_chunks(connection&, answer_reader&, answer_body&);
  awaitable<result<void>> read_to_end(connection&, answer_body&);

  bool redirects(unsigned status) const;
  result<void> follow_to(const response&);

  /// From now on this phase; past the deadline (or that of the whole) it is interrupted.
  void watch(phase, time_point deadline);
  void wake();
  bool stopped() const { return late_ || interrupted_; }
  failure why(std::string otherwise, std::string remedy = {}) const;
  failure too_late() const;
  time_point within(span) const;

  machinery& machinery_;
  request request_;
  url url_;
  limits limits_;
  on_chunk on_chunk_;

  io_timer watch_;
  io_timer event_; // never expires: cancelled by what is waited for
  const time_point end_;
  phase phase_ = phase::url;
  bool late_ = false;
  std::optional<failure> interrupted_;
  connection* current_ = nullptr;
  std::optional<result<std::vector<address>>> found_;
  std::shared_ptr<examination> seen_; // null: it is a request
  bool heard_ = false;                // a byte of the answer
  unsigned redirected_ = 0;
  std::uint64_t body_got_ = 0;
  std::optional<std::uint64_t> body_length_;
};

} // namespace tenon::runtime::outbound
