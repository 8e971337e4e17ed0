#include "runtime/hosting/mailbox.hpp"

namespace tenon::runtime {

mailbox::put_result mailbox::put(std::unique_ptr<envelope>& e, bool bounded) {
  e->put_at = std::chrono::steady_clock::now();
  const std::lock_guard hold{guard_};
  if (closed_)
    return put_result::closed;
  if (bounded && waiting_ >= bound_)
    return put_result::full;
  envelope* const added = e.get();
  (last_ ? last_->next : first_) = std::move(e);
  last_ = added;
  ++waiting_;
  return std::exchange(scheduled_, true) ? put_result::waiting : put_result::wake;
}

mailbox::put_result mailbox::put(order o) {
  const std::lock_guard hold{guard_};
  if (closed_)
    return put_result::closed;
  orders_.push_back(std::move(o));
  return std::exchange(scheduled_, true) ? put_result::waiting : put_result::wake;
}

mailbox::put_result mailbox::wake() {
  const std::lock_guard hold{guard_};
  if (closed_)
    return put_result::closed;
  noticed_ = false;
  return std::exchange(scheduled_, true) ? put_result::waiting : put_result::wake;
}

void mailbox::put_back(std::unique_ptr<envelope> chain) {
  if (!chain)
    return;
  envelope* last = chain.get();
  std::uint32_t count = 1;
  for (; last->next; last = last->next.get())
    ++count;
  const std::lock_guard hold{guard_};
  if (!last_)
    last_ = last;
  last->next = std::move(first_);
  first_ = std::move(chain);
  waiting_ += count;
}

std::vector<order> mailbox::take_orders() {
  const std::lock_guard hold{guard_};
  noticed_ = true;
  return std::exchange(orders_, {});
}

std::unique_ptr<envelope> mailbox::take(std::uint32_t most) {
  const std::lock_guard hold{guard_};
  if (!first_ || most == 0)
    return nullptr;
  auto chain = std::move(first_);
  envelope* last = chain.get();
  std::uint32_t taken = 1;
  for (; taken < most && last->next; ++taken)
    last = last->next.get();
  first_ = std::move(last->next);
  if (!first_)
    last_ = nullptr;
  waiting_ -= taken;
  return chain;
}

std::unique_ptr<envelope> mailbox::take_expired(steady_point now) {
  std::unique_ptr<envelope> expired, kept;
  envelope *last_expired = nullptr, *last_kept = nullptr;
  const std::lock_guard hold{guard_};
  while (first_) {
    auto e = std::move(first_);
    first_ = std::move(e->next);
    const bool out = e->expires < now;
    auto& last = out ? last_expired : last_kept;
    auto& place = last ? last->next : (out ? expired : kept);
    last = e.get();
    place = std::move(e);
    waiting_ -= out;
  }
  first_ = std::move(kept);
  last_ = last_kept;
  return expired;
}

bool mailbox::rest(bool user_lane_held) {
  const std::lock_guard hold{guard_};
  if (!noticed_ || !orders_.empty() || (first_ && !user_lane_held))
    return false;
  scheduled_ = false;
  return true;
}

bool mailbox::close_if_empty() {
  const std::lock_guard hold{guard_};
  if (!noticed_ || !orders_.empty() || first_)
    return false;
  closed_ = true;
  return true;
}

mailbox::remains mailbox::close() {
  const std::lock_guard hold{guard_};
  closed_ = true;
  last_ = nullptr;
  waiting_ = 0;
  return {std::exchange(orders_, {}), std::move(first_)};
}

std::uint32_t mailbox::size() const {
  const std::lock_guard hold{guard_};
  return waiting_;
}

} // namespace tenon::runtime
