// Those who have asked a twin to send them its events. It keeps them as its platform does: each
// with an id and, where the platform says so, an end; it lists them, and forgets whom it is told
// to.
#include "actors/integration/pagination/steps.hpp"
#include "actors/integration/twin/parts.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr span usual_life = std::chrono::days{7};

/// The address in what was sent: the only text with our path in it.
std::string address_in(const value& sent) {
  if (const auto* text = sent.as<std::string>())
    return text->find("/hooks/") == text->npos ? std::string{} : *text;
  if (const auto* members = sent.as<object>())
    for (const auto& [name, content] : *members)
      if (auto found = address_in(content); !found.empty())
        return found;
  if (const auto* items = sent.as<list>())
    for (const auto& one : *items)
      if (auto found = address_in(one); !found.empty())
        return found;
  return {};
}

value written_as(clock as, moment until) {
  const auto since = until.time_since_epoch();
  switch (as) {
  case clock::epoch_s:
    return value{static_cast<std::int64_t>(since / std::chrono::seconds{1})};
  case clock::epoch_ms:
    return value{std::to_string(since / std::chrono::milliseconds{1})};
  default:
    return value{tenon::to_text(until)};
  }
}

object kept_words(const subscription_rule& rule, const std::string& id) {
  object words;
  for (const auto& [name, path] : rule.keep)
    words[name] = "twin-" + name + '-' + id;
  return words;
}

} // namespace

/// By method, host and path: what else is in it hangs on who asks.
bool twin::parts::asks(const request_pattern& p, const value& words, const asked& r) const {
  scope names;
  names.bind("conn", connection.settings).bind_secret("secret", connection.secrets);
  names.bind("hook", words);
  const auto expected = draft_request(p, {}, connection.base, names);
  if (!expected || expected->method != r.whole.method || expected->target.host != r.target.host ||
      path_of(expected->target) != path_of(r.target))
    return false;
  if (p.graphql.empty()) { // forms of one address are told apart by what is written out in them
    const auto* mode = r.body.find("hub.mode");
    const auto* meant = expected->body ? expected->body->find("hub.mode") : nullptr;
    return mode == nullptr || meant == nullptr || *mode == *meant;
  }
  const auto* query = r.body.find("query");
  return query != nullptr && *query == value{p.graphql};
}

http_response twin::parts::subscribe(const hook& h, const std::string& known, const asked& r,
                                     moment now) {
  const auto& rule = *h.subscribe;
  const auto id = known.empty() ? "twin-sub-" + std::to_string(++subscriptions) : known;
  auto& made = subscribers[id];
  made.what = &h;
  if (auto address = address_in(r.body); !address.empty())
    made.address = std::move(address);
  const auto* variables = r.body.find("variables");
  if (const auto* sent = (variables ? *variables : r.body).as<object>(); sent && known.empty())
    made.sent = *sent;
  if (rule.until || rule.lasts > span{0})
    made.until = now + (rule.lasts > span{0} ? rule.lasts : usual_life);
  if (!rule.id) { // nothing to tell: the address is what it is known by
    std::erase_if(subscribers, [&](const auto& one) {
      return one.first != id && one.second.address == made.address;
    });
    return {202, {}, {}};
  }
  value body;
  if (const auto sample = samples.hooks.find(h.name); sample != samples.hooks.end())
    body = sample->second.subscribed;
  set_member(body, *rule.id, id);
  const auto words = kept_words(rule, id);
  for (const auto& [name, path] : rule.keep)
    set_member(body, path, *words.find(name));
  if (rule.until)
    set_member(body, *rule.until, written_as(rule.until_as, made.until));
  return json_answer(body);
}

http_response twin::parts::list_subscribers(const hook& h) const {
  const auto& listing = *h.subscribe->find;
  list items;
  for (const auto& [id, one] : subscribers) {
    if (one.what != &h)
      continue;
    value item{one.sent};
    set_member(item, listing.id, id);
    items.push_back(std::move(item));
  }
  value body;
  if (listing.items.steps.empty())
    body = std::move(items);
  else
    set_member(body, listing.items, std::move(items));
  return json_answer(body);
}

std::optional<http_response> twin::parts::serve_subscriptions(const asked& r, moment now,
                                                              bool bare) {
  const value nobody{object{{"address", "x"}, {"key", "x"}, {"id", "x"}}};
  for (const auto& h : connector->hooks) {
    if (!h.subscribe || h.subscribe->bare != bare)
      continue;
    const auto& rule = *h.subscribe;
    for (auto it = subscribers.begin(); it != subscribers.end(); ++it) {
      auto words = kept_words(rule, it->first);
      words["id"] = it->first;
      const value about{words};
      const bool ours = it->second.what == &h;
      if (ours && rule.erase && asks(*rule.erase, about, r)) {
        const auto* id = r.body.find("id");
        if (id != nullptr && *id != value{it->first})
          continue; // one address for all
        subscribers.erase(it);
        return http_response{204, {}, {}};
      }
      if (ours && rule.renew && rule.id && asks(*rule.renew, about, r))
        return subscribe(h, it->first, r, now);
    }
    if (rule.find && asks(rule.find->request, nobody, r))
      return list_subscribers(h);
    if (rule.first && asks(*rule.first, nobody, r) && !rule.first_keep.empty()) {
      value body;
      for (const auto& [name, path] : rule.first_keep)
        set_member(body, path, value{"t0"});
      return json_answer(body);
    }
    if (asks(rule.create, nobody, r))
      return subscribe(h, {}, r, now);
    if (rule.erase && asks(*rule.erase, nobody, r))
      return refuse({404, "there is no such subscription"});
  }
  return std::nullopt;
}

std::vector<twin::subscriber> twin::subscribers() const {
  std::vector<subscriber> all;
  for (const auto& [id, one] : parts_->subscribers)
    all.push_back({one.what->name, id, one.address, one.until});
  return all;
}

void twin::drop_subscribers() {
  parts_->subscribers.clear();
}

} // namespace tenon::actors::connectors
