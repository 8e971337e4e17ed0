#include "actors/sync/destinations/connector.hpp"

#include "actors/integration/writing.hpp"
#include "actors/sync/destinations/catalog.hpp"
#include "actors/sync/destinations/connector_call.hpp"
#include "protocols/ensure.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/together.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using namespace connectors;
using runtime::task;

// Calls of one page, when they may all be repeated; otherwise a page is one call, so that what a
// crash leaves unknown is no more than that.
constexpr std::uint32_t calls_of_a_page = 16;
constexpr std::uint32_t most_of_a_page = 2'000; // records
constexpr std::uint32_t most_at_once = 8;       // calls
// Of what actions return for a page, which is one entry of the journal. More is not kept.
constexpr std::size_t most_returned = 64u << 10; // for a record
constexpr std::size_t most_returned_by_page = 16u << 20;

struct write_options {
  std::string integration;
  std::string action;
  std::string update; // empty: by the action too
  std::string erase;  // empty: deletions are not written
};

result<write_options> read_options(const object& written) {
  write_options o;
  for (const auto& [name, v] : written) {
    auto* into = name == "integration" ? &o.integration
                 : name == "action"    ? &o.action
                 : name == "update"    ? &o.update
                 : name == "delete"    ? &o.erase
                                       : nullptr;
    const auto* text = v.as<std::string>();
    if (!into || !text)
      return failure{code::malformed,
                     into ? "expected text, found " + std::string{v.type_name()}
                          : "a connector has no option " + name,
                     "spec.to.connector." + name, "Write {integration: …, action: …}."};
    *into = *text;
  }
  if (o.integration.empty() || o.action.empty())
    return failure{code::malformed, "the integration or the action is missing", "spec.to.connector",
                   "Write {integration: …, action: …}."};
  return o;
}

/// What the platform has returned as the record's key; "" when it has not.
std::string key_in(const blob& returned) {
  const auto read = returned.empty() ? result<value>{value{}} : read_json(returned.view());
  const auto* key = read ? read->find("key") : nullptr;
  if (key == nullptr || key->is<object>() || key->is<list>() || key->is<std::monostate>())
    return {};
  const auto* text = key->as<std::string>();
  return text ? *text : write_json(*key);
}

/// A delivery with what each of its records is called at the platform, as far as that is known: by
/// the feed that reads there, or from what was returned.
struct known_delivery {
  explicit known_delivery(const delivery& d) : what{d} {
    keys.reserve(d.changes.size());
    for (const auto& one : d.changes)
      keys.push_back(one.there.empty() ? key_in(one.returned) : one.there);
  }

  const delivery& what;
  std::vector<std::string> keys{};
};

/// A call that is to be made.
struct next_call {
  const operation* by = nullptr;
  bool deletes = false;
  std::vector<outgoing_record> batch{};
};

/// What came of it, and with which token.
struct ended_call {
  calls made{};
  connectors::session session{};
};

class connector_action final : public destination {
public:
  connector_action(platform& p, session s, const write_options& o)
      : platform_{p}, connector_{s.connector}, session_{std::move(s)},
        action_{*connector_->find_action(o.action)},
        update_{o.update.empty() ? &action_ : connector_->find_action(o.update)},
        erase_{o.erase.empty() ? nullptr : connector_->find_action(o.erase)} {}

  tuning::settings settings() const override {
    tuning::settings all;
    if (action_.job)
      return all;
    if (action_.batch.max > 1)
      all.push_back(
          tuning::offered(tuning::knob::batch_size, action_.batch.max, action_.batch.max));
    if (may_repeat()) // of several that are under way, those behind a failed one are made again
      all.push_back(tuning::offered(tuning::knob::concurrency, 1, most_at_once));
    return all;
  }

  std::uint32_t page_size(const tuning::settings& s) const override {
    const auto batch = batch_in(s);
    if (action_.job)
      return batch; // one job for each page
    return may_repeat() ? std::max(batch, std::min(batch * calls_of_a_page, most_of_a_page))
                        : batch;
  }

