#include "actors/sync/turns/turnstile.hpp"

#include "actors/integration.hpp"
#include "protocols/binding.hpp"
#include "protocols/json.hpp"

namespace tenon::actors {
namespace {

using wire = protocols::sync;

// A limit that somebody changes holds from then on; asking at every page would cost each a message.
constexpr std::chrono::seconds limit_lasts{1};

/// Nothing when it cannot be said now.
std::optional<std::size_t> limit_in(const result<protocols::resource::described>& answer) {
  if (!answer)
    return answer.error().code == code::not_found ? std::optional<std::size_t>{0} : std::nullopt;
  const auto written = read_json(answer->spec);
  const auto spec = written ? protocols::from_value<protocols::integration::spec>(*written, "spec")
                            : result<protocols::integration::spec>{written.error()};
  return spec ? spec->concurrency : 0;
}

class withdrawal final : public runtime::performer {
public:
  explicit withdrawal(std::shared_ptr<turnstile> t) : turns_{std::move(t)} {}
  void perform(runtime::effect e, std::function<void(blob)> outcome) override {
    turns_->withdraw(e.by);
    outcome(protocols::encode(wire::command{wire::withdrawn{}}));
  }

private:
  std::shared_ptr<turnstile> turns_;
};

} // namespace

turnstile::metrics::metrics(runtime::meters& m)
    : at_work{m.level("tenon_sync_turns_at_work", "Pages of syncs that are being moved.")},
      waited{m.spread("tenon_sync_turn_wait_seconds", "From asking for a page to its turn.",
                      runtime::meters::latency_bounds())} {
  for (std::size_t i = 0; i < waiting.size(); ++i)
    waiting[i] = &m.level("tenon_sync_turns_waiting", "Pages of syncs that wait for their turn.",
                          {{"priority", std::string{name_of(static_cast<turns::priority>(i))}}});
}

turnstile::turnstile(turns::limits l, runtime::host& h, runtime::meters& m)
    : host_{h}, metrics_{m}, turns_{l} {}

void turnstile::ask(page p) {
  const auto sync = p.wanted.sync;
  const identity integration{sync.tenant, "integration", p.wanted.integration};
  std::shared_ptr<place> kept; // let go after the lock, which giving back takes
  std::function<void()> withdrawn;
  bool looks_up = false;
  {
    std::unique_lock hold{guard_};
    if (closed_)
      return;
    const auto now = host_.steady();
    if (const auto it = held_.find(sync);
        it != held_.end() && !it->second.works && it->second.integration == p.wanted.integration)
      kept = it->second.place.lock();
    if (kept && !turns_.is_wanted(sync)) {
      held_.at(sync).works = true;
      beginning_.emplace_back(std::move(p), std::move(kept));
      return let_in(hold);
    }
    if (!integration.name.empty()) {
      auto& looked_up = looked_up_[integration];
      looks_up = looked_up == turns::time_point{} || now - looked_up >= limit_lasts;
      if (looks_up)
        looked_up = now;
    }
    turns_.ask(p.wanted, now);
    if (const auto before = waiting_.find(sync);
        before != waiting_.end() && before->second.number != p.number)
      withdrawn = std::move(before->second.withdrawn);
    waiting_.insert_or_assign(sync, std::move(p));
    let_in(hold);
  }
  if (withdrawn)
    withdrawn();
  if (looks_up)
    look_up_limit(integration);
}

void turnstile::withdraw(const identity& sync) {
  std::function<void()> withdrawn;
  {
    const std::lock_guard hold{guard_};
    const auto it = waiting_.find(sync);
    if (it == waiting_.end() || !turns_.withdraw(sync))
      return;
    withdrawn = std::move(it->second.withdrawn);
    waiting_.erase(it);
    show();
  }
  withdrawn();
}

void turnstile::close() {
  const std::lock_guard hold{guard_};
  closed_ = true;
}

bool turnstile::is_wanted(const identity& sync) const {
  const std::lock_guard hold{guard_};
  return turns_.is_wanted(sync);
}

void turnstile::rest(const identity& sync) {
  const std::lock_guard hold{guard_};
  held_.at(sync).works = false;
}

void turnstile::give_back(const identity& sync) {
  std::unique_lock hold{guard_};
  held_.erase(sync);
  turns_.give_back(sync);
  let_in(hold);
}

void turnstile::look_up_limit(const identity& integration) {
  const auto heard = [weak = weak_from_this(), integration](auto answer) {
    const auto self = weak.lock();
    if (!self)
      return;
    const auto most = limit_in(answer);
    std::unique_lock hold{self->guard_};
    if (!most)
      self->looked_up_.erase(integration); // the next page asks again
    // What is not known is taken for the least.
    self->turns_.limit(integration.tenant, integration.name, most.value_or(1));
    self->let_in(hold);
  };
  host_.ask<actors::integration>(integration, protocols::resource::describe{}, heard);
}

void turnstile::show() {
  metrics_.at_work.Set(static_cast<double>(turns_.at_work()));
  for (std::size_t i = 0; i < metrics_.waiting.size(); ++i)
    metrics_.waiting[i]->Set(static_cast<double>(turns_.waiting(static_cast<turns::priority>(i))));
}

void turnstile::let_in(std::unique_lock<std::mutex>& hold) {
  while (!closed_) {
    const auto one = turns_.next(host_.steady());
    if (!one)
      break;
    metrics_.waited.Observe(std::chrono::duration<double>(one->waited).count());
    auto here = std::make_shared<place>(shared_from_this(), one->sync);
    auto its_page = std::move(waiting_.extract(one->sync).mapped());
    held_[one->sync] = {here, its_page.wanted.integration, true};
    beginning_.emplace_back(std::move(its_page), std::move(here));
  }
  show();
  // Who begins may fail at once and give the place back: that finds this loop at work, instead of
  // beginning one within the other.
  if (std::exchange(letting_in_, true))
    return;
  while (!beginning_.empty()) {
    auto [one, here] = std::move(beginning_.front());
    beginning_.pop_front();
    hold.unlock();
    one.begin(std::move(here));
    one = {}; // what it owned, too, goes without the lock
    hold.lock();
  }
  letting_in_ = false;
}

std::unique_ptr<runtime::performer> withdrawing(std::shared_ptr<turnstile> t) {
  return std::make_unique<withdrawal>(std::move(t));
}

} // namespace tenon::actors
