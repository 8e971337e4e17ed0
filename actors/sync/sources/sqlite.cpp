#include "actors/sync/sources/sqlite.hpp"

#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/local/blocking_page.hpp"
#include "actors/sync/sources/sqlite/page.hpp"

namespace tenon::actors {
namespace {

struct reading_options {
  sqlite::table_options table;
  allowed_roots roots;
};
using shared_options = std::shared_ptr<const reading_options>;

class sqlite_table final : public source {
public:
  sqlite_table(shared_options o, runtime::executor& blocking)
      : options_{std::move(o)}, blocking_{blocking} {}

  /// The path is looked at again for each page, because what it leads to may change.
  runtime::task<page_or_trouble> read(page_request wanted) override {
    blocking_read page = [o = options_,
                          wanted = std::move(wanted)](std::stop_token stop) -> result<source_page> {
      const auto file = sqlite::allowed_file(o->table.file, o->roots);
      if (!file)
        return file.error();
      return sqlite::read_page(o->table, *file, wanted, std::move(stop));
    };
    return read_page_on(blocking_, std::move(page));
  }

  runtime::task<result<source_page>> read_again(protocols::letter_types::kept letter) override {
    blocking_read row = [o = options_,
                         letter = std::move(letter)](std::stop_token stop) -> result<source_page> {
      const auto file = sqlite::allowed_file(o->table.file, o->roots);
      if (!file)
        return file.error();
      return sqlite::read_row(o->table, *file, letter, std::move(stop));
    };
    return read_on(blocking_, std::move(row));
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

namespace tenon::actors::sources {

std::unique_ptr<source_kind> sqlite(const surroundings& s) {
  return sqlite_source({.roots = s.readable, .blocking = s.files});
}

} // namespace tenon::actors::sources
