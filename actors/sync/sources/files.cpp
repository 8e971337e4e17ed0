#include "actors/sync/sources/files.hpp"

#include "actors/sync/sources/blocking_page.hpp"
#include "actors/sync/sources/files/page.hpp"

namespace tenon::actors {
namespace {

/// What a source needs, which may outlive the kind's answer to `open`.
struct reading {
  files::options what;
  allowed_roots roots;
  std::shared_ptr<files::open_readers> kept;
};

class file_source final : public source {
public:
  file_source(std::shared_ptr<const reading> r, runtime::executor& blocking)
      : reading_{std::move(r)}, blocking_{blocking} {}

  runtime::task<page_or_trouble> read(page_request wanted) override {
    blocking_read page = [r = reading_, wanted = std::move(wanted)](std::stop_token stop) {
      return files::read_page(r->what, r->roots, *r->kept, wanted, std::move(stop));
    };
    return read_page_on(blocking_, std::move(page));
  }

private:
  const std::shared_ptr<const reading> reading_;
  runtime::executor& blocking_;
};

class file_kind final : public source_kind {
public:
  file_kind(const files::format_kind& f, const file_options& o) : format_{f}, options_{o} {}

  std::string_view name() const override { return format_.name; }

  result<void> check(const object& written) const override {
    const auto o = files::read_options(format_, written);
    if (!o)
      return o.error();
    return files::check_reach(o->path, options_.roots, o->path_place());
  }

  result<std::unique_ptr<source>> open(const identity&, const object& written) override {
    auto o = files::read_options(format_, written);
    if (!o)
      return std::move(o).error();
    auto shared = std::make_shared<const reading>(*std::move(o), options_.roots, kept_);
    return std::unique_ptr<source>{
        std::make_unique<file_source>(std::move(shared), options_.blocking)};
  }

private:
  const files::format_kind& format_;
  const file_options options_;
  const std::shared_ptr<files::open_readers> kept_ = std::make_shared<files::open_readers>();
};

} // namespace

source_kinds file_sources(const file_options& o) {
  source_kinds kinds;
  for (const auto* format : {&files::csv(), &files::jsonl(), &files::json(), &files::xml()})
    kinds.push_back(std::make_unique<file_kind>(*format, o));
  return kinds;
}

} // namespace tenon::actors
