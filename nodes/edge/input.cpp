// The reading half of a connection: bytes become requests.
#include "nodes/edge/connection.hpp"
#include "nodes/edge/lane.hpp"
#include "nodes/edge/problem.hpp"

#include <algorithm>
#include <cstring>

namespace tenon::nodes::edge {
namespace {

// An idle connection keeps the smallest; one that fills it, as pipelining does, gets more.
constexpr std::size_t smallest_chunk = 4u << 10;
constexpr std::size_t largest_chunk = 64u << 10;
constexpr std::size_t least_room = 1u << 10;
constexpr std::size_t reserved_step = 64u << 10;
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

} // namespace

bool connection::may_read() const {
  if (reading_ || peer_done_)
    return false;
  if (state_ == state::lingering)
    return true;
  return state_ == state::open && more_comes_ && in_flight() < lane_.options().pipelined &&
         unsent() < lane_.options().output_bytes;
}

void connection::read_more() {
  if (!may_read())
    return;
  reading_ = true;
  if (upload_ && upload_->bytes) {
    // Straight to where the body belongs; nothing behind it is read with it.
    start_read(upload_->bytes.get() + upload_->received, upload_->length - upload_->received);
    return;
  }
  make_room();
  start_read(chunk_.get() + filled_, capacity_ - filled_);
}

void connection::make_room() {
  if (state_ == state::lingering)
    used_ = filled_; // nothing is parsed any more
  const auto unused = filled_ - used_;
  bool alone = chunk_.use_count() == 1;
  if (alone) {
    // The count was read without order: this pair of changes to it is ordered after the last use
    // by any other thread.
    const auto probe = chunk_;
    alone = chunk_ != nullptr;
  }
  auto wanted = std::max(capacity_, smallest_chunk);
  if (last_read_ != 0 && filled_ == capacity_)
    wanted = std::min(wanted * 4, largest_chunk);
  else if (last_read_ < smallest_chunk / 2)
    wanted = smallest_chunk;
  wanted = std::max(wanted, unused + least_room);
  if (alone && wanted <= capacity_ && (unused == 0 || filled_ == capacity_)) {
    std::memmove(chunk_.get(), chunk_.get() + used_, unused);
  } else if (chunk_ && capacity_ - filled_ >= least_room) {
    return;
  } else {
    auto next = std::make_shared_for_overwrite<char[]>(wanted);
    if (unused != 0)
      std::memcpy(next.get(), chunk_.get() + used_, unused);
    chunk_ = std::move(next);
    capacity_ = wanted;
  }
  used_ = 0;
  filled_ = unused;
}

void connection::parse() {
  while (state_ == state::open && more_comes_ && in_flight() < lane_.options().pipelined &&
         unsent() < lane_.options().output_bytes)
    if (!(upload_ ? parse_body() : parse_head()))
      return;
}

bool connection::parse_head() {
  std::string_view input{chunk_.get() + used_, filled_ - used_};
  // One empty line before a request is forgiven, because old clients send it after a body.
  if (searched_ == 0 && input.starts_with("\r\n")) {
    used_ += 2;
    input.remove_prefix(2);
  }
  if (input.empty())
    return false;
  head h;
  refusal why;
  const auto seen = input == "\r" && searched_ == 0
                        ? verdict::need_more // of an empty line
                        : read_head(input, lane_.options().parse, searched_, h, why);
  switch (seen) {
  case verdict::need_more:
    if (!begun_)
      waits_since_ = lane_.now();
    begun_ = true;
    return false;
  case verdict::refused:
    refuse_input(why);
    return false;
  case verdict::complete:
    break;
  }
  begun_ = false;
  accept_head(h);
  return true;
}

slot connection::new_slot(request& q) {
  q.id = {lane_.random()};
  slot place;
  place.who.id = q.id;
  place.who.trace = q.trace;
  place.who.method = q.method;
  place.who.begun = lane_.now();
  return place;
}

void connection::accept_head(const head& h) {
  request q;
  q.method = h.method;
  q.target = h.target;
  q.path = h.path;
  q.headers = h.headers;
  q.peer = peer_;
  q.bytes = blob{chunk_, chunk_.get() + used_, h.bytes};
  const auto parent = runtime::parse_traceparent(h.traceparent);
  q.trace = parent ? child_of(*parent, lane_.random())
                   : runtime::new_trace(lane_.random(), lane_.random(), lane_.random());
  auto place = new_slot(q);
  place.http_1_0 = h.http_1_0;
  place.keep_alive = h.keep_alive;
  used_ += h.bytes;
  if (auto early = lane_.service().screen(h, q, place.who))
    return answer_head(std::move(*early), h, std::move(place));
  if (h.length > lane_.options().body_bytes) {
    const failure f{code::too_large,
                    "the body has " + std::to_string(h.length) + " bytes, more than the " +
                        std::to_string(lane_.options().body_bytes) + " that are read"};
    return answer_head(problem_of(f, q.id, q.trace), h, std::move(place));
  }
  if (!h.chunked && h.length <= filled_ - used_) {
    if (h.length != 0)
      q.body = blob{chunk_, chunk_.get() + used_, h.length};
    used_ += h.length;
    return hand_over(std::move(q), std::move(place));
  }
  begin_upload(h, std::move(q), std::move(place));
}

/// The head alone decided the answer. A body that is not wholly here is not waited for; the
/// connection ends instead.
void connection::answer_head(response r, const head& h, slot&& place) {
  if (!h.chunked && h.length <= filled_ - used_)
    used_ += h.length;
  else
    place.keep_alive = false;
  more_comes_ = more_comes_ && place.keep_alive;
  place.answered = true;
  place.said = std::move(r);
  slots_.push_back(std::move(place));
  write_answered();
}

void connection::begin_upload(const head& h, request&& q, slot&& place) {
  const auto reserved = h.chunked ? 0 : h.length;
  if (!lane_.reserve_body(reserved)) {
    const failure f{code::unavailable,
                    "too many bodies are being received at this moment",
                    {},
                    "Repeat the request.",
                    span{1000}};
    return answer_head(problem_of(f, q.id, q.trace), h, std::move(place));
  }
  upload_ = std::make_unique<upload>();
  upload_->asked = std::move(q);
  upload_->place = std::move(place);
  upload_->begun = lane_.now();
  upload_->reserved = reserved;
  if (h.chunked) {
    upload_->chunks =
        std::make_unique<chunked_body>(lane_.options().parse, lane_.options().body_bytes);
  } else {
    upload_->length = h.length;
    upload_->bytes = std::make_shared_for_overwrite<char[]>(h.length);
  }
  if (h.expects_continue && !h.http_1_0 && used_ == filled_) {
    if (in_flight() == 0)
      out_ += go_on;
    else
      continue_due_ = true; // behind the answers to the requests before this one
  }
}

bool connection::parse_body() {
  auto& u = *upload_;
  if (u.chunks)
    return parse_chunks();
  const auto here = std::min<std::uint64_t>(filled_ - used_, u.length - u.received);
  if (here != 0)
    std::memcpy(u.bytes.get() + u.received, chunk_.get() + used_, here);
  used_ += here;
  u.received += here;
  if (u.received < u.length)
    return false;
  u.asked.body = blob{u.bytes, u.bytes.get(), u.length};
  auto q = std::move(u.asked);
  auto place = std::move(u.place);
  end_upload();
  hand_over(std::move(q), std::move(place));
  return true;
}

bool connection::parse_chunks() {
  auto& u = *upload_;
  std::size_t used = 0;
  refusal why;
  const auto seen = u.chunks->read({chunk_.get() + used_, filled_ - used_}, used, u.decoded, why);
  used_ += used;
  u.received += used;
  if (seen == verdict::refused) {
    refuse_input(why);
    return false;
  }
  if (u.decoded.size() > u.reserved) {
    const auto step = u.decoded.size() - u.reserved + reserved_step;
    if (!lane_.reserve_body(step)) {
      refuse_input({503, "too many bodies are being received at this moment"});
      return false;
    }
    u.reserved += step;
  }
  if (seen == verdict::need_more)
    return false;
  u.asked.body = blob::from(std::move(u.decoded));
  auto q = std::move(u.asked);
  auto place = std::move(u.place);
  end_upload();
  hand_over(std::move(q), std::move(place));
  return true;
}

void connection::end_upload() {
  if (upload_)
    lane_.release_body(upload_->reserved);
  upload_.reset();
  continue_due_ = false;
}

void connection::hand_over(request&& q, slot&& place) {
  more_comes_ = more_comes_ && place.keep_alive && !lane_.stopping();
  slots_.push_back(std::move(place));
  reply r{lane_.letters(), {index, generation, front_sequence_ + in_flight() - 1}};
  lane_.service().serve(std::move(q), std::move(r));
}

/// What came cannot be understood, so nothing behind it can: answered in its turn, then closed.
void connection::refuse_input(refusal why) {
  lane_.meters().misunderstood.Increment();
  request q;
  auto place = upload_ ? std::move(upload_->place) : new_slot(q);
  end_upload();
  place.keep_alive = false;
  place.answered = true;
  place.said = why.status == 400 ? problem_of(failure{code::malformed, std::string{why.why}},
                                              place.who.id, place.who.trace)
                                 : problem_of(why.status, why.why, place.who.id, place.who.trace);
  more_comes_ = false;
  begun_ = false;
  slots_.push_back(std::move(place));
  write_answered();
}

} // namespace tenon::nodes::edge
