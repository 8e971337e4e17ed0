#include "nodes/cluster/consensus.hpp"

#include "runtime/hosting/host.hpp"
#include "runtime/telemetry/log.hpp"

#include <boost/asio/post.hpp>

#include <array>
#include <bit>
#include <future>
#include <memory>
#include <utility>

namespace tenon::nodes::cluster {
namespace {

namespace asio = boost::asio;
namespace forwarding = tenon::cluster::forwarding;
namespace link = tenon::cluster::link;
namespace raft = tenon::cluster::raft;
namespace replication = tenon::cluster::replication;

constexpr span between_ticks{10}; // as exact as that are deadlines of what is forwarded
constexpr span patience_of_hand_over = std::chrono::seconds{2};
constexpr span between_reports = std::chrono::seconds{1};

replication::replication_options options_of(node_id self, runtime::entropy& random) {
  std::array<unsigned char, sizeof(std::uint32_t)> drawn{};
  random.fill(drawn);
  return {.self = self, .raft = {.seed = std::bit_cast<std::uint32_t>(drawn)}};
}

} // namespace

consensus::consensus(node_id self, runtime::entropy& random, const runtime::clock& clock,
                     runtime::meters& m)
    : self_{self}, options_{options_of(self, random)}, clock_{clock}, meters_{m} {}

consensus::~consensus() {
  stop();
}

runtime::store::journal_maker consensus::journal() {
  return [this](runtime::store::log_store& logs) {
    replication::replication_calls calls;
    calls.send = [this](raft::node_id to, blob frame) {
      return say(static_cast<node_id>(to), link::topic::raft, std::move(frame));
    };
    calls.led = [this](partition_number p) {
      if (forwarder_)
        forwarder_->changed(p);
    };
    auto made = std::make_unique<replication::replicated_journal>(
        loop_, logs, options_, std::move(calls), clock_, meters_);
    log_ = made.get();
    return made;
  };
}

result<void> consensus::start(runtime::store::data_directory& data, bool joins) {
  if (!joins)
    log_->found({.members = {{.node = self_, .role = raft::role::voter}}});
  std::vector<replication::stored_state> stored;
  for (partition_number p = 0; p < log_->partitions(); ++p)
    stored.push_back({.index = data.state().checkpointed(p)});
  if (auto begun = log_->start(stored); !begun)
    return begun;
  forwarder_.emplace(around_forwarder());
  asio::post(loop_, [this] { tick(); });
  thread_ = std::thread{[this] { loop_.run(); }};
  return {};
}

forwarding::surroundings consensus::around_forwarder() {
  return {.self = self_,
          .partitions = log_->partitions(),
          .owners = *this,
          .send = [this](node_id to,
                         blob frame) { return say(to, link::topic::ask, std::move(frame)); },
          .deliver =
              [this](const identity& to, std::unique_ptr<runtime::envelope>& e) {
                return host_ && host_->take(to, e);
              },
          .post = [this](std::function<void()> f) { asio::post(loop_, std::move(f)); },
          .clock = clock_,
          .meters = meters_};
}

bool consensus::is_led() const {
  for (partition_number p = 0; p < log_->partitions(); ++p)
    if (log_->leader(p) == 0)
      return false;
  return true;
}

void consensus::hand_over() {
  const auto left = std::make_shared<std::promise<void>>();
  // Gone when the last one has answered.
  std::shared_ptr<void> all{nullptr, [left](void*) { left->set_value(); }};
  auto done = left->get_future();
  for (partition_number p = 0; p < log_->partitions(); ++p)
    if (log_->leader(p) == self_)
      log_->transfer(p, 0, [all](const result<void>&) {});
  all.reset();
  done.wait_for(patience_of_hand_over);
}

void consensus::stop() {
  if (!thread_.joinable())
    return;
  asio::post(loop_, [this] {
    forwarder_->close();
    log_->close();
    loop_.stop();
  });
  thread_.join();
}

void consensus::send(const identity& to, std::unique_ptr<runtime::envelope> e) {
  forwarder_->send(to, std::move(e));
}

placement_groups consensus::groups() const {
  const std::scoped_lock lock{heard_guard_};
  return heard_.now(log_->partitions());
}

void consensus::perform(partition_number p, const protocols::cluster::step& s) {
  using act = protocols::cluster::act;
  if (log_->leader(p) != self_)
    return;
  const auto done = [p](const result<void>& did) {
    if (!did)
      runtime::log::debug("cluster.step_refused", {{"partition", p}, {"why", did.error().why}});
  };
  if (s.act == act::transfer)
    return log_->transfer(p, s.node, done);
  std::optional<raft::role> role;
  if (s.act == act::add_learner)
    role = raft::role::learner;
  else if (s.act == act::promote)
    role = raft::role::voter;
  log_->change(p, {.node = s.node, .role = role}, done);
}

bool consensus::leads(const identity& id) const {
  return host_ && log_->term(host_->partition_of(id)) > 0;
}

void consensus::connect(network& n) {
  const std::unique_lock hold{network_guard_};
  network_ = &n;
}

void consensus::disconnect() {
  const std::unique_lock hold{network_guard_};
  network_ = nullptr;
}

void consensus::up(node_id node) {
  asio::post(loop_, [this, node] {
    linked_.insert(node);
    forwarder_->up(node);
    since_report_ = between_reports; // it should know soon
  });
}

void consensus::down(node_id node) {
  {
    const std::scoped_lock lock{heard_guard_};
    heard_.forget(node);
  }
  log_->lost(node);
  asio::post(loop_, [this, node] {
    linked_.erase(node);
    forwarder_->down(node);
  });
}

void consensus::arrived(node_id from, link::arrival a) {
  switch (a.topic) {
  case link::topic::raft:
    return log_->arrived(from, a.epoch, std::move(a.bytes));
  case link::topic::ask:
    return asio::post(loop_, [this, from, epoch = a.epoch, bytes = std::move(a.bytes)] {
      forwarder_->arrived(from, epoch, bytes);
    });
  case link::topic::report:
    if (auto said = protocols::decode<led_groups::report>(a.bytes)) {
      const std::scoped_lock lock{heard_guard_};
      heard_.hear(from, *std::move(said));
    }
    return;
  case link::topic::state:
    return;
  }
}

node_id consensus::owner_of(partition_number p) const {
  const auto leader = static_cast<node_id>(log_->leader(p));
  return leader == self_ && log_->term(p) == 0 ? 0 : leader; // it does not own it yet
}

result<void> consensus::say(node_id to, link::topic about, blob frame) {
  const std::shared_lock hold{network_guard_};
  if (!network_)
    return failure{code::unavailable, "there is no network yet", "cluster"};
  return network_->send(to, link::channel::control, about, std::move(frame));
}

void consensus::tick() {
  forwarder_->tick();
  since_report_ += between_ticks;
  if (since_report_ >= between_reports)
    report();
  ticks_.expires_after(between_ticks);
  ticks_.async_wait([this](boost::system::error_code e) {
    if (!e)
      tick();
  });
}

void consensus::report() {
  since_report_ = span{0};
  log_->look([this](const std::vector<replication::view>& views) {
    auto said = report_of(views, self_);
    const auto frame = protocols::encode(said);
    for (const auto node : linked_)
      (void)say(node, link::topic::report, frame);
    const std::scoped_lock lock{heard_guard_};
    heard_.hear(self_, std::move(said));
  });
}

} // namespace tenon::nodes::cluster
