#include "actors/sync/sources/local/blocking_page.hpp"

#include "actors/sync/outcome.hpp"

namespace tenon::actors {
namespace {

using runtime::task;

task<result<source_page>> read_there(blocking_read read) {
  const auto stop = co_await runtime::stop_token_of_task{};
  co_return read(stop);
}

} // namespace

task<result<source_page>> read_on(runtime::executor& blocking, blocking_read read) {
  const auto stop = co_await runtime::stop_token_of_task{};
  auto begin = [&](runtime::completion<source_page> done) {
    auto started = runtime::start<source_page>(
        blocking, read_there(std::move(read)),
        [done](result<source_page> answer) { done(std::move(answer)); }, stop);
    if (!started)
      done(std::move(started).error());
  };
  co_return co_await runtime::callback<source_page>(std::move(begin));
}

task<page_or_trouble> read_page_on(runtime::executor& blocking, blocking_read read) {
  auto page = co_await read_on(blocking, std::move(read));
  if (!page)
    co_return trouble_from(std::move(page).error());
  co_return page_or_trouble{*std::move(page)};
}

} // namespace tenon::actors
