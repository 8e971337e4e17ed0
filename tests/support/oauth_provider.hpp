// An authorization server and the API behind it, as strict as the real ones: codes are good for one
// use by who asked for them (PKCE), every refresh makes the refresh token before it worthless, and
// one that is used again takes everything back. A person is played by `allow` and `deny`.
#pragma once

#include "nodes/edge/router.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "runtime/signing/signing.hpp"
#include "tests/support/canned_server.hpp"
#include "tests/support/raw_client.hpp"

#include <functional>
#include <map>
#include <set>

namespace tenon::tests {

class oauth_provider {
  template <class F> auto under_lock(F f) const {
    const std::scoped_lock lock{guard_};
    return f();
  }

public:
  using form = std::map<std::string, std::string>;

  struct tally {
    int codes = 0;     // swapped
    int refreshes = 0; // that were answered with a token
    int asked = 0;     // requests for a token
    int reuses = 0;    // of a refresh token that was worthless
    int served = 0;    // pages
  };

  std::string url() const { return server_.url(); }
  tally counts() const {
    return under_lock([this] { return tally_; });
  }
  /// The access token that is good now ends, as if its time were over.
  void expire() {
    under_lock([this] { access_.clear(); });
  }
  /// Whoever connected takes it back.
  void revoke() {
    under_lock([this] {
      access_.clear();
      refresh_.clear();
    });
  }
  /// Called when a refresh is answered, after everything has changed here.
  void when_refreshed(std::function<void()> f) {
    under_lock([&] { when_refreshed_ = std::move(f); });
  }

  /// Follows the address as a browser does: where the provider then sends it.
  std::string allow(const std::string& address) { return visit(address, ""); }
  std::string deny(const std::string& address) { return visit(address, "&deny=1"); }

  static form read_form(std::string_view text) {
    form all;
    while (!text.empty()) {
      const auto pair = text.substr(0, text.find('&'));
      text.remove_prefix(std::min(pair.size() + 1, text.size()));
      const auto equals = std::min(pair.find('='), pair.size());
      std::string name, content;
      nodes::edge::decode_percent(pair.substr(0, equals), true, name);
      nodes::edge::decode_percent(pair.substr(std::min(equals + 1, pair.size())), true, content);
      all[name] = content;
    }
    return all;
  }

private:
  struct grant {
    std::string challenge;
    std::string redirect;
  };

  std::string visit(const std::string& address, const std::string& more) {
    const auto port = static_cast<std::uint16_t>(std::stoi(url().substr(url().rfind(':') + 1)));
    raw_client browser{port};
    browser.send("GET " + address.substr(url().size()) + more + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto head = browser.response().head;
    const auto at = head.find("Location: ");
    return at == head.npos ? "" : head.substr(at + 10, head.find('\r', at) - at - 10);
  }

  static canned_answer refuse(const char* error, unsigned status = 400) {
    return {.status = status, .body = std::string{R"({"error":")"} + error + "\"}"};
  }

  std::string fresh(const char* kind) { return kind + std::to_string(++drawn_) + "-5f2c9d81b7"; }

  canned_answer ask(const form& q) {
    const auto said = [&](const char* name) { return q.contains(name) ? q.at(name) : ""; };
    if (said("client_id") != "me" || said("response_type") != "code" ||
        said("code_challenge_method") != "S256" || said("state").size() < 32 ||
        said("redirect_uri").empty())
      return refuse("invalid_request");
    auto back = said("redirect_uri") + "?state=" + said("state");
    if (q.contains("deny")) {
      back += "&error=access_denied&error_description=The+%3Cb%3Euser%3C/b%3E+said+no";
    } else {
      const auto code = fresh("code");
      codes_[code] = {said("code_challenge"), said("redirect_uri")};
      back += "&code=" + code;
    }
    return {.status = 302, .headers = {{"Location", back}}};
  }

  canned_answer tokens() {
    access_ = fresh("tok_access");
    const auto refresh = fresh("tok_refresh");
    refresh_ = {refresh};
    return {.body = write_json(object{{"access_token", access_},
                                      {"refresh_token", refresh},
                                      {"expires_in", 3600},
                                      {"account", "acme-7"}})};
  }

  canned_answer token(const form& q) {
    ++tally_.asked;
    const auto said = [&](const char* name) { return q.contains(name) ? q.at(name) : ""; };
    if (said("client_id") != "me" || said("client_secret") != "canary-5f2c9d81b7e64a03")
      return refuse("invalid_client", 401);
    if (said("grant_type") == "authorization_code") {
      const auto it = codes_.find(said("code"));
      if (it == codes_.end() || it->second.redirect != said("redirect_uri") ||
          it->second.challenge != to_base64url(runtime::signing::hash(
                                      runtime::signing::digest::sha256, said("code_verifier"))))
        return refuse("invalid_grant");
      codes_.erase(it);
      ++tally_.codes;
      return tokens();
    }
    if (said("grant_type") != "refresh_token")
      return refuse("unsupported_grant_type");
    if (!refresh_.contains(said("refresh_token"))) {
      ++tally_.reuses;
      access_.clear();
      refresh_.clear();
      return refuse("invalid_grant");
    }
    ++tally_.refreshes;
    return tokens();
  }

  canned_answer records(const canned_request& r) {
    if (access_.empty() || r.authorization != "Bearer " + access_)
      return refuse("invalid_token", 401);
    ++tally_.served;
    return {.body = R"({"data":[{"id":1},{"id":2}],"next":null})"};
  }

  canned_answer answer(const canned_request& r) {
    const auto query = std::min(r.target.find('?'), r.target.size());
    const auto path = r.target.substr(0, query);
    std::function<void()> then;
    auto said = under_lock([&]() -> canned_answer {
      if (path == "/ask")
        return ask(
            read_form(std::string_view{r.target}.substr(std::min(query + 1, r.target.size()))));
      if (path == "/token") {
        const auto before = tally_.refreshes;
        auto made = token(read_form(r.body));
        if (tally_.refreshes > before)
          then = when_refreshed_;
        return made;
      }
      return records(r);
    });
    if (then)
      then();
    return said;
  }

  mutable std::mutex guard_;
  tally tally_;
  std::map<std::string, grant> codes_;
  std::string access_;
  std::set<std::string> refresh_;
  int drawn_ = 0;
  std::function<void()> when_refreshed_;
  canned_server server_{[this](const canned_request& r) { return answer(r); }};
};

} // namespace tenon::tests
