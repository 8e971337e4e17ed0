// How a cell ends when its node has lost the partition. Nothing is released any more; everybody who
// waits is told what is known of their command, and what was not decided goes to the next owner.
#include "runtime/hosting/cell.hpp"

#include <algorithm>

namespace tenon::runtime {

void cell::step_down() {
  answer_unconfirmed();
  self_.body = nullptr;
  unsaved_.clear(); // whoever owns the partition next has what was confirmed in the log
  auto rest = mailbox_.close();
  for (auto& o : rest.orders)
    o(*this);
  send_again(std::move(poison_));
  send_again(std::move(rest.commands));
  if (std::exchange(holds_self_, false)) // the journal has forgotten us
    intrusive_ptr_release_impl();        // the worker still holds us
}

void cell::answer_unconfirmed() {
  const failure moved{code::unavailable, "its owner changed before it was confirmed",
                      to_string(id_), "Repeat it as it is.", span{50}};
  const failure unknown{
      code::timed_out, "its owner changed before it was confirmed; it may or may not have happened",
      to_string(id_), "Look whether it has, then decide whether to repeat it."};
  const auto through = durable_.load(std::memory_order_acquire);
  for (auto& p : gate_)
    for (auto& waiting : p.answers)
      waiting.answer(waiting.repeatable   ? moved
                     : p.index <= through ? std::move(waiting.reply)
                                          : result<blob>{unknown});
  gate_.clear();
  if (!unappended_)
    return;
  for (auto& waiting : unappended_->second.answers) // the log has never seen it
    waiting.answer(moved);
  unappended_ = nullptr;
}

void cell::send_again(std::unique_ptr<envelope> chain) {
  while (chain) {
    auto e = std::move(chain);
    chain = std::move(e->next);
    seat_->around.send(id_, std::move(e));
  }
}

} // namespace tenon::runtime
