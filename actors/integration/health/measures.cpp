#include "actors/integration/health/measures.hpp"

#include "actors/resource/periods.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tenon::actors::connectors::health {
namespace {

using protocols::health;
using namespace std::chrono_literals;

constexpr span lately = 2h; // and the hour that began before
constexpr span a_day = 24h;

/// 100 at `best` or beyond, 0 at `worst` or beyond.
int between(double value, double best, double worst) {
  const auto part = (value - worst) / (best - worst);
  return static_cast<int>(std::lround(100 * std::clamp(part, 0.0, 1.0)));
}

double in_ms(span s) {
  return static_cast<double>(s.count());
}

std::string number(double v, const char* format = "%.1f") {
  char text[64];
  std::snprintf(text, sizeof text, format, v);
  return text;
}

double percent(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(all);
}

std::string share(std::uint64_t part, std::uint64_t all) {
  return std::to_string(part) + " of " + std::to_string(all) + " requests (" +
         number(percent(part, all)) + " %)";
}

struct window {
  tally counts;
  std::string name;
};

/// Of the last hours; where there was nothing, of the day.
window recent(const observations& o, moment now) {
  window w{total(o.hours, beginning_of(now - lately, 1h), moment::max()), "the last two hours"};
  if (requests_in(w.counts) == 0)
    w = {total(o.hours, beginning_of(now - a_day, 1h), moment::max()), "the last day"};
  return w;
}

// 100 from 99.5 % of requests that were answered, 0 at 80 %; an open circuit is 0.
measured reachability(const observations& o, moment now) {
  const auto w = recent(o, now);
  const auto all = requests_in(w.counts);
  measured m;
  if (all > 0) {
    m.value = percent(answered_in(w.counts), all);
    m.score = between(*m.value, 99.5, 80);
    m.from = std::to_string(all) + " requests of " + w.name;
    if (*m.score < 100)
      m.complaints.push_back({symptom::unreached, share(w.counts.unreached, all)});
  }
  if (o.circuit_open) {
    m.score = 0;
    m.from += (m.from.empty() ? "" : ", ") + std::string{"the circuit"};
    m.complaints.insert(m.complaints.begin(), {symptom::circuit_open, to_text(o.circuit_until)});
  }
  return m;
}

/// What the credential itself says; nothing where there is no word.
std::optional<measured> token_of(const observations& o) {
  const auto bad = [](int score, symptom what, std::string why) {
    return measured{.score = score,
                    .from = "the credential's state",
                    .complaints = {{what, why.empty() ? "it does not say why" : std::move(why)}}};
  };
  if (o.barred)
    return bad(0, symptom::barred, o.barred->why);
  if (o.token == "to be connected")
    return bad(0, symptom::to_be_connected, o.token_why);
  if (o.token == "dead")
    return bad(0, symptom::secrets_refused, o.token_why);
  if (!o.token_why.empty() && o.token != "there")
    return bad(40, symptom::no_token, o.token_why);
  return std::nullopt;
}

// What is shown is accepted: 100 where less than 1 in 100 requests is refused for who asks, 0 from
// 1 in 5. A dead credential is 0, one whose token cannot be fetched 40, a failed check 20.
measured credentials(const observations& o, moment now) {
  if (auto said = token_of(o))
    return *std::move(said);
  const auto w = recent(o, now);
  const auto all = answered_in(w.counts);
  measured m;
  if (all > 0) {
    const auto denied = percent(w.counts.denied, all);
    m.value = 100 - denied;
    m.score = between(denied, 1, 20);
    m.from = std::to_string(all) + " answers of " + w.name;
    if (*m.score < 100)
      m.complaints.push_back({symptom::denied, share(w.counts.denied, all)});
  } else if (o.checked) {
    m.score = o.check_passed ? 100 : 20;
    m.from = "the check of " + to_text(o.checked_at);
    if (!o.check_passed)
      m.complaints.push_back({symptom::check_failed, o.check_why});
  } else if (o.needs_proof == false) {
    m.score = 100;
    m.from = "the connector, which needs no proof";
  }
  if (o.token_until && m.score)
    m.from += ", a token until " + to_text(*o.token_until);
  return m;
}

// The longest that 95 of 100 answers took. With a past of 50 answers or more: 100 up to 1.5 times
// of what it was then, 0 from 5 times, unless it is under 300 ms; without: 100 up to 2 s, 0 from
// 30 s.
measured latency(const observations& o, moment now) {
  constexpr std::uint64_t enough = 50;
  const auto w = recent(o, now);
  measured m;
  const auto present = quantile(w.counts, 0.95);
  if (!present)
    return m;
  const auto half = quantile(w.counts, 0.5);
  const auto ms = in_ms(*present);
  m.value = ms;
  m.from = "p95 of " + w.name + ", p50 " + to_text(*half);
  auto past = total(o.days, moment{}, beginning_of(now, a_day));
  if (answered_in(past) < enough)
    past = total(o.hours, moment{}, beginning_of(now - lately, 1h));
  const auto before = quantile(past, 0.95);
  if (answered_in(past) >= enough && before && before->count() > 0) {
    const auto times = ms / in_ms(*before);
    m.score = ms < 300 ? 100 : between(times, 1.5, 5);
    m.from += "; p95 before that " + to_text(*before);
    if (*m.score < 100)
      m.complaints.push_back({symptom::slower, "p95 is " + to_text(*present) + ", " +
                                                   number(times) + " times what it was"});
    return m;
  }
  m.score = between(ms, 2'000, 30'000);
  if (*m.score < 100)
    m.complaints.push_back({symptom::slow, "p95 is " + to_text(*present)});
  return m;
}

// The part of a day's requests that failed; one that was refused for load counts a quarter, because
// it is asked again and only costs time. 100 up to 1 %, 0 from 20 %.
measured error_rate(const observations& o, moment now) {
  const auto t = total(o.hours, beginning_of(now - a_day, 1h), moment::max());
  const auto all = requests_in(t);
  measured m;
  if (all == 0)
    return m;
  const auto failed = std::uint64_t{t.unreached} + t.broken + t.denied + t.refused;
  m.value = percent(failed + t.throttled, all);
  m.score = between(percent(failed, all) + percent(t.throttled, all) / 4, 1, 20);
  m.from = std::to_string(all) + " requests of the last day";
  if (percent(t.broken, all) > 1)
    m.complaints.push_back({symptom::broken, share(t.broken, all)});
  if (percent(t.refused, all) > 1)
    m.complaints.push_back({symptom::refused, share(t.refused, all)});
  if (percent(t.throttled, all) > 4)
    m.complaints.push_back({symptom::throttled, share(t.throttled, all)});
  return m;
}

// What is left in the emptiest bucket: 100 from a fifth, 0 at nothing. A bucket that is full again
// within an hour is never under 50: waiting for it is what it is there for. 0 while the platform
// lets nobody in.
measured quota_headroom(const observations& o, moment now) {
  measured m;
  for (const auto& b : o.buckets) {
    const auto left = percent(b.left, std::max<std::uint64_t>(b.amount, 1));
    const bool soon = b.period < 1h;
    const auto score = std::max(between(left, 20, 0), soon ? 50 : 0);
    if (m.score && *m.score <= score)
      continue;
    m.score = score;
    m.value = left;
    m.from = "the limit " + b.name;
    m.complaints.clear();
    if (!soon && score < 100)
      m.complaints.push_back(
          {b.left == 0 ? symptom::used_up : symptom::nearly_used_up,
           b.name + " (" + std::to_string(b.left) + " of " + std::to_string(b.amount) + " left)"});
  }
  if (o.blocked_until > now) {
    m.score = 0;
    m.value = 0;
    m.from = "the platform's word";
    m.complaints.push_back({symptom::blocked, to_text(o.blocked_until)});
  } else if (o.per_mille < 1000) {
    m.score = std::min(m.score.value_or(100), static_cast<int>(50 + o.per_mille / 20));
    m.from += (m.from.empty() ? "" : ", ") + std::string{"the platform's word"};
    m.complaints.push_back({symptom::slowed_down, number(o.per_mille / 10.0, "%.0f") + " %"});
  }
  return m;
}

// How long ago the sync that is furthest behind had seen all there was, against what is usual
// between its runs (a day, until that is known): 100 up to twice that, 0 from ten times. One whose
// newest run failed is at most 60, one that has never seen all at most 20.
measured data_freshness(const observations& o, moment) {
  measured m;
  for (const auto& s : o.syncs) {
    if (!s.ended)
      continue;
    const auto usual = std::max<span>(s.usual.value_or(a_day), 1min);
    const auto times = s.lag ? in_ms(*s.lag) / in_ms(usual) : 10.0;
    auto score = s.lag ? between(times, 2, 10) : 20;
    const auto seconds = s.lag ? std::optional{in_ms(*s.lag) / 1000} : std::nullopt;
    if (!s.lag)
      m.complaints.push_back({symptom::never_whole, s.name});
    else if (score < 100)
      m.complaints.push_back({symptom::behind, s.name + " has last seen all there is " +
                                                   to_text(*s.lag) + " ago; usual is " +
                                                   to_text(usual)});
    if (s.failed) {
      score = std::min(score, 60);
      m.complaints.push_back({symptom::run_failed, s.name + " failed: " + s.why});
    }
    if (m.score && *m.score <= score)
      continue;
    m.score = score;
    m.value = seconds;
    m.from = "the sync " + s.name + ", the worst of " + std::to_string(o.syncs.size());
  }
  return m;
}

// Of a week: records that could not be stored, 100 at none and 0 from 1 in 100; each change of a
// source's schema costs 10. An API's version that ends soon costs 40.
measured schema_stability(const observations& o, moment) {
  measured m;
  std::uint64_t read = 0, letters = 0, drifts = 0;
  bool seen = false;
  for (const auto& s : o.syncs) {
    read += s.read;
    letters += s.letters;
    drifts += s.drifts.value_or(0);
    seen = seen || s.read > 0 || s.drifts;
  }
  if (seen) {
    m.value = static_cast<double>(letters + drifts);
    const auto lost = between(percent(letters, std::max<std::uint64_t>(read, 1)), 0, 1);
    m.score = std::max(0, lost - 10 * static_cast<int>(std::min<std::uint64_t>(drifts, 10)));
    m.from = std::to_string(read) + " records of the last 7 days";
    if (letters > 0)
      m.complaints.push_back({symptom::letters, std::to_string(letters) + " records"});
    if (drifts > 0)
      m.complaints.push_back(
          {symptom::drifted, std::to_string(drifts) + " changes in the last 7 days"});
  }
  if (!o.version_warning.empty()) {
    m.score = std::max(0, m.score.value_or(100) - 40);
    m.from += (m.from.empty() ? "" : ", ") + std::string{"the API's version"};
    m.complaints.push_back({symptom::version_ends, o.version_warning});
  }
  return m;
}

} // namespace

const std::array<measure, 7> measures{
    {{health::metric::reachability, "%", 25, &reachability},
     {health::metric::credentials, "%", 20, &credentials},
     {health::metric::error_rate, "%", 20, &error_rate},
     {health::metric::data_freshness, "s", 15, &data_freshness},
     {health::metric::latency, "ms", 10, &latency},
     {health::metric::quota_headroom, "%", 5, &quota_headroom},
     {health::metric::schema_stability, "", 5, &schema_stability}}};

} // namespace tenon::actors::connectors::health
