#include "actors/sync/burying.hpp"

#include "actors/collection.hpp"
#include "runtime/tasks/asking.hpp"

#include <algorithm>

namespace tenon::actors {

using runtime::task;

task<result<std::uint64_t>> bury(runtime::host& host, identity into, unseen what) {
  if (what.may_skip) {
    const protocols::collection::position where{.feed = what.feed};
    const auto feed = co_await runtime::ask<collection>(host, into, where);
    if (!feed)
      co_return feed.error();
    // Rows that the refresh before this one has seen stay. Before the first there is none.
    const auto first = what.since != 0 ? what.since : what.run;
    if (feed->swept_run != what.run)
      what.since = std::clamp<std::uint64_t>(feed->swept_run, 1, first);
  }
  const protocols::collection::sweep sweep{
      .feed = what.feed, .run = what.run, .since = what.since, .since_at = what.since_at};
  for (;;) {
    const auto swept = co_await runtime::ask<collection>(host, into, sweep);
    if (!swept)
      co_return swept.error();
    if (swept->done)
      co_return swept->deleted;
  }
}

} // namespace tenon::actors
