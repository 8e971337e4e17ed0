#include "runtime/outbound/client.hpp"

#include "runtime/outbound/exchange.hpp"
#include "runtime/telemetry/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <mutex>
#include <unordered_set>

namespace tenon::runtime::outbound {

namespace {

failure closed() {
  return {.code = code::unavailable,
          .why = "this node's client for outside calls was closed",
          .where = std::string{name_of(phase::wait)},
          .remedy = "ask again once the node runs"};
}

} // namespace

machinery::machinery(client_options o, std::unique_ptr<asio::ssl::context> t, meters& m)
    : policy{std::move(o.policy)}, tls{std::move(t)}, pool{o.pool}, resolver{std::move(o.lookup)},
      counts{m} {}

machinery::counts::counts(meters& m)
    : seconds{m.spread("tenon_outbound_seconds", "Time from the request to its outcome",
                       meters::latency_bounds())},
      open{m.level("tenon_outbound_connections", "Open connections, idle ones included")},
      waiting{m.level("tenon_outbound_waiting", "Requests that wait for a connection")} {
  const auto outcome = [&](std::string_view name) {
    return &m.count("tenon_outbound_requests_total", "Requests to the outside by outcome",
                    {{"outcome", std::string{name}}});
  };
  for (const auto name : {"2xx", "3xx", "4xx", "5xx"})
    answered.push_back(outcome(name));
  for (int c = 0; c <= static_cast<int>(code::internal); ++c)
    failed.push_back(outcome(name_of(static_cast<code>(c))));
}

counter& machinery::counts::outcome(const result<response>& r) {
  if (!r)
    return *failed[static_cast<std::size_t>(r.error().code)];
  return *answered[std::clamp(r->status / 100, 2u, 5u) - 2];
}

void machinery::count_pool() {
  counts.open.Set(static_cast<double>(pool.open()));
  counts.waiting.Set(static_cast<double>(pool.waiting()));
}

class client::core {
public:
  core(client_options o, std::unique_ptr<asio::ssl::context> tls, meters& m)
      : sweep_every_{std::max(o.pool.idle / 2, span{10})}, machinery_{std::move(o), std::move(tls),
                                                                      m},
        sweep_{machinery_.io.get_executor()}, thread_{[this] { run(); }} {}

  void send(std::shared_ptr<exchange> e, std::stop_token stop) {
    {
      std::lock_guard lock{mutex_};
      if (!closed_) {
        // Before the exchange can end, which lets go of this again.
        e->on_stop.emplace(std::move(stop), [this, weak = std::weak_ptr{e}] {
          asio::post(machinery_.io, [weak] {
            if (const auto self = weak.lock())
              self->interrupt({.code = code::unavailable,
                               .why = "the exchange was given up because it was asked to stop"});
          });
        });
        asio::post(machinery_.io, [this, e = std::move(e)]() mutable { begin(std::move(e)); });
        return;
      }
    }
    e->done(tenon::runtime::outbound::closed());
  }

  void close() {
    {
      std::lock_guard lock{mutex_};
      if (!std::exchange(closed_, true))
        asio::post(machinery_.io, [this] { wind_up(); });
    }
    std::call_once(joined_, [this] { thread_.join(); });
  }

  machinery& parts() { return machinery_; }

private:
  void run() {
    sweep_later();
    machinery_.io.run();
  }

  void begin(std::shared_ptr<exchange> e) {
    running_.insert(e);
    asio::co_spawn(machinery_.io.get_executor(), e->run(),
                   [this, e](std::exception_ptr thrown) { finish(e, thrown); });
  }

  void finish(const std::shared_ptr<exchange>& e, const std::exception_ptr& thrown) {
    running_.erase(e);
    e->on_stop.reset();
    auto outcome = thrown || !e->outcome
                       ? result<response>{failure{.code = code::internal,
                                                  .why = "the exchange ended by an exception"}}
                       : *std::move(e->outcome);
    if (thrown)
      log::error("outbound.crashed");
    if (!e->only_looks()) {
      machinery_.counts.outcome(outcome).Increment();
      machinery_.counts.seconds.Observe(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - e->started).count());
    }
    e->done(std::move(outcome));
  }

  void sweep_later() {
    sweep_.expires_after(sweep_every_);
    sweep_.async_wait([this](const error_code& ec) {
      if (ec || winding_up_) // it may have been due already when it was cancelled
        return;
      machinery_.pool.sweep(std::chrono::steady_clock::now());
      machinery_.count_pool();
      sweep_later();
    });
  }

  void wind_up() {
    winding_up_ = true;
    sweep_.cancel();
    const auto all = running_; // interrupting one may end it
    for (const auto& e : all)
      e->interrupt(tenon::runtime::outbound::closed());
    machinery_.pool.close_idle();
    guard_.reset();
  }

  std::mutex mutex_;
  bool closed_ = false;
  std::once_flag joined_;
  const span sweep_every_;
  machinery machinery_;
  io_timer sweep_;
  asio::executor_work_guard<io_executor> guard_{machinery_.io.get_executor()};
  bool winding_up_ = false;
  std::unordered_set<std::shared_ptr<exchange>> running_;
  std::jthread thread_;
};

client::client(std::unique_ptr<core> c) : core_{std::move(c)} {}
client::~client() {
  close();
}

result<std::unique_ptr<client>> client::make(client_options o, meters& m) {
  auto tls = make_tls(o.ca_files);
  if (!tls)
    return std::move(tls).error();
  return std::unique_ptr<client>{
      new client{std::make_unique<core>(std::move(o), *std::move(tls), m)}};
}

void client::send(request r, limits l, answered done, std::stop_token stop) {
  send(std::move(r), std::move(l), on_chunk{}, std::move(done), std::move(stop));
}

void client::send(request r, limits l, on_chunk chunk, answered done, std::stop_token stop) {
  core_->send(std::make_shared<exchange>(core_->parts(), std::move(r), std::move(l),
                                         std::move(chunk), std::move(done)),
              std::move(stop));
}

task<result<response>> client::send(request r, limits l) {
  auto stop = co_await stop_token_of_task{};
  const auto trace = co_await trace_of_task{};
  if (trace && !find_header(r.headers, "traceparent"))
    r.headers.emplace_back("traceparent", to_traceparent(trace));
  co_return co_await callback<response>([&, this](completion<response> done) {
    send(std::move(r), std::move(l), answered{std::move(done)}, std::move(stop));
  });
}

task<examination> client::examine(std::string url, limits l) {
  auto stop = co_await stop_token_of_task{};
  const auto seen = std::make_shared<examination>();
  const auto opened = co_await callback<response>([&, this](completion<response> done) {
    auto looking = std::make_shared<exchange>(core_->parts(), request{"GET", std::move(url)},
                                              std::move(l), on_chunk{}, answered{std::move(done)});
    looking->only_look(seen);
    core_->send(std::move(looking), std::move(stop));
  });
  if (!opened)
    seen->trouble = opened.error();
  co_return *seen;
}

void client::close() {
  core_->close();
}

} // namespace tenon::runtime::outbound
