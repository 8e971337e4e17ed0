// Routes that take a conversation: a task that answers when it is done.
#pragma once

#include "nodes/edge/environment.hpp"
#include "runtime/tasks/workers.hpp"

namespace tenon::nodes::edge {

/// `say` makes the response of what the task gives, or of why it gives nothing.
template <class T> void answer_by(const environment& e, runtime::task<result<T>> work, reply&& r,
                                  std::function<std::variant<response, failure>(result<T>)> say) {
  const auto waiting = std::make_shared<reply>(std::move(r)); // what is called must be copyable
  const auto tell = [waiting](std::variant<response, failure> said) {
    if (auto* done = std::get_if<response>(&said))
      std::move (*waiting)(std::move(*done));
    else
      std::move (*waiting)(std::get<failure>(std::move(said)));
  };
  const auto started =
      runtime::start<T>(*e.workers, std::move(work),
                        [tell, say](result<T> outcome) { tell(say(std::move(outcome))); });
  if (!started)
    tell(say(started.error()));
}

} // namespace tenon::nodes::edge
