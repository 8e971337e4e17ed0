#include "cluster/copying/copying.hpp"

#include "protocols/codec.hpp"
#include "runtime/store/staged_copy.hpp"
#include "runtime/store/state_copy.hpp"
#include "runtime/telemetry/log.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace tenon::cluster::copying {

namespace store = runtime::store;

copying::counts::counts(runtime::meters& m)
    : given_bytes{m.count("tenon_state_copy_given_bytes_total",
                          "Bytes of stored state that were read for other nodes.")},
      taken{m.count("tenon_state_copies_taken_total",
                    "Copies of partitions' stored state that were put in place.")},
      failed{m.count("tenon_state_copies_failed_total",
                     "Copies of partitions' stored state that were wanted and did not come.")},
      malformed{m.count("tenon_state_copy_malformed_total",
                        "Messages about copies that could not be read, or were too many.")} {}

/// A thread with what it is told, in order; in between it does what is due.
class copying::lane {
public:
  using event = std::function<void(span now)>;
  using turn = std::function<span(span now)>;

  /// `turn` is called after each look at what was told, and answers when it wants to be next.
  lane(const runtime::clock& c, turn t)
      : clock_{c}, turn_{std::move(t)}, thread_{[this] { run(); }} {}
  ~lane() {
    {
      const std::scoped_lock lock{mutex_};
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void tell(event e, std::size_t bytes = 0) {
    {
      const std::scoped_lock lock{mutex_};
      told_.emplace_back(std::move(e), bytes);
      bytes_ += bytes;
    }
    wake_.notify_one();
  }
  std::size_t bytes() const {
    const std::scoped_lock lock{mutex_};
    return bytes_;
  }

private:
  span now() const { return std::chrono::duration_cast<span>(clock_.steady().time_since_epoch()); }
  void run() {
    for (auto due = span{}; wait_until(due);) {
      for (auto next = take(); next; next = take())
        next(now());
      due = turn_(now());
    }
  }
  bool wait_until(span due) {
    constexpr span most{60'000}; // a moment that is far away is looked at again
    std::unique_lock lock{mutex_};
    const auto left = std::min(due == span::max() ? most : due - now(), most);
    wake_.wait_for(lock, std::max(left, span{}), [&] { return stopping_ || !told_.empty(); });
    return !stopping_;
  }
  event take() {
    const std::scoped_lock lock{mutex_};
    if (told_.empty() || stopping_)
      return nullptr;
    auto [next, bytes] = std::move(told_.front());
    told_.pop_front();
    bytes_ -= bytes;
    return std::move(next);
  }

  const runtime::clock& clock_;
  turn turn_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::pair<event, std::size_t>> told_;
  std::size_t bytes_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

namespace {

/// The connections' numbers: another one means that what came before it is lost.
class epochs {
public:
  bool is_new(node_id of, std::uint64_t epoch) {
    const auto [at, first] = last_.try_emplace(of, epoch);
    return !first && std::exchange(at->second, epoch) != epoch;
  }
  void forget(node_id of) { last_.erase(of); }

private:
  std::map<node_id, std::uint64_t> last_;
};

} // namespace

class copying::giver {
public:
  giver(store::local_state& s, const runtime::journal& j, const runtime::clock& c, giving_limits l,
        const copying_calls& calls, counts& n)
      : state_{s}, journal_{j}, calls_{calls}, counts_{n}, core_{l}, lane_{c, [this](span now) {
                                                                             return turn(now);
                                                                           }} {}

  void receive(node_id from, std::uint64_t epoch, say::message m) {
    lane_.tell([this, from, epoch, m = std::move(m)](span now) {
      if (epochs_.is_new(from, epoch))
        core_.lost(from, now);
      core_.receive(from, m, now);
    });
  }
  void lose(node_id node) {
    lane_.tell([this, node](span now) {
      epochs_.forget(node);
      core_.lost(node, now);
    });
  }

private:
  span turn(span now) {
    core_.tick(now);
    for (bool more = true; more;)
      more = perform(core_.take(), now);
    return core_.due();
  }
  bool perform(const giving_todo& todo, span now) {
    if (todo.end)
      reader_.reset();
    if (todo.begin)
      core_.begun(begin(*todo.begin), now);
    for (const auto& m : todo.messages)
      if (!calls_.send(m.to, protocols::encode(m.message)))
        core_.lost(m.to, now);
    if (todo.read) {
      auto next = reader_->next();
      if (next)
        counts_.given_bytes.Increment(static_cast<double>(next->bytes.size()));
      else // the receiver is told too, but it is this node's disk
        runtime::log::warn("state_copy.not_given",
                           {{"why", next.error().why}, {"where", next.error().where}});
      core_.read(std::move(next), now);
    }
    return todo.begin || todo.read || !todo.messages.empty();
  }
  result<offer> begin(const giving_todo::beginning& b) {
    if (b.partition >= journal_.partitions())
      return failure{code::malformed, "there is no partition " + std::to_string(b.partition),
                     "partition", "The two nodes are not of one cluster."};
    reader_.emplace(state_, journal_, b.partition, b.copy);
    auto stamp = calls_.stamp(b.partition, reader_->index());
    if (!stamp)
      return std::move(stamp).error();
    return offer{reader_->index(), *std::move(stamp)};
  }

  store::local_state& state_;
  const runtime::journal& journal_;
  const copying_calls calls_;
  counts& counts_;
  giving core_;
  epochs epochs_;
  std::optional<store::state_copy> reader_;
  lane lane_; // last: its thread uses all the others
};

class copying::taker {
public:
  taker(store::local_state& s, const runtime::clock& c, const copying_options& o,
        const copying_calls& calls, counts& n)
      : state_{s}, staging_{o.staging}, calls_{calls}, counts_{n}, core_{o.taking, o.boot},
        lane_{c, [this](span now) { return turn(now); }} {}

  void want(const wanted& w) {
    lane_.tell([this, w](span now) { core_.want(w, now); });
  }
  void unwanted(partition_number p) {
    lane_.tell([this, p](span now) { core_.unwanted(p, now); });
  }
  void receive(node_id from, std::uint64_t epoch, say::message m, std::size_t bytes) {
    lane_.tell(
        [this, from, epoch, m = std::move(m)](span now) {
          if (epochs_.is_new(from, epoch))
            core_.lost(from, now);
          core_.receive(from, m, now);
        },
        bytes);
  }
  void lose(node_id node) {
    lane_.tell([this, node](span now) {
      epochs_.forget(node);
      core_.lost(node, now);
    });
  }
  std::size_t queued() const { return lane_.bytes(); }

private:
  span turn(span now) {
    core_.tick(now);
    for (bool more = true; more;)
      more = perform(core_.take(), now);
    return core_.due();
  }
  bool perform(taking_todo todo, span now) {
    if (todo.drop)
      staged_.reset();
    if (todo.stage)
      begin(*todo.stage, now);
    for (const auto& c : todo.chunks)
      if (!take(c, now))
        break;
    for (const auto& m : todo.messages)
      if (!calls_.send(m.to, protocols::encode(m.message)))
        core_.lost(m.to, now);
    if (todo.install) {
      auto whole = std::move(*staged_);
      staged_.reset();
      core_.installed(state_.install(std::move(whole), *std::move(todo.install)), now);
    }
    for (const auto& f : todo.told) {
      (f.outcome ? counts_.taken : counts_.failed).Increment();
      if (!f.outcome)
        runtime::log::info("state_copy.not_taken",
                           {{"partition", f.partition}, {"why", f.outcome.error().why}});
      calls_.finished(f.partition, f.outcome);
    }
    return todo.stage || !todo.chunks.empty() || !todo.messages.empty() || todo.install ||
           !todo.told.empty();
  }
  void begin(const taking_todo::staging& s, span now) {
    staged_.reset(); // before there is another file of that name
    auto begun = store::staged_copy::begin(state_.file().file(), s.partition, s.copy, staging_);
    if (!begun)
      return core_.staged(std::move(begun).error(), now);
    staged_.emplace(*std::move(begun));
  }
  bool take(const copy_chunk& c, span now) {
    if (!staged_)
      return false;
    if (auto ok = staged_->take(c); !ok) {
      core_.staged(std::move(ok).error(), now);
      return false;
    }
    core_.staged(staged_->whole(), now);
    return true;
  }

  store::local_state& state_;
  store::staging_limits staging_;
  const copying_calls calls_;
  counts& counts_;
  taking core_;
  epochs epochs_;
  std::optional<store::staged_copy> staged_;
  lane lane_; // last: its thread uses all the others
};

copying::copying(store::local_state& s, const runtime::journal& j, const runtime::clock& c,
                 runtime::meters& m, copying_options options, copying_calls calls)
    : options_{options}, counts_{m}, giver_{std::make_unique<giver>(s, j, c, options.giving, calls,
                                                                    counts_)},
      taker_{std::make_unique<taker>(s, c, options, calls, counts_)} {}

copying::~copying() = default;

void copying::want(const wanted& w) {
  taker_->want(w);
}

void copying::unwanted(partition_number p) {
  taker_->unwanted(p);
}

void copying::received(node_id from, std::uint64_t epoch, const blob& bytes) {
  auto m = protocols::decode<say::message>(bytes);
  if (!m) {
    counts_.malformed.Increment();
    return;
  }
  const bool asks = std::holds_alternative<say::ask>(m->said) ||
                    std::holds_alternative<say::more>(m->said) ||
                    std::holds_alternative<say::done>(m->said);
  // Who ends a copy says so whichever end it is; the other end does not know its number.
  const bool ends = std::holds_alternative<say::failed>(m->said);
  if (asks || ends)
    giver_->receive(from, epoch, *m);
  if (asks)
    return;
  if (taker_->queued() > options_.most_queued_bytes) { // more than any window allows
    counts_.malformed.Increment();
    return taker_->lose(from);
  }
  taker_->receive(from, epoch, *std::move(m), bytes.size());
}

void copying::lost(node_id node) {
  giver_->lose(node);
  taker_->lose(node);
}

} // namespace tenon::cluster::copying
