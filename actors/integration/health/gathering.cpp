#include "actors/integration/health/gathering.hpp"

#include "actors/breaker.hpp"
#include "actors/collection.hpp"
#include "actors/credential.hpp"
#include "actors/integration.hpp"
#include "actors/quota.hpp"
#include "actors/sync.hpp"
#include "protocols/binding.hpp"
#include "protocols/ensure.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/asking.hpp"

#include <algorithm>
#include <limits>

namespace tenon::actors::connectors::health {
namespace {

using runtime::task;

constexpr std::size_t enough_runs = 3; // to say what is usual
constexpr std::size_t newest_runs = 10;
constexpr std::size_t days_of_records = 7;

std::string text_in(const value& of, std::string_view name) {
  const auto* found = of.find(name);
  const auto* text = found ? found->as<std::string>() : nullptr;
  return text ? *text : "";
}

std::optional<moment> moment_in(const value& of, std::string_view name) {
  const auto text = text_in(of, name);
  const auto read = text.empty() ? result<moment>{failure{}} : parse_moment(text);
  return read ? std::optional{*read} : std::nullopt;
}

task<result<void>> ask_credential(platform& p, identity credential, observations& into) {
  const protocols::resource::describe describe_it;
  const auto there = co_await runtime::ask<actors::credential>(p.host(), credential, describe_it);
  if (!there && there.error().code == code::not_found) {
    into.barred = failure{code::not_found, "there is no credential " + credential.name};
    co_return result<void>{};
  }
  if (!there)
    co_return there.error();
  if (const auto status = read_json(there->status)) {
    into.token = text_in(*status, "token");
    into.token_why = text_in(*status, "why");
    into.token_until = moment_in(*status, "expires_at");
  }
  co_return result<void>{};
}

/// What lies between the beginnings of the last runs, mostly.
std::optional<span> usual_distance(const std::vector<protocols::sync::run>& newest_first) {
  std::vector<span> all;
  for (std::size_t i = 0; i + 1 < std::min(newest_first.size(), newest_runs + 1); ++i)
    all.push_back(newest_first[i].started_at - newest_first[i + 1].started_at);
  if (all.size() + 1 < enough_runs)
    return std::nullopt;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::ranges::nth_element(all, middle);
  return std::max(*middle, span{0});
}

/// How often the fields of what the sync brings have changed lately; nothing when it brings
/// nothing.
task<std::optional<std::uint64_t>> ask_drifts(platform& p, identity sync) {
  using counted = std::optional<std::uint64_t>;
  const protocols::resource::describe look;
  const auto there = co_await runtime::ask<actors::sync>(p.host(), sync, look);
  const auto spec = there ? read_json(there->spec) : result<value>{there.error()};
  const auto into = spec ? text_in(*spec, "into") : std::string{};
  if (into.empty())
    co_return counted{};
  const identity kept{sync.tenant, "collection", into};
  const protocols::collection::read_schema read_it;
  const auto known = co_await runtime::ask<actors::collection>(p.host(), kept, read_it);
  if (!known)
    co_return counted{};
  const auto since = p.now() - std::chrono::days{days_of_records};
  const auto lately = std::ranges::count_if(
      known->history.changes, [&](const auto& c) { return c.feed == sync.name && c.at >= since; });
  co_return counted{static_cast<std::uint64_t>(lately)};
}

/// Nothing when the sync is gone.
task<result<std::optional<used_by>>> ask_sync(platform& p, identity sync) {
  const protocols::sync::list_runs list_them;
  const auto runs = co_await runtime::ask<actors::sync>(p.host(), sync, list_them);
  const protocols::sync::read_statistics read_them;
  const auto account = co_await runtime::ask<actors::sync>(p.host(), sync, read_them);
  const bool gone = (!runs && runs.error().code == code::not_found) ||
                    (!account && account.error().code == code::not_found);
  if (gone)
    co_return std::optional<used_by>{};
  if (!runs || !account)
    co_return !runs ? runs.error() : account.error();
  used_by told{.name = sync.name, .lag = account->lag, .usual = usual_distance(runs->runs)};
  using outcome = protocols::sync::outcome;
  const auto newest = std::ranges::find_if(runs->runs, [](const auto& r) {
    return r.outcome == outcome::succeeded || r.outcome == outcome::failed;
  });
  told.ended = newest != runs->runs.end();
  told.failed = told.ended && newest->outcome == outcome::failed;
  told.why = told.failed ? newest->why : "";
  const auto& days = account->days;
  for (auto i = days.size() - std::min(days.size(), days_of_records); i < days.size(); ++i) {
    told.read += days[i].read;
    told.letters += days[i].dead_lettered;
  }
  told.drifts = co_await ask_drifts(p, sync);
  co_return std::optional{std::move(told)};
}

task<result<void>> ask_limits(platform& p, std::vector<identity> quotas, observations& into) {
  const auto left = co_await headroom_of(p, std::move(quotas));
  if (!left)
    co_return left.error();
  for (const auto& b : left->buckets)
    if (b.bucket.kind != protocols::quota::kind::concurrency)
      into.buckets.push_back({b.bucket.name, b.left, b.bucket.amount, b.bucket.period});
  into.blocked_until = left->blocked_until_at;
  into.per_mille = left->per_mille;
  co_return result<void>{};
}

struct seen {
  observations all{};
  standings before{};
};

task<result<seen>> gather(platform& p, identity integration) {
  p.tell_counts(integration);
  const protocols::integration::read_vitals read_them;
  auto own = co_await runtime::ask<actors::integration>(p.host(), integration, read_them);
  if (!own)
    co_return own.error();
  seen s{.before = own->standings};
  auto& o = s.all;
  o.hours = std::move(own->hours);
  o.days = std::move(own->days);
  o.checked = own->checked;
  o.check_passed = own->succeeded;
  o.check_why = own->why;
  o.checked_at = own->checked_at;
  o.version_warning = own->warning;

  const identity breaker_id{integration.tenant, "breaker", integration.name};
  const protocols::breaker::read_standing how_is_it;
  const auto circuit = co_await runtime::ask<actors::breaker>(p.host(), breaker_id, how_is_it);
  if (!circuit)
    co_return circuit.error();
  o.circuit_open = circuit->open;
  o.circuit_until = circuit->retry_at;

  const auto entered = co_await p.enter_without_token(integration);
  if (!entered)
    o.barred = entered.error();
  else
    o.needs_proof = auth_of(*entered->connector, entered->connection).kind != "none";
  const auto document = read_json(own->spec);
  const auto name = document ? text_in(*document, "credential") : std::string{};
  if (!name.empty()) {
    const identity credential{integration.tenant, "credential", name};
    if (const auto asked = co_await ask_credential(p, credential, o); !asked)
      co_return asked.error();
  }
  std::vector<identity> quotas;
  if (entered)
    quotas = quotas_of(*entered);
  else
    quotas.push_back({integration.tenant, "quota", name.empty() ? integration.name : name});
  if (const auto asked = co_await ask_limits(p, std::move(quotas), o); !asked)
    co_return asked.error();
  for (const auto& user : own->users) {
    const identity sync{integration.tenant, "sync", user.sync};
    auto told = co_await ask_sync(p, sync);
    if (!told)
      co_return told.error();
    if (*told)
      o.syncs.push_back(**std::move(told));
  }
  co_return s;
}

/// How many integrations of this node are how: for every metric, and as a whole.
class board {
public:
  explicit board(runtime::meters& m)
      : lowest_{m.level("tenon_integration_health_lowest",
                        "The lowest score of an integration of this node, 0 to 100.")} {
    for (const auto& one : measures)
      for (const auto b : bands)
        levels_[{name_of(one.metric), b}] = &m.level(
            "tenon_integration_health",
            "Integrations of this node, by how a metric of their health is.",
            {{"metric", std::string{name_of(one.metric)}}, {"state", std::string{name_of(b)}}});
    for (const auto b : bands)
      levels_[{whole, b}] =
          &m.level("tenon_integration_health",
                   "Integrations of this node, by how a metric of their health "
                   "is.",
                   {{"metric", std::string{whole}}, {"state", std::string{name_of(b)}}});
    write(); // with nobody on it, the lowest is the highest there is
  }

