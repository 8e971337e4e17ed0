#include "actors/sync/runs/subject.hpp"

#include "actors/sync/runs/next_page.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <array>

namespace tenon::actors {
namespace {

/// Options of sources that say how they are read, and by whom.
constexpr std::array<std::string_view, 6> manners{"credential", "sslmode",  "ca",
                                                  "page_size",  "lookback", "order"};
/// A cursor that is longer is not repeated: those of many files and streams are.
constexpr std::size_t most_shown = 500;

/// Without whoever asks: scheme://user@host/path.
std::string without_user(std::string url) {
  const auto begin = url.find("://");
  if (begin == url.npos)
    return url;
  const auto end = std::min(url.find_first_of("/?#", begin + 3), url.size());
  const auto sign = url.rfind('@', end);
  return sign == url.npos || sign < begin ? url : url.erase(begin + 3, sign - begin - 2);
}

value subject_of(const std::string& from) {
  auto written = read_json(from);
  auto* kinds = written ? written->as<object>() : nullptr;
  if (!kinds || kinds->size() != 1)
    return from;
  auto* options = kinds->begin()->second.as<object>();
  if (!options)
    return from;
  for (const auto name : manners)
    options->erase(name);
  if (auto* url = options->find("url"))
    if (auto* text = url->as<std::string>())
      *text = without_user(std::move(*text));
  return *std::move(written);
}

std::string in_short(const std::string& text) {
  return text.size() <= most_shown ? text : "one of " + std::to_string(text.size()) + " bytes";
}

} // namespace

bool reads_the_same(const protocols::sync::spec& a, const protocols::sync::spec& b) {
  return !a.to.empty() || subject_of(a.from) == subject_of(b.from);
}

std::string why_anew(const protocols::sync::state& before) {
  if (before.cursor.empty() && before.position.empty())
    return before.begins_for;
  auto why = "the sync reads something else now; before, it read " + spec_of(before).from;
  if (!before.cursor.empty())
    why += " up to the cursor " + in_short(before.cursor);
  return why;
}

} // namespace tenon::actors
