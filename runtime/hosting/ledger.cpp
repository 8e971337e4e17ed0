#include "runtime/hosting/ledger.hpp"

#include <algorithm>
#include <set>

namespace tenon::runtime {

void ledger::take_in(const protocols::cell::entry& e) {
  events_ += e.events.size();
  numbered_ = std::max(numbered_, e.numbered);
  for (const auto& s : e.sends)
    outbox_.push_back({s});
  for (const auto& c : e.calls)
    calls_.push_back(c);
  for (const auto number : e.settled) {
    std::erase_if(calls_, [&](const auto& c) { return c.number == number; });
    drop_send(number);
  }
  for (const auto& r : e.received) {
    auto& last = receipts_[r.sender];
    last = std::max(last, r.number);
  }
}

void ledger::delivered(std::uint64_t number) {
  if (drop_send(number))
    deliveries_.push_back(number);
}

bool ledger::drop_send(std::uint64_t number) {
  const auto it =
      std::ranges::lower_bound(outbox_, number, {}, [](const auto& w) { return w.send.number; });
  if (it == outbox_.end() || it->send.number != number)
    return false;
  outbox_.erase(it);
  return true;
}

void ledger::undelivered(std::uint64_t number) {
  for (auto& w : outbox_)
    if (w.send.number == number)
      w.in_flight = false;
}

bool ledger::heard(const std::string& sender, std::uint64_t number) const {
  const auto it = receipts_.find(sender);
  return it != receipts_.end() && number <= it->second;
}

std::vector<protocols::cell::send> ledger::sendable(std::uint64_t through) {
  std::vector<protocols::cell::send> ready;
  std::set<std::string_view> busy;
  for (auto& w : outbox_)
    if (w.send.number <= through && busy.insert(w.send.to).second && !w.in_flight) {
      w.in_flight = true;
      ready.push_back(w.send);
    }
  return ready;
}

const protocols::cell::call* ledger::find_call(std::uint64_t number) const {
  const auto it = std::ranges::find(calls_, number, &protocols::cell::call::number);
  return it == calls_.end() ? nullptr : &*it;
}

protocols::cell::row ledger::row(blob state) const {
  protocols::cell::row r{.state = std::move(state), .numbered = numbered_, .events = events_};
  for (const auto& w : outbox_)
    r.outbox.push_back(w.send);
  r.calls = calls_;
  for (const auto& [sender, number] : receipts_)
    r.receipts.push_back({sender, number});
  return r;
}

ledger ledger::from(const protocols::cell::row& r) {
  ledger l;
  l.numbered_ = r.numbered;
  l.events_ = r.events;
  for (const auto& s : r.outbox)
    l.outbox_.push_back({s});
  l.calls_ = r.calls;
  for (const auto& receipt : r.receipts)
    l.receipts_[receipt.sender] = receipt.number;
  return l;
}

} // namespace tenon::runtime
