#include "nodes/edge/connection.hpp"

#include "nodes/edge/lane.hpp"
#include "nodes/edge/problem.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <algorithm>

namespace tenon::nodes::edge {
namespace {

// What a client may still send after we are done with it, before it is cut.
constexpr std::size_t most_lingered = 1u << 20;

bool is_end(const boost::system::error_code& e) {
  return e == boost::asio::error::eof || e == boost::asio::ssl::error::stream_truncated;
}

} // namespace

connection::connection(lane& home, const address& peer)
    : lane_{home}, peer_{peer}, waits_since_{home.now()} {}

connection::~connection() = default;

void connection::begin_turn() {
  lane_.read_clock();
  in_turn_ = true;
}

void connection::settle() {
  if (state_ == state::open) {
    parse();
    pump_stream();
    const bool nothing_left = used_ == filled_ || begun_ || upload_ || !more_comes_;
    if (peer_done_ && state_ == state::open && in_flight() == 0 && nothing_left)
      start_closing();
  }
  lane_.service().turn_ended(lane_.number());
  flush();
  close_if_finished();
  const bool has_room = unsent() < lane_.options().output_bytes;
  if (state_ == state::open && !writing_ && has_room &&
      ((stream_ && !stream_asked_) || (used_ < filled_ && !begun_ && more_comes_ && !upload_ &&
                                       in_flight() < lane_.options().pipelined)))
    lane_.resume_later(*this); // the other connections first
  if (in_flight() == 0 && !begun_ && !upload_ && state_ == state::open)
    waits_since_ = lane_.now();
  read_more();
  arm();
}

void connection::start_closing() {
  if (state_ != state::open)
    return;
  state_ = state::closing;
  abandon_slots();
  end_upload();
}

void connection::close_if_finished() {
  if (state_ != state::closing || unsent() != 0 || writing_)
    return;
  if (peer_done_)
    return cut();
  state_ = state::lingering;
  waits_since_ = lane_.now();
  start_shutdown();
}

void connection::cut() {
  if (state_ == state::cut)
    return;
  state_ = state::cut;
  abandon_slots();
  end_upload();
  deadline_ = time::max();
  close_link();
  lane_.strike(*this);
}

void connection::begin() {
  turn([] {});
}

void connection::await_link() {
  watch(wait::header, waits_since_ + lane_.options().header);
}

void connection::turn_away() {
  turn([&] {
    more_comes_ = false;
    slot place;
    place.who.id = {lane_.random()};
    place.keep_alive = false;
    place.answered = true;
    place.said = failure{code::unavailable,
                         "the server has as many connections as it takes",
                         {},
                         "Wait, then connect again.",
                         span{1000}};
    slots_.push_back(std::move(place));
    write_answered();
  });
}

void connection::take(std::vector<answer>::iterator first, std::vector<answer>::iterator last) {
  turn([&] {
    for (; first != last; ++first)
      deliver(std::move(*first));
  });
}

void connection::resume() {
  turn([] {});
}

void connection::finish_and_close() {
  turn([&] {
    if (in_flight() == 0 && !upload_)
      start_closing();
    else if (!upload_)
      more_comes_ = false;
  });
}

void connection::read_done(const error& e, std::size_t bytes) {
  turn([&] {
    reading_ = false;
    if (state_ == state::cut)
      return;
    if (e) {
      peer_done_ = true;
      if (!is_end(e) || state_ == state::lingering)
        cut();
      return;
    }
    if (state_ == state::lingering) {
      lingered_ += bytes;
      if (lingered_ > most_lingered)
        cut();
      return;
    }
    if (upload_ && upload_->bytes) {
      upload_->received += bytes;
      return;
    }
    last_read_ = bytes;
    filled_ += bytes;
  });
}

void connection::watch(wait for_what, time until) {
  waiting_ = for_what;
  deadline_ = until;
  lane_.watch(*this);
}

void connection::arm() {
  if (state_ == state::cut)
    return;
  const auto& o = lane_.options();
  if (state_ == state::lingering)
    return watch(wait::linger, waits_since_ + o.linger);
  auto until = time::max();
  auto what = wait::nothing;
  const auto consider = [&](wait w, time t) {
    if (t < until) {
      until = t;
      what = w;
    }
  };
  if (writing_)
    consider(wait::write, written_at_ + o.write);
  if (stream_asked_)
    consider(wait::answer, asked_at_ + o.answer);
  const auto waiting = std::find_if(slots_.begin() + static_cast<std::ptrdiff_t>(first_),
                                    slots_.end(), [](const slot& s) { return !s.answered; });
  if (waiting != slots_.end())
    consider(wait::answer, waiting->who.begun + o.answer);
  if (upload_ && reading_)
    consider(wait::body, upload_->begun + o.body +
                             std::chrono::milliseconds{upload_->received * 1000 / o.slowest_body});
  else if (reading_ && (begun_ || front_sequence_ + in_flight() == 0))
    consider(wait::header, waits_since_ + o.header);
  else if (in_flight() == 0 && !writing_)
    consider(wait::idle, waits_since_ + o.idle);
  watch(what, until);
}

void connection::expire(time now) {
  if (now < deadline_ || state_ == state::cut)
    return;
  turn([&] {
    const auto late_client = [&] { lane_.meters().late_clients.Increment(); };
    switch (waiting_) {
    case wait::nothing:
      return;
    case wait::idle:
      return start_closing();
    case wait::header:
      late_client();
      if (!begun_)
        return cut();
      return refuse_input({408, "the head of the request did not arrive in time"});
    case wait::body:
      late_client();
      return refuse_input({408, "the body of the request did not arrive in time"});
    case wait::write:
      late_client();
      return cut();
    case wait::linger:
      return cut();
    case wait::answer:
      break;
    }
    lane_.meters().late_answers.Increment();
    if (stream_asked_)
      return cut();
    for (auto i = first_; i < slots_.size(); ++i)
      if (!slots_[i].answered && slots_[i].who.begun + lane_.options().answer <= lane_.now()) {
        slots_[i].answered = true;
        slots_[i].said = failure{code::timed_out,
                                 "no answer came in time",
                                 {},
                                 "Look whether it happened before repeating it."};
      }
    write_answered();
  });
}

} // namespace tenon::nodes::edge
