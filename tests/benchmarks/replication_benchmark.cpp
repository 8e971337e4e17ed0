// What a confirmed decision costs: on the bare log of one node, through consensus with one voter,
// and with three voters, all in this process, over TLS on loopback. Then what a node costs whose
// partitions are idle. Takes the directory to work in, which decides the disk that is measured, and
// the seconds for each line.
#include "cluster/link/mesh.hpp"
#include "cluster/replication/replicated_journal.hpp"
#include "tests/benchmarks/figure.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <thread>

#include <unistd.h>

namespace {

using namespace tenon;
using namespace tenon::cluster;
using runtime::partition_number;
using runtime::store::log_store;
using clock_type = std::chrono::steady_clock;

constexpr partition_number partitions = 16;
constexpr std::size_t in_flight = 256;

double seconds_since(clock_type::time_point began) {
  return std::chrono::duration<double>(clock_type::now() - began).count();
}

std::atomic<std::uint32_t> told = 0; // how often anybody was told: the generator sleeps on it

using append = std::function<result<std::uint64_t>(partition_number, runtime::durable_listener&)>;

/// Keeps a number of appends in flight in one partition, as a node's cells do.
class load final : public runtime::durable_listener {
public:
  load(partition_number p, std::size_t room) : partition_{p}, most_{room}, room_{room} {}

  void durable(std::uint64_t index) noexcept override {
    durable_.store(index, std::memory_order_release);
    told.fetch_add(1, std::memory_order_release);
    told.notify_one();
  }
  bool turn(const append& to, std::vector<float>& latencies) {
    const auto durable = durable_.load(std::memory_order_acquire);
    const auto now = clock_type::now();
    bool moved = false;
    for (; taken_ < durable; ++taken_, ++room_, moved = true)
      latencies.push_back(
          std::chrono::duration<float, std::milli>(now - begun_[taken_ % begun_.size()]).count());
    for (; room_ > 0; --room_, moved = true) {
      const auto index = to(partition_, *this);
      if (!index)
        return moved;
      if (!std::exchange(began_, true))
        taken_ = *index - 1;
      begun_[(*index - 1) % begun_.size()] = now;
    }
    return moved;
  }

