// The writing half of a connection: answers become bytes, in the order of the requests.
#include "nodes/edge/connection.hpp"
#include "nodes/edge/lane.hpp"
#include "nodes/edge/problem.hpp"
#include "nodes/edge/wire.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>

namespace tenon::nodes::edge {
namespace {

// A stream is asked for more while less than this is unsent.
constexpr std::size_t low_water = 64u << 10;
constexpr std::size_t kept_capacity = 256u << 10;
constexpr std::size_t most_done_slots = 64;
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

} // namespace

bool connection::take_at_once(answer& a) {
  if (!in_turn_)
    return false;
  deliver(std::move(a));
  return true;
}

void connection::deliver(answer&& a) {
  const auto at = a.to.sequence - front_sequence_;
  if (state_ == state::cut || a.to.sequence < front_sequence_ || at >= in_flight())
    return; // the request was given up: too late
  if (a.of_stream) {
    if (at != 0 || !stream_ || !stream_asked_)
      return;
    stream_asked_ = false;
    if (auto* p = std::get_if<piece>(&a.said))
      return write_piece(std::move(*p));
    const auto& f = std::get<failure>(a.said);
    runtime::log::warn("edge.stream_broken", {{"code", name_of(f.code)}, {"why", f.why}});
    return cut();
  }
  auto& place = slots_[first_ + at];
  if (place.answered)
    return;
  place.answered = true;
  if (auto* r = std::get_if<response>(&a.said))
    place.said = std::move(*r);
  else
    place.said = std::move(std::get<failure>(a.said));
  write_answered();
}

void connection::write_answered() {
  while (state_ == state::open && in_flight() != 0 && !stream_ && slots_[first_].answered)
    write_front();
}

void connection::write_front() {
  auto& place = slots_[first_];
  auto* given = std::get_if<response>(&place.said);
  response r = given != nullptr
                   ? std::move(*given)
                   : problem_of(std::get<failure>(place.said), place.who.id, place.who.trace);
  if (!is_writable(r)) {
    runtime::log::error("edge.unwritable_response",
                        {{"status", r.status}, {"request", place.who.id.text()}});
    r = problem_of(failure{code::internal, "the answer could not be written"}, place.who.id,
                   place.who.trace);
  }
  const bool is_last = in_flight() == 1 && !upload_;
  auto* stream = std::get_if<std::shared_ptr<body_stream>>(&r.body);
  place.keep_alive = place.keep_alive && !(lane_.stopping() && is_last) &&
                     !(is_last && peer_done_) && !(stream != nullptr && place.http_1_0);
  const bool head_only = place.who.method == method::head;
  const framing f{place.http_1_0, place.keep_alive, head_only, lane_.date(), place.who.id};
  write_response(r, f, out_);
  if (auto beside = body_beside(r, f)) {
    queued_bytes_ += out_.size() + beside->size();
    queue_.push_back(blob::from(std::exchange(out_, {})));
    queue_.push_back(std::move(*beside));
  }
  lane_.read_clock();
  lane_.service().finished(lane_.number(), place.who, r.status, lane_.now());
  if (stream != nullptr && *stream && !head_only && r.status != 204 && r.status != 304) {
    stream_ = std::move(*stream);
    stream_asked_ = false;
    return;
  }
  end_front();
}

void connection::end_front() {
  const bool keep_alive = slots_[first_].keep_alive;
  ++front_sequence_;
  if (++first_ == slots_.size()) {
    slots_.clear();
    first_ = 0;
  } else if (first_ == most_done_slots) {
    slots_.erase(slots_.begin(), slots_.begin() + most_done_slots);
    first_ = 0;
  }
  if (!keep_alive)
    return start_closing();
  if (in_flight() == 0 && continue_due_) {
    continue_due_ = false;
    out_ += go_on;
  }
}

void connection::write_piece(piece&& p) {
  const bool chunked = !slots_[first_].http_1_0;
  if (!p.bytes.empty()) {
    if (chunked)
      write_chunk_head(p.bytes.size(), out_);
    if (p.bytes.size() <= copied_body_bytes) {
      out_ += p.bytes.view();
    } else {
      queued_bytes_ += out_.size() + p.bytes.size();
      queue_.push_back(blob::from(std::exchange(out_, {})));
      queue_.push_back(std::move(p.bytes));
    }
    if (chunked)
      out_ += chunk_end;
  }
  if (!p.last)
    return;
  if (chunked)
    out_ += last_chunk;
  stream_.reset();
  end_front();
  write_answered();
}

void connection::pump_stream() {
  while (state_ == state::open && stream_ && !stream_asked_ && unsent() < low_water) {
    stream_asked_ = true;
    asked_at_ = lane_.now();
    // The stream may end within the call, so it is held for as long.
    const auto asked = stream_;
    asked->next(piece_reply{lane_.letters(), {index, generation, front_sequence_}});
  }
}

void connection::flush() {
  if (writing_ || unsent() == 0 || state_ == state::cut)
    return;
  if (queue_.empty()) {
    error e;
    const auto written = try_write(out_, e);
    if (e)
      return cut();
    if (written == out_.size()) {
      if (out_.capacity() > kept_capacity)
        out_ = {};
      out_.clear();
      return;
    }
    out_.erase(0, written);
  }
  if (!out_.empty()) {
    queued_bytes_ += out_.size();
    queue_.push_back(blob::from(std::exchange(out_, {})));
  }
  leaving_.swap(queue_);
  writing_ = true;
  written_at_ = lane_.now();
  write_some();
}

void connection::write_some() {
  std::size_t count = 0;
  for (const auto& b : leaving_) {
    if (count == buffers_.size())
      break;
    const auto skipped = count == 0 ? left_ : 0;
    buffers_[count++] = {b.data() + skipped, b.size() - skipped};
  }
  start_write({buffers_.data(), count});
}

void connection::write_done(const error& e, std::size_t bytes) {
  turn([&] {
    if (state_ == state::cut)
      return;
    if (e)
      return cut();
    written_at_ = lane_.now();
    queued_bytes_ -= bytes;
    left_ += bytes;
    auto gone = leaving_.begin();
    while (gone != leaving_.end() && left_ >= gone->size())
      left_ -= (gone++)->size();
    leaving_.erase(leaving_.begin(), gone);
    if (!leaving_.empty())
      return write_some();
    writing_ = false;
  });
}

void connection::abandon_slots() {
  for (auto i = first_; i < slots_.size(); ++i)
    if (!(i == first_ && stream_))
      lane_.service().finished(lane_.number(), slots_[i].who, 0, lane_.now());
  front_sequence_ += in_flight();
  slots_.clear();
  first_ = 0;
  stream_.reset();
  stream_asked_ = false;
}

} // namespace tenon::nodes::edge