  task<settled> write(delivery d) override {
    session_.asker = background(d.sync.name, d.priority);
    const std::size_t at_once = tuning::set_in(d.settings, tuning::knob::concurrency, 1);
    settled out;
    position tries = tries_of(d.attempt);
    // Of every call of the page: nobody knows at which of them the node, or the attempt, ended.
    const std::string doubt = d.repeated               ? "the node ended while it was being written"
                              : is_doubtful(d.attempt) ? "the attempt before had no end"
                                                       : "";
    returned_bytes_ = 0;
    const known_delivery all{d};
    for (std::size_t from = 0; from < d.changes.size() && !out.trouble;) {
      from += pass_over(all, from, out);
      auto some = next_calls(all, from, doubt.empty() ? at_once : 1);
      auto made = co_await make(some, std::move(tries), doubt, d.repeated);
      tries = {};
      for (std::size_t i = 0; i < made.size() && !out.trouble; ++i) {
        for (std::size_t n = 0; n < made[i].done.size(); ++n)
          take(std::move(made[i].done[n]), some[i].batch[n], some[i].deletes, out);
        from += made[i].done.size();
        out.trouble = std::move(made[i].trouble);
      }
    }
    if (d.repeated && out.trouble && !may_repeat() && !action_.job)
      out.trouble->attempt = doubtful(out.trouble->attempt);
    co_return out;
  }

private:
  bool may_repeat() const {
    return action_.idempotency.repeats() && update_->idempotency.repeats() &&
           (!erase_ || erase_->idempotency.repeats());
  }
  std::uint32_t batch_in(const tuning::settings& s) const {
    return tuning::set_in(s, tuning::knob::batch_size,
                          static_cast<std::uint32_t>(action_.batch.max));
  }

  /// Deletions that are not written are settled as they are; how many come next.
  std::size_t pass_over(const known_delivery& d, std::size_t from, settled& out) const {
    const auto& changes = d.what.changes;
    std::size_t some = 0;
    for (; from + some < changes.size() && changes[from + some].deleted; ++some) {
      if (erase_ != nullptr && !is_unknown(d, from + some))
        break;
      if (erase_ == nullptr)
        out.held.push_back(changes[from + some].key); // it stays there
    }
    out.count += some;
    out.unchanged += some;
    return some;
  }
  /// By a key of another side's, something else would be deleted.
  static bool is_unknown(const known_delivery& d, std::size_t i) {
    return d.what.named && d.keys[i].empty();
  }

  /// What is called next, as much of it as may be under way at once.
  std::vector<next_call> next_calls(const known_delivery& d, std::size_t from,
                                    std::size_t at_once) const {
    std::vector<next_call> all;
    const auto& changes = d.what.changes;
    const auto most = batch_in(d.what.settings);
    while (from < changes.size() && all.size() < at_once) {
      next_call next{by(changes[from]), changes[from].deleted};
      if (next.by == nullptr || (next.deletes && is_unknown(d, from)) ||
          (next.by->job && !all.empty()))
        break;
      for (auto i = from; i < changes.size() && next.batch.size() < most; ++i) {
        const auto& one = changes[i];
        if (by(one) != next.by || one.deleted != next.deletes || (one.deleted && is_unknown(d, i)))
          break;
        next.batch.push_back({one.key, one.content, one.effect, one.returned, d.keys[i]});
      }
      next.batch.resize(batch_size(what(next), next.batch));
      from += next.batch.size();
      all.push_back(std::move(next));
      if (all.back().by->job)
        break;
    }
    return all;
  }

  /// Null: it is not written.
  const operation* by(const outgoing_change& one) const {
    if (one.deleted)
      return erase_;
    return one.returned.empty() && one.there.empty() ? &action_ : update_;
  }
  writing what(const next_call& next) const { return {*connector_, *next.by, session_.connection}; }

  /// `some` outlives it.
  task<std::vector<calls>> make(const std::vector<next_call>& some, position tries,
                                std::string doubt, bool repeated) {
    std::vector<calls> made;
    if (some.empty())
      co_return made;
    const auto first = what(some.front());
    if (first.action.job) {
      auto one = co_await carry_by_job(platform_, session_, first, some.front().batch,
                                       std::move(tries), repeated);
      made.push_back(std::move(one));
      co_return made;
    }
    std::vector<task<result<ended_call>>> under_way;
    for (const auto& one : some)
      under_way.push_back(call(what(one), one.batch, tries, doubt));
    auto ended = co_await runtime::together(std::move(under_way));
    for (auto& e : ended) {
      if (!e) {
        made.push_back({.trouble = source_trouble{std::move(e).error()}});
        continue;
      }
      if (e->session.token_version > session_.token_version)
        session_ = std::move(e->session);
      made.push_back(std::move(e->made));
    }
    co_return made;
  }

