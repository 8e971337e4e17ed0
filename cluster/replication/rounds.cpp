#include "cluster/replication/rounds.hpp"

#include "protocols/ensure.hpp"
#include "runtime/telemetry/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace tenon::cluster::replication {
namespace {

constexpr span never = span::max();

failure no_replica() {
  return {code::unavailable, "the node is not in service", "partition", "", span{1000}};
}

/// Or waits to hear of any.
bool knows_its_members(const raft::durable& kept) {
  return kept.state || kept.entries.empty() ||
         std::ranges::any_of(kept.entries, [](const raft::entry& e) {
           return e.kind == raft::kind::configuration;
         });
}

/// Of what is in nobody's way, when nobody says otherwise.
raft::options complete(raft::options o, const front_limits& l) {
  o.entry_bytes = l.entry_bytes;
  // The front refuses first. An entry weighs the same there, and what is remembered comes on top.
  o.waiting_bytes =
      std::max(o.waiting_bytes, 2 * (l.most_waiting + l.entry_bytes) + o.remembered_bytes);
  return o;
}

} // namespace

replicated_journal::rounds::rounds(boost::asio::io_context& io, runtime::store::log_store& log,
                                   replication_options o, replication_calls c,
                                   const runtime::clock& clock, runtime::meters& m)
    : io_{io}, log_{log}, options_{std::move(o)}, calls_{std::move(c)}, clock_{clock},
      began_{clock.steady()}, counts_{m}, agenda_{log.partitions(), [this] { wake(); }},
      mail_{options_.frame_bytes},
      around_{agenda_, mail_, ownership_, counts_, options_.trailing, {}, {}}, timer_{io},
      due_(log.partitions(), never), is_touched_(log.partitions()) {
  for (partition_number p = 0; p < log.partitions(); ++p) {
    fronts_.push_back(std::make_unique<front>(p, options_.limits, waiting_));
    fronts_.back()->set_committed(log.durable(p));
  }
  around_.led = [this](partition_number p) {
    if (calls_.led)
      calls_.led(p);
  };
  around_.fetch = [this](partition_number p, raft::node_id from, const raft::stamp& at) {
    if (calls_.fetch)
      return calls_.fetch(p, from, at);
    replicas_[p]->not_fetched();
  };
}

replicated_journal::rounds::~rounds() = default;

void replicated_journal::rounds::found(const raft::configuration& members) {
  must(replicas_.empty(), "a cluster is founded before it is started");
  replication::agenda founding{log_.partitions(), [] {}};
  std::vector<std::pair<partition_number, std::unique_ptr<agenda::note>>> founded;
  for (partition_number p = 0; p < log_.partitions(); ++p) {
    if (log_.durable(p) > 0 || log_.ballot(p).term > 0)
      continue;
    auto begins = raft::founding(members);
    founded.emplace_back(p, std::make_unique<agenda::note>(founding, p));
    storage::group_log{log_, p}.write({.number = 1,
                                       .ballot = begins.ballot,
                                       .from = begins.first,
                                       .entries = std::move(begins.entries)},
                                      *founded.back().second);
  }
  for (const auto& [p, note] : founded)
    founding.wait_for(p, 1);
}

result<void> replicated_journal::rounds::start(const std::vector<stored_state>& stored) {
  must(stored.empty() || stored.size() == fronts_.size(), "a state for each partition");
  std::vector<std::unique_ptr<replica>> made;
  for (partition_number p = 0; p < fronts_.size(); ++p) {
    const auto at = stored.empty() ? stored_state{} : stored[p];
    storage::group_log log{log_, p};
    const bool fetched = at.stamp && at.stamp->index >= at.index;
    auto kept = fetched ? log.kept(*at.stamp) : log.kept(at.index);
    if (!kept)
      return std::move(kept).error();
    if (!knows_its_members(*kept))
      return failure{code::conflict,
                     "partition " + std::to_string(p) + ": its log says nothing of its members",
                     log_.file().file().string(),
                     "A version without consensus wrote it: begin with a new data directory."};
    auto chosen = complete(options_.raft, options_.limits);
    chosen.seed += p * 7919u; // else the groups of a node would all stand at the same moment
    made.push_back(std::make_unique<replica>(p, options_.self, chosen, *std::move(kept), log,
                                             *fronts_[p], around_, now()));
  }
  const auto all = std::make_shared<std::vector<std::unique_ptr<replica>>>(std::move(made));
  agenda_.add([this, all] { begin(std::move(*all)); });
  return {};
}

