#include "cluster/link/connection.hpp"

#include <boost/asio/post.hpp>

#include <chrono>

namespace tenon::cluster::link {
namespace {

constexpr std::size_t batch_bytes = 256u << 10;
constexpr std::size_t copied_bytes = 32u << 10; // below, copying is cheaper than one more write

std::uint64_t to_number(instant at) {
  using std::chrono::microseconds;
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<microseconds>(at.time_since_epoch()).count());
}

} // namespace

held_credit::~held_credit() {
  if (of_ && bytes_ > 0)
    of_->give_back(bytes_);
}

connection::connection(boost::asio::io_context& io, std::unique_ptr<wire> w, frame_reader reader,
                       std::shared_ptr<outbox> out, std::shared_ptr<tallies> counts, options o,
                       instant now)
    : io_{io}, wire_{std::move(w)}, reader_{std::move(reader)}, outbox_{std::move(out)},
      tallies_{std::move(counts)}, options_{o}, sending_{o.window},
      receiving_{o.window}, pulse_{o.heartbeat, now}, patience_{o.patience} {
  reader_.allow(most_frame_bytes);
}

void connection::start(calls c, std::vector<frame> early) {
  calls_ = std::move(c);
  for (auto& f : early)
    if (!closed_)
      take(std::move(f));
  if (closed_)
    return;
  read();
  pump();
}

void connection::close() {
  if (closed_)
    return;
  closed_ = true;
  wire_->close();
  const auto forgotten = std::exchange(calls_, {}); // it may be what calls
}

void connection::lose(failure why) {
  if (closed_)
    return;
  const auto lost = calls_.lost;
  close();
  lost(std::move(why));
}

void connection::read() {
  wire_->read_some(reader_.room(), [me = shared_from_this()](error_code error, std::size_t count) {
    if (me->closed_)
      return;
    if (error)
      return me->lose(me->wire_->explain(error));
    me->pulse_.heard(std::chrono::steady_clock::now());
    me->tallies_->bytes_in.fetch_add(count, std::memory_order_relaxed);
    me->frames_.clear();
    auto whole = me->reader_.filled(count, me->frames_);
    for (auto& f : me->frames_)
      if (!me->closed_)
        me->take(std::move(f));
    if (!whole)
      return me->lose(std::move(whole).error());
    if (me->closed_)
      return;
    me->pump();
    me->read();
  });
}

void connection::take(frame f) {
  if (f.kind == frame_kind::payload) {
    const auto cost = f.bytes.size() + frame_header_bytes;
    if (auto allowed = receiving_.arrived(cost); !allowed)
      return lose(std::move(allowed).error());
    tallies_->frames_in.fetch_add(1, std::memory_order_relaxed);
    calls_.arrived(f.topic, std::move(f.bytes), held_credit{shared_from_this(), cost});
    return;
  }
  const auto number = number_in(f);
  if (!number)
    return lose(number.error());
  if (f.kind == frame_kind::ping) {
    put_number(urgent_, frame_kind::pong, *number, options_.checking);
  } else if (f.kind == frame_kind::pong) {
    const auto now = to_number(std::chrono::steady_clock::now());
    if (*number <= now && calls_.answered)
      calls_.answered(std::chrono::microseconds{now - *number});
  } else if (f.kind == frame_kind::credit) {
    moved_ = true;
    if (auto granted = sending_.grant(*number); !granted)
      lose(std::move(granted).error());
  } else {
    lose({code::malformed, "the peer says hello twice", "frame", "Report this."});
  }
}

void connection::give_back(std::size_t bytes) {
  const auto before = freed_.fetch_add(bytes);
  const auto worth = static_cast<std::size_t>(options_.window / 4);
  if (before < worth && before + bytes >= worth)
    boost::asio::post(io_, [me = shared_from_this()] {
      if (!me->closed_)
        me->grant();
    });
}

void connection::grant() {
  receiving_.consumed(freed_.exchange(0));
  if (const auto bytes = receiving_.due())
    put_number(urgent_, frame_kind::credit, bytes, options_.checking);
  pump();
}

void connection::ping(instant now) {
  put_number(urgent_, frame_kind::ping, to_number(now), options_.checking);
  pump();
}

void connection::look(instant now, bool asked) {
  if (asked && pulse_.lost(now))
    return lose({code::unavailable, "nothing was heard of the peer for too long", "heartbeat",
                 "See whether the node hangs, or the network between is cut."});
  const bool waiting = writing_ || (!sending_.open() && outbox_->bytes() > 0);
  patience_.look(waiting, std::exchange(moved_, false), now);
  if (patience_.over(now))
    lose({code::overloaded, "the peer does not take what is sent to it", "credit",
          "See what keeps the node from working; what waited for it is lost."});
}

void connection::pump() {
  if (writing_ || closed_)
    return;
  batch_.swap(urgent_);
  urgent_.clear();
  std::size_t large = 0;
  taken_.clear();
  outbox_->take(taken_, [&](std::size_t so_far, std::size_t next) {
    if (!sending_.open() || so_far > batch_bytes || large > 0)
      return false;
    large = next > copied_bytes ? next : 0;
    sending_.spend(next + frame_header_bytes);
    return true;
  });
  for (auto& [topic, bytes] : taken_) {
    put_header(batch_, frame_kind::payload, bytes.view(), options_.checking, topic);
    if (bytes.size() > copied_bytes)
      large_ = std::move(bytes);
    else
      batch_ += bytes.view();
  }
  if (batch_.empty())
    return;
  writing_ = true;
  tallies_->frames_out.fetch_add(taken_.size(), std::memory_order_relaxed);
  tallies_->writes.fetch_add(1, std::memory_order_relaxed);
  wire_->write(batch_, large_.view(), [me = shared_from_this()](error_code error, std::size_t n) {
    me->writing_ = false;
    me->moved_ = true;
    me->batch_.clear();
    me->large_ = {};
    me->tallies_->bytes_out.fetch_add(n, std::memory_order_relaxed);
    if (me->closed_)
      return;
    if (error)
      return me->lose(me->wire_->explain(error));
    me->pump();
  });
}

} // namespace tenon::cluster::link