  /// By a session of its own, for the others go on meanwhile.
  task<result<ended_call>> call(writing w, std::vector<outgoing_record> batch, position tries,
                                std::string doubt) {
    ended_call ended{.session = session_};
    ended.made = co_await carry_by_call(platform_, ended.session, w, std::move(batch),
                                        std::move(tries), std::move(doubt));
    co_return ended;
  }

  void take(item_outcome o, const outgoing_record& record, bool deletes, settled& out) {
    ++out.count;
    out.bytes += record.json.size();
    if (o.written) {
      ++out.written;
      out.deleted += deletes ? 1 : 0;
      if (deletes && (!record.returned.empty() || !record.there.empty()))
        out.returned.push_back({record.key, {}});
      else if (!deletes)
        keep(o.returned, record, out);
      return;
    }
    auto reason = o.why.why;
    if (!o.why.remedy.empty())
      reason += ". " + o.why.remedy;
    out.letters.push_back({.place = record.key, .reason = std::move(reason), .bytes = record.json});
  }

  /// With what was returned before, where this says nothing else.
  void keep(const value& returned, const outgoing_record& record, settled& out) {
    const auto* members = returned.as<object>();
    if (members == nullptr || members->empty())
      return;
    const auto before = record.returned.empty() ? result<value>{value{object{}}}
                                                : read_json(record.returned.view());
    auto all = before && before->is<object>() ? *before->as<object>() : object{};
    for (const auto& [name, content] : *members)
      all[name] = content;
    auto text = write_json(all);
    if (text == record.returned.view())
      return;
    if (text.size() > most_returned || returned_bytes_ + text.size() > most_returned_by_page)
      return runtime::log::warn("sync.returned_too_much",
                                {{"record", record.key}, {"bytes", std::to_string(text.size())}});
    returned_bytes_ += text.size();
    out.returned.push_back({record.key, blob::from(std::move(text))});
  }

  static position tries_of(const std::string& attempt) {
    const auto document = attempt.empty() ? result<value>{value{}} : read_json(attempt);
    const auto* members = document ? document->as<object>() : nullptr;
    auto kept = members ? to_position(*members) : result<position>{position{}};
    return kept ? *std::move(kept) : position{};
  }

  platform& platform_;
  std::shared_ptr<const manifest> connector_; // the same while this lives
  session session_;
  const operation& action_;
  const operation* update_;
  const operation* erase_;
  std::size_t returned_bytes_ = 0; // of the page
};

class connector_kind final : public destination_kind {
public:
  explicit connector_kind(platform& p) : platform_{p} {}

  std::string_view name() const override { return "connector"; }
  result<void> check(const object& options) const override {
    if (const auto read = read_options(options); !read)
      return read.error();
    return {};
  }
  task<result<std::unique_ptr<destination>>> open(identity sync, object options) override {
    auto read = read_options(options);
    if (!read)
      co_return std::move(read).error();
    const identity integration{sync.tenant, "integration", read->integration};
    const auto who = background(sync.name, {});
    auto entered = co_await platform_.enter(integration, who);
    if (!entered)
      co_return std::move(entered).error();
    for (const auto& [member, name] : named_in(*read))
      if (!name.empty() && !entered->connector->find_action(name))
        co_return failure{code::not_found, "the connector has no action " + name,
                          "spec.to.connector." + member, known_actions(*entered->connector)};
    std::unique_ptr<destination> made =
        std::make_unique<connector_action>(platform_, *std::move(entered), *read);
    co_return made;
  }

private:
  static std::vector<std::pair<std::string, std::string>> named_in(const write_options& o) {
    return {{"action", o.action}, {"update", o.update}, {"delete", o.erase}};
  }
  static std::string known_actions(const manifest& m) {
    std::vector<std::string> names;
    for (const auto& one : m.actions)
      names.push_back(one.name);
    return names.empty() ? "This connector writes nothing." : "Use " + listed(names) + ".";
  }

  platform& platform_;
};

} // namespace

std::unique_ptr<destination_kind> connector_destination(platform& p) {
  return std::make_unique<connector_kind>(p);
}

} // namespace tenon::actors

namespace tenon::actors::destinations {

std::unique_ptr<destination_kind> connector(const surroundings& s) {
  ensure(s.platform != nullptr, "there is no way to platforms");
  return connector_destination(*s.platform);
}

} // namespace tenon::actors::destinations
