#include "actors/sync/sources/singer.hpp"

#include "actors/sync/outcome.hpp"
#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/local/blocking_page.hpp"
#include "actors/sync/sources/singer/tap.hpp"

#include <charconv>

#include <unistd.h>

namespace tenon::actors {
namespace {

using namespace singer;
using runtime::task;

constexpr span when_full = std::chrono::seconds{5};
// A tap that ends badly is tried again; but one that does so time and again before it comes to a
// STATE would be read from the same place for ever.
constexpr std::uint64_t most_bad_ends = 4;

/// What sources share with the kind that opened them.
struct world {
  singer_options options;
  kept_taps taps{options.at_once, options.idle_limit};
};

/// `tap` is the one to go on with, if there is any; and then the one that was read. `bad_ends`: so
/// many with this one, if the failure is one.
result<source_page> read_from(std::unique_ptr<running_tap>& tap, world& w, launch l,
                              const page_request& wanted, std::uint64_t& bad_ends,
                              const std::stop_token& stop) {
  auto here = read_place(wanted.position);
  if (!here)
    return std::move(here).error();
  here->bad_ends = std::max(here->bad_ends, bad_ends);
  const auto before = read_cursor(wanted.full && wanted.position.empty() ? "" : wanted.cursor);
  if (!before)
    return before.error();
  if (tap && !tap->can_answer(wanted, l.shape()))
    tap.reset();
  if (!tap) {
    auto seat = w.taps.seat();
    if (!seat)
      return failure{code::overloaded, "as many taps run as may run at once",
                     "spec.from.singer.tap", "It is tried again.", when_full};
    const auto& state = here->state.empty() ? before->state : here->state;
    auto begun = running_tap::start(std::move(l), state, std::move(seat), stop);
    if (!begun)
      return std::move(begun).error();
    tap = *std::move(begun);
  }
  auto page = tap->page(wanted, *here, *before, stop);
  if (tap->ended_badly())
    bad_ends = here->bad_ends + 1;
  return page;
}

result<source_page> read_page(world& w, launch l, const page_request& wanted,
                              std::uint64_t& bad_ends, const std::stop_token& stop) {
  const auto reading = w.taps.begin(wanted.sync);
  std::stop_source any;
  const auto end = [&any] { any.request_stop(); };
  const std::stop_callback when_stopped{stop, end}, when_closing{w.options.closing, end},
      when_dropped{reading.get_token(), end};
  auto tap = w.taps.take(wanted.sync);
  auto page = read_from(tap, w, std::move(l), wanted, bad_ends, any.get_token());
  w.taps.end(wanted.sync, reading, std::move(tap));
  return page;
}

class tap_source final : public source {
public:
  tap_source(std::shared_ptr<world> w, identity sync, source_options o)
      : world_{std::move(w)}, sync_{std::move(sync)}, options_{std::move(o)} {}

  task<page_or_trouble> read(page_request wanted) override {
    launch how{world_->options.taps.at(options_.tap),
               options_,
               {},
               to_string(sync_),
               world_->options.page_limit};
    if (!options_.credential.empty()) {
      const identity credential{sync_.tenant, "credential", options_.credential};
      auto secrets = co_await world_->options.secrets(credential);
      if (!secrets) {
        auto why = std::move(secrets).error();
        why.why = "the credential " + options_.credential + ": " + why.why;
        why.where = "spec.from.singer.credential";
        co_return trouble_from(std::move(why));
      }
      how.secrets = *std::move(secrets);
    }
    wanted.sync = sync_;
    // What was said with the last attempt: how many taps have ended badly.
    auto bad_ends = std::make_shared<std::uint64_t>(0);
    std::from_chars(wanted.attempt.data(), wanted.attempt.data() + wanted.attempt.size(),
                    *bad_ends);
    blocking_read page = [w = world_, how = std::move(how), bad_ends,
                          wanted = std::move(wanted)](const std::stop_token& stop) {
      return read_page(*w, how, wanted, *bad_ends, stop);
    };
    auto read = co_await read_page_on(world_->options.blocking, std::move(page));
    if (auto* t = std::get_if<source_trouble>(&read)) {
      t->counted = t->why.code == code::overloaded; // it is not the sync's fault
      t->transient = t->transient && *bad_ends < most_bad_ends;
      t->attempt = *bad_ends > 0 ? std::to_string(*bad_ends) : "";
    }
    co_return read;
  }

  /// No tap is asked: the letter has the whole record.
  task<result<source_page>> read_again(protocols::letter_types::kept letter) override {
    co_return singer::read_again(options_, letter);
  }

  task<result<void>> abandon(page_request) override {
    world_->taps.drop(sync_);
    co_return result<void>{};
  }

  task<result<void>> forget() override {
    world_->taps.drop(sync_);
    co_return result<void>{};
  }

private:
  const std::shared_ptr<world> world_;
  const identity sync_;
  const source_options options_;
};

class tap_kind final : public source_kind {
public:
  explicit tap_kind(singer_options o) : world_{std::make_shared<world>(std::move(o))} {}

  std::string_view name() const override { return "singer"; }

  result<void> check(const object& written) const override {
    const auto o = allowed(written);
    return o ? result<void>{} : o.error();
  }

  result<std::unique_ptr<source>> open(const identity& sync, const object& written) override {
    auto o = allowed(written);
    if (!o)
      return std::move(o).error();
    return std::unique_ptr<source>{std::make_unique<tap_source>(world_, sync, *std::move(o))};
  }

private:
  result<source_options> allowed(const object& written) const {
    auto o = read_options(written);
    if (o && !world_->options.taps.contains(o->tap))
      return failure{code::forbidden, "this node runs no tap that is called " + o->tap,
                     "spec.from.singer.tap",
                     "Start the node with `--stdio " + o->tap + "=PROGRAM`."};
    return o;
  }

  const std::shared_ptr<world> world_;
};

} // namespace

result<std::pair<std::string, std::filesystem::path>> read_allowed_tap(const std::string& written) {
  const auto equals = written.find('=');
  const auto name = written.substr(0, equals);
  const std::filesystem::path program{equals == written.npos ? "" : written.substr(equals + 1)};
  if (!check(identity{"t", "tap", name}) || !program.is_absolute())
    return failure{code::malformed, "it is no name and program: " + written, "--stdio",
                   "Write it as --stdio github=/opt/tap-github/bin/tap-github."};
  std::error_code wrong;
  if (!std::filesystem::is_regular_file(program, wrong) || ::access(program.c_str(), X_OK) != 0)
    return failure{code::not_found, "this is no program that can be run: " + program.string(),
                   "--stdio", "Check its path, and that this user may execute it."};
  return std::pair{name, program};
}

std::unique_ptr<source_kind> singer_source(singer_options o) {
  if (!o.taps.empty())
    clear_left_workplaces();
  return std::make_unique<tap_kind>(std::move(o));
}

} // namespace tenon::actors

namespace tenon::actors::sources {

std::unique_ptr<source_kind> singer(const surroundings& s) {
  return singer_source({.taps = s.taps,
                        .secrets = s.secrets,
                        .blocking = s.tapping,
                        .closing = s.closing,
                        .at_once = s.taps_at_once});
}

} // namespace tenon::actors::sources
