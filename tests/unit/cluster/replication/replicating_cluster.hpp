// A few nodes that have nothing but their journals and the network between them: real sockets, real
// logs, a loop each. A node is stopped and started again; its log stays.
#pragma once

#include "cluster/link/mesh.hpp"
#include "tests/unit/cluster/replication/replicating_node.hpp"

#include <deque>

namespace tenon::tests {

namespace link = cluster::link;

class clustered_node {
public:
  clustered_node(raft::node_id id, const std::filesystem::path& directory,
                 partition_number partitions,
                 const std::function<void(replication::replication_options&)>& change,
                 const std::optional<raft::configuration>& founders)
      : id_{id} {
    auto opened = runtime::store::log_store::open(
        {.file = directory / ("log" + std::to_string(id)), .partitions = partitions}, meters_);
    if (!opened)
      throw std::runtime_error{opened.error().where + ": " + opened.error().why};
    store_ = *std::move(opened);
    replication::replication_options o{.self = id};
    o.raft.seed = static_cast<std::uint32_t>(id * 104729);
    if (change)
      change(o);
    loop_.run([&] { make(o); });
    if (founders)
      journal_->found(*founders);
    owned.emplace(*journal_);
    journal_->watch(*owned);
    if (const auto started = journal_->start({}); !started)
      throw std::runtime_error{started.error().why};
  }
  ~clustered_node() {
    loop_.run([&] {
      mesh_.reset();
      journal_.reset();
    });
    loop_.end();
  }

  replicated_journal* operator->() { return journal_.get(); }
  raft::node_id id() const { return id_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void meet(raft::node_id other, const std::string& address) {
    mesh_->set_peer(std::to_string(other), address);
  }
  /// Its network is gone, and it is not.
  void cut_off() {
    loop_.run([&] { mesh_.reset(); });
    cut_ = true;
  }
  bool is_cut_off() const { return cut_; }
  std::string metrics() const { return meters_.exposition(); }
  std::vector<replication::view> views() {
    std::promise<std::vector<replication::view>> seen;
    journal_->look([&](std::vector<replication::view> all) { seen.set_value(std::move(all)); });
    return seen.get_future().get();
  }

  std::atomic<int> fetches = 0;
  awaited_index told;
  std::optional<noted_ownership> owned;

private:
  void make(const replication::replication_options& o) {
    const auto number = [](std::string_view node) { return std::stoull(std::string{node}); };
    link::mesh_options m{.cluster = "c1", .node = std::to_string(id_), .boot = id_, .plain = true};
    m.first_wait = span{20};
    m.most_wait = span{100};
    link::mesh_calls calls;
    calls.on_frame = [this, number](link::arrival a) {
      if (a.topic == link::topic::raft)
        journal_->arrived(number(a.node), a.epoch, std::move(a.bytes));
    };
    calls.on_up = [](const auto&, const auto&) {};
    calls.on_down = [this, number](const std::string& node, const failure&) {
      journal_->lost(number(node));
    };
    mesh_ = link::mesh::open(loop_.io, m, std::move(calls), clock_, meters_).value();
    port_ = mesh_->port();
    replication::replication_calls does;
    does.send = [this](raft::node_id to, blob frame) -> result<void> {
      if (!mesh_)
        return failure{code::unavailable, "cut off"};
      return mesh_->send(std::to_string(to), link::channel::control, link::topic::raft,
                         std::move(frame));
    };
    // There is no state here, so it is in place at once; but the first time it fails.
    does.fetch = [this](partition_number p, raft::node_id, const raft::stamp& at) {
      if (fetches++ == 0)
        journal_->not_fetched(p);
      else
        journal_->fetched(p, at);
    };
    journal_ = std::make_unique<replicated_journal>(loop_.io, *store_, o, std::move(does), clock_,
                                                    meters_);
  }

  raft::node_id id_;
  runtime::meters meters_;
  runtime::system_clock clock_;
  std::unique_ptr<runtime::store::log_store> store_; // its listeners go before it
  loop_thread loop_;
  std::unique_ptr<link::mesh> mesh_;
  std::unique_ptr<replicated_journal> journal_;
  std::uint16_t port_ = 0;
  bool cut_ = false;
};

class replicating_cluster {
public:
  explicit replicating_cluster(const std::vector<raft::node_id>& founders,
                               partition_number partitions = 1,
                               std::function<void(replication::replication_options&)> change = {})
      : partitions_{partitions}, founders_{voting(founders)}, change_{std::move(change)} {
    for (const auto id : founders)
      start(id, true);
  }

  void start(raft::node_id id, bool founds = false) {
    nodes[id] = std::make_unique<clustered_node>(id, directory_.path(), partitions_, change_,
                                                 founds ? std::optional{founders_} : std::nullopt);
    for (auto& [other, node] : nodes)
      if (node && other != id && !node->is_cut_off()) {
        node->meet(id, nodes[id]->address());
        nodes[id]->meet(other, node->address());
      }
  }
  void stop(raft::node_id id) { nodes[id].reset(); }
  clustered_node& at(raft::node_id id) { return *nodes.at(id); }

  /// Which of those that run and are not cut off owns the partition; 0 when none ever does.
  raft::node_id owner(partition_number p = 0, raft::node_id other_than = 0) {
    return until(
        [&]() -> raft::node_id {
          for (auto& [id, node] : nodes)
            if (node && id != other_than && !node->is_cut_off() && (*node)->term(p))
              return id;
          return 0;
        },
        [](raft::node_id found) { return found != 0; });
  }

  /// Its index, once it is confirmed by whoever owns the partition; 0 when it never is.
  std::uint64_t confirmed(partition_number p, const std::string& text) {
    return until([&] { return tried(p, text); }, [](std::uint64_t index) { return index != 0; });
  }

  static bool becomes(const std::function<bool()>& is) {
    return until(is, [](bool yes) { return yes; });
  }

private:
  std::deque<awaited_index> listeners_; // the nodes tell them

public:
  std::map<raft::node_id, std::unique_ptr<clustered_node>> nodes;

private:
  std::uint64_t tried(partition_number p, const std::string& text) {
    auto& node = at(owner(p));
    const auto term = node->term(p);
    auto& told = listeners_.emplace_back();
    const auto index = node->append(p, term, blob::copy_of(text), told);
    const auto known = [&] { return told.last() >= *index || node->term(p) != term; };
    return index && becomes(known) && told.last() >= *index ? *index : 0;
  }

  temporary_directory directory_;
  partition_number partitions_;
  raft::configuration founders_;
  std::function<void(replication::replication_options&)> change_;
};

} // namespace tenon::tests
