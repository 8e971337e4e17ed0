// A connector that is nothing but its limits, and all quotas of a tenant, for tests of requests on
// their way past them.
#pragma once

#include "actors/integration/passage.hpp"
#include "actors/quota.hpp"
#include "protocols/json.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tenon::actors::connectors {

/// A connector with these limits, asked on behalf of accounts that differ.
struct shop {
  manifest connector;

  explicit shop(std::string_view limits, std::string name = "shop") {
    problems found;
    auto made = compile_limits(*read_json(limits), "limits", found);
    for (const auto& wrong : std::move(found).take())
      ADD_FAILURE() << wrong.where << ": " << wrong.why;
    connector.name = std::move(name);
    connector.buckets = std::move(made.buckets);
    connector.observe = std::move(made.observe);
  }
  toll asked_by(const std::string& credential, object settings, std::string who = "nightly",
                std::string path = "/orders") const {
    settings["id"] = credential;
    const connection account{credential, settings, {}, {}};
    const http_request one{"GET", "https://api.example.com" + path, {}, {}};
    return *toll_of(connector, account, one, background(std::move(who), {}));
  }
  passage past(const std::string& credential, object settings) const {
    return {connector, asked_by(credential, std::move(settings)), {"acme", "quota", credential}};
  }
};

/// All quotas of a tenant.
struct quotas {
  std::map<identity, tests::scene<actors::quota>> all;

  result<protocols::quota::granted> ask(const passage::gate& gate, moment now) {
    auto& one = all[gate.quota];
    one.now = now;
    auto done = one.when(gate.wanted);
    if (done.refusal)
      return *done.refusal;
    return *done.reply;
  }
  void tell(const std::vector<passage::word>& words, moment now) {
    for (const auto& [to, what] : words) {
      auto& one = all[to];
      one.now = now;
      std::visit([&](const auto& said) { static_cast<void>(one.when(said)); }, what);
    }
  }
  /// Until it is past all, or told to wait.
  passage::turn go(passage& p, moment now) {
    while (const auto* gate = p.next()) {
      auto turn = p.hear(ask(*gate, now), now, std::chrono::minutes{1});
      tell(turn.told, now);
      if (turn.refused)
        return turn;
    }
    return {};
  }
};

} // namespace tenon::actors::connectors
