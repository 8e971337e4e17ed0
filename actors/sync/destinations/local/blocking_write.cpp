#include "actors/sync/destinations/local/blocking_write.hpp"

#include "actors/sync/destinations/tables/target.hpp"
#include "actors/sync/outcome.hpp"

namespace tenon::actors {
namespace {

using runtime::task;

task<result<settled>> write_there(blocking_write write, std::stop_token closing,
                                  std::shared_ptr<const delivery> d) {
  const auto stop = co_await runtime::stop_token_of_task{};
  std::stop_source either;
  const auto end = [&either] { either.request_stop(); };
  const std::stop_callback when_stopped{stop, end}, when_closing{closing, end};
  co_return write(*d, either.get_token());
}

} // namespace

task<settled> write_page_on(runtime::executor& blocking, std::stop_token closing, delivery d,
                            blocking_write write) {
  const auto stop = co_await runtime::stop_token_of_task{};
  auto shared = std::make_shared<const delivery>(std::move(d));
  auto begin = [&](runtime::completion<settled> done) {
    auto started = runtime::start<settled>(
        blocking, write_there(std::move(write), std::move(closing), shared),
        [done](result<settled> r) { done(std::move(r)); }, stop);
    if (!started)
      done(std::move(started).error());
  };
  auto made = co_await runtime::callback<settled>(std::move(begin));
  if (!made)
    co_return settled{.trouble = trouble_from(tables::at_destination(std::move(made).error()))};
  co_return *std::move(made);
}

} // namespace tenon::actors
