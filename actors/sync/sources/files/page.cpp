#include "actors/sync/sources/files/page.hpp"

#include "actors/sync/sources/files/place.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace tenon::actors::files {
namespace {

constexpr std::uint64_t max_read_bytes = 64u << 20; // then the page ends, though it may be empty

failure changed(const std::string& name) {
  return {code::stale, name + " changed while it was read", name, "It is read from the beginning."};
}

/// Whether a file that grows still begins with what was read of it.
result<bool> continues(const open_file& now, const stamp& before) {
  if (now.opened.size < before.size)
    return false;
  const auto head = now.head(before.size);
  return head ? result<bool>{*head == before.head} : head.error();
}

class page_reading {
public:
  page_reading(const options& o, std::size_t size, const allowed_roots& roots, open_readers& kept,
               std::stop_token s)
      : options_{o}, roots_{roots}, kept_{kept}, stop_{std::move(s)}, rows_{size} {}

  result<source_page> read(const page_request& wanted) {
    auto known = read_cursor(wanted.cursor, options_.shape);
    if (!known)
      return std::move(known).error();
    known_ = *std::move(known);
    if (wanted.full && wanted.position.empty())
      known_.clear();
    if (!wanted.position.empty())
      if (auto there = go_on(wanted); !there)
        return std::move(there).error();
    const auto more = read_files();
    if (!more)
      return more.error();
    return finish(wanted, *more);
  }

private:
  /// Back to where the page before ended.
  result<void> go_on(const page_request& wanted) {
    auto at = read_place(wanted.position, options_.shape);
    if (!at)
      return std::move(at).error();
    at_ = *std::move(at);
    begun_ = true;
    current_ = kept_.take(wanted.sync, wanted.position);
    if (current_ && current_->file->unchanged()) {
      enter();
      return {};
    }
    const auto listed = list();
    if (!listed)
      return listed.error();
    const auto it = std::ranges::find(listing_->files, at_.file.name, &found_file::name);
    if (it == listing_->files.end())
      return failure{code::stale, at_.file.name + " is gone", at_.file.name,
                     "What there is is read from the beginning."};
    auto file = open_for_reading(it->name, it->path);
    if (!file)
      return std::move(file).error();
    const auto same =
        options_.append ? continues(**file, at_.stamp) : result<bool>{(*file)->opened == at_.stamp};
    if (!same)
      return same.error();
    if (!*same)
      return changed(at_.file.name);
    return open(*std::move(file), at_.at);
  }

  result<void> open(std::shared_ptr<const open_file> file, const mark& from) {
    auto bytes = input::open(file);
    if (!bytes)
      return std::move(bytes).error();
    (*bytes)->stop_when(stop_);
    if (options_.append && (*bytes)->is_packed())
      return failure{code::malformed,
                     file->name + " is packed, and cannot be read on where it ends",
                     options_.place + ".append", "Leave `append` out, or unpack the file."};
    auto reader = options_.format->open(**bytes, from);
    if (!reader)
      return std::move(reader).error();
    at_.stamp = file->opened;
    at_.at = from;
    current_ = std::make_unique<open_reader>(
        open_reader{options_.format, std::move(file), *std::move(bytes), *std::move(reader)});
    enter();
    return {};
  }

  void enter() {
    current_->bytes->stop_when(stop_);
    rows_.enter(at_.file.name);
    from_ = at_.at.offset;
  }

  result<void> list() {
    if (listing_)
      return {};
    auto all = list_files(options_.path, options_.order, roots_, options_.path_place(), stop_);
    if (!all)
      return std::move(all).error();
    listing_ = *std::move(all);
    if (begun_)
      next_ = static_cast<std::size_t>(
          std::ranges::upper_bound(listing_->files, at_.file,
                                   [&](const found_file& a, const found_file& b) {
                                     return comes_before(a, b, options_.order);
                                   }) -
          listing_->files.begin());
    return {};
  }

  /// Whether there is more after this page.
  result<bool> read_files() {
    for (;;) {
      if (!current_) {
        const auto found = open_next();
        if (!found || !*found)
          return found;
      }
      const auto more = read_file();
      if (!more || *more)
        return more;
    }
  }