void replicated_journal::rounds::begin(std::vector<std::unique_ptr<replica>> all) {
  must(replicas_.empty(), "a journal is started once");
  replicas_ = std::move(all);
  for (partition_number p = 0; p < replicas_.size(); ++p)
    touch(p);
}

void replicated_journal::rounds::close() {
  if (std::exchange(closed_, true))
    return;
  timer_.cancel();
  ownership_.end();
  for (auto& call : agenda_.close())
    call(); // which say that it is too late
  for (auto& r : replicas_)
    r->end();
}

void replicated_journal::rounds::ask(partition_number p,
                                     std::function<void(replica&, span now)> what,
                                     std::function<void(const failure&)> otherwise) {
  const bool taken = agenda_.add([this, p, what = std::move(what), otherwise] {
    if (closed_ || replicas_.empty())
      return otherwise(no_replica());
    what(*replicas_.at(p), now());
    touch(p);
  });
  if (!taken)
    otherwise(no_replica());
}

void replicated_journal::rounds::look(std::function<void(std::vector<view>)> done) {
  const bool taken = agenda_.add([this, done] {
    std::vector<view> all;
    for (const auto& r : replicas_)
      all.push_back(r->now_is());
    done(std::move(all));
  });
  if (!taken)
    done({});
}

void replicated_journal::rounds::lost(raft::node_id peer) {
  agenda_.add([this, peer] {
    for (partition_number p = 0; !closed_ && p < replicas_.size(); ++p) {
      replicas_[p]->lost(peer, now());
      touch(p);
    }
  });
}

void replicated_journal::rounds::arrived(raft::node_id from, std::uint64_t epoch, blob frame) {
  agenda_.add([this, from, epoch, frame = std::move(frame)] {
    if (!closed_ && !replicas_.empty())
      deliver(from, epoch, frame);
  });
}

void replicated_journal::rounds::deliver(raft::node_id from, std::uint64_t epoch,
                                         const blob& frame) {
  const auto messages = raft::unpack(frame);
  if (!messages) {
    counts_.misread.Increment();
    runtime::log::warn("replication.frame_malformed",
                       {{"node", static_cast<std::int64_t>(from)}, {"why", messages.error().why}});
    return;
  }
  const auto at = now();
  for (const auto& m : *messages) {
    if (m.group >= replicas_.size()) {
      counts_.misread.Increment();
      continue;
    }
    replicas_[m.group]->receive(from, epoch, m.message, at);
    touch(m.group);
  }
}

span replicated_journal::rounds::now() const {
  return std::chrono::floor<span>(clock_.steady() - began_);
}

/// By any thread, and once until the round.
void replicated_journal::rounds::wake() {
  boost::asio::post(io_, [weak = weak_from_this()] {
    if (const auto me = weak.lock())
      me->run();
  });
}

void replicated_journal::rounds::run() {
  if (closed_)
    return;
  const auto left = agenda_.take();
  tick(now());
  for (const auto& call : left.calls) {
    call();
    if (closed_)
      return;
  }
  if (replicas_.empty())
    return;
  for (const auto p : left.partitions) {
    replicas_[p]->look(now());
    touch(p);
  }
  for (std::size_t i = 0; i < touched_.size(); ++i) { // more may come meanwhile
    const auto p = touched_[i];
    replicas_[p]->perform();
    if (closed_)
      return;
    is_touched_[p] = false;
    due_[p] = replicas_[p]->due();
    earliest_ = std::min(earliest_, due_[p]);
  }
  touched_.clear();
  send();
  set_timer(now());
}

void replicated_journal::rounds::tick(span at) {
  if (at < earliest_)
    return;
  earliest_ = never;
  for (partition_number p = 0; p < replicas_.size(); ++p) {
    if (due_[p] <= at) {
      replicas_[p]->tick(at);
      touch(p);
    } else {
      earliest_ = std::min(earliest_, due_[p]);
    }
  }
}

void replicated_journal::rounds::touch(partition_number p) {
  if (is_touched_[p])
    return;
  is_touched_[p] = true;
  touched_.push_back(p);
}

void replicated_journal::rounds::send() {
  mail_.send([&](raft::node_id to, blob frame) {
    counts_.parcels.Increment();
    if (!calls_.send || !calls_.send(to, std::move(frame)))
      counts_.unsent.Increment();
  });
}

void replicated_journal::rounds::set_timer(span at) {
  if (earliest_ >= set_)
    return;
  set_ = earliest_;
  timer_.expires_after(std::max(earliest_ - at, span{1}));
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
    const auto me = weak.lock();
    if (cancelled || !me)
      return;
    me->set_ = never;
    me->run();
  });
}

} // namespace tenon::cluster::replication
