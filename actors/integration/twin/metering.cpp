#include "actors/integration/twin/metering.hpp"

#include "actors/integration/twin/parts.hpp"
#include "actors/schedule/cron.hpp"
#include "actors/schedule/zones.hpp"
#include "protocols/identity.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tenon::actors::connectors {
namespace {

bool is_windowed(const bucket& b) {
  return b.kind == bucket_kind::fixed || (b.kind == bucket_kind::daily && !b.zone.empty());
}

bool is_restored(const bucket& b) {
  return b.kind == bucket_kind::token || b.kind == bucket_kind::cost;
}

/// Of the window that begins after this moment: by the alarm clock of the place.
moment next_window(const bucket& b, moment now) {
  if (b.kind == bucket_kind::fixed)
    return moment{b.window * (now.time_since_epoch() / b.window + 1)};
  const auto minutes = b.starts / std::chrono::minutes{1};
  const auto bell =
      cron::parse(std::to_string(minutes % 60) + ' ' + std::to_string(minutes / 60) + " * * *");
  const auto place = zone_named(b.zone);
  const auto rings = bell && place ? bell->next(now, **place) : std::nullopt;
  return rings.value_or(now + std::chrono::days{1});
}

double restored_per_ms(const bucket& b) {
  const auto many = b.kind == bucket_kind::cost ? b.restored : b.count;
  return static_cast<double>(many) / static_cast<double>(b.window.count());
}

/// What a request costs there: a little less than the connector expects, and not always the same.
std::int64_t price_there(const bucket& b, const bucket_use& use, const http_request& r) {
  if (b.price_in_body.empty())
    return use.price;
  const auto expected = use.price > 0 ? use.price : b.estimate;
  const auto by_chance = static_cast<std::int64_t>(stable_hash(r.url, stable_hash(r.body.view())) %
                                                   static_cast<std::uint64_t>(expected));
  return std::max<std::int64_t>(expected - by_chance / 2, 1);
}

void tell_in_headers(const observer& told, const bucket& b, meter& m, headers& into, moment now) {
  const auto left = m.left(b, now);
  if (!told.remaining.empty())
    set_header(into, told.remaining, std::to_string(left));
  if (!told.limit.empty())
    set_header(into, told.limit, std::to_string(b.count));
  if (!told.reset.header.empty())
    set_header(into, told.reset.header, written_as(told.reset.as, m.full_at(b, now), now));
  if (!told.full.header.empty())
    set_header(into, told.full.header, written_as(told.full.as, m.full_at(b, now), now));
  if (!told.window.header.empty())
    set_header(into, told.window.header, written_as(told.window.as, now + b.window, now));
  if (!told.usage.empty())
    set_header(into, told.usage,
               "api-usage=" + std::to_string(b.count - left) + '/' + std::to_string(b.count));
  for (const auto& percent : told.percent) {
    value said{object{}};
    for (const auto& path : percent.json)
      set_member(said, path, (b.count - left) * 100 / b.count);
    set_header(into, percent.header, write_json(said));
  }
}

/// Whether something was said.
bool tell_in_body(const body_observer& told, const bucket& b, meter& m, std::int64_t price,
                  value& into, moment now) {
  const auto say = [&](const std::optional<json_path>& path, value content) {
    return path && set_member(into, *path, std::move(content));
  };
  bool said = say(told.available, m.left(b, now));
  said = say(told.limit, b.count) || said;
  said = say(told.restore, b.restored) || said;
  return say(told.cost, price) || said;
}

} // namespace

std::string written_as(clock c, moment at, moment now) {
  using namespace std::chrono;
  const auto left = std::max(at - now, span{0});
  switch (c) {
  case clock::epoch_s:
    return std::to_string(ceil<seconds>(at).time_since_epoch().count());
  case clock::epoch_ms:
    return std::to_string(at.time_since_epoch().count());
  case clock::delta_s:
    return std::to_string(ceil<seconds>(left).count());
  case clock::delta_ms:
    return std::to_string(left.count());
  case clock::minutes:
    return std::to_string(ceil<minutes>(left).count());
  case clock::rfc3339:
    return tenon::to_text(at);
  case clock::http_date:
  case clock::duration:
    return std::to_string(left.count()) + "ms";
  }
  return {};
}

