#include "runtime/outbound/exchange.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace tenon::runtime::outbound {

namespace {

using std::chrono::steady_clock;

/// Longer is as good as for ever, and the clock's nanoseconds do not overflow.
constexpr span longest_limit = std::chrono::hours{24 * 365};

} // namespace

lease::~lease() {
  if (!machinery_)
    return;
  if (held && reusable) {
    machinery_->pool.give_back(origin_, std::move(held), steady_clock::now());
  } else {
    held.reset();
    machinery_->pool.forget(origin_);
  }
  machinery_->count_pool();
}

exchange::exchange(machinery& m, request r, limits l, on_chunk chunk, client::answered a)
    : done{std::move(a)}, machinery_{m}, request_{std::move(r)}, limits_{std::move(l)},
      on_chunk_{std::move(chunk)}, watch_{m.io.get_executor()}, event_{m.io.get_executor()},
      end_{started + std::clamp(limits_.total, span{0}, longest_limit)} {
  event_.expires_at(time_point::max());
}

awaitable<void> exchange::run() {
  if (seen_)
    outcome.emplace(co_await look());
  else
    outcome.emplace(co_await follow());
  watch_.cancel();
}

void exchange::interrupt(failure f) {
  if (interrupted_ || outcome)
    return;
  f.where = name_of(phase_);
  interrupted_ = std::move(f);
  wake();
}

void exchange::wake() {
  event_.cancel();
  if (current_)
    current_->abort();
}

exchange::time_point exchange::within(span s) const {
  return std::min(steady_clock::now() + std::clamp(s, span{0}, longest_limit), end_);
}

void exchange::watch(phase p, time_point deadline) {
  phase_ = p;
  if (watch_.expiry() == deadline)
    return; // already watched, as the end of the whole usually is
  watch_.expires_at(deadline);
  watch_.async_wait([weak = weak_from_this(), deadline](const error_code& ec) {
    const auto self = weak.lock();
    // One that was completing while it was set anew is no longer meant.
    if (ec || !self || self->watch_.expiry() != deadline || self->outcome)
      return;
    self->late_ = true;
    self->wake();
  });
}

failure exchange::why(std::string otherwise, std::string remedy) const {
  if (interrupted_)
    return *interrupted_;
  if (late_)
    return too_late();
  return {.code = code::unavailable,
          .why = std::move(otherwise),
          .where = std::string{name_of(phase_)},
          .remedy = std::move(remedy)};
}

failure exchange::too_late() const {
  const auto peer = endpoint_of(url_);
  const bool whole = steady_clock::now() >= end_;
  const auto longer_than = [&](span s) {
    return " longer than " + tenon::to_text(whole ? limits_.total : s) + (whole ? " in all" : "");
  };
  failure f{.code = code::unavailable,
            .where = std::string{name_of(phase_)},
            .remedy = "ask again later; when the target is known to be slow, raise the limit"};
  switch (phase_) {
  case phase::wait:
    f.code = code::overloaded;
    f.why = "waiting for a connection to " + peer + " took" + longer_than(limits_.wait);
    f.remedy = "ask less at once, or allow more connections";
    f.retry_after = span{1000};
    break;
  case phase::lookup:
    f.why = "looking up the addresses of " + url_.host + " took" + longer_than(limits_.connect);
    break;
  case phase::connect:
    f.why = "connecting to " + peer + " took" + longer_than(limits_.connect);
    break;
  case phase::tls:
    f.why = "the TLS handshake with " + peer + " took" + longer_than(limits_.connect);
    break;
  case phase::send:
    f.why = "sending the request to " + peer + " took" + longer_than(limits_.total);
    break;
  case phase::body: {
    f.code = code::timed_out;
    const auto of = body_length_ ? " of " + std::to_string(*body_length_) : std::string{};
    f.why = "reading the answer of " + peer + " took" + longer_than(limits_.total) + ": " +
            std::to_string(body_got_) + of + " bytes came";
    break;
  }
  default:
    f.code = code::timed_out;
    f.why = (heard_ ? "the headers of the answer of " : "the answer of ") + peer + " took" +
            longer_than(limits_.first_byte);
  }
  return f;
}