  void show(const identity& integration, const appraisal& a) {
    const std::lock_guard hold{guard_};
    all_[integration] = {a.score, standings_of(a)};
    write();
  }
  void forget(const identity& integration) {
    const std::lock_guard hold{guard_};
    all_.erase(integration);
    write();
  }

private:
  static constexpr std::string_view whole = "score";
  static constexpr std::array bands{band::unknown, band::good, band::fair, band::poor};
  using key = std::pair<std::string_view, band>;

  void write() {
    std::map<key, double> counts;
    int lowest = 100;
    for (const auto& [id, one] : all_) {
      ++counts[{whole, band_of(one.first)}];
      for (const auto& s : one.second)
        ++counts[{name_of(s.metric), s.band}];
      lowest = std::min(lowest, one.first.value_or(100));
    }
    for (const auto& [k, level] : levels_)
      level->Set(counts[k]);
    lowest_.Set(lowest);
  }

  runtime::gauge& lowest_;
  std::map<key, runtime::gauge*> levels_;
  std::mutex guard_;
  std::map<identity, std::pair<std::optional<int>, standings>> all_;
};

protocols::integration::appraised told(const appraisal& a) {
  protocols::integration::appraised t{.score = static_cast<std::uint8_t>(a.score.value_or(0)),
                                      .standings = standings_of(a)};
  if (!a.advice.empty())
    t.advice = a.advice.front().what + ". " + a.advice.front().remedy;
  return t;
}

class appraiser final : public runtime::performer {
public:
  appraiser(platform& p, runtime::workers& w, runtime::meters& m)
      : platform_{p}, workers_{w}, board_{m} {}