  bool waits() const { return room_ < most_; }

private:
  partition_number partition_;
  std::size_t most_;
  std::size_t room_;
  bool began_ = false;
  std::uint64_t taken_ = 0; // the last index that is taken note of
  std::atomic<std::uint64_t> durable_ = 0;
  std::vector<clock_type::time_point> begun_ = std::vector<clock_type::time_point>(8192);
};

void measure(const std::string& what, const std::string& goal, double most, const append& to) {
  std::vector<std::unique_ptr<load>> loads;
  for (partition_number p = 0; p < partitions; ++p)
    loads.push_back(std::make_unique<load>(p, in_flight / partitions));
  std::vector<float> latencies;
  latencies.reserve(20'000'000);
  const auto used = tests::processor_seconds();
  const auto began = clock_type::now();
  double took = 0;
  const auto taken = [&](partition_number p, runtime::durable_listener& l) {
    return took > 0 ? result<std::uint64_t>{failure{code::unavailable, "it is over"}} : to(p, l);
  };
  while (took == 0 || std::ranges::any_of(loads, [](const auto& l) { return l->waits(); })) {
    const auto before = told.load(std::memory_order_acquire);
    bool moved = false;
    for (auto& l : loads)
      moved = l->turn(taken, latencies) || moved;
    if (!moved)
      told.wait(before);
    if (took == 0 && seconds_since(began) >= most)
      took = seconds_since(began);
  }
  const auto processor = tests::processor_seconds() - used;
  std::ranges::sort(latencies);
  const auto count = static_cast<double>(latencies.size());
  const auto quantile = [&](double q) {
    return tests::fixed(
        static_cast<double>(latencies.at(static_cast<std::size_t>(q * (count - 1)))), 2);
  };
  tests::print_figure(what, goal,
                      tests::with_commas(count / took) + "/s, p50 " + quantile(0.5) + " ms, p99 " +
                          quantile(0.99) + " ms, " + tests::fixed(processor * 1e6 / count, 2) +
                          " us of processor");
}

class node {
public:
  node(raft::node_id id, const std::filesystem::path& directory, const raft::configuration& all,
       std::optional<credentials> own, partition_number count = partitions)
      : id_{id}, work_{io_.get_executor()} {
    log_ = log_store::open({.file = directory / ("log" + std::to_string(id)), .partitions = count},
                           meters_)
               .value();
    link::mesh_options m{.cluster = "c1", .node = std::to_string(id), .boot = id};
    m.plain = !own;
    m.credentials = std::move(own);
    const auto number = [](std::string_view name) { return std::stoull(std::string{name}); };
    link::mesh_calls calls;
    calls.on_frame = [this, number](link::arrival a) {
      journal->arrived(number(a.node), a.epoch, std::move(a.bytes));
    };
    calls.on_up = [](const auto&, const auto&) {};
    calls.on_down = [this, number](const auto& name, const auto&) { journal->lost(number(name)); };
    mesh = link::mesh::open(io_, m, std::move(calls), clock_, meters_).value();
    replication::replication_options o{.self = id};
    o.raft.seed = static_cast<std::uint32_t>(id * 104729);
    replication::replication_calls does;
    does.send = [this](raft::node_id to, blob frame) {
      return mesh->send(std::to_string(to), link::channel::control, link::topic::raft,
                        std::move(frame));
    };
    journal = std::make_unique<replication::replicated_journal>(io_, *log_, o, std::move(does),
                                                                clock_, meters_);
    journal->found(all);
    thread_ = std::thread{[this] { io_.run(); }};
    if (!journal->start({}))
      std::exit(1);
  }
  ~node() {
    std::promise<void> done;
    boost::asio::post(io_, [&] {
      mesh.reset();
      journal.reset();
      done.set_value();
    });
    done.get_future().wait();
    io_.stop();
    thread_.join();
  }
  raft::node_id id() const { return id_; }

private:
  raft::node_id id_;
  runtime::system_clock clock_;
  runtime::meters meters_;
  std::unique_ptr<log_store> log_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;

public:
  std::unique_ptr<link::mesh> mesh;
  std::unique_ptr<replication::replicated_journal> journal;
};

using nodes = std::vector<std::unique_ptr<node>>;

nodes cluster_of(std::size_t count, const std::filesystem::path& directory,
                 partition_number of_partitions = partitions) {
  const auto now = runtime::system_clock{}.now();
  const auto by = make_authority("c1", "", now).value();
  raft::configuration all;
  for (raft::node_id id = 1; id <= count; ++id)
    all.members.push_back({.node = id, .role = raft::role::voter});
  nodes made;
  for (raft::node_id id = 1; id <= count; ++id) {
    const auto name = std::to_string(id);
    const auto asked = request_certificate(name).value();
    credentials own{sign(by, asked.request, bearer::node, name, now).value(), asked.key,
                    by.certificate};
    made.push_back(std::make_unique<node>(id, directory, all, std::move(own), of_partitions));
  }
  for (auto& a : made)
    for (auto& b : made)
      if (a != b)
        a->mesh->set_peer(std::to_string(b->id()), "127.0.0.1:" + std::to_string(b->mesh->port()));
  return made;
}

node& owner(nodes& all, partition_number p) {
  for (;;) {
    for (auto& each : all)
      if (each->journal->term(p))
        return *each;
    std::this_thread::yield();
  }
}

const blob entry = blob::copy_of(std::string(256, 'e'));

void of_log(const std::filesystem::path& directory, double most) {
  runtime::meters m;
  const auto log = log_store::open({.file = directory / "bare", .next_terms = true}, m).value();
  measure("decisions of 256 B, the bare log", "", most,
          [&](partition_number p, runtime::durable_listener& l) {
            return log->append(p, log->ballot(p).term, entry, l);
          });
}

void of_cluster(std::size_t count, const std::string& goal, const std::filesystem::path& directory,
                double most) {
  auto all = cluster_of(count, directory);
  std::vector<replication::replicated_journal*> owners;
  for (partition_number p = 0; p < partitions; ++p)
    owners.push_back(owner(all, p).journal.get());
  measure("decisions of 256 B, " + std::to_string(count) + (count == 1 ? " voter" : " voters, TLS"),
          goal, most, [&](partition_number p, runtime::durable_listener& l) {
            return owners[p]->append(p, owners[p]->term(p), entry, l);
          });
}

void idle(const std::filesystem::path& directory, double most) {
  constexpr partition_number many = 1024;
  auto all = cluster_of(3, directory, many);
  for (partition_number p = 0; p < many; ++p)
    owner(all, p);
  const auto rest = [](double seconds) {
    std::promise<void> never;
    never.get_future().wait_for(std::chrono::duration<double>{seconds});
  };
  rest(2);
  const auto used = tests::processor_seconds();
  const auto began = clock_type::now();
  rest(most);
  const auto share = (tests::processor_seconds() - used) / seconds_since(began) / 3;
  tests::print_figure("1,024 idle partitions on 3 nodes, of a core for each", "< 5 %",
                      tests::fixed(share * 100, 1) + " %");
}

} // namespace

int main(int count, char** arguments) {
  const std::filesystem::path parent = count > 1 ? arguments[1] : ".";
  const double seconds = count > 2 ? std::atof(arguments[2]) : 5;
  const auto directory = parent / ("replication_benchmark." + std::to_string(::getpid()));
  const auto in = [&](const char* name) {
    std::filesystem::create_directories(directory / name);
    return directory / name;
  };
  of_log(in("bare"), seconds);
  of_cluster(1, "close to the bare log", in("lone"), seconds);
  of_cluster(3, ">= 75,000/s", in("three"), seconds);
  idle(in("idle"), seconds);
  std::filesystem::remove_all(directory);
}
