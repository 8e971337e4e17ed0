// A token that is swapped for a better one, as often as it takes: short-lived for long-lived, a
// person's for a page's. What comes out last is held, and renewed by `renew` when it is old enough.
//
//   auth:
//     exchange:
//       first: {oauth2: {…}}              # or from: "{{secret.short_token}}"
//       steps:
//         - {get: https://…/access_token, query: {grant_type: fb_exchange_token,
//            fb_exchange_token: "{{token}}"}, expires_in: 60d}
//       renew: {get: https://…/refresh_access_token, query: {access_token: "{{token}}"},
//               min_age: 24h, ahead: 7d}
#include "actors/integration/auth/placement.hpp"
#include "actors/integration/auth/token/answer.hpp"
#include "actors/integration/auth/token/call.hpp"

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_steps = 8;

struct swap {
  call_pattern call;
  token_answer says;
};

struct renewing {
  swap by;
  span min_age{0};
  span ahead{0};
};

class exchange final : public method {
public:
  std::shared_ptr<const method> first;
  std::optional<program> from;
  std::vector<swap> steps;
  std::optional<renewing> renew;
  placement place;

  bool needs_token() const override { return true; }
  bool needs_person() const override { return first != nullptr && first->needs_person(); }

  bool rotates() const override { return !renew && first != nullptr && first->rotates(); }
  std::string asked_scopes(const scope& names) const override {
    return first ? first->asked_scopes(names) : std::string{};
  }

  result<std::string> authorize(const scope& names, const consent& asked) const override {
    return first ? first->authorize(names, asked) : method::authorize(names, asked);
  }
  result<void> sent_back(const inbound& r, const scope& names, moment now) const override {
    return first ? first->sent_back(r, names, now) : result<void>{};
  }
  result<void> send_back(inbound& r, const scope& names, moment now) const override {
    return first ? first->send_back(r, names, now) : result<void>{};
  }

  result<std::optional<http_request>> ask(const scope& names, acquisition& so_far,
                                          const instant& when) const override {
    if (renews(so_far))
      return so_far.swaps > 0 ? std::optional<http_request>{}
                              : call_with(renew->by, so_far.before.refresh_token, names);
    if (so_far.swaps == 0) {
      if (!first) {
        auto text = secret_text(*from, names);
        if (!text)
          return std::move(text).error();
        so_far.made.token = *std::move(text);
      } else if (auto next = first->ask(names, so_far, when); !next || *next) {
        return next;
      }
    }
    if (so_far.swaps == steps.size())
      return std::optional<http_request>{};
    return call_with(steps[so_far.swaps], so_far.made.token, names);
  }

  result<void> hear(const scope& names, const http_response& answer, acquisition& so_far,
                    const instant& when) const override {
    if (renews(so_far)) {
      ++so_far.swaps;
      if (auto read = read_token(renew->by.says, answer, so_far, when.now); !read) {
        if (so_far.reconnect && !first) { // the first token may still be good
          so_far.reconnect = false;
          so_far.before = {};
          so_far.swaps = 0;
          return {};
        }
        return read;
      }
      return keep(so_far, when.now);
    }
    if (so_far.swaps == 0 && first) { // whose turn was it?
      auto again = so_far;
      if (const auto next = first->ask(names, again, when); next && *next)
        return first->hear(names, answer, so_far, when);
    }
    const auto refresh_token = so_far.made.refresh_token;
    if (auto read = read_token(steps[so_far.swaps].says, answer, so_far, when.now); !read)
      return read;
    if (so_far.made.refresh_token.empty())
      so_far.made.refresh_token = refresh_token;
    return ++so_far.swaps == steps.size() ? keep(so_far, when.now) : result<void>{};
  }

  result<void> inject(http_request& request, const scope&, const holding* held,
                      const instant&) const override {
    return put_token(request, place, held);
  }

private:
  bool renews(const acquisition& so_far) const {
    return renew && so_far.code.empty() && !so_far.before.refresh_token.empty();
  }

  static result<std::optional<http_request>> call_with(const swap& one, const std::string& token,
                                                       const scope& names) {
    const value text{token};
    auto with_token = names;
    with_token.bind_secret("token", text);
    auto request = make_call(one.call, with_token);
    if (!request)
      return std::move(request).error();
    return std::optional{*std::move(request)};
  }

  /// A token that renews itself is its own refresh token.
  result<void> keep(acquisition& so_far, moment now) const {
    if (!renew)
      return {};
    auto& made = so_far.made;
    made.refresh_token = made.token;
    if (made.expires_at) {
      const auto early = renew->ahead > 0s ? *made.expires_at - renew->ahead
                                           : made.renew_at.value_or(*made.expires_at);
      made.renew_at = std::max(early, now + renew->min_age);
    }
    return {};
  }
};

swap take_swap(form& fields) {
  swap made{take_call(fields, auth_words({"token"})), take_token_answer(fields)};
  return made;
}

void take_renew(form& fields, exchange& made) {
  const auto* said = fields.take("renew");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("renew"), fields.found()};
  renewing rule{take_swap(inner)};
  rule.min_age = inner.length("min_age", 0s, std::chrono::days{365}).value_or(0s);
  rule.ahead = inner.length("ahead", 0s, std::chrono::days{365}).value_or(0s);
  inner.finish();
  made.renew = std::move(rule);
}

std::shared_ptr<const method> compile(const value& settings, const std::string& where,
                                      const std::vector<std::string>& secrets, problems& found) {
  form fields{settings, where, found};
  auto made = std::make_shared<exchange>();
  const auto* first = fields.take("first");
  if (first != nullptr)
    made->first = compile_auth(*first, fields.at("first"), secrets, found).method;
  if (made->first && !made->first->needs_token())
    fields.note("first", "this kind gets no token that could be swapped");
  if (const auto from = fields.text("from"))
    made->from = compile_text(*from, fields.at("from"), auth_words(), found);
  else if (first == nullptr && fields.is_object())
    fields.note("from", "the first token is missing",
                "Add from: \"{{secret.token}}\", or first: {oauth2: {…}}.");
  if (first != nullptr && made->from)
    fields.note("from", "there is one first token, not two");
  if (const auto* steps = fields.require("steps", "the swaps, steps: [{get: https://…}]")) {
    const auto* all = steps->as<list>();
    if (all == nullptr || all->empty() || all->size() > max_steps)
      fields.note("steps", "a list of 1 to " + std::to_string(max_steps) + " swaps is expected");
    else
      for (std::size_t i = 0; i < all->size(); ++i) {
        form inner{(*all)[i], below(fields.at("steps"), i), found};
        made->steps.push_back(take_swap(inner));
        inner.finish();
      }
  }
  take_renew(fields, *made);
  made->place = take_injection(fields, "Bearer ");
  fields.finish();
  return made;
}

} // namespace

const auth_kind exchange_auth{"exchange", compile};

} // namespace tenon::actors::connectors