void meter::pass(const bucket& b, moment now) {
  if (is_restored(b)) {
    const auto passed = static_cast<double>((now - at_).count());
    points_ = points_ < 0
                  ? static_cast<double>(b.count)
                  : std::min(points_ + passed * restored_per_ms(b), static_cast<double>(b.count));
    at_ = now;
  } else if (is_windowed(b)) {
    if (now >= window_) {
      in_window_ = 0;
      window_ = next_window(b, now);
    }
  } else {
    while (!counted_.empty() && counted_.front().first + b.window <= now)
      counted_.pop_front();
  }
}

std::int64_t meter::left(const bucket& b, moment now) {
  pass(b, now);
  if (is_restored(b))
    return static_cast<std::int64_t>(points_ + 1e-6);
  if (is_windowed(b))
    return std::max<std::int64_t>(b.count - in_window_, 0);
  std::int64_t all = 0;
  for (const auto& [when, units] : counted_)
    all += units;
  return std::max<std::int64_t>(b.count - all, 0);
}

moment meter::full_at(const bucket& b, moment now) const {
  if (is_restored(b))
    return now + span{static_cast<std::int64_t>(
                     std::ceil((static_cast<double>(b.count) - points_) / restored_per_ms(b)))};
  if (is_windowed(b))
    return window_;
  return counted_.empty() ? now : counted_.back().first + b.window;
}

std::optional<span> meter::wait_for(const bucket& b, std::int64_t units, moment now) {
  units = std::min(units, b.count);
  if (left(b, now) >= units)
    return std::nullopt;
  if (is_restored(b))
    return span{static_cast<std::int64_t>(
               std::ceil((static_cast<double>(units) - points_) / restored_per_ms(b)))} +
           span{1};
  return is_windowed(b) ? window_ - now : counted_.front().first + b.window - now;
}

void meter::count(const bucket& b, std::int64_t units, moment now) {
  pass(b, now);
  if (is_restored(b))
    points_ = std::max(points_ - static_cast<double>(units), 0.0);
  else if (is_windowed(b))
    in_window_ += units;
  else
    counted_.emplace_back(now, units);
}

std::optional<http_response> twin::parts::take_from_buckets(const asked& r, moment now) {
  if (!options.limits)
    return std::nullopt;
  const auto uses = buckets_for(*connector, connection, r.whole);
  if (!uses)
    return std::nullopt;
  for (const auto& use : *uses) {
    const auto& rule = connector->buckets[use.bucket];
    if (rule.kind == bucket_kind::concurrency)
      continue;
    auto& m = meters[{use.bucket, use.key}];
    const auto wait = m.wait_for(rule, price_there(rule, use, r.whole), now);
    if (!wait)
      continue;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait);
    return throttle(seconds, rule.kind == bucket_kind::cost, now);
  }
  for (const auto& use : *uses) {
    const auto& rule = connector->buckets[use.bucket];
    if (rule.kind != bucket_kind::concurrency)
      meters[{use.bucket, use.key}].count(rule, price_there(rule, use, r.whole), now);
  }
  return std::nullopt;
}

void twin::parts::tell_limits(http_response& came, const asked& r, moment now) {
  const auto uses = options.limits ? buckets_for(*connector, connection, r.whole)
                                   : result<std::vector<bucket_use>>{failure{}};
  if (!uses)
    return;
  const bool priced_here = std::ranges::any_of(*uses, [&](const bucket_use& use) {
    return !connector->buckets[use.bucket].price_in_body.empty();
  });
  auto body = priced_here ? read_json(came.body.view()) : result<value>{value{}};
  bool said = false;
  bool counted = false;
  bool priced = false;
  for (const auto& use : *uses) {
    const auto& rule = connector->buckets[use.bucket];
    if (rule.kind == bucket_kind::concurrency)
      continue;
    auto& m = meters[{use.bucket, use.key}];
    const auto* by_headers = rule.observe                    ? &*rule.observe
                             : !std::exchange(counted, true) ? &connector->observe
                                                             : nullptr;
    if (by_headers != nullptr)
      tell_in_headers(*by_headers, rule, m, came.headers, now);
    if (rule.price_in_body.empty() || !body || !body->is<object>())
      continue;
    const auto price = price_there(rule, use, r.whole);
    auto rest = price; // all of it in the first place
    for (const auto& place : rule.price_in_body)
      said = set_member(*body, place, std::exchange(rest, 0)) || said;
    const auto* by_body = rule.observe                   ? &*rule.observe
                          : !std::exchange(priced, true) ? &connector->observe
                                                         : nullptr;
    if (by_body != nullptr)
      said = tell_in_body(by_body->body, rule, m, price, *body, now) || said;
  }
  if (said)
    came.body = blob::from(write_json(*body));
}

} // namespace tenon::actors::connectors
