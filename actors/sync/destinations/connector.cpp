#include "actors/sync/destinations/connector.hpp"

#include "actors/integration/writing.hpp"
#include "actors/sync/destinations/connector_job.hpp"
#include "actors/sync/outcome.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using namespace connectors;
using runtime::task;

// Calls of one page, when they may all be repeated; otherwise a page is one call, so that what a
// crash leaves unknown is no more than that.
constexpr std::uint32_t calls_at_once = 10;
constexpr std::uint32_t most_at_once = 2'000;

struct write_options {
  std::string integration;
  std::string action;
  std::string erase; // empty: deletions are not written
};

result<write_options> read_options(const object& written) {
  write_options o;
  for (const auto& [name, v] : written) {
    auto* into = name == "integration" ? &o.integration
                 : name == "action"    ? &o.action
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

class connector_action final : public destination {
public:
  connector_action(platform& p, session s, const write_options& o)
      : platform_{p}, connector_{s.connector}, session_{std::move(s)},
        action_{*connector_->find_action(o.action)}, erase_{
                                                         o.erase.empty()
                                                             ? nullptr
                                                             : connector_->find_action(o.erase)} {}

  std::uint32_t page_size() const override {
    const auto batch = static_cast<std::uint32_t>(action_.batch.max);
    if (action_.job)
      return batch; // one job for each page
    const bool safe = action_.idempotency.repeats() && (!erase_ || erase_->idempotency.repeats());
    return safe ? std::min(batch * calls_at_once, most_at_once) : batch;
  }

  task<settled> write(delivery d) override {
    session_.asker = background(d.sync.name, d.priority);
    settled out;
    position tries = tries_of(d.attempt);
    for (std::size_t from = 0; from < d.changes.size();) {
      const bool deletes = d.changes[from].deleted;
      std::vector<outgoing_record> batch;
      for (auto i = from; i < d.changes.size() && d.changes[i].deleted == deletes; ++i)
        batch.push_back({d.changes[i].key, d.changes[i].content, d.changes[i].effect});
      if (deletes && erase_ == nullptr) {
        from += batch.size();
        out.count += batch.size();
        out.unchanged += batch.size();
        continue;
      }
      const writing what{*connector_, deletes ? *erase_ : action_, session_.connection};
      batch.resize(batch_size(what, batch));
      calls made;
      if (what.action.job)
        made = co_await carry_by_job(platform_, session_, what, batch, tries, d.repeated);
      else
        made = co_await call(what, batch, tries, d.repeated);
      tries = {};
      for (std::size_t i = 0; i < made.done.size(); ++i)
        take(std::move(made.done[i]), batch[i], deletes, out);
      from += made.done.size();
      if (made.trouble) {
        out.trouble = std::move(made.trouble);
        break;
      }
    }
    co_return out;
  }

private:
  static void take(item_outcome o, const outgoing_record& record, bool deletes, settled& out) {
    ++out.count;
    out.bytes += record.json.size();
    if (o.written) {
      ++out.written;
      out.deleted += deletes ? 1 : 0;
      return;
    }
    auto reason = o.why.why;
    if (!o.why.remedy.empty())
      reason += ". " + o.why.remedy;
    out.letters.push_back({.place = record.key, .reason = std::move(reason), .bytes = record.json});
  }

  task<calls> call(writing what, std::vector<outgoing_record> batch, position tries,
                   bool repeated) {
    if (repeated && !what.action.idempotency.repeats()) {
      const std::string how{"the node ended while it was being written"};
      co_return co_await ask_what_happened(what, std::move(batch), how);
    }
    for (bool with_new_token = false;; with_new_token = true) {
      auto request = write_request(what, batch, platform_.now());
      if (!request) {
        auto halves = co_await refuse_or_split(what, std::move(batch), request.error());
        co_return halves;
      }
      const auto answer = co_await platform_.send(session_, *request);
      if (!answer) {
        if (!may_have_acted(answer.error()) || what.action.idempotency.repeats())
          co_return calls{.trouble = trouble_from(covered(answer.error(), session_))};
        const auto how = "the answer was lost (" + answer.error().why + ")";
        co_return co_await ask_what_happened(what, std::move(batch), how);
      }
      auto outcome = read_write(what, *request, *answer, batch, tries, platform_.now());
      if (auto* items = std::get_if<item_outcomes>(&outcome))
        co_return calls{.done = std::move(*items)};
      auto& said = std::get<verdict>(outcome);
      said.why = covered(std::move(said.why), session_);
      if (said.then == action::refresh_auth && !with_new_token) {
        platform_.reject_token(session_);
        auto again = co_await platform_.enter(session_.integration, session_.asker);
        if (!again)
          co_return calls{.trouble = trouble_from(again.error())};
        session_ = *std::move(again);
        continue;
      }
      if (said.then == action::split_batch) {
        auto halves = co_await split(what, std::move(batch));
        co_return halves;
      }
      if (answer->status >= 500 && !what.action.idempotency.repeats()) {
        const auto how = "the platform failed (" + said.why.why + ")";
        co_return co_await ask_what_happened(what, std::move(batch), how);
      }
      if (said.classify == meaning::throttled && said.delay > span{0})
        platform_.throttled(session_, said.delay);
      co_return calls{.trouble = trouble_of(std::move(said))};
    }
  }

  task<calls> refuse_or_split(writing what, std::vector<outgoing_record> batch, failure why) {
    if (batch.size() == 1) {
      calls one;
      one.done.push_back({.why = std::move(why)});
      co_return one;
    }
    auto halves = co_await split(what, std::move(batch));
    co_return halves;
  }

  /// Half by half, until the record at fault stands alone.
  task<calls> split(writing what, std::vector<outgoing_record> batch) {
    const auto middle = batch.begin() + static_cast<std::ptrdiff_t>((batch.size() + 1) / 2);
    std::vector<outgoing_record> first{batch.begin(), middle};
    std::vector<outgoing_record> second{middle, batch.end()};
    auto all = co_await call(what, std::move(first), {}, false);
    if (all.trouble || second.empty())
      co_return all;
    auto rest = co_await call(what, std::move(second), {}, false);
    std::ranges::move(rest.done, std::back_inserter(all.done));
    all.trouble = std::move(rest.trouble);
    co_return all;
  }

  /// By the action's probe; without one, a person has to say.
  task<calls> ask_what_happened(writing what, std::vector<outgoing_record> batch, std::string how) {
    calls all;
    for (const auto& one : batch) {
      if (!what.action.idempotency.probe) {
        all.done.push_back(nobody_knows(how));
        continue;
      }
      auto request = probe_request(what, one, platform_.now());
      if (!request) {
        all.done.push_back({.why = std::move(request).error()});
        continue;
      }
      const auto answer = co_await platform_.send(session_, *request);
      if (!answer) {
        all.trouble = trouble_from(covered(answer.error(), session_));
        co_return all;
      }
      const auto happened = read_probe(what, *answer, one, platform_.now());
      if (!happened) {
        all.trouble = trouble_from(covered(happened.error(), session_));
        co_return all;
      }
      if (*happened) {
        all.done.push_back({.written = true});
        continue;
      }
      std::vector<outgoing_record> alone{one};
      auto again = co_await call(what, std::move(alone), {}, false);
      std::ranges::move(again.done, std::back_inserter(all.done));
      if (again.trouble) {
        all.trouble = std::move(again.trouble);
        co_return all;
      }
    }
    co_return all;
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
  const operation* erase_;
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
    for (const auto& name : {read->action, read->erase})
      if (!name.empty() && !entered->connector->find_action(name))
        co_return failure{code::not_found, "the connector has no action " + name,
                          name == read->action ? "spec.to.connector.action"
                                               : "spec.to.connector.delete",
                          known_actions(*entered->connector)};
    std::unique_ptr<destination> made =
        std::make_unique<connector_action>(platform_, *std::move(entered), *read);
    co_return made;
  }

private:
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
