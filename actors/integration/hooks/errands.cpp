#include "actors/integration/hooks/errands.hpp"

#include "actors/integration.hpp"
#include "actors/integration/by_task.hpp"
#include "actors/integration/hooks/hook.hpp"
#include "protocols/hook.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/asking.hpp"

namespace tenon::actors::connectors {
namespace {

using runtime::task;
using wire = protocols::hook;

subscription_place place_of(const wire::place& p) {
  subscription_place made{.id = p.id, .until = p.ends_at};
  const auto kept = p.kept.empty() ? result<value>{value{}} : read_json(p.kept);
  if (const auto* members = kept ? kept->as<object>() : nullptr)
    made.kept = *members;
  return made;
}

/// What the errand is about, and with what it is carried out.
struct errand_words {
  session at;
  std::shared_ptr<const subscription_rule> rule;
  std::string spec; // of the integration
  std::string address;
  std::string key;
};

class subscriber final : public by_task<wire, wire::arrange, wire::arranged> {
public:
  subscriber(platform& p, runtime::workers& w, std::function<std::string()> address)
      : by_task{p, w}, address_{std::move(address)} {}

private:
  task<result<wire::arranged>> carry_out(identity by, wire::arrange asked) override {
    auto entered = co_await enter(by, asked);
    if (!entered) {
      auto told = failed_with(asked, entered.error());
      told.missing = asked.errand != wire::errand::leave && is_missing(entered.error());
      co_return told;
    }
    const auto before = place_of(asked.place);
    result<subscription_place> made = before;
    if (asked.errand == wire::errand::leave)
      made = co_await leave(*entered, before);
    else if (asked.errand == wire::errand::look)
      made = co_await look(*entered, before);
    else
      made = co_await subscribe(*entered, before);
    if (!made)
      co_return covered(made.error(), entered->at);
    wire::arranged told{.number = asked.number, .errand = asked.errand, .succeeded = true};
    told.place = asked.place;
    told.place.id = made->id;
    told.place.kept = write_json(made->kept);
    told.place.ends_at = made->until;
    told.place.spec = entered->spec;
    co_return told;
  }

  wire::arranged failed_with(const wire::arrange& asked, const failure& f) const override {
    return {.number = asked.number,
            .errand = asked.errand,
            .why = f.why.empty() ? "unknown" : f.why,
            .place = asked.place};
  }

  static bool is_missing(const failure& f) { return f.code == code::not_found; }

  task<result<errand_words>> enter(identity by, wire::arrange asked) {
    const identity integration{by.tenant, "integration", asked.place.integration};
    const protocols::resource::describe describe_it;
    const auto there =
        co_await runtime::ask<actors::integration>(platform_.host(), integration, describe_it);
    const bool leaves = asked.errand == wire::errand::leave && !asked.place.spec.empty();
    errand_words w{.spec = asked.place.spec};
    if (there)
      w.spec = there->spec;
    else if (!leaves || there.error().code != code::not_found)
      co_return there.error();
    const auto who = background("hook " + by.name, {});
    auto session = co_await platform_.enter(integration, who, w.spec);
    if (!session)
      co_return std::move(session).error();
    w.at = *std::move(session);
    const auto* known = w.at.connector->find_hook(asked.place.hook);
    if (known == nullptr || known->subscribe == nullptr)
      co_return failure{code::not_found,
                        known ? "the connector does not say how its platform is asked for events"
                              : "the connector has no hook " + asked.place.hook,
                        asked.place.hook, "Set the hook's address at the platform yourself."};
    w.rule = known->subscribe;
    const auto base = address_();
    if (base.empty())
      co_return failure{code::unavailable, "the node is starting"};
    w.address = base + "/hooks/" + by.tenant + '/' + integration.name + '/' + asked.place.hook;
    w.key = platform_.random_text();
    co_return w;
  }

