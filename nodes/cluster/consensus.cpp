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
namespace copying = tenon::cluster::copying;
namespace forwarding = tenon::cluster::forwarding;
namespace link = tenon::cluster::link;
namespace raft = tenon::cluster::raft;
namespace replication = tenon::cluster::replication;

// As exact as that are deadlines of what is forwarded; alone, of what nobody can take.
constexpr span between_ticks{10};
constexpr span between_ticks_alone{200};
constexpr span patience_of_hand_over = std::chrono::seconds{2};
constexpr span between_reports = std::chrono::seconds{1};

replication::replication_options options_of(node_id self, runtime::entropy& random) {
  std::array<unsigned char, sizeof(std::uint32_t)> drawn{};
  random.fill(drawn);
  return {.self = self, .raft = {.seed = std::bit_cast<std::uint32_t>(drawn)}};
}

} // namespace

consensus::consensus(node_id self, std::uint64_t boot, runtime::entropy& random,
                     const runtime::clock& clock, runtime::meters& m)
    : self_{self}, boot_{boot}, options_{options_of(self, random)}, clock_{clock}, meters_{m} {}

consensus::~consensus() {
  stop();
}

runtime::store::journal_maker consensus::journal() {
  return [this](runtime::store::log_store& logs) {
    said_to_lead_ = std::vector<std::atomic<node_id>>(logs.partitions());
    auto made = std::make_unique<replication::replicated_journal>(
        loop_, logs, options_, calls_of_replication(), clock_, meters_);
    log_ = made.get();
    return made;
  };
}

replication::replication_calls consensus::calls_of_replication() {
  return {.send =
              [this](raft::node_id to, blob frame) {
                return say(static_cast<node_id>(to), link::channel::control, link::topic::raft,
                           std::move(frame));
              },
          .fetch =
              [this](partition_number p, raft::node_id from, const raft::stamp& at) {
                copying_->want({p, static_cast<node_id>(from), at.index});
              },
          .led =
              [this](partition_number p) {
                forwarder_->changed(p);
                report_soon();
              }};
}

result<void> consensus::start(runtime::store::data_directory& data, bool joins) {
  if (!joins)
    log_->found({.members = {{.node = self_, .role = raft::role::voter}}});
  std::vector<replication::stored_state> stored;
  for (partition_number p = 0; p < log_->partitions(); ++p) {
    auto& at = stored.emplace_back(replication::stored_state{data.state().checkpointed(p), {}});
    const auto copied = data.state().stamp(p);
    if (!copied || copied->index < at.index)
      continue;
    auto stamp = protocols::decode<raft::stamp>(copied->said);
    if (!stamp)
      return std::move(stamp).error();
    at.stamp = *std::move(stamp);
  }
  forwarder_.emplace(around_forwarder());
  copying_ = copying_over(data.state());
  if (auto begun = log_->start(stored); !begun)
    return begun;
  asio::post(loop_, [this] { tick(); });
  thread_ = std::thread{[this] { loop_.run(); }};
  return {};
}

std::unique_ptr<copying::copying> consensus::copying_over(runtime::store::local_state& state) {
  copying::copying_options options;
  options.boot = boot_;
  copying::copying_calls calls{
      .send =
          [this](node_id to, blob frame) {
            return say(to, link::channel::bulk, link::topic::state, std::move(frame));
          },
      .stamp = [this](partition_number p, std::uint64_t index) -> result<blob> {
        const auto answer = std::make_shared<std::promise<result<raft::stamp>>>();
        log_->stamp_at(p, index,
                       [answer](result<raft::stamp> at) { answer->set_value(std::move(at)); });
        const auto at = answer->get_future().get();
        return at ? result<blob>{protocols::encode(*at)} : result<blob>{at.error()};
      },
      .finished = [this](partition_number p,
                         const result<copying::offer>& got) { copied(p, got); }};
  return std::make_unique<copying::copying>(state, *log_, clock_, meters_, options,
                                            std::move(calls));
}

void consensus::copied(partition_number p, const result<copying::offer>& got) {
  const auto stamp = got ? protocols::decode<raft::stamp>(got->stamp) : got.error();
  if (stamp)
    return log_->fetched(p, *stamp);
  runtime::log::warn(
      "cluster.state_not_copied",
      {{"partition", p}, {"why", stamp.error().why}, {"where", stamp.error().where}});
  log_->not_fetched(p);
}

forwarding::surroundings consensus::around_forwarder() {
  return {.self = self_,
          .partitions = log_->partitions(),
          .owners = *this,
          .send =
              [this](node_id to, blob frame) {
                return say(to, link::channel::bulk, link::topic::ask, std::move(frame));
              },
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
    if (log_->leader(p) == 0 && said_to_lead_[p] == 0)
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
  copying_.reset();
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
    report_soon(); // it should know
  });
}

void consensus::down(node_id node) {
  {
    const std::scoped_lock lock{heard_guard_};
    heard_.forget(node);
  }
  log_->lost(node);
  copying_->lost(node);
  asio::post(loop_, [this, node] {
    linked_.erase(node);
    forwarder_->down(node);
  });
}

void consensus::bulk_lost(node_id node) {
  copying_->lost(node);
  asio::post(loop_, [this, node] { forwarder_->lost(node); });
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
    if (auto said = protocols::decode<led_groups::report>(a.bytes))
      hear(from, *std::move(said));
    return;
  case link::topic::state:
    return copying_->received(from, a.epoch, a.bytes);
  }
}

void consensus::hear(node_id from, led_groups::report said) {
  const std::scoped_lock lock{heard_guard_};
  heard_.hear(from, std::move(said));
  const auto now = heard_.now(said_to_lead_.size());
  for (std::size_t p = 0; p < now.size(); ++p)
    said_to_lead_[p] = now[p].leader;
}

node_id consensus::owner_of(partition_number p) const {
  auto leader = static_cast<node_id>(log_->leader(p));
  if (leader == 0) // a node without a replica is told by those that have one
    leader = said_to_lead_[p];
  return leader == self_ && log_->term(p) == 0 ? 0 : leader; // it does not own it yet
}

result<void> consensus::say(node_id to, link::channel on, link::topic about, blob frame) {
  const std::shared_lock hold{network_guard_};
  if (!network_)
    return failure{code::unavailable, "there is no network yet", "cluster"};
  return network_->send(to, on, about, std::move(frame));
}

void consensus::tick() {
  forwarder_->tick();
  const auto pause = linked_.empty() ? between_ticks_alone : between_ticks;
  since_report_ += pause;
  if (since_report_ >= between_reports)
    report();
  ticks_.expires_after(pause);
  ticks_.async_wait([this](boost::system::error_code e) {
    if (!e)
      tick();
  });
}

/// Once for all that changes in this turn of the loop.
void consensus::report_soon() {
  if (!std::exchange(reports_, true))
    asio::post(loop_, [this] { report(); });
}

void consensus::report() {
  reports_ = false;
  since_report_ = span{0};
  log_->look([this](const std::vector<replication::view>& views) {
    auto said = report_of(views, self_);
    const auto frame = protocols::encode(said);
    for (const auto node : linked_)
      (void)say(node, link::channel::control, link::topic::report, frame);
    hear(self_, std::move(said));
  });
}

} // namespace tenon::nodes::cluster