  /// The next file that is not known as it is.
  result<bool> open_next() {
    if (auto listed = list(); !listed)
      return std::move(listed).error();
    while (next_ < listing_->files.size()) {
      const auto& f = listing_->files[next_++];
      auto file = open_for_reading(f.name, f.path);
      if (!file)
        return std::move(file).error();
      const auto from = where_to_begin(f.name, **file);
      if (!from)
        return from.error();
      if (!*from) {
        at_.whole = false;
        continue;
      }
      at_.whole = at_.whole && (*from)->offset == 0;
      at_.file = f;
      begun_ = true;
      if (auto opened = open(*std::move(file), **from); !opened)
        return std::move(opened).error();
      return true;
    }
    return false;
  }

  /// Nothing when the file was read as it is.
  result<std::optional<mark>> where_to_begin(const std::string& name, const open_file& file) const {
    const auto it = known_.find(name);
    if (it == known_.end())
      return std::optional{mark{}};
    if (it->second.stamp == file.opened)
      return std::optional<mark>{};
    if (!options_.append)
      return std::optional{mark{}};
    const auto same = continues(file, it->second.stamp);
    if (!same)
      return same.error();
    return std::optional{*same ? it->second.end : mark{}};
  }

  /// Whether the page is full before the file has ended.
  result<bool> read_file() {
    auto& reader = *current_->reader;
    for (;;) {
      const auto read = reader.next(rows_);
      if (!read)
        return read.error();
      if (*read == step::end)
        break;
      if (rows_.full() || bytes_ + reader.here().offset - from_ >= max_read_bytes) {
        note_reached();
        return true;
      }
    }
    note_reached();
    const auto& file = *current_->file;
    if (!options_.append && !file.unchanged())
      return changed(file.name);
    known_[at_.file.name] = {file.opened, at_.at};
    at_.whole = at_.whole && at_.at.offset > 0;
    current_.reset();
    return false;
  }

  void note_reached() {
    at_.at = current_->reader->here();
    bytes_ += at_.at.offset - from_;
    from_ = at_.at.offset;
  }

  result<source_page> finish(const page_request& wanted, bool more) {
    if (more && !options_.append && !current_->file->unchanged())
      return changed(at_.file.name);
    source_page page;
    at_.whole = at_.whole && rows_.letters() == 0 && (begun_ || !listing_->files.empty());
    page.bytes = bytes_;
    page.last = !more;
    page.complete = at_.whole;
    if (!more)
      forget_missing();
    page.cursor = write_cursor(known_, options_.shape);
    std::move(rows_).finish(page);
    if (more) {
      page.position = write_place(at_, options_.shape);
      kept_.keep(wanted.sync, page.position, std::move(current_));
    }
    return page;
  }

  void forget_missing() {
    std::set<std::string_view> there;
    for (const auto& f : listing_->files)
      there.insert(f.name);
    std::erase_if(known_, [&](const auto& each) { return !there.contains(each.first); });
  }

  const options& options_;
  const allowed_roots& roots_;
  open_readers& kept_;
  const std::stop_token stop_;
  rows rows_;
  known_files known_;
  place at_;
  bool begun_ = false; // a file, on this page or before
  std::uint64_t from_ = 0;
  std::uint64_t bytes_ = 0;
  std::optional<file_listing> listing_;
  std::size_t next_ = 0; // of the listing
  std::unique_ptr<open_reader> current_;
};

} // namespace

result<source_page> read_page(const options& o, const allowed_roots& roots, open_readers& kept,
                              const page_request& wanted, std::stop_token stop) {
  tuning::settings chosen;
  if (!o.sized)
    chosen = tuning::chosen_among(
        {tuning::offered(tuning::knob::page_size, o.page_size, max_page_size)}, wanted.settings);
  const auto size =
      tuning::set_in(chosen, tuning::knob::page_size, static_cast<std::uint32_t>(o.page_size));
  auto page = page_reading{o, size, roots, kept, std::move(stop)}.read(wanted);
  if (page)
    page->settings = std::move(chosen);
  if (page ? page->last : page.error().code != code::stale)
    kept.came_to_its_end(wanted.sync);
  else if (!page && kept.changed_too_often(wanted.sync))
    return failure{code::conflict, page.error().why + ", and so it did the times before",
                   page.error().where,
                   "Write a file under another name and rename it when it is whole, or say "
                   "`append: true` if lines are added to it."};
  return page;
}

} // namespace tenon::actors::files
