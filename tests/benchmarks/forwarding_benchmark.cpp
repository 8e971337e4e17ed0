// Messages between actors on two nodes of one machine, each with one thread, plain and with TLS:
// one after the other, and as many as go through with some thousands in flight. In place of a host
// of actors is one that answers at once, so that what is measured is the way there and back.
#include "cluster/forwarding/forwarder.hpp"
#include "cluster/link/mesh.hpp"
#include "tests/benchmarks/figure.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <pthread.h>
#include <thread>

namespace {

using namespace tenon;
using namespace tenon::cluster;

constexpr runtime::partition_number partitions = 16;
constexpr std::size_t command_bytes = 100;
constexpr std::size_t in_flight = 8'192;

/// All partitions are the second node's.
struct second_owns_all final : forwarding::directory {
  forwarding::node_id owner_of(runtime::partition_number) const override { return 2; }
};

class node {
public:
  node(forwarding::node_id self, std::optional<credentials> own) : work_{io_.get_executor()} {
    link::mesh_options o{.cluster = "c1", .node = std::to_string(self)};
    o.plain = !own;
    o.credentials = std::move(own);
    const forwarding::node_id other = 3 - self;
    link::mesh_calls calls;
    calls.on_frame = [this, other](const link::arrival& a) {
      forwarder_->arrived(other, a.epoch, a.bytes);
    };
    calls.on_up = [this, other](const auto&, const auto&) {
      forwarder_->up(other);
      up = true;
    };
    calls.on_down = [this, other](const auto&, const auto&) { forwarder_->down(other); };
    mesh_ = link::mesh::open(io_, o, std::move(calls), clock_, meters_).value();
    forwarder_ = std::make_unique<forwarding::forwarder>(forwarding::surroundings{
        .self = self,
        .partitions = partitions,
        .owners = owners_,
        .send =
            [this](forwarding::node_id to, blob frame) {
              return mesh_->send(std::to_string(to), link::channel::bulk, link::topic::ask,
                                 std::move(frame));
            },
        .deliver =
            [](const identity&, auto& message) {
              message->answer(blob{});
              return true;
            },
        .post = [this](auto work) { boost::asio::post(io_, std::move(work)); },
        .clock = clock_,
        .meters = meters_});
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~node() {
    io_.stop();
    thread_.join();
    forwarder_.reset();
  }
  forwarding::forwarder& forwarder() { return *forwarder_; }
  link::mesh& mesh() { return *mesh_; }
  /// What its thread has had of the processors so far: what bounds a rate on a quiet machine.
  double busy_seconds() {
    clockid_t own{};
    timespec used{};
    ::pthread_getcpuclockid(thread_.native_handle(), &own);
    ::clock_gettime(own, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
  }

  std::atomic<bool> up = false;

private:
  runtime::system_clock clock_;
  runtime::meters meters_;
  second_owns_all owners_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unique_ptr<link::mesh> mesh_;
  std::unique_ptr<forwarding::forwarder> forwarder_;
  std::thread thread_;
};

std::optional<credentials> certified_by(const std::optional<authority>& by, const char* name) {
  if (!by)
    return std::nullopt;
  const auto now = runtime::system_clock{}.now();
  const auto asked = request_certificate(name).value();
  return credentials{sign(*by, asked.request, bearer::node, name, now).value(), asked.key,
                     by->certificate};
}

/// Asks again whenever it is answered, until as many as wanted were.
class load {
public:
  explicit load(forwarding::forwarder& through) : through_{through} {
    for (int i = 0; i < 64; ++i)
      to_.push_back({"acme", "sync", "orders-" + std::to_string(i)});
  }
  void run(std::uint64_t wanted, std::size_t at_once) {
    asked_ = answered_ = 0;
    wanted_ = wanted;
    for (std::size_t i = 0; i < at_once; ++i)
      ask();
    while (answered_ < wanted)
      answered_.wait(answered_.load());
  }
  std::uint64_t failed() const { return failed_; }

private:
  void ask() {
    auto e = std::make_unique<runtime::envelope>();
    e->command = command_;
    e->expires = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    const auto n = asked_.fetch_add(1, std::memory_order_relaxed);
    e->answer = runtime::answer_once{[this](const result<blob>& r) {
      if (!r)
        failed_.fetch_add(1, std::memory_order_relaxed);
      const auto wanted = wanted_.load(std::memory_order_relaxed);
      if (asked_.load(std::memory_order_relaxed) < wanted)
        ask();
      if (answered_.fetch_add(1, std::memory_order_release) + 1 == wanted)
        answered_.notify_one();
    }};
    through_.send(to_[n % to_.size()], std::move(e));
  }

  forwarding::forwarder& through_;
  const blob command_ = blob::copy_of(std::string(command_bytes, 'x'));
  std::vector<identity> to_;
  std::atomic<std::uint64_t> wanted_ = 0, asked_ = 0, answered_ = 0, failed_ = 0;
};

void batched(node& from, node& to, const std::string& how, const std::string& goal) {
  constexpr std::uint64_t messages = 1'000'000;
  double best = 0, asking = 0, answering = 0;
  load l{from.forwarder()};
  for (int round = 0; round < 3; ++round) {
    const double before = from.busy_seconds(), there_before = to.busy_seconds();
    const auto began = std::chrono::steady_clock::now();
    l.run(messages, in_flight);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    if (const double rate = messages / took.count(); rate > best) {
      best = rate;
      asking = (from.busy_seconds() - before) / static_cast<double>(messages);
      answering = (to.busy_seconds() - there_before) / static_cast<double>(messages);
    }
  }
  tests::print_figure("messages between actors on two nodes, 100 B, " + how, goal,
                      tests::with_commas(best) + "/s, " + tests::fixed(asking * 1e6, 2) + " and " +
                          tests::fixed(answering * 1e6, 2) + " us of the two threads" +
                          (l.failed() ? ", " + std::to_string(l.failed()) + " FAILED" : ""));
}

void one_by_one(node& from, const std::string& how) {
  std::vector<double> took;
  load l{from.forwarder()};
  for (int i = 0; i < 20'000; ++i) {
    const auto began = std::chrono::steady_clock::now();
    l.run(1, 1);
    took.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began)
            .count());
  }
  std::ranges::sort(took);
  tests::print_figure("an ask of an actor on another node, " + how, "p50 <= 150 us",
                      "p50 " + tests::fixed(took.at(took.size() / 2), 0) + " us, p99 " +
                          tests::fixed(took.at(took.size() * 99 / 100), 0) + " us");
}

void measure(const std::string& how, const std::optional<authority>& by, const std::string& goal) {
  node b{2, certified_by(by, "2")};
  node a{1, certified_by(by, "1")};
  b.mesh().set_peer("1", "");
  a.mesh().set_peer("2", "127.0.0.1:" + std::to_string(b.mesh().port()));
  const auto connected = [](node& each) {
    return each.up && each.mesh().peers().at(0).bulk.connected;
  };
  while (!connected(a) || !connected(b))
    std::this_thread::yield();
  batched(a, b, how, goal);
  one_by_one(a, how);
}

} // namespace

int main() {
  measure("plain", std::nullopt, ">= 500,000/s");
  measure("TLS", make_authority("c1", "", runtime::system_clock{}.now()).value(), ">= 300,000/s");
}
