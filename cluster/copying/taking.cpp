#include "cluster/copying/taking.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tenon::cluster::copying {
namespace {

constexpr span want_again{1'000};

failure failed(std::string why, const wanted& of, span again = want_again) {
  return {code::unavailable, std::move(why),
          "state of partition " + std::to_string(of.partition) + " from node " +
              std::to_string(of.from),
          "It is asked for again.", again};
}

} // namespace

void taking::tell(node_id to, std::uint64_t copy, say::said said) {
  todo_.messages.push_back({to, {copy, std::move(said)}});
}

void taking::want(const wanted& w, span now) {
  const auto same = [&](const wanted& other) {
    return other.partition == w.partition && other.from == w.from && w.at_least <= other.at_least;
  };
  const auto is_of = [&](const wanted& other) { return other.partition == w.partition; };
  if (current_ && is_of(current_->what) && (current_->whole || same(current_->what)))
    return;
  std::erase_if(waiting_, is_of);
  waiting_.push_back(w);
  if (current_ && is_of(current_->what))
    give_up(failed("another one is wanted instead", current_->what), now);
  ask_next(now);
}

void taking::unwanted(partition_number p, span now) {
  std::erase_if(waiting_, [&](const wanted& w) { return w.partition == p; });
  if (current_ && current_->what.partition == p && !current_->whole)
    give_up(failed("it is not wanted any more", current_->what), now);
}

void taking::ask_next(span now) {
  if (current_ || waiting_.empty())
    return;
  current_ = current{.what = waiting_.front(), .before = limits_.window, .heard_at = now};
  waiting_.pop_front();
  while (current_->copy == 0)
    current_->copy = random_();
  tell(current_->what.from, current_->copy,
       say::ask{current_->what.partition, current_->what.at_least, limits_.window});
}

void taking::finish(result<offer> outcome, span now) {
  todo_.told.push_back({current_->what.partition, std::move(outcome)});
  current_.reset();
  ask_next(now);
}

void taking::give_up(failure why, span now) {
  tell(current_->what.from, current_->copy, say::failed{why.why, span{}});
  todo_.drop = true;
  todo_.stage.reset();
  todo_.chunks.clear();
  finish(std::move(why), now);
}

void taking::receive(node_id from, const say::message& m, span now) {
  const auto* refused = std::get_if<say::failed>(&m.said);
  if (!current_ || current_->copy != m.copy || current_->what.from != from || current_->whole) {
    // Whoever still sends what nobody waits for is told so once for each chunk, and then stops.
    if (std::holds_alternative<say::offered>(m.said) || std::holds_alternative<say::chunk>(m.said))
      tell(from, m.copy, say::failed{"nobody waits for this copy", span{}});
    return;
  }
  current_->heard_at = now;
  if (refused) {
    todo_.drop = true;
    todo_.stage.reset();
    todo_.chunks.clear();
    finish(failed(refused->why, current_->what, std::max(refused->retry, want_again)), now);
  } else if (const auto* offered = std::get_if<say::offered>(&m.said)) {
    take_in(*offered, now);
  } else if (const auto* chunk = std::get_if<say::chunk>(&m.said)) {
    take_in(*chunk, now);
  }
}

void taking::take_in(const say::offered& offered, span now) {
  auto& c = *current_;
  if (c.coming)
    return give_up(failed("it was offered twice", c.what), now);
  if (offered.index < c.what.at_least)
    return give_up(failed("what was offered stands at index " + std::to_string(offered.index) +
                              ", and not yet at " + std::to_string(c.what.at_least),
                          c.what),
                   now);
  if (offered.stamp.size() > limits_.most_stamp_bytes)
    return give_up(failed("its stamp is too large", c.what), now);
  c.coming = true;
  c.at = {offered.index, blob::copy_of(offered.stamp.view())};
  todo_.stage = taking_todo::staging{c.what.partition, c.copy};
}

void taking::take_in(const say::chunk& chunk, span now) {
  auto& c = *current_;
  if (!c.coming)
    return give_up(failed("chunks came before an offer", c.what), now);
  if (chunk.number >= c.before || c.arrived >= c.before)
    return give_up(failed("more chunks came than were asked for", c.what), now);
  ++c.arrived;
  todo_.chunks.push_back({c.copy, chunk.number, chunk.last, chunk.bytes, chunk.checksum});
}

void taking::staged(const result<bool>& whole, span now) {
  if (!current_ || !current_->coming || current_->whole)
    return; // of one that was given up
  auto& c = *current_;
  if (!whole) {
    auto why = whole.error();
    if (!why.retry_after)
      why.retry_after = want_again;
    return give_up(std::move(why), now);
  }
  ++c.staged;
  c.heard_at = now; // a slow disk of ours is not the sender's silence
  if (*whole) {
    c.whole = true;
    tell(c.what.from, c.copy, say::done{c.staged});
    todo_.install = c.at.stamp;
    return;
  }
  if (c.staged + limits_.window < c.before + (limits_.window + 1) / 2)
    return; // not worth a message
  c.before = c.staged + limits_.window;
  tell(c.what.from, c.copy, say::more{c.before});
}

void taking::installed(const result<void>& outcome, span now) {
  if (!current_ || !current_->whole)
    return;
  if (outcome)
    return finish(current_->at, now);
  finish(outcome.error(), now);
}

void taking::lost(node_id node, span now) {
  std::vector<wanted> gone;
  std::erase_if(waiting_, [&](const wanted& w) {
    if (w.from == node)
      gone.push_back(w);
    return w.from == node;
  });
  for (const auto& w : gone)
    todo_.told.push_back({w.partition, failed("the connection was lost", w)});
  if (current_ && current_->what.from == node && !current_->whole)
    give_up(failed("the connection was lost", current_->what), now);
}

void taking::tick(span now) {
  if (current_ && !current_->whole && now - current_->heard_at >= limits_.patience)
    give_up(failed("nothing was heard for too long", current_->what), now);
}

span taking::due() const {
  return current_ && !current_->whole ? current_->heard_at + limits_.patience : span::max();
}

taking_todo taking::take() {
  return std::exchange(todo_, {});
}

} // namespace tenon::cluster::copying
