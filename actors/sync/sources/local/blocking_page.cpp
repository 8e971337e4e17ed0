#include "actors/sync/sources/local/blocking_page.hpp"

#include "actors/sync/outcome.hpp"

namespace tenon::actors {
namespace {

using runtime::task;

task<result<page_or_trouble>> read_there(blocking_read read) {
  const auto stop = co_await runtime::stop_token_of_task{};
  auto page = read(stop);
  if (!page)
    co_return trouble_from(std::move(page).error());
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
    co_return trouble_from(std::move(answer).error());
  co_return *std::move(answer);
}

} // namespace tenon::actors
