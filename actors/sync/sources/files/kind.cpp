#include "actors/sync/sources/files/kind.hpp"

#include "actors/sync/sources/files/page.hpp"
#include "actors/sync/sources/local/blocking_page.hpp"

namespace tenon::actors::files {
namespace {

/// What a source needs, which may outlive the kind's answer to `open`.
struct reading {
  options what;
  allowed_roots roots;
  std::shared_ptr<open_readers> kept;
};

class file_pages final : public source {
public:
  file_pages(std::shared_ptr<const reading> r, runtime::executor& blocking)
      : reading_{std::move(r)}, blocking_{blocking} {}

  runtime::task<page_or_trouble> read(page_request wanted) override {
    blocking_read page = [r = reading_, wanted = std::move(wanted)](std::stop_token stop) {
      return read_page(r->what, r->roots, *r->kept, wanted, std::move(stop));
    };
    return read_page_on(blocking_, std::move(page));
  }

  /// The letter has all that it takes: whatever has become of its file, it is not looked at.
  runtime::task<result<source_page>> read_again(protocols::letter_types::kept letter) override {
    rows again{1};
    auto read = reading_->what.format->read_again(letter, again);
    if (!read)
      co_return std::move(read).error();
    source_page page;
    std::move(again).finish(page);
    co_return page;
  }

private:
  const std::shared_ptr<const reading> reading_;
  runtime::executor& blocking_;
};

class file_kind final : public source_kind {
public:
  file_kind(const format_kind& f, reach r) : format_{f}, reach_{std::move(r)} {}

  std::string_view name() const override { return format_.name; }

  result<void> check(const object& written) const override {
    const auto o = read_options(format_, written);
    if (!o)
      return o.error();
    return check_reach(o->path, reach_.roots, o->path_place());
  }

  result<std::unique_ptr<source>> open(const identity&, const object& written) override {
    auto o = read_options(format_, written);
    if (!o)
      return std::move(o).error();
    auto shared = std::make_shared<const reading>(*std::move(o), reach_.roots, kept_);
    return std::unique_ptr<source>{
        std::make_unique<file_pages>(std::move(shared), reach_.blocking)};
  }

private:
  const format_kind& format_;
  const reach reach_;
  const std::shared_ptr<open_readers> kept_ = std::make_shared<open_readers>();
};

} // namespace

std::unique_ptr<source_kind> file_source(const format_kind& f, reach r) {
  return std::make_unique<file_kind>(f, std::move(r));
}

} // namespace tenon::actors::files
