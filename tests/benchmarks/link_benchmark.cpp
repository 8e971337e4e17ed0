// Frames between two nodes on one machine, each with a thread of its own, plain and with TLS: as
// many as go through, and how long one takes there and back.
#include "cluster/link/mesh.hpp"
#include "tests/benchmarks/figure.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace {

using namespace tenon;
using namespace tenon::cluster;
using link::channel;

constexpr std::size_t frame_bytes = 240;

class node {
public:
  node(const std::string& name, std::optional<credentials> own,
       std::function<void(link::arrival)> take)
      : work_{io_.get_executor()} {
    link::mesh_options o{.cluster = "c1", .node = name};
    o.plain = !own;
    o.credentials = std::move(own);
    link::mesh_calls calls;
    calls.on_frame = std::move(take);
    calls.on_up = [this](const auto&, const auto&) { up = true; };
    calls.on_down = [this](const auto&, const auto&) { up = false; };
    mesh_ = link::mesh::open(io_, o, std::move(calls), clock_, meters_).value();
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~node() {
    io_.stop();
    thread_.join();
  }
  link::mesh* operator->() { return mesh_.get(); }

  std::atomic<bool> up = false;

private:
  runtime::system_clock clock_;
  runtime::meters meters_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unique_ptr<link::mesh> mesh_;
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

/// As fast as the queue takes them, until the last has arrived.
double one_way(node& from, std::atomic<std::uint64_t>& arrived, std::uint64_t frames) {
  const auto bytes = blob::copy_of(std::string(frame_bytes, 'x'));
  arrived = 0;
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t sent = 0; sent < frames;)
    if (from->send("n2", channel::control, link::topic::ask, bytes))
      ++sent;
    else
      std::this_thread::yield();
  while (arrived < frames)
    std::this_thread::yield();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  return static_cast<double>(frames) / took.count();
}

void measure(const std::string& how, const std::optional<authority>& by, const std::string& goal) {
  std::atomic<std::uint64_t> arrived{0}, back{0};
  std::atomic<bool> echoes = false;
  node* replier = nullptr;
  node b{"n2", certified_by(by, "n2"), [&](link::arrival a) {
           if (echoes)
             (void)(*replier)->send("n1", channel::control, link::topic::ask, a.bytes);
           arrived.fetch_add(1, std::memory_order_relaxed);
         }};
  replier = &b;
  node a{"n1", certified_by(by, "n1"), [&](const link::arrival&) {
           back.fetch_add(1);
           back.notify_one();
         }};
  b->set_peer("n1", "");
  a->set_peer("n2", "127.0.0.1:" + std::to_string(b->port()));
  while (!a.up || !b.up)
    std::this_thread::yield();

  double best = 0, processor = 0;
  constexpr std::uint64_t frames = 1'000'000;
  for (int round = 0; round < 3; ++round) {
    const auto used = tests::processor_seconds();
    const auto rate = one_way(a, arrived, frames);
    if (rate > best) {
      best = rate;
      processor = (tests::processor_seconds() - used) / static_cast<double>(frames);
    }
  }
  const auto seen = a->peers().at(0).control;
  tests::print_figure(
      "frames between nodes, 240 B, " + how, goal,
      tests::with_commas(best) + "/s, " + tests::fixed(processor * 1e6, 2) + " us of processor, " +
          tests::fixed(static_cast<double>(seen.frames_out) /
                           static_cast<double>(std::max<std::uint64_t>(seen.writes, 1)),
                       0) +
          " a write");

  echoes = true;
  std::vector<double> took;
  const auto bytes = blob::copy_of(std::string(frame_bytes, 'x'));
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const auto began = std::chrono::steady_clock::now();
    const auto before = back.load();
    if (!a->send("n2", channel::control, link::topic::ask, bytes))
      continue;
    back.wait(before);
    took.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began)
            .count());
  }
  std::ranges::sort(took);
  tests::print_figure("a frame there and back, " + how, "p50 <= 150 us",
                      "p50 " + tests::fixed(took.at(took.size() / 2), 0) + " us, p99 " +
                          tests::fixed(took.at(took.size() * 99 / 100), 0) + " us");
}

} // namespace

int main() {
  measure("plain", std::nullopt, ">= 500,000/s");
  measure("TLS", make_authority("c1", "", runtime::system_clock{}.now()).value(), ">= 300,000/s");
}
