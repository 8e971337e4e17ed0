// Nodes that forward to each other over a real network: a mesh and a forwarder each, and in place
// of a host of actors one that answers with what it was told, at once or when it is let.
#pragma once

#include "cluster/forwarding/forwarder.hpp"
#include "tests/integration/cluster/linked_node.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <condition_variable>
#include <future>
#include <random>

namespace tenon::tests {

namespace forwarding = cluster::forwarding;
using forwarding::node_id;
using forwarding::partition_number;

/// Who owns what, as all nodes see it at once.
class owners final : public forwarding::directory {
public:
  static constexpr partition_number partitions = 4;
  node_id owner_of(partition_number p) const override { return owners_[p]; }
  void set(partition_number p, node_id n) { owners_[p] = n; }

private:
  std::array<std::atomic<node_id>, partitions> owners_{};
};

inline identity someone_in(partition_number p) {
  for (int i = 0;; ++i) {
    identity id{"acme", "sync", "s" + std::to_string(i)};
    if (placement_of(id) % owners::partitions == p)
      return id;
  }
}

class forwarding_node {
public:
  forwarding_node(node_id self, const owners& all, const std::optional<cluster::authority>& by,
                  forwarding::limits limits = {})
      : self_{self}, owners_{all}, work_{io_.get_executor()}, ticks_{io_} {
    link::mesh_options o{.cluster = "c1", .node = std::to_string(self)};
    o.boot = std::random_device{}();
    o.plain = !by;
    if (by)
      o.credentials = certify(*by, o.node);
    o.first_wait = span{20};
    o.most_wait = span{100};
    mesh_ = link::mesh::open(io_, o, calls(), clock_, meters_).value();
    forwarder_.emplace(
        forwarding::surroundings{
            .self = self,
            .partitions = owners::partitions,
            .owners = all,
            .send = [this](node_id to, blob frame) { return transmit(to, std::move(frame)); },
            .deliver = [this](const identity& to, auto& message) { return deliver(to, message); },
            .post = [this](auto work) { boost::asio::post(io_, std::move(work)); },
            .clock = clock_,
            .meters = meters_},
        limits);
    tick();
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~forwarding_node() {
    io_.stop();
    thread_.join();
    forwarder_.reset();
    held_.clear();
    mesh_.reset();
  }
  forwarding_node(const forwarding_node&) = delete;
  forwarding_node& operator=(const forwarding_node&) = delete;

  forwarding::forwarder& operator*() { return *forwarder_; }
  forwarding::forwarder* operator->() { return &*forwarder_; }
  link::mesh& mesh() { return *mesh_; }
  std::string metrics() const { return meters_.exposition(); }
  bool sees(node_id other) const {
    for (const auto& each : mesh_->peers())
      if (each.node == std::to_string(other))
        return each.up && each.control.connected && each.bulk.connected;
    return false;
  }

  /// What this node's host was given, in order.
  std::vector<std::string> got() const {
    const std::lock_guard hold{guard_};
    return got_;
  }
  std::size_t count() const {
    const std::lock_guard hold{guard_};
    return got_.size();
  }
  /// Whether messages are kept without an answer, until let go.
  void hold(bool on) {
    std::vector<std::unique_ptr<runtime::envelope>> freed;
    {
      const std::lock_guard hold{guard_};
      holds_ = on;
      if (!on)
        freed.swap(held_);
    }
    for (const auto& each : freed)
      each->answer(blob{each->command});
  }
  /// As a host whose partition was lost does with what waits for it.
  void pass_on(partition_number p) {
    std::vector<std::unique_ptr<runtime::envelope>> freed;
    {
      const std::lock_guard hold{guard_};
      freed.swap(held_);
    }
    for (auto& each : freed)
      forwarder_->send(someone_in(p), std::move(each));
  }

  std::future<result<blob>> ask(partition_number p, std::string command,
                                span patience = span{10'000}) {
    auto e = std::make_unique<runtime::envelope>();
    e->command = blob::from(std::move(command));
    e->expires = std::chrono::steady_clock::now() + patience;
    return send(p, std::move(e));
  }
  std::future<result<blob>> tell(partition_number p, std::uint64_t number) {
    auto e = std::make_unique<runtime::envelope>();
    e->command = blob::from("durable " + std::to_string(number));
    e->from = std::make_unique<runtime::envelope::origin>("acme/sync/sender", number);
    return send(p, std::move(e));
  }

  std::atomic<bool> deaf = false; // nothing that arrives is looked at

private:
  std::future<result<blob>> send(partition_number p, std::unique_ptr<runtime::envelope> e) {
    const auto answered = std::make_shared<std::promise<result<blob>>>();
    e->answer =
        runtime::answer_once{[answered](result<blob> r) { answered->set_value(std::move(r)); }};
    forwarder_->send(someone_in(p), std::move(e));
    return answered->get_future();
  }

  bool deliver(const identity& to, std::unique_ptr<runtime::envelope>& message) {
    if (owners_.owner_of(static_cast<partition_number>(placement_of(to) % owners::partitions)) !=
        self_)
      return false;
    {
      const std::lock_guard hold{guard_};
      got_.push_back(message->command.text().substr(0, 40));
      if (holds_) {
        held_.push_back(std::move(message));
        return true;
      }
    }
    message->answer(blob{message->command});
    return true;
  }

  result<void> transmit(node_id to, blob frame) {
    return mesh_->send(std::to_string(to), channel::bulk, link::topic::ask, std::move(frame));
  }
  link::mesh_calls calls() {
    const auto number = [](std::string_view node) {
      return static_cast<node_id>(std::stoul(std::string{node}));
    };
    return {.on_frame =
                [this, number](const link::arrival& a) {
                  if (!deaf && a.topic == link::topic::ask)
                    forwarder_->arrived(number(a.node), a.epoch, a.bytes);
                },
            .on_up = [this, number](const std::string& node,
                                    const link::hello&) { forwarder_->up(number(node)); },
            .on_down = [this, number](const std::string& node,
                                      const failure&) { forwarder_->down(number(node)); },
            .on_bulk_lost = [this, number](const std::string& node,
                                           const failure&) { forwarder_->lost(number(node)); }};
  }
  void tick() {
    ticks_.expires_after(span{5});
    ticks_.async_wait([this](boost::system::error_code e) {
      if (e)
        return;
      forwarder_->tick();
      tick();
    });
  }

  const node_id self_;
  const owners& owners_;
  dated_clock clock_{today};
  runtime::meters meters_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer ticks_;
  mutable std::mutex guard_;
  std::vector<std::string> got_;
  std::vector<std::unique_ptr<runtime::envelope>> held_;
  bool holds_ = false;
  std::unique_ptr<link::mesh> mesh_;
  std::optional<forwarding::forwarder> forwarder_;
  std::thread thread_;
};

inline void introduce(forwarding_node& a, node_id a_number, forwarding_node& b, node_id b_number) {
  b.mesh().set_peer(std::to_string(a_number), "");
  a.mesh().set_peer(std::to_string(b_number), "127.0.0.1:" + std::to_string(b.mesh().port()));
  ASSERT_TRUE(becomes([&] { return a.sees(b_number) && b.sees(a_number); }));
}

inline std::string fate(std::future<result<blob>>& answer) {
  if (answer.wait_for(std::chrono::seconds{20}) != std::future_status::ready)
    return "no answer";
  const auto r = answer.get();
  return r ? r->text().substr(0, 40) : std::string{name_of(r.error().code)};
}

} // namespace tenon::tests
