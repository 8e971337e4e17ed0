// What answers say of limits.
#include "actors/integration/limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tenon::actors::connectors {
namespace {

// A word about percent holds for this long: platforms repeat it with every answer.
constexpr span strain_holds = std::chrono::minutes{10};
// Where a platform does not say when it lets us in again.
constexpr span rest_when_stopped = std::chrono::minutes{5};
// Steps of what is left: a little more or less is no news.
constexpr std::uint32_t strain_step = 50;
constexpr std::uint32_t all_of_it = 1000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The number in front: "100;w=60" means 100.
std::optional<std::int64_t> number_in(const headers& all, const std::string& name) {
  const auto text = name.empty() ? std::nullopt : find_header(all, name);
  if (!text)
    return std::nullopt;
  const auto first = std::min(text->find_first_not_of(' '), text->size());
  std::int64_t number = 0;
  const auto read = std::from_chars(text->data() + first, text->data() + text->size(), number);
  if (read.ec != std::errc{} || number < 0)
    return std::nullopt;
  return number;
}

/// "18/5000", also with something around it: "api-usage=18/5000".
void read_usage(std::string_view text, observation& into) {
  const auto slash = text.find('/');
  if (slash == text.npos)
    return;
  auto begin = slash;
  while (begin > 0 && is_digit(text[begin - 1]))
    --begin;
  std::int64_t used = 0;
  std::int64_t limit = 0;
  const auto first = std::from_chars(text.data() + begin, text.data() + slash, used);
  const auto second = std::from_chars(text.data() + slash + 1, text.data() + text.size(), limit);
  if (first.ec != std::errc{} || second.ec != std::errc{} || limit < 1 || used < 0)
    return;
  into.limit = limit;
  into.remaining = std::max<std::int64_t>(limit - used, 0);
}

std::optional<double> number_at(const json_text& body, const std::optional<json_path>& path) {
  const auto raw = path ? find(body, body.root(), *path) : std::nullopt;
  const auto text = raw ? scalar_text(*raw) : std::nullopt;
  double number = 0;
  if (!text)
    return std::nullopt;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  constexpr double most = 1e12;
  if (read.ec != std::errc{} || !std::isfinite(number) || number < 0 || number > most)
    return std::nullopt;
  return number;
}

/// How long a bucket takes to be filled, by when it will be full: platforms' periods are round, and
/// what they say is rounded, so a short time says nothing.
std::optional<span> window_of(const observation& seen, span until_full) {
  constexpr std::array<span, 5> round{std::chrono::seconds{1}, std::chrono::seconds{10},
                                      std::chrono::minutes{1}, std::chrono::hours{1},
                                      std::chrono::days{1}};
  constexpr span least = std::chrono::seconds{5};
  if (!seen.limit || !seen.remaining || *seen.remaining >= *seen.limit || until_full < least)
    return std::nullopt;
  const auto missing = static_cast<double>(*seen.limit - *seen.remaining);
  const auto whole =
      static_cast<double>(until_full.count()) * static_cast<double>(*seen.limit) / missing;
  return *std::ranges::min_element(round, {}, [&](span one) {
    return std::abs(std::log(whole / static_cast<double>(one.count())));
  });
}

std::optional<std::int64_t> whole(std::optional<double> number) {
  if (!number)
    return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

} // namespace

observation observe(const observer& from, const headers& all, moment now) {
  observation seen{number_in(all, from.limit), number_in(all, from.remaining), {}};
  const auto time_in = [&](const told_time& t) {
    const auto text = t.header.empty() ? std::nullopt : find_header(all, t.header);
    return text ? read_clock(t.as, *text, now) : std::nullopt;
  };
  seen.reset_at = time_in(from.reset);
  if (const auto until = time_in(from.window); until && *until > now)
    seen.window = *until - now;
  if (!from.usage.empty())
    if (const auto text = find_header(all, from.usage))
      read_usage(*text, seen);
  if (const auto full = time_in(from.full); full && !seen.window)
    seen.window = window_of(seen, *full - now);
  return seen;
}

observation observe(const body_observer& from, const json_text& body) {
  return {.limit = whole(number_at(body, from.limit)),
          .remaining = whole(number_at(body, from.available)),
          .reset_at = {},
          .restored = whole(number_at(body, from.restore))};
}

std::optional<std::int64_t> price_in(const std::vector<json_path>& places, const json_text& body) {
  std::optional<double> price;
  for (const auto& place : places)
    if (const auto part = number_at(body, place))
      price = price.value_or(0) + *part;
  return price ? whole(std::ceil(*price)) : std::nullopt;
}

std::optional<strain> observe(const percent_observer& from, const headers& all, moment now) {
  const auto text = find_header(all, from.header);
  const auto said = text ? json_text::check(*text) : result<json_text>{failure{}};
  if (!said)
    return std::nullopt;
  std::optional<double> used;
  std::optional<moment> back;
  for (const auto& path : from.json)
    find_all(*said, said->root(), path, [&](std::string_view raw) {
      double number = 0;
      const auto shown = scalar_text(raw).value_or("");
      const auto read = std::from_chars(shown.data(), shown.data() + shown.size(), number);
      if (read.ec == std::errc{} && std::isfinite(number))
        used = std::max(used.value_or(0), number);
    });
  if (!used)
    return std::nullopt;
  if (from.regain)
    find_all(*said, said->root(), *from.regain, [&](std::string_view raw) {
      const auto shown = scalar_text(raw).value_or("");
      if (const auto at = read_clock(from.regain_as, shown, now); at && *at > now)
        back = std::max(back.value_or(*at), *at);
    });
  if (*used >= from.stop_at)
    return strain{0, back.value_or(now + rest_when_stopped)};
  if (*used < from.slow_at)
    return strain{all_of_it, now + strain_holds};
  const auto left = (from.stop_at - *used) / (from.stop_at - from.slow_at);
  const auto steps = static_cast<std::uint32_t>(std::ceil(left * all_of_it / strain_step));
  return strain{std::clamp(steps * strain_step, strain_step, all_of_it), now + strain_holds};
}

} // namespace tenon::actors::connectors
