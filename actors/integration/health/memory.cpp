#include "actors/integration/health/memory.hpp"

#include "actors/integration.hpp"
#include "actors/integration/health/score.hpp"
#include "actors/resource/periods.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using protocols::health;
namespace core = connectors::health;

constexpr span hour = std::chrono::hours{1}, day = std::chrono::hours{24};
// A day by the hour shows what is wrong now, two weeks by the day what is usual.
constexpr std::size_t most_hours = 24, most_days = 14;
constexpr std::size_t most_users = 64;
// An appraisal asks everybody who knows something; those that follow a request need not hurry.
constexpr span settles = std::chrono::seconds{10};
constexpr span appraised_again = std::chrono::minutes{5};
// A score moves a little all the time, and that is no news.
constexpr int same_score = 5;

int distance(std::uint8_t a, std::uint8_t b) {
  return a < b ? b - a : a - b;
}

bool same_bands(const core::standings& a, const core::standings& b) {
  return std::ranges::equal(
      a, b, [](const auto& x, const auto& y) { return x.metric == y.metric && x.band == y.band; });
}

void note_users(std::vector<health::user>& all, const std::vector<std::string>& syncs, moment at) {
  for (const auto& name : syncs) {
    std::erase_if(all, [&](const health::user& u) { return u.sync == name; });
    all.insert(all.begin(), {name, beginning_of(at, hour)});
  }
  if (all.size() > most_users)
    all.resize(most_users);
}

} // namespace

integration::decision<integration::count> integration::on(const state& s, const count& c,
                                                          moment now) {
  if (!s.record.exists || core::requests_in(c.tally) == 0)
    return ignore();
  counted e{.tally = c.tally, .at = now};
  // A node's count may be of the hour before; anything else is a clock that was set.
  e.tally.begun_at = std::clamp(beginning_of(c.tally.begun_at, hour),
                                beginning_of(now - hour, hour), beginning_of(now, hour));
  for (const auto& name : c.syncs)
    if (e.syncs.size() < most_users && tenon::check(identity{"tenant", "sync", name}))
      e.syncs.push_back(name);
  return persist(std::move(e));
}

integration::decision<integration::read_vitals> integration::on(const state& s, const read_vitals&,
                                                                moment) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  vitals told{.hours = s.hours,
              .days = s.days,
              .users = s.users,
              .standings = s.standings,
              .spec = s.record.spec,
              .checked = s.checked > 0 && !s.checking,
              .succeeded = s.succeeded,
              .why = s.why,
              .checked_at = s.checked_at};
  if (const auto shown = status(s); const auto* warning = shown.find("warning"))
    told.warning = *warning->as<std::string>();
  return reply(std::move(told));
}

integration::decision<integration::appraisal_due>
integration::on(const state& s, const appraisal_due&, moment now) {
  const auto expected = due(s);
  if (expected.empty() || now < expected.front().at)
    return ignore();
  return persist(appraisal_asked{now}).call(appraise{});
}

integration::decision<integration::appraised> integration::on(const state& s, const appraised& c,
                                                              moment now) {
  if (!s.record.exists || c.standings.empty())
    return ignore();
  auto found = core::since(s.standings, c.standings, now);
  const auto score = std::min<std::uint8_t>(c.score, 100);
  if (same_bands(found, s.standings) && c.advice == s.advice &&
      distance(score, s.score) < same_score)
    return ignore();
  return persist(judged{score, std::move(found), c.advice});
}

void integration::apply(state& s, const counted& e) {
  for (const auto& [all, width, most] :
       {std::tuple{&s.hours, hour, most_hours}, std::tuple{&s.days, day, most_days}})
    core::merge(bucket_of(*all, width, most, e.tally.begun_at), e.tally);
  note_users(s.users, e.syncs, e.at);
  s.counted_at = e.at;
}

void integration::apply(state& s, const appraisal_asked& e) {
  s.appraisal_at = e.at;
}

void integration::apply(state& s, const judged& e) {
  s.score = e.score;
  s.standings = e.standings;
  s.advice = e.advice;
}

runtime::deadlines integration::due(const state& s) {
  if (!s.record.exists || s.counted_at <= s.appraisal_at)
    return {};
  return {
      remind(std::max(s.counted_at + settles, s.appraisal_at + appraised_again), appraisal_due{})};
}

namespace connectors::health {

object health_of(const protocols::integration::state& s) {
  if (s.standings.empty())
    return {};
  object metrics;
  std::uint64_t known = 0;
  for (const auto& one : s.standings) {
    metrics[name_of(one.metric)] = name_of(one.band);
    known += one.band != protocols::health::band::unknown;
  }
  object shown{{"known", known}, {"metrics", std::move(metrics)}};
  if (known > 0)
    shown["score"] = std::uint64_t{s.score};
  if (!s.advice.empty())
    shown["advice"] = s.advice;
  return shown;
}

bool health_holds(const protocols::integration::state& s) {
  const auto ordered = [](const std::vector<tally>& all) {
    return std::ranges::adjacent_find(all, std::ranges::greater_equal{}, &tally::begun_at) ==
           all.end();
  };
  return s.hours.size() <= most_hours && s.days.size() <= most_days && ordered(s.hours) &&
         ordered(s.days) && s.users.size() <= most_users && s.standings.size() <= measures.size() &&
         s.score <= 100 && (s.record.exists || (s.hours.empty() && s.standings.empty()));
}

} // namespace connectors::health
} // namespace tenon::actors
