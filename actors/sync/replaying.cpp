#include "actors/sync/replaying.hpp"

#include "actors/collection.hpp"
#include "actors/collection/drift/fields.hpp"
#include "actors/sync.hpp"
#include "actors/sync/opening.hpp"
#include "actors/sync/shaping.hpp"
#include "runtime/tasks/asking.hpp"

namespace tenon::actors {
namespace {

using runtime::task;
using wire = protocols::collection;
namespace letters = protocols::letter_types;

/// The spec of the sync that brought it, which must still feed the collection.
result<protocols::sync::spec> spec_in(const protocols::resource::described& sync,
                                      const letters::kept& letter, const std::string& collection) {
  auto spec = sync_spec_from(sync.spec);
  if (spec && spec->into != collection)
    return failure{code::conflict, "the sync " + letter.feed + " feeds another collection now",
                   "number", "Discard the letter; the record is where the sync brings it now."};
  return spec;
}

result<wire::replay> tried_again(std::uint64_t number, const letters::kept& letter,
                                 const protocols::sync::spec& spec, moment now) {
  const auto shape = shaping::make(spec);
  if (!shape)
    return shape.error();
  wire::replay again{.number = number,
                     .record = {.key = letter.key, .content = letter.bytes},
                     .policy = spec.conflicts};
  const auto fate = shape->shape(again.record, again.why, now);
  again.filtered = fate == shaping::fate::filtered;
  collections::field_sum fields;
  fields.add(again.record.content.view());
  again.drift = fields.page(spec.drift);
  return again;
}

} // namespace

task<result<letters::replayed>> replay_letter(runtime::host& host, identity collection,
                                              std::uint64_t number) {
  const wire::list_letters one{.after = number == 0 ? number : number - 1, .limit = 1};
  const auto listed = co_await runtime::ask<actors::collection>(host, collection, one);
  if (!listed)
    co_return listed.error();
  const auto* found = listed->letters.empty() ? nullptr : &listed->letters.front();
  if (found == nullptr || found->number != number || found->letter.key.empty()) {
    const wire::settle_letter send{.number = number, .replay = true};
    auto sent = co_await runtime::ask<actors::collection>(host, collection, send);
    co_return sent;
  }
  const auto& letter = found->letter;
  const identity feed{collection.tenant, "sync", letter.feed};
  const protocols::resource::describe as_it_is{};
  const auto described = co_await runtime::ask<sync>(host, feed, as_it_is);
  if (!described && described.error().code == code::not_found) {
    failure why{code::conflict, "the sync " + letter.feed + " that brought it is gone", "number",
                "Discard the letter, or make a sync of that name again."};
    co_return why;
  }
  if (!described)
    co_return described.error();
  const auto spec = spec_in(*described, letter, collection.name);
  if (!spec)
    co_return spec.error();
  const auto again = tried_again(number, letter, *spec, host.now());
  if (!again)
    co_return again.error();
  auto done = co_await runtime::ask<actors::collection>(host, collection, *again);
  co_return done;
}

} // namespace tenon::actors
