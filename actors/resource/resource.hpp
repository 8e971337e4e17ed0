// What every kind of resource shares: it is configured with a spec, described, and removed.
//
//     absent ──configure──▶ there ──configure──▶ there, one version on
//        ▲────────remove──────┘
//
// A kind derives from this, says `using resource::on; using resource::apply;` and completes it:
//
//     static result<void> check_spec(const value& spec)    what is wrong with it, with "spec.…"
//     static value status(const state&)                    what a reader sees beside the spec
//     (optional) static persisted when_configured(persisted, const state&, const value& spec, now)
//     (optional) static persisted when_removed(persisted, const state&, now)
//                        what else follows, in the same journal entry; add to the first and return
//     (optional) static bool renews(const state&)
//                        applying an unchanged spec counts as a change now, to try again
//
// Its state has a member `record`. A removed resource leaves nothing but its version, which goes on
// growing when the name is used again; a kind for which more must outlive it has its own apply.
#pragma once

#include "actors/resource/record.hpp"
#include "actors/resource/secrets.hpp"
#include "protocols/json.hpp"
#include "runtime/actor.hpp"

namespace tenon::actors {

template <class Kind, class Protocol> struct resource : runtime::actor<Protocol> {
  using actor = runtime::actor<Protocol>;
  using typename actor::persisted;
  template <class Command> using decision = typename actor::template decision<Command>;

  using configure = protocols::resource::configure;
  using describe = protocols::resource::describe;
  using remove = protocols::resource::remove;
  using changed = protocols::resource::changed;
  using described = protocols::resource::described;
  using configured = protocols::resource::configured;
  using removed = protocols::resource::removed;
  using made = protocols::resource::outcome; // not `outcome`: kinds have their own

  static constexpr auto keeps = runtime::keeps::latest; // the past of specs is the audit's

  template <class State>
  static decision<configure> on(const State& s, const configure& c, moment now) {
    const auto& present = s.record;
    if (auto refusal = refusal_of(present, c))
      return actor::refuse(*std::move(refusal));
    const auto spec = read_spec(present, c.spec, secrets());
    if (!spec)
      return actor::refuse(spec.error());
    if (auto checked = Kind::check_spec(*spec); !checked)
      return actor::refuse(std::move(checked).error());
    auto text = write_json(*spec);
    if (present.exists && text == present.spec && !tries_again(s))
      return actor::reply(changed{made::unchanged, present.version});
    const auto done = present.exists ? made::changed : made::created;
    if (c.dry_run)
      return actor::reply(changed{done, present.version});
    auto persisted = actor::persist(configured{std::move(text), now});
    if constexpr (requires { Kind::when_configured(std::move(persisted), s, *spec, now); })
      persisted = Kind::when_configured(std::move(persisted), s, *spec, now);
    return std::move(persisted).reply(changed{done, present.version + 1});
  }

  template <class State> static decision<describe> on(const State& s, const describe&, moment) {
    if (!s.record.exists)
      return actor::refuse(no_such_resource());
    return actor::reply(described{.version = s.record.version,
                                  .spec = shown_spec(s.record, secrets()),
                                  .status = write_json(Kind::status(s)),
                                  .created_at = s.record.created_at,
                                  .changed_at = s.record.changed_at});
  }

  template <class State> static decision<remove> on(const State& s, const remove& c, moment now) {
    if (auto refusal = refusal_of(s.record, c))
      return actor::refuse(*std::move(refusal));
    auto persisted = actor::persist(removed{now});
    if constexpr (requires { Kind::when_removed(std::move(persisted), s, now); })
      persisted = Kind::when_removed(std::move(persisted), s, now);
    return std::move(persisted).reply(changed{made::removed, s.record.version + 1});
  }

  template <class State> static void apply(State& s, const configured& e) {
    actors::apply(s.record, e);
  }
  template <class State> static void apply(State& s, const removed& e) {
    actors::apply(s.record, e);
    static_cast<typename Protocol::state&>(s) = {.record = s.record};
  }

private:
  static const std::vector<std::string_view>& secrets() {
    if constexpr (requires { typename Protocol::spec; }) {
      static const auto names = secret_members<typename Protocol::spec>();
      return names;
    } else {
      static const std::vector<std::string_view> none;
      return none;
    }
  }

  template <class State> static bool tries_again(const State& s) {
    if constexpr (requires { Kind::renews(s); })
      return Kind::renews(s);
    else
      return false;
  }
};

} // namespace tenon::actors
