#include "cluster/forwarding/forwarder.hpp"

#include "runtime/telemetry/log.hpp"

#include <mutex>

namespace tenon::cluster::forwarding {

namespace {

constexpr span full_rest{2}; // of a node that took no more
// After the one connection was lost, and the other stands: when a node dies, that one is next, and
// what is sent between would have to be called uncertain.
constexpr span lost_rest{20};
constexpr std::size_t most_noted = 65'536; // messages between two turns

} // namespace

/// What other threads have said since the last turn. Outlives the forwarder as long as somebody may
/// still answer.
class forwarder::notes : public std::enable_shared_from_this<notes> {
public:
  struct taken {
    partition_number partition;
    identity to;
    std::unique_ptr<runtime::envelope> message;
  };
  struct answered {
    incoming::ticket to;
    result<blob> with;
  };
  struct pages {
    std::vector<taken> messages;
    std::vector<answered> answers;
    std::vector<partition_number> changes;
  };

  notes(forwarder& of, std::function<void(std::function<void()>)> post)
      : of_{&of}, post_{std::move(post)} {}

  template <class Write> void note(Write write) {
    const std::lock_guard hold{guard_};
    if (closed_)
      return;
    write(pages_);
    if (!std::exchange(awake_, true))
      post_([me = shared_from_this()] { // under the lock: after `close` nothing is posted
        if (me->of_)
          me->of_->turn();
      });
  }

  /// Swaps, so that the next turn has room without asking for memory.
  void read(pages& into) {
    const std::lock_guard hold{guard_};
    awake_ = false;
    std::swap(into, pages_);
  }

  bool closed() const {
    const std::lock_guard hold{guard_};
    return closed_;
  }

  void close() {
    pages dropped; // which answers, outside the lock
    const std::lock_guard hold{guard_};
    closed_ = true;
    of_ = nullptr;
    std::swap(dropped, pages_);
  }

