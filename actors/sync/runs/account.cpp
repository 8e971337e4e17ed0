#include "actors/sync/runs/account.hpp"

#include "actors/resource/periods.hpp"
#include "actors/sync/runs/next_page.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using wire = protocols::sync;

// Two days by the hour show what was different this morning; a month by the day shows what is
// different now.
constexpr std::size_t most_hours = 48, most_days = 30;
constexpr span hour = std::chrono::hours{1}, day = std::chrono::hours{24};
constexpr std::size_t newest_runs = 10;
// A century, so that nothing overflows.
constexpr span longest_run = day * 36'500;

template <class Count> void count(wire::state& s, moment at, Count add) {
  add(bucket_of(s.hours, hour, most_hours, at));
  add(bucket_of(s.days, day, most_days, at));
}

/// What was busy up to now goes into the run's account and into this time's.
void settle_busy(wire::state& s, moment at) {
  if (!s.busy_at)
    return;
  const auto took = std::max(span{0}, at - *s.busy_at);
  s.run.busy += took;
  s.busy_at = at;
  count(s, at, [&](protocols::account_types::bucket& b) { b.busy += took; });
}

std::vector<protocols::account_types::bucket>
without_gaps(const std::vector<protocols::account_types::bucket>& kept, span width,
             std::size_t most, moment now) {
  std::vector<protocols::account_types::bucket> all;
  for (auto left = static_cast<span::rep>(most); left-- > 0;) {
    const auto start = beginning_of(now, width) - left * width;
    const auto it =
        std::ranges::lower_bound(kept, start, {}, &protocols::account_types::bucket::begun_at);
    all.push_back(it != kept.end() && it->begun_at == start
                      ? *it
                      : protocols::account_types::bucket{.begun_at = start});
  }
  return all;
}

class rate {
public:
  void add(const wire::run& r) {
    ++of_.runs;
    busy_ += r.busy;
    records_ += r.read;
    bytes_ += r.bytes;
  }
  protocols::account_types::rate done() const {
    auto done = of_;
    if (const auto seconds = std::chrono::duration<double>(busy_).count(); seconds > 0) {
      done.records_per_second = static_cast<double>(records_) / seconds;
      done.bytes_per_second = static_cast<double>(bytes_) / seconds;
    }
    return done;
  }

private:
  protocols::account_types::rate of_{};
  span busy_{};
  std::uint64_t records_ = 0, bytes_ = 0;
};

template <class Look> void each_ended(const wire::state& s, Look look) {
  if (s.run.number != 0 && !under_way(s))
    look(s.run);
  for (const auto& r : s.past)
    look(r);
}

} // namespace

void count_going(wire::state& s, moment from) {
  if (s.busy_at)
    return;
  s.busy_at = from;
  s.ends_at = from + std::clamp(s.time_limit - s.run.busy, span{0}, longest_run);
}

void count_paused(wire::state& s) {
  s.busy_at.reset();
}

void count_page(wire::state& s, const wire::moved& e) {
  settle_busy(s, e.at);
  const auto read = e.stored + e.unchanged + e.filtered + e.dead_lettered;
  count(s, e.at, [&](protocols::account_types::bucket& b) {
    ++b.pages;
    b.read += read;
    b.stored += e.stored;
    b.dead_lettered += e.dead_lettered;
    b.bytes += e.bytes;
  });
  if (s.phase != wire::phase::paused)
    s.busy_at = e.at;
}

void count_end(wire::state& s, const wire::ended& e) {
  settle_busy(s, e.at);
  s.busy_at.reset();
  count(s, e.at, [&](protocols::account_types::bucket& b) {
    b.succeeded += e.outcome == wire::outcome::succeeded;
    b.failed += e.outcome == wire::outcome::failed;
    b.cancelled += e.outcome == wire::outcome::cancelled;
    b.retries += s.run.retries;
  });
  if (e.outcome == wire::outcome::succeeded && s.began_at > moment{})
    s.whole_at = s.began_at;
}

// The same moment for as long as the run goes: each other one would be another alarm.
std::optional<moment> end_of_time(const wire::state& s) {
  if (s.phase == wire::phase::idle || s.phase == wire::phase::paused)
    return std::nullopt;
  return s.ends_at ? *s.ends_at : s.run.started_at + s.time_limit;
}

protocols::account_types::statistics statistics_of(const wire::state& s, moment now) {
  protocols::account_types::statistics all;
  rate newest, present;
  std::size_t ended = 0;
  each_ended(s, [&](const wire::run& r) {
    all.succeeded += r.outcome == wire::outcome::succeeded;
    all.failed += r.outcome == wire::outcome::failed;
    if (ended++ < newest_runs)
      newest.add(r);
  });
  if (under_way(s)) {
    auto run = s.run;
    if (s.busy_at)
      run.busy += std::max(span{0}, now - *s.busy_at);
    present.add(run);
  }
  all.newest = newest.done();
  all.under_way = present.done();
  all.whole_at = s.whole_at;
  if (s.whole_at)
    all.lag = std::max(span{0}, now - *s.whole_at);
  all.hours = without_gaps(s.hours, hour, most_hours, now);
  all.days = without_gaps(s.days, day, most_days, now);
  const auto spec = s.record.exists ? spec_of(s) : wire::spec{};
  if (const auto from = read_json(spec.from); !spec.to.empty() && from)
    if (const auto* collection = from->find("collection"))
      if (const auto* name = collection->find("name"); name && name->is<std::string>())
        all.from = *name->as<std::string>();
  return all;
}

object account_of(const wire::state& s) {
  rate newest;
  std::size_t ended = 0;
  std::uint64_t succeeded = 0, failed = 0;
  each_ended(s, [&](const wire::run& r) {
    succeeded += r.outcome == wire::outcome::succeeded;
    failed += r.outcome == wire::outcome::failed;
    if (ended++ < newest_runs)
      newest.add(r);
  });
  const auto speed = newest.done();
  object shown{{"succeeded", succeeded}, {"failed", failed}};
  if (succeeded + failed > 0)
    shown["success_rate"] =
        static_cast<double>(succeeded) / static_cast<double>(succeeded + failed);
  shown["records_per_second"] = speed.records_per_second;
  shown["bytes_per_second"] = speed.bytes_per_second;
  shown["whole_at"] = s.whole_at ? value{*s.whole_at} : value{};
  return shown;
}

bool account_holds(const wire::state& s) {
  const auto ordered = [](const std::vector<protocols::account_types::bucket>& all) {
    return std::ranges::adjacent_find(all, std::ranges::greater_equal{},
                                      &protocols::account_types::bucket::begun_at) == all.end();
  };
  return s.hours.size() <= most_hours && s.days.size() <= most_days && ordered(s.hours) &&
         ordered(s.days);
}

} // namespace tenon::actors
