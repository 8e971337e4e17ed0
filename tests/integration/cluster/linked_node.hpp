// Nodes of a cluster that have nothing but their network: real sockets, real TLS, a thread each.
#pragma once

#include "cluster/link/mesh.hpp"
#include "tests/support/until.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace tenon::tests {

namespace link = cluster::link;
using link::channel;

/// A date that is set; time itself goes on.
class dated_clock final : public runtime::clock {
public:
  explicit dated_clock(moment at) : at_{at} {}
  moment now() const override { return at_; }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::now();
  }

private:
  moment at_;
};

inline const moment today = parse_moment("2026-11-22T12:00:00Z").value();

inline cluster::authority make_authority(const std::string& id = "c1") {
  return cluster::make_authority(id, "", today).value();
}

inline cluster::credentials certify(const cluster::authority& by, const std::string& name,
                                    cluster::bearer kind = cluster::bearer::node,
                                    moment when = today) {
  const auto asked = cluster::request_certificate(name).value();
  return {cluster::sign(by, asked.request, kind, name, when).value(), asked.key, by.certificate};
}

struct heard {
  std::string node;
  link::channel channel{};
  std::uint64_t epoch = 0;
  std::string bytes;
  link::topic topic{};
};

class linked_node {
public:
  /// With credentials, or plain without.
  linked_node(const std::string& name, std::optional<cluster::credentials> credentials,
              const std::function<void(link::mesh_options&)>& change = {}, moment date = today)
      : clock_{date}, work_{io_.get_executor()} {
    link::mesh_options o{.cluster = "c1", .node = name};
    o.boot = std::hash<std::string>{}(name);
    o.plain = !credentials;
    o.credentials = std::move(credentials);
    o.first_wait = span{20};
    o.most_wait = span{100};
    if (change)
      change(o);
    auto opened = link::mesh::open(io_, o, calls(), clock_, meters_);
    if (!opened) {
      refused = opened.error();
      return;
    }
    mesh_ = *std::move(opened);
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~linked_node() {
    io_.stop();
    if (thread_.joinable())
      thread_.join();
    held_.clear();
    mesh_.reset();
  }
  linked_node(const linked_node&) = delete;
  linked_node& operator=(const linked_node&) = delete;

  link::mesh* operator->() { return mesh_.get(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(mesh_->port()); }
  std::string metrics() const { return meters_.exposition(); }

  link::peer_status of(const std::string& node) const {
    for (auto& each : mesh_->peers())
      if (each.node == node)
        return each;
    return {};
  }
  bool sees(const std::string& node) const {
    const auto peer = of(node);
    return peer.up && peer.control.connected && peer.bulk.connected;
  }
  /// What the node says why it is not connected to another, once it says anything.
  failure trouble_with(const std::string& node) const {
    const auto peer = until([&] { return of(node); }, [](const auto& p) { return !!p.last_error; });
    return peer.last_error.value_or(failure{code::internal, "no error was told"});
  }

  std::vector<heard> frames() const {
    const std::lock_guard held{mutex_};
    return frames_;
  }
  std::size_t count() const {
    const std::lock_guard held{mutex_};
    return frames_.size();
  }
  std::vector<std::string> changes() const { // "up n2", "down n2: why"
    const std::lock_guard held{mutex_};
    return changes_;
  }
  /// Whoever holds takes frames and gives no credit back, until let go.
  void hold(bool on) {
    std::vector<link::held_credit> freed;
    const std::lock_guard held{mutex_};
    holds_ = on;
    if (!on)
      freed.swap(held_);
  }

  std::atomic<bool> echoes = false;
  std::atomic<bool> admits = false;
  std::optional<failure> refused; // instead of a mesh

private:
  link::mesh_calls calls() {
    return {.on_frame = [this](link::arrival a) { take(std::move(a)); },
            .on_up = [this](const std::string& node, const link::hello&) { note("up " + node); },
            .on_down = [this](const std::string& node,
                              const failure& why) { note("down " + node + ": " + why.why); },
            .on_bulk_lost = {},
            .admits = [this](const std::string&) { return admits.load(); }};
  }
  void note(std::string what) {
    const std::lock_guard held{mutex_};
    changes_.push_back(std::move(what));
  }
  void take(link::arrival a) {
    if (echoes)
      (void)mesh_->send(a.node, a.channel, a.topic, a.bytes);
    const std::lock_guard held{mutex_};
    frames_.push_back({std::string{a.node}, a.channel, a.epoch, a.bytes.text(), a.topic});
    if (holds_)
      held_.push_back(std::move(a.credit));
  }

  dated_clock clock_;
  runtime::meters meters_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  mutable std::mutex mutex_;
  std::vector<heard> frames_;
  std::vector<std::string> changes_;
  std::vector<link::held_credit> held_;
  bool holds_ = false;
  std::unique_ptr<link::mesh> mesh_;
  std::thread thread_;
};

/// Each learns of the other, the first dials, and both are connected.
inline void introduce(linked_node& a, const std::string& a_name, linked_node& b,
                      const std::string& b_name) {
  b->set_peer(a_name, "");
  a->set_peer(b_name, b.address());
  const auto met =
      until([&] { return a.sees(b_name) && b.sees(a_name); }, [](bool both) { return both; });
  ASSERT_TRUE(met) << a.trouble_with(b_name).why;
}

inline bool becomes(const std::function<bool()>& true_) {
  return until(true_, [](bool is) { return is; });
}

} // namespace tenon::tests
