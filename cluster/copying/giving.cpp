#include "cluster/copying/giving.hpp"

#include <algorithm>
#include <utility>

namespace tenon::cluster::copying {
namespace {

/// When nothing better is known: about as long as a short copy takes.
constexpr span ask_again{1'000};
constexpr auto never = span::max();

} // namespace

void giving::tell(node_id to, std::uint64_t copy, say::said said) {
  todo_.messages.push_back({to, {copy, std::move(said)}});
}

void giving::receive(node_id from, const say::message& m, span now) {
  if (m.copy == 0)
    return;
  if (const auto* ask = std::get_if<say::ask>(&m.said))
    receive_from(from, m.copy, *ask, now);
  else if (const auto* more = std::get_if<say::more>(&m.said))
    receive_from(from, m.copy, *more, now);
  else if (std::holds_alternative<say::done>(m.said) || std::holds_alternative<say::failed>(m.said))
    forget([&](const asker& a) { return a.node == from && a.copy == m.copy; }, now);
}

void giving::receive_from(node_id from, std::uint64_t copy, const say::ask& ask, span now) {
  const auto same = [&](const asker& a) { return a.node == from && a.copy == copy; };
  if ((current_ && same(current_->of)) || std::ranges::any_of(waiting_, same))
    return; // it was said twice
  // Whoever asks anew has given up what it asked before, or has restarted.
  forget([&](const asker& a) { return a.node == from && a.partition == ask.partition; }, now);
  if (waiting_.size() >= limits_.most_waiting)
    return tell(from, copy, say::failed{"too many nodes wait for a copy", limits_.reminder});
  if (waiting_.empty())
    reminded_at_ = now;
  if (current_)
    tell(from, copy, say::waiting{static_cast<std::uint32_t>(waiting_.size() + 1)});
  waiting_.push_back({from, copy, ask.partition, ask.at_least, ask.chunks});
  begin_next(now);
}

void giving::receive_from(node_id from, std::uint64_t copy, const say::more& more, span now) {
  if (!current_ || current_->of.node != from || current_->of.copy != copy)
    return tell(from, copy, say::failed{"the copy is not known here: it was given up", ask_again});
  current_->since = now;
  current_->before =
      std::max(current_->before, std::min(more.before, current_->next + limits_.most_ahead));
  send_next(now);
}

void giving::lost(node_id node, span now) {
  forget([&](const asker& a) { return a.node == node; }, now);
}

template <class Which> void giving::forget(const Which& which, span now) {
  std::erase_if(waiting_, which);
  if (!current_ || !which(current_->of))
    return;
  current_.reset();
  todo_.begin.reset();
  todo_.read = false;
  todo_.end = true;
  begin_next(now);
}

void giving::begin_next(span now) {
  if (current_ || waiting_.empty())
    return;
  current_ = current{.of = waiting_.front(), .since = now};
  current_->before = std::min(current_->of.chunks, limits_.most_ahead);
  waiting_.pop_front();
  todo_.begin = giving_todo::beginning{current_->of.partition, current_->of.copy};
}

/// The present copy cannot be given.
void giving::refuse(const failure& why, span now) {
  const auto of = current_->of;
  tell(of.node, of.copy, say::failed{why.why, why.retry_after.value_or(ask_again)});
  forget([&](const asker& a) { return a.node == of.node && a.copy == of.copy; }, now);
}

void giving::begun(const result<offer>& outcome, span now) {
  if (!current_ || current_->offered || todo_.begin)
    return; // of one that is over
  if (!outcome)
    return refuse(outcome.error(), now);
  if (outcome->index < current_->of.at_least)
    return refuse({code::unavailable, "the state stands at index " +
                                          std::to_string(outcome->index) + ", and not yet at " +
                                          std::to_string(current_->of.at_least)},
                  now);
  current_->offered = true;
  current_->since = now;
  tell(current_->of.node, current_->of.copy, say::offered{outcome->index, outcome->stamp});
  send_next(now);
}

void giving::send_next(span now) {
  auto& c = *current_;
  if (!c.offered || c.reading || c.all_sent || c.next >= c.before || now < c.free_at)
    return;
  c.reading = true;
  todo_.read = true;
}

void giving::read(result<copy_chunk> outcome, span now) {
  if (!current_ || !current_->reading || todo_.read)
    return;
  if (!outcome)
    return refuse(outcome.error(), now);
  auto& c = *current_;
  c.reading = false;
  ++c.next;
  c.all_sent = outcome->last;
  c.since = now;
  if (limits_.bytes_per_second > 0) {
    const auto takes = outcome->bytes.size() * 1'000 / limits_.bytes_per_second;
    c.free_at = std::max(now, c.free_at) + span{static_cast<std::int64_t>(takes)};
  }
  tell(c.of.node, c.of.copy,
       say::chunk{outcome->number, outcome->last, outcome->bytes, outcome->checksum});
  send_next(now);
}

bool giving::waits_for_receiver() const {
  return current_ && current_->offered && !current_->reading &&
         (current_->all_sent || current_->next >= current_->before);
}

void giving::tick(span now) {
  if (waits_for_receiver() && now - current_->since >= limits_.patience)
    refuse({code::timed_out, "nothing was heard for too long"}, now);
  if (current_)
    send_next(now);
  if (waiting_.empty() || now - reminded_at_ < limits_.reminder)
    return;
  reminded_at_ = now;
  for (std::uint32_t ahead = 0; ahead < waiting_.size(); ++ahead)
    tell(waiting_[ahead].node, waiting_[ahead].copy, say::waiting{ahead + 1});
}

span giving::due() const {
  auto at = never;
  if (!waiting_.empty())
    at = reminded_at_ + limits_.reminder;
  if (waits_for_receiver())
    at = std::min(at, current_->since + limits_.patience);
  else if (current_ && current_->offered && !current_->reading)
    at = std::min(at, current_->free_at);
  return at;
}

giving_todo giving::take() {
  return std::exchange(todo_, {});
}

} // namespace tenon::cluster::copying