  task<result<http_response>> ask(errand_words& w, const request_pattern& pattern,
                                  const subscription_place* place) {
    const auto words = hook_words(w.address, w.key, place);
    auto request =
        subscription_request(*w.at.connector, w.at.connection, pattern, words, platform_.now());
    if (!request)
      co_return std::move(request).error();
    if (w.rule->bare)
      co_return co_await platform_.send_plainly(w.at, *std::move(request));
    auto answer = co_await platform_.send(w.at, *std::move(request));
    const bool is_told = answer && platform_.heed(w.at, *answer, "the hook");
    if (answer && !is_told && answer->status == 401) // the next attempt has another
      platform_.reject_token(w.at);
    co_return answer;
  }

  /// Nothing when the platform's list does not have it; the same when it has none to show.
  task<result<std::optional<subscription_place>>> find(errand_words& w) {
    const auto answer = co_await ask(w, w.rule->find->request, nullptr);
    if (!answer)
      co_return answer.error();
    const auto words = hook_words(w.address, w.key);
    co_return read_found(*w.at.connector, w.at.connection, *w.rule, *answer, words,
                         platform_.now());
  }

  task<result<subscription_place>> look(errand_words& w, subscription_place before) {
    if (!w.rule->find)
      co_return before;
    const auto found = co_await find(w);
    if (!found)
      co_return found.error();
    if (!*found)
      co_return subscription_place{};
    auto there = **found;
    if (there.id == before.id)
      there.until = before.until;
    co_return there;
  }

  task<result<subscription_place>> leave(errand_words& w, subscription_place before) {
    if (!w.rule->erase)
      co_return before; // it ends by itself
    const auto answer = co_await ask(w, *w.rule->erase, &before);
    if (!answer)
      co_return answer.error();
    const auto done = read_deleted(*w.at.connector, w.at.connection, *answer, platform_.now());
    if (!done)
      co_return done.error();
    co_return before;
  }

  task<result<subscription_place>> renew(errand_words& w, subscription_place before) {
    const auto answer = co_await ask(w, *w.rule->renew, &before);
    if (!answer)
      co_return answer.error();
    co_return read_subscribed(*w.at.connector, w.at.connection, *w.rule, *answer, before,
                              platform_.now());
  }

  task<result<subscription_place>> create(errand_words& w) {
    subscription_place first{.id = w.rule->id ? "" : w.key};
    if (w.rule->first) {
      const auto said = co_await ask(w, *w.rule->first, nullptr);
      if (!said)
        co_return said.error();
      auto read = read_first(*w.at.connector, w.at.connection, *w.rule, *said, platform_.now());
      if (!read)
        co_return std::move(read).error();
      first.kept = std::move(read->kept);
    }
    const auto answer = co_await ask(w, w.rule->create, &first);
    if (!answer)
      co_return answer.error();
    co_return read_subscribed(*w.at.connector, w.at.connection, *w.rule, *answer, first,
                              platform_.now());
  }

  task<result<subscription_place>> subscribe(errand_words& w, subscription_place before) {
    const bool again = !before.id.empty();
    if (again && w.rule->renew) {
      auto renewed = co_await renew(w, before);
      if (renewed || !is_missing(renewed.error()))
        co_return renewed;
    } else if (!again && w.rule->find) { // perhaps it was made, and the answer lost
      auto found = co_await find(w);
      if (!found)
        co_return found.error();
      if (*found)
        co_return **found;
    }
    auto made = co_await create(w);
    if (made && again && made->id != before.id)
      static_cast<void>(co_await leave(w, before)); // else it ends by itself, soon
    co_return made;
  }

  std::function<std::string()> address_;
};

} // namespace

std::unique_ptr<runtime::performer> subscribing(platform& p, runtime::workers& w,
                                                std::function<std::string()> address) {
  return std::make_unique<subscriber>(p, w, std::move(address));
}

} // namespace tenon::actors::connectors
