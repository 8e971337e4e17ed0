#include "actors/sync/sources/files/listing.hpp"

#include "protocols/utf8.hpp"

#include <algorithm>
#include <fnmatch.h>
#include <sys/stat.h>
#include <tuple>

namespace tenon::actors::files {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 10'000;
constexpr std::size_t most_entries = 1'000'000; // looked at by one pattern

bool is_pattern(std::string_view part) {
  return part.find_first_of("*?[") != part.npos;
}

/// The part of a path before its first pattern, and the patterns.
struct split_path {
  fs::path fixed;
  std::vector<std::string> patterns;
};

split_path split(const std::string& written) {
  split_path s;
  for (const auto& part : fs::path{written})
    if (s.patterns.empty() && !is_pattern(part.native()))
      s.fixed /= part;
    else if (!part.empty()) // of a slash at the end
      s.patterns.push_back(part.native());
  if (s.fixed.empty())
    s.fixed = ".";
  return s;
}

class search {
public:
  search(const std::vector<std::string>& patterns, const allowed_roots& roots,
         const std::string& option, const std::stop_token& stop)
      : patterns_{patterns}, roots_{roots}, option_{option}, stop_{stop} {}

  /// Everything that the patterns from `step` on find below `directory`.
  result<void> look(const fs::path& directory, const std::string& name, std::size_t step) {
    const bool any_depth = patterns_[step] == "**";
    if (any_depth && step + 1 < patterns_.size())
      if (auto here = look(directory, name, step + 1); !here)
        return here;
    std::error_code wrong;
    fs::directory_iterator entries{directory, wrong};
    if (wrong)
      return unreadable(name, wrong);
    for (; entries != fs::directory_iterator{}; entries.increment(wrong)) {
      if (auto go_on = count(); !go_on)
        return go_on;
      if (auto taken = take(*entries, name, step, any_depth); !taken)
        return taken;
      if (wrong)
        return unreadable(name, wrong);
    }
    return {};
  }

  std::vector<found_file> found;

private:
  result<void> take(const fs::directory_entry& entry, const std::string& under, std::size_t step,
                    bool any_depth) {
    const std::string last = entry.path().filename();
    const auto name = under.empty() ? last : under + '/' + last;
    std::error_code wrong;
    const bool hidden = last.starts_with('.');
    const bool at_end = step + 1 == patterns_.size();
    if (any_depth) {
      // A link is not followed here: it could lead back up.
      if (!hidden && entry.is_directory(wrong) && !entry.is_symlink(wrong))
        return look(entry.path(), name, step);
      return at_end && !hidden ? add(entry, name) : result<void>{};
    }
    if (::fnmatch(patterns_[step].c_str(), last.c_str(), FNM_PERIOD) != 0)
      return {};
    if (at_end)
      return add(entry, name);
    if (!entry.is_directory(wrong))
      return {};
    const auto directory = allowed_find(entry.path(), roots_, option_);
    return directory ? look(*directory, name, step + 1) : directory.error();
  }

  result<void> add(const fs::directory_entry& entry, const std::string& name) {
    std::error_code wrong;
    if (!entry.is_regular_file(wrong))
      return {};
    if (!is_utf8(name))
      return failure{code::malformed, "the name of a file is not UTF-8", option_,
                     "Rename it, or read the others with a pattern."};
    auto file = entry.path();
    if (entry.is_symlink(wrong)) {
      auto real = allowed_find(file, roots_, option_);
      if (!real)
        return std::move(real).error();
      file = *std::move(real);
    }
    if (found.size() == most_files)
      return failure{code::too_large, "there are more than 10,000 files", option_,
                     "Read some of them with a pattern; another sync can read the others."};
    found.push_back({.name = name, .path = std::move(file)});
    return {};
  }

  result<void> count() {
    if (stop_.stop_requested())
      return failure{code::unavailable, "the files were not all found", option_,
                     "It is tried again."};
    if (++looked_at_ > most_entries)
      return failure{code::too_large, "the pattern looks at more than a million files", option_,
                     "Begin it with a directory further down."};
    return {};
  }

  result<void> unreadable(const std::string& name, const std::error_code& wrong) const {
    const auto shown = name.empty() ? "the directory" : "directory " + name;
    if (wrong == std::errc::permission_denied)
      return failure{code::forbidden, shown + " may not be listed", option_,
                     "Give the node's user the right to read it."};
    return failure{code::unavailable, shown + " cannot be listed: " + wrong.message(), option_,
                   "Look at the disk."};
  }

  const std::vector<std::string>& patterns_;
  const allowed_roots& roots_;
  const std::string& option_;
  const std::stop_token& stop_;
  std::size_t looked_at_ = 0;
};

void note_time(found_file& f) {
  struct stat s {};
  if (::stat(f.path.c_str(), &s) == 0)
    f.modified = std::int64_t{s.st_mtim.tv_sec} * 1'000'000'000 + s.st_mtim.tv_nsec;
}

} // namespace

bool comes_before(const found_file& a, const found_file& b, file_order by) {
  if (by == file_order::modified)
    return std::tie(a.modified, a.name) < std::tie(b.modified, b.name);
  return a.name < b.name;
}

result<file_listing> list_files(const std::string& path, file_order by, const allowed_roots& roots,
                                const std::string& option, const std::stop_token& stop) {
  file_listing all;
  split_path parts{.fixed = {}, .patterns = {"*"}};
  auto start = allowed_path(path, roots, option); // a name may have a star in it
  const bool named = start.has_value();
  if (!named && start.error().code == code::not_found) {
    parts = split(path);
    if (!parts.patterns.empty())
      start = allowed_path(parts.fixed.native(), roots, option);
  }
  if (!start)
    return std::move(start).error();
  std::error_code wrong;
  all.of_many = fs::is_directory(*start, wrong);
  if (all.of_many) {
    search s{parts.patterns, roots, option, stop};
    if (auto looked = s.look(*start, "", 0); !looked)
      return std::move(looked).error();
    all.files = std::move(s.found);
  } else if (named) {
    all.files.push_back({.name = fs::path{path}.filename(), .path = *std::move(start)});
  } else {
    return failure{code::not_found, parts.fixed.native() + " is no directory", option,
                   "Begin the pattern with a directory."};
  }
  if (by == file_order::modified)
    for (auto& f : all.files)
      note_time(f);
  std::ranges::sort(all.files,
                    [&](const auto& a, const auto& b) { return comes_before(a, b, by); });
  // By `**` something may be found on several ways.
  const auto again = std::ranges::unique(all.files, {}, &found_file::name);
  all.files.erase(again.begin(), again.end());
  return all;
}

result<void> check_reach(const std::string& path, const allowed_roots& roots,
                         const std::string& option) {
  auto reached = allowed_path(path, roots, option);
  if (!reached && reached.error().code == code::not_found)
    if (const auto parts = split(path); !parts.patterns.empty())
      reached = allowed_path(parts.fixed.native(), roots, option);
  // What is not there yet may come; what may never be read is refused.
  if (!reached && reached.error().code == code::forbidden)
    return std::move(reached).error();
  return {};
}

} // namespace tenon::actors::files
