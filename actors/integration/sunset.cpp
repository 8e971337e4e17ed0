#include "actors/integration/sunset.hpp"

#include "actors/integration/web/clock.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t longest_link = 500;
// The integration is reminded so often, and says itself how often it warns.
constexpr span told_again = std::chrono::hours{1};

std::optional<moment> earlier(std::optional<moment> a, std::optional<moment> b) {
  return a && b ? std::min(a, b) : a ? a : b;
}

/// "@1688169599", as the standard has it; a date or "true", as its drafts had it.
std::optional<moment> deprecation(std::string_view text, moment now) {
  if (text.starts_with('@'))
    return read_clock(clock::epoch_s, text.substr(1), now);
  if (text == "true" || text == "?1")
    return now;
  return read_clock(clock::http_date, text, now);
}

/// <https://example.com/versions>; rel="sunset"
std::string link_in(std::string_view text) {
  for (const std::string_view rel : {"sunset", "deprecation"}) {
    const auto at = text.find(std::string{"rel=\""} + std::string{rel} + '"');
    const auto open = at == text.npos ? at : text.rfind('<', at);
    const auto close = open == text.npos ? open : text.find('>', open);
    if (close != text.npos && close < at && close - open - 1 <= longest_link)
      return std::string{text.substr(open + 1, close - open - 1)};
  }
  return {};
}

} // namespace

lifetime after(lifetime known, const headers& answer, moment now) {
  if (const auto text = find_header(answer, "sunset"))
    known.sunset = earlier(known.sunset, read_clock(clock::http_date, *text, now));
  if (const auto text = find_header(answer, "deprecation"); text && !known.deprecated)
    known.deprecated = deprecation(*text, now);
  if (const auto text = find_header(answer, "link"); text && known.more.empty())
    known.more = link_in(*text);
  return known;
}

std::optional<lifetime> sunset_watch::hear(const identity& integration, const lifetime& by_manifest,
                                           const headers& answer, moment now) {
  const std::lock_guard hold{guard_};
  auto& k = all_[integration];
  const bool fresh = k.told_at == moment{} || k.by_manifest != by_manifest;
  if (fresh)
    k = {by_manifest, by_manifest, {}};
  auto found = after(k.now, answer, now);
  const bool news = found != k.now;
  k.now = std::move(found);
  const bool says_nothing = k.now.api_version.empty() && !k.now.sunset && !k.now.deprecated;
  const bool late = now >= k.told_at + told_again || now < k.told_at;
  if (says_nothing || !(fresh || news || late))
    return std::nullopt;
  k.told_at = now;
  return k.now;
}

} // namespace tenon::actors::connectors
