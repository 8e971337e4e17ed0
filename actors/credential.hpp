// What proves who we are to one platform: fixed secrets, or a token that is fetched with them and
// shared by everything that uses the integration.
//
//     without token ──used──▶ acquiring ──fetched──▶ with token ──expiry near, used──▶ acquiring
//           ▲                   │    │                    │
//           └──────failed───────┘    └──"no use"──▶ dead  └──rejected by the platform──▶ without
//
// Where the provider asks a person for consent, they are sent there with a nonce that is good for
// one way back within ten minutes; the code that they bring is swapped for the first token. A
// refresh token that came with it is journaled before anybody uses the token beside it. When the
// outcome of a refresh is lost, it is tried again with what is held; if the provider refuses that,
// a person has to connect it again, and is told so.
//
//     begun ──comes back with a code──▶ connecting ──fetched──▶ connected
//       └──comes back with a refusal, later than ten minutes, or a second time──▶ as it was
//
// A platform may say at any time that what it was connected with is void: the account withdrew it,
// or lacks a permission. Then nobody asks it any more, also not with the secrets themselves, until
// a person has connected it again or configured new secrets.
//
// Promise: one fetch for each expiry, however many ask; while a new token is fetched ahead of the
// old one's end, the old one is handed out. Failed fetches are repeated further and further apart,
// and only when somebody asks. A dead credential refuses everyone until a person configures it.
// A provider that wants to know that a token is given up is told when it is removed or replaced;
// nobody waits for that.
#pragma once

#include "actors/resource/resource.hpp"
#include "protocols/credential.hpp"

namespace tenon::actors {

struct credential : resource<credential, protocols::credential> {
  static result<void> check_spec(const value& spec);
  static value status(const state&);
  static bool renews(const state& s) { return s.dead || s.failures > 0; }

  static persisted when_configured(persisted, const state&, const value& spec, moment now);
  static persisted when_removed(persisted, const state&, moment now);

  using resource::on;
  static decision<use> on(const state&, const use&, moment now);
  static decision<rejected> on(const state&, const rejected&, moment now);
  static decision<acquired> on(const state&, const acquired&, moment now);
  static decision<authorize> on(const state&, const authorize&, moment now);
  static decision<cut_off> on(const state&, const cut_off&, moment now);
  static decision<come_back> on(const state&, const come_back&, moment now);
  static decision<left> on(const state&, const left&, moment) { return ignore(); }

  using resource::apply;
  static void apply(state& s, const configured& e);
  static void apply(state& s, const removed& e);
  static void apply(state& s, const acquiring&);
  static void apply(state& s, const refreshed& e);
  static void apply(state& s, const failed& e);
  static void apply(state& s, const invalidated& e);
  static void apply(state& s, const authorizing& e);
  static void apply(state& s, const came_back& e);
  static void apply(state& s, const disconnected& e);
  static bool holds(const state& s);

  struct metrics {
    explicit metrics(runtime::meters& m);
    runtime::counter& refreshed;
    runtime::counter& failed;
    runtime::counter& rejected;
  };
  static void observe(metrics& m, const refreshed&) { m.refreshed.Increment(); }
  static void observe(metrics& m, const failed&) { m.failed.Increment(); }
  static void observe(metrics& m, const invalidated&) { m.rejected.Increment(); }
};

} // namespace tenon::actors
