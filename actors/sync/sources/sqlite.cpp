#include "actors/sync/sources/sqlite.hpp"

#include "actors/sync/sources/sqlite/page.hpp"

namespace tenon::actors {
namespace {

using runtime::task;

struct reading_options {
  sqlite::table_options table;
  std::vector<std::filesystem::path> roots;
};
using shared_options = std::shared_ptr<const reading_options>;

page_or_trouble trouble(failure why) {
  const auto c = why.code;
  const bool transient = c == code::unavailable || c == code::overloaded || c == code::timed_out;
  const auto after = why.retry_after.value_or(span{0});
  return source_trouble{std::move(why), transient, after, c == code::stale};
}

/// On the blocking executor. The path is looked at again for each page, because what it leads to
/// may change.
task<result<page_or_trouble>> read_there(shared_options o, page_request wanted) {
  const auto stop = co_await runtime::stop_token_of_task{};
  const auto file = sqlite::allowed_file(o->table.file, o->roots);
  if (!file)
    co_return trouble(file.error());
  auto page = sqlite::read_page(o->table, *file, wanted, stop);
  if (!page)
    co_return trouble(std::move(page).error());
  co_return page_or_trouble{*std::move(page)};
}

class sqlite_table final : public source {
public:
  sqlite_table(shared_options o, runtime::executor& blocking)
      : options_{std::move(o)}, blocking_{blocking} {}

  task<page_or_trouble> read(page_request wanted) override {
    const auto stop = co_await runtime::stop_token_of_task{};
    auto begin = [&](runtime::completion<page_or_trouble> done) {
      auto started = runtime::start<page_or_trouble>(
          blocking_, read_there(options_, std::move(wanted)),
          [done](result<page_or_trouble> read) { done(std::move(read)); }, stop);
      if (!started)
        done(std::move(started).error());
    };
    auto read = co_await runtime::callback<page_or_trouble>(std::move(begin));
    if (!read)
      co_return trouble(std::move(read).error());
    co_return *std::move(read);
  }

private:
  const shared_options options_;
  runtime::executor& blocking_;
};

class sqlite_kind final : public source_kind {
public:
  explicit sqlite_kind(sqlite_options o) : options_{std::move(o)} {}

  std::string_view name() const override { return "sqlite"; }

  result<void> check(const object& written) const override {
    const auto o = sqlite::read_options(written);
    if (!o)
      return o.error();
    // A file that is not there yet may come; one that may never be read is refused now.
    const auto file = sqlite::allowed_file(o->file, options_.roots);
    if (!file && file.error().code == code::forbidden)
      return file.error();
    return {};
  }

  result<std::unique_ptr<source>> open(const identity&, const object& written) override {
    auto o = sqlite::read_options(written);
    if (!o)
      return std::move(o).error();
    auto shared = std::make_shared<const reading_options>(*std::move(o), options_.roots);
    std::unique_ptr<source> opened =
        std::make_unique<sqlite_table>(std::move(shared), options_.blocking);
    return opened;
  }

private:
  const sqlite_options options_;
};

} // namespace

std::unique_ptr<source_kind> sqlite_source(sqlite_options o) {
  return std::make_unique<sqlite_kind>(std::move(o));
}

} // namespace tenon::actors
