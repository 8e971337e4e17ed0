#include "actors/sync/sources/blocking_page.hpp"

namespace tenon::actors {
namespace {

using runtime::task;

page_or_trouble trouble(failure why) {
  const auto c = why.code;
  const bool transient = c == code::unavailable || c == code::overloaded || c == code::timed_out;
  const auto after = why.retry_after.value_or(span{0});
  return source_trouble{std::move(why), transient, after, c == code::stale};
}

task<result<page_or_trouble>> read_there(blocking_read read) {
  const auto stop = co_await runtime::stop_token_of_task{};
  auto page = read(stop);
  if (!page)
    co_return trouble(std::move(page).error());
  co_return page_or_trouble{*std::move(page)};
}

} // namespace

task<page_or_trouble> read_page_on(runtime::executor& blocking, blocking_read read) {
  const auto stop = co_await runtime::stop_token_of_task{};
  auto begin = [&](runtime::completion<page_or_trouble> done) {
    auto started = runtime::start<page_or_trouble>(
        blocking, read_there(std::move(read)),
        [done](result<page_or_trouble> answer) { done(std::move(answer)); }, stop);
    if (!started)
      done(std::move(started).error());
  };
  auto answer = co_await runtime::callback<page_or_trouble>(std::move(begin));
  if (!answer)
    co_return trouble(std::move(answer).error());
  co_return *std::move(answer);
}

} // namespace tenon::actors