bool exchange::redirects(unsigned status) const {
  return limits_.redirects > 0 &&
         (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

awaitable<result<response>> exchange::follow() {
  auto parsed = parse_url(request_.url);
  if (!parsed)
    co_return std::move(parsed).error();
  url_ = *std::move(parsed);
  if (auto checked = check(request_); !checked)
    co_return std::move(checked).error();
  for (;;) {
    auto answer = co_await once();
    if (!answer || !redirects(answer->status) || !answer->header("location"))
      co_return answer;
    if (auto followed = follow_to(*answer); !followed)
      co_return std::move(followed).error();
  }
}

awaitable<result<response>> exchange::look() {
  auto parsed = parse_url(request_.url);
  if (!parsed)
    co_return std::move(parsed).error();
  url_ = *std::move(parsed);
  seen_->endpoint = endpoint_of(url_);
  seen_->tls = url_.tls;
  auto got = co_await acquire();
  if (!got)
    co_return std::move(got).error();
  got->held.reset();
  auto opened = co_await open(*got);
  if (!opened)
    co_return std::move(opened).error();
  co_return response{};
}

result<void> exchange::follow_to(const response& answer) {
  phase_ = phase::redirect;
  if (++redirected_ > limits_.redirects)
    return why(endpoint_of(url_) + " redirected more than " + std::to_string(limits_.redirects) +
                   " times",
               "correct the URL; redirects that lead in a circle never end");
  auto to = resolve_reference(url_, *answer.header("location"));
  if (!to)
    return why(endpoint_of(url_) + " redirected to something that is no URL: " + to.error().why,
               "ask the server's owner");
  if (auto may = may_redirect(url_, *to, limits_); !may)
    return may;
  request_ = redirected(request_, answer.status, url_, *to);
  url_ = *std::move(to);
  return {};
}

awaitable<result<response>> exchange::once() {
  for (bool again = false;; again = true) {
    heard_ = false;
    body_got_ = 0;
    body_length_.reset();
    auto got = co_await acquire();
    if (!got)
      co_return std::move(got).error();
    const bool pooled = got->held != nullptr;
    if (!pooled) {
      auto opened = co_await open(*got);
      if (!opened)
        co_return std::move(opened).error();
    }
    current_ = got->held.get();
    auto answer = co_await transfer(*got);
    current_ = nullptr;
    const bool stale = !answer && pooled && !heard_ && !stopped();
    if (!stale || again || !idempotent(request_.method))
      co_return answer;
    machinery_.pool.drop_idle({url_.tls, url_.host, url_.port});
  }
}

awaitable<result<lease>> exchange::acquire() {
  const origin o{url_.tls, url_.host, url_.port};
  pool::wish wish;
  wish.per_host = std::max(1u, limits_.connections_per_host);
  wish.granted = [this] { event_.cancel(); };
  watch(phase::wait, within(limits_.wait));
  if (auto asked = machinery_.pool.ask(o, wish); !asked)
    co_return std::move(asked).error();
  machinery_.count_pool();
  while (!wish.is_granted && !stopped()) {
    error_code ec;
    co_await event_.async_wait(into(ec));
  }
  machinery_.pool.withdraw(o, wish);
  machinery_.count_pool();
  if (!wish.is_granted)
    co_return why("no connection was free");
  // The pool holds nothing but connections of this client.
  lease granted{machinery_, o,
                std::unique_ptr<connection>{static_cast<connection*>(wish.given.release())}};
  if (stopped()) {
    granted.reusable = true;
    co_return why("no connection was free");
  }
  co_return granted;
}

awaitable<result<void>> exchange::open(lease& l) {
  const auto until = within(limits_.connect);
  auto begun = steady_clock::now();
  const auto took = [&begun] {
    const auto end = steady_clock::now();
    return std::chrono::duration_cast<span>(end - std::exchange(begun, end));
  };
  watch(phase::lookup, until);
  std::vector<address> all;
  if (url_.literal) {
    all.push_back(*url_.literal);
  } else {
    auto found = co_await look_up();
    if (!found)
      co_return std::move(found).error();
    all = *std::move(found);
  }
  if (seen_)
    seen_->lookup = took();
  phase_ = phase::guard;
  if (auto judged = allowed(all, machinery_.policy, url_.host); !judged)
    co_return std::move(judged).error();
  if (seen_)
    seen_->addresses = all;
  auto connected = co_await connect_one_of(l, all, until);
  if (seen_)
    seen_->connect = took();
  if (!connected || !url_.tls)
    co_return connected;

  watch(phase::tls, until);
  error_code ec;
  current_ = l.held.get();
  co_await l.held->secure(*machinery_.tls, url_, ec);
  current_ = nullptr;
  if (seen_) {
    seen_->handshake = took();
    l.held->describe(*seen_);
    if (l.held->noted().shown)
      seen_->shown = l.held->noted().shown;
  }
  if (stopped())
    co_return why({});
  if (ec)
    co_return tls_failure(url_, ec, l.held->noted());
  co_return result<void>{};
}

awaitable<result<std::vector<address>>> exchange::look_up() {
  found_.reset();
  // The resolver's answer may come when this exchange, or even the client's loop, has ended.
  auto hand_over = [weak = weak_from_this(), &io = machinery_.io](auto found) {
    asio::post(io, [weak, found = std::move(found)]() mutable {
      if (const auto self = weak.lock()) {
        self->found_ = std::move(found);
        self->event_.cancel();
      }
    });
  };
  machinery_.resolver.find(url_.host, std::move(hand_over));
  while (!found_ && !stopped()) {
    error_code ec;
    co_await event_.async_wait(into(ec));
  }
  if (stopped())
    co_return why({});
  if (*found_ && (*found_)->empty())
    co_return why("the host " + url_.host + " has no addresses", "check the name in the URL");
  co_return *std::move(found_);
}

awaitable<result<void>> exchange::connect_one_of(lease& l, const std::vector<address>& all,
                                                 time_point until) {
  std::string last;
  for (std::size_t i = 0; i < all.size(); ++i) {
    // One address that swallows packets must not use up the time of those behind it.
    const auto now = steady_clock::now();
    const auto share = (until - now) / static_cast<int>(all.size() - i);
    watch(phase::connect, i + 1 == all.size() ? until : now + share);
    l.held = std::make_unique<connection>(machinery_.io);
    current_ = l.held.get();
    error_code ec;
    co_await l.held->connect(all[i], url_.port, ec);
    current_ = nullptr;
    if (!ec && !stopped()) {
      if (seen_)
        seen_->reached = all[i];
      co_return result<void>{};
    }
    last = to_text(all[i]) + ": " + ec.message();
    if (interrupted_ || (late_ && steady_clock::now() >= until))
      break;
    if (i + 1 < all.size())
      late_ = false;
  }
  co_return why("connecting to " + endpoint_of(url_) + " failed, at " + last,
                "check that the server runs and that this machine may reach it");
}

} // namespace tenon::runtime::outbound
