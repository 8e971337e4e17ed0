// Asking actors from a task: `auto granted = co_await ask<quota>(host, id, quota::take{…});`
#pragma once

#include "runtime/hosting/host.hpp"
#include "runtime/tasks/task.hpp"

namespace tenon::runtime {

template <class Actor, class Command> task<result<reply_value<typename Command::reply>>>
ask(host& there, identity to, Command command, span patience = {}) {
  using reply = reply_value<typename Command::reply>;
  const auto trace = co_await trace_of_task{};
  co_return co_await callback<reply>([&](completion<reply> done) {
    const trace_scope working{trace};
    there.ask<Actor>(
        to, command, [done](result<reply> r) { done(std::move(r)); }, patience);
  });
}

} // namespace tenon::runtime