  pages read_last; // the loop's

private:
  mutable std::mutex guard_;
  pages pages_;
  bool awake_ = false;
  bool closed_ = false;
  forwarder* of_; // the loop's
  const std::function<void(std::function<void()>)> post_;
};

forwarder::counts::counts(runtime::meters& m)
    : forwarded{m.count("tenon_forwarding_sent_total", "Messages sent to actors on other nodes.")},
      moved{m.count("tenon_forwarding_moved_total",
                    "Messages that followed an actor to another node.")},
      repeated{m.count("tenon_forwarding_repeated_total",
                       "Outcomes of calls sent again after a connection was lost.")},
      refused{m.count("tenon_forwarding_refused_total",
                      "Messages to or from other nodes that were refused by a limit.")},
      malformed{m.count("tenon_forwarding_malformed_total", "Frames that made no sense.")},
      waiting{m.level("tenon_forwarding_waiting",
                      "Messages that wait until the owner of their actor is known or has room.")},
      in_work{m.level("tenon_forwarding_in_work", "Messages of other nodes that are worked at.")},
      seconds{m.spread("tenon_forwarding_seconds",
                       "From a message to an actor on another node to its answer.",
                       runtime::meters::latency_bounds())} {}

forwarder::forwarder(surroundings around, limits l)
    : around_{std::move(around)}, counts_{around_.meters}, outgoing_{around_.self,
                                                                     around_.partitions, l.out},
      incoming_{around_.self, around_.partitions, l.in}, notes_{std::make_shared<notes>(
                                                             *this, around_.post)} {
  for (partition_number p = 0; p < around_.partitions; ++p)
    outgoing_.owned(p, around_.owners.owner_of(p));
}

forwarder::~forwarder() {
  close();
}

void forwarder::send(const identity& to, std::unique_ptr<runtime::envelope> message) {
  const auto p = static_cast<partition_number>(placement_of(to) % around_.partitions);
  notes_->note([&](auto& pages) {
    if (pages.messages.size() < most_noted || message->settles != 0)
      pages.messages.push_back({p, to, std::move(message)});
  });
  if (message && !notes_->closed())
    message->answer(failure{code::overloaded,
                            "so much goes to actors on other nodes that this does not",
                            {},
                            "Repeat later.",
                            span{100}});
}

void forwarder::changed(partition_number p) {
  notes_->note([p](auto& pages) { pages.changes.push_back(p); });
}

void forwarder::wait_for_turn() {
  notes_->note([](auto&) {});
}

void forwarder::up(node_id node) {
  connected_[node] = {};
  outgoing_.up(node);
  wait_for_turn();
}

void forwarder::down(node_id node) {
  connected_.erase(node);
  incoming_.lost(node);
  outgoing_.lost(node, false, around_.clock.steady());
  wait_for_turn();
}

void forwarder::lost(node_id node) {
  const auto now = around_.clock.steady();
  const auto it = connected_.find(node);
  if (it != connected_.end())
    it->second = now + lost_rest;
  incoming_.lost(node);
  outgoing_.lost(node, it != connected_.end(), now);
  wait_for_turn();
}

void forwarder::arrived(node_id from, std::uint64_t epoch, const blob& frame) {
  auto parcel = protocols::decode<words::parcel>(frame);
  if (!parcel) {
    counts_.malformed.Increment();
    runtime::log::warn("forwarding.malformed",
                       {{"node", static_cast<std::int64_t>(from)}, {"why", parcel.error().why}});
    return;
  }
  const auto now = around_.clock.steady();
  for (auto& each : incoming_.arrived(from, epoch, *parcel, now))
    deliver(std::move(each));
  outgoing_.heard(from, *parcel, now);
  carry_out();
  wait_for_turn();
}

void forwarder::deliver(incoming::delivery&& d) {
  d.message->answer = runtime::answer_once{[notes = notes_, back = d.back](result<blob> r) {
    notes->note([&](auto& pages) { pages.answers.push_back({back, std::move(r)}); });
  }};
  if (around_.deliver(d.to, d.message))
    return;
  declined_.emplace_back(d.back,
                         d.partition); // what the answer means that the envelope's end gives
  d.message.reset();
}

void forwarder::turn() {
  auto& last = notes_->read_last;
  notes_->read(last);
  const auto now = around_.clock.steady();
  for (const auto p : last.changes)
    outgoing_.owned(p, around_.owners.owner_of(p));
  for (auto& each : last.messages) {
    outgoing_.owned(each.partition, around_.owners.owner_of(each.partition));
    outgoing_.take(each.partition, std::move(each.to), std::move(each.message), now);
  }
  auto declined = declined_.begin(); // in the order of their answers
  for (auto& each : last.answers)
    if (declined != declined_.end() && declined->first == each.to)
      incoming_.moved(each.to, around_.owners.owner_of(declined++->second));
    else
      incoming_.answered(each.to, std::move(each.with));
  declined_.clear();
  last.changes.clear();
  last.messages.clear();
  last.answers.clear();
  speak(now);
  carry_out();
  count();
}

void forwarder::speak(steady_point now) {
  outgoing_.stir(now);
  for (auto& [node, rests] : connected_)
    if (now >= rests && !forwarding::speak(outgoing_, incoming_, node, now, around_.send))
      rests = now + full_rest;
}

/// What is called here may lead to `send` and `changed`, but never to what the
/// loop alone may call.
void forwarder::carry_out() {
  auto todo = std::exchange(todo_, {}); // in case that leads here again
  outgoing_.decided(todo);
  for (const auto took : todo.seconds)
    counts_.seconds.Observe(took);
  for (auto& each : todo.answers)
    each.to(std::move(each.with));
  for (auto& each : todo.returns)
    if (!around_.deliver(each.to, each.message)) // not yet, or not any more
      outgoing_.take(each.partition, std::move(each.to), std::move(each.message),
                     around_.clock.steady());
  todo_ = std::move(todo);
}

void forwarder::tick() {
  outgoing_.look(around_.clock.steady());
  for (const auto p : outgoing_.waited_for()) // in case nobody said so
    outgoing_.owned(p, around_.owners.owner_of(p));
  turn();
}

void forwarder::close() {
  outgoing_.close();
  notes_->close();
  carry_out();
}

void forwarder::count() {
  const auto& now = outgoing_.counted();
  const auto add = [](runtime::counter& meter, std::uint64_t so_far, std::uint64_t& known) {
    if (so_far != known)
      meter.Increment(static_cast<double>(so_far - std::exchange(known, so_far)));
  };
  add(counts_.forwarded, now.forwarded, counted_.forwarded);
  add(counts_.moved, now.moved, counted_.moved);
  add(counts_.repeated, now.repeated, counted_.repeated);
  add(counts_.refused, now.refused, counted_.refused);
  add(counts_.refused, incoming_.refused(), counted_refused_);
  counts_.waiting.Set(static_cast<double>(outgoing_.waiting()));
  counts_.in_work.Set(static_cast<double>(incoming_.in_work()));
}

} // namespace tenon::cluster::forwarding
