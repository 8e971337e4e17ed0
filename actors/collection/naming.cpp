#include "actors/collection/naming.hpp"

#include "actors/collection/rows.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

namespace tenon::actors::collections {
namespace {

using wire = protocols::collection;

// 'a': what the source's key is called here; 'A': what the row is called there; 'n': the row is
// called the same there, and another feed has changed it since.
std::string name_key(char kind, std::string_view feed, std::string_view name) {
  return numbered_key(kind, stable_hash(feed)) += name;
}

std::optional<std::string> find_name(const collection::state& s, char kind, std::string_view feed,
                                     std::string_view name) {
  const auto stored = s.rows.find(name_key(kind, feed, name));
  return stored ? std::optional{stored->text()} : std::nullopt;
}

bool has_any(const collection::state& s, char kind, std::string_view feed) {
  const auto prefix = name_key(kind, feed, "");
  bool found = false;
  if (!feed.empty())
    s.rows.scan(prefix, 1, [&](std::string_view key, const blob&) {
      found = key.starts_with(prefix);
      return false;
    });
  return found;
}

/// The names as they are when the page's records so far are stored.
class names_so_far {
public:
  names_so_far(const collection::state& s, std::string_view feed) : state_{s}, feed_{feed} {}

  std::optional<std::string> here(const std::string& origin) const {
    const auto it = here_.find(origin);
    if (it != here_.end())
      return it->second;
    auto kept = find_name(state_, 'a', feed_, origin);
    return kept || !is_from_before(origin) ? kept : origin;
  }
  bool is_of(const std::string& key, const std::string& origin) const {
    const auto it = there_.find(key);
    if (it != there_.end())
      return it->second == origin;
    const auto kept = find_name(state_, 'A', feed_, key);
    return kept ? *kept == origin : key == origin && is_from_before(origin);
  }
  void is_called(const std::string& origin, const std::string& key) {
    here_[origin] = key;
    there_[key] = origin;
  }
  void is_gone(const std::string& origin, const std::string& key) {
    here_[origin].reset();
    there_[key].reset();
  }

private:
  /// A row of this feed's that was stored before its records had names.
  bool is_from_before(const std::string& origin) const {
    const auto stored = state_.rows.find(row_key(origin));
    return stored &&
           (read_row(*stored).feed == feed_ || state_.rows.find(name_key('n', feed_, origin)));
  }

  const collection::state& state_;
  std::string_view feed_;
  std::map<std::string, std::optional<std::string>> here_{};
  std::map<std::string, std::optional<std::string>> there_{};
};

} // namespace

bool needs_names(const wire::store& page) {
  return std::ranges::any_of(page.records, [](const auto& r) { return !r.origin.empty(); });
}

named with_names(const collection::state& s, const wire::store& page) {
  named all{.page = page};
  std::vector<wire::incoming> records, left;
  names_so_far names{s, page.feed};
  // Of a record that comes twice, the last word counts.
  std::unordered_map<std::string_view, const wire::incoming*> last;
  for (const auto& r : page.records)
    last[r.origin] = &r;
  for (const auto& r : page.records) {
    if (!r.origin.empty() && last[r.origin] != &r) {
      ++all.unknown;
      continue;
    }
    const auto before = r.origin.empty() ? std::nullopt : names.here(r.origin);
    const bool too_long = std::max(r.origin.size(), r.key.size()) > max_name_bytes;
    if (r.origin.empty() || (too_long && !r.deleted)) {
      records.push_back(r);
      if (!r.origin.empty())
        records.back().key.resize(max_name_bytes * 2); // no row can be called so: it is a letter
    } else if (!r.deleted) {
      if (before && *before != r.key && names.is_of(*before, r.origin))
        left.push_back({.key = *before, .deleted = true});
      if (before != r.key || !names.is_of(r.key, r.origin))
        all.names.push_back({r.origin, r.key});
      names.is_called(r.origin, r.key);
      records.push_back(r);
    } else if (before && names.is_of(*before, r.origin)) {
      records.push_back({.key = *before, .deleted = true});
      all.names.push_back({r.origin, {}});
      names.is_gone(r.origin, *before);
    } else {
      ++all.unknown;
    }
  }
  // First, so that a record which takes over a name counts.
  left.insert(left.end(), std::make_move_iterator(records.begin()),
              std::make_move_iterator(records.end()));
  all.page.records = std::move(left);
  return all;
}

std::vector<protocols::row_types::name> own_names_gone(const collection::state& s,
                                                       const wire::store& page) {
  std::vector<protocols::row_types::name> gone;
  if (!has_any(s, 'n', page.feed))
    return gone;
  for (const auto& r : page.records)
    if (r.deleted && s.rows.find(name_key('n', page.feed, r.key)))
      gone.push_back({r.key, {}});
  return gone;
}

std::optional<std::string> name_here(const collection::state& s, std::string_view feed,
                                     std::string_view origin) {
  return find_name(s, 'a', feed, origin);
}

bool has_names(const collection::state& s, std::string_view feed) {
  return has_any(s, 'A', feed);
}

std::optional<std::string> name_there(const collection::state& s, std::string_view feed,
                                      std::string_view key) {
  if (auto kept = find_name(s, 'A', feed, key))
    return kept;
  return s.rows.find(name_key('n', feed, key)) ? std::optional{std::string{key}} : std::nullopt;
}

void keep_own_name(collection::state& s, std::string_view feed, std::string_view key) {
  auto place = name_key('n', feed, key);
  if (!s.rows.find(name_key('A', feed, key)) && !s.rows.find(place))
    s.rows.put(std::move(place), blob::copy_of("="));
}

void forget_own_name(collection::state& s, std::string_view feed, std::string_view key) {
  auto place = name_key('n', feed, key);
  if (s.rows.find(place))
    s.rows.erase(std::move(place));
}

void forget_name_there(collection::state& s, std::string_view feed, std::string_view key) {
  if (const auto origin = name_there(s, feed, key))
    keep_names(s, feed, {{*origin, {}}});
}

void keep_names(collection::state& s, std::string_view feed,
                const std::vector<protocols::row_types::name>& names) {
  const bool some_are_own = !names.empty() && has_any(s, 'n', feed);
  for (const auto& [origin, key] : names) {
    if (some_are_own)
      forget_own_name(s, feed, origin);
    const auto place = name_key('a', feed, origin);
    if (const auto before = s.rows.find(place)) {
      const auto there = name_key('A', feed, before->text());
      if (const auto of = s.rows.find(there); of && of->view() == origin)
        s.rows.erase(there);
    }
    if (key.empty()) {
      s.rows.erase(place);
      continue;
    }
    s.rows.put(place, blob::copy_of(key));
    s.rows.put(name_key('A', feed, key), blob::copy_of(origin));
  }
}

void forget_names(collection::state& s, std::string_view feed) {
  for (const char kind : {'a', 'A', 'n'}) {
    const auto prefix = name_key(kind, feed, "");
    std::vector<std::string> all;
    s.rows.scan(prefix, std::numeric_limits<std::size_t>::max(),
                [&](std::string_view key, const blob&) {
                  if (!key.starts_with(prefix))
                    return false;
                  all.emplace_back(key);
                  return true;
                });
    for (auto& key : all)
      s.rows.erase(std::move(key));
  }
}

} // namespace tenon::actors::collections
