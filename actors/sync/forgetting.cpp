#include "actors/sync/forgetting.hpp"

#include "actors/collection.hpp"
#include "actors/sync.hpp"
#include "actors/sync/opening.hpp"
#include "actors/sync/outcome.hpp"
#include "actors/sync/runs/next_page.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using wire = protocols::sync;
using runtime::task;

// About ten minutes in all: a server that restarts is back by then.
constexpr int most_attempts = 15;
constexpr span first_wait{1'000};
constexpr span longest_wait{60'000};

std::string collection_of(const wire::spec& s) {
  return s.to.empty() ? s.into : collection_in(s.from);
}

} // namespace

void forgetting::begin(what gone, std::function<void(result<void>)> told) {
  auto done = [name = to_string(gone.sync), told](result<bool> forgot) {
    if (forgot && !*forgot)
      return;
    if (forgot)
      return told({});
    const auto& why = forgot.error();
    runtime::log::warn(
        "sync.not_forgotten",
        {{"sync", name}, {"why", why.why}, {"where", why.where}, {"remedy", why.remedy}});
    told(why);
  };
  if (const auto begun = runtime::start<bool>(workers_, forget(std::move(gone)), done); !begun)
    done(begun.error());
}

task<result<bool>> forgetting::forget(what gone) {
  auto wait = first_wait;
  for (int attempt = 1;; ++attempt) {
    const auto done = co_await try_once(gone);
    if (done)
      co_return true;
    const auto trouble = trouble_from(done.error());
    if (!trouble.transient || attempt == most_attempts)
      co_return done.error();
    if (!co_await timer_.wait(wait))
      co_return false;
    wait = std::min(wait * 2, longest_wait);
  }
}

task<result<void>> forgetting::try_once(const what& gone) {
  const protocols::resource::describe look{};
  const auto there = co_await runtime::ask<sync>(host_, gone.sync, look);
  if (!there && there.error().code != code::not_found)
    co_return there.error();
  std::optional<wire::spec> present;
  if (there)
    if (const auto read = sync_spec_from(there->spec))
      present = *read;
  const bool same_way = present && present->to.empty() == gone.spec.to.empty();
  if (!same_way || collection_of(*present) != collection_of(gone.spec)) {
    const identity kept{gone.sync.tenant, "collection", collection_of(gone.spec)};
    const protocols::collection::forget what_is_kept{gone.sync.name, gone.run};
    const auto forgot = co_await ask_patiently<collection>(host_, timer_, kept, what_is_kept);
    if (!forgot && forgot.error().code != code::not_found)
      co_return forgot.error();
  }
  if (!gone.spec.to.empty() || (same_way && kind_in(present->from) == kind_in(gone.spec.from)))
    co_return result<void>{};
  const auto from = open_source(kinds_, gone.sync, gone.spec);
  if (!from)
    co_return result<void>{}; // it could not have been read from either
  co_return co_await (*from)->forget();
}

} // namespace tenon::actors