  void perform(runtime::effect e, std::function<void(blob)> outcome) override {
    using wire = protocols::integration;
    const auto nothing_found = [outcome] {
      outcome(protocols::encode(wire::command{wire::appraised{}}));
    };
    const auto begun = runtime::start<seen>(
        workers_, gather(platform_, e.by),
        [this, by = e.by, outcome, nothing_found](result<seen> s) {
          if (!s) {
            board_.forget(by);
            return nothing_found(); // it is removed, or the node is about to end
          }
          const auto a = appraise(s->all, platform_.now());
          board_.show(by, a);
          outcome(protocols::encode(wire::command{told(a)}));
        });
    if (!begun)
      nothing_found();
  }

private:
  platform& platform_;
  runtime::workers& workers_;
  board board_;
};

} // namespace

task<result<protocols::quota::standing>> headroom_of(platform& p, std::vector<identity> quotas) {
  const protocols::quota::read_standing read_it;
  protocols::quota::standing all{.per_mille = 1000};
  for (const auto& quota : quotas) {
    auto one = co_await runtime::ask<actors::quota>(p.host(), quota, read_it);
    if (!one)
      co_return one.error();
    std::ranges::move(one->buckets, std::back_inserter(all.buckets));
    all.blocked_until_at = std::max(all.blocked_until_at, one->blocked_until_at);
    all.per_mille = std::min(all.per_mille, one->per_mille);
  }
  co_return all;
}

task<result<finding>> find_out(platform& p, identity integration) {
  const auto s = co_await gather(p, integration);
  if (!s)
    co_return s.error();
  finding f{.appraisal = appraise(s->all, p.now()), .standings = {}};
  f.standings = since(s->before, standings_of(f.appraisal), p.now());
  const auto news = told(f.appraisal);
  p.host().ask<actors::integration>(integration, news, [](auto&&) {});
  co_return f;
}

std::unique_ptr<runtime::performer> appraising(platform& p, runtime::workers& w,
                                               runtime::meters& m) {
  return std::make_unique<appraiser>(p, w, m);
}

} // namespace tenon::actors::connectors::health
