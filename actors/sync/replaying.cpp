#include "actors/sync/replaying.hpp"

#include "actors/collection.hpp"
#include "actors/collection/drift/fields.hpp"
#include "actors/sync.hpp"
#include "actors/sync/opening.hpp"
#include "actors/sync/shaping.hpp"
#include "runtime/tasks/asking.hpp"

#include <utility>

namespace tenon::actors {
namespace {

using runtime::task;
using wire = protocols::collection;
namespace letters = protocols::letter_types;

/// The collection that the sync feeds, or writes from.
std::string collection_of(const protocols::sync::spec& spec) {
  const auto from = spec.to.empty() ? result<value>{value{}} : read_json(spec.from);
  const auto* options = from ? from->find("collection") : nullptr;
  const auto* name = options ? options->find("name") : nullptr;
  return name && name->is<std::string>() ? *name->as<std::string>() : spec.into;
}

/// What the sync of the letter says now: of one that still has to do with the collection.
task<result<protocols::sync::spec>> spec_of(runtime::host& host, identity collection,
                                            const letters::kept& letter) {
  const identity feed{collection.tenant, "sync", letter.feed};
  if (!check(feed))
    co_return failure{code::conflict, "it came by the " + letter.feed + ", and by no sync",
                      "number", "Have it sent again, and discard the letter."};
  const protocols::resource::describe as_it_is{};
  const auto described = co_await runtime::ask<sync>(host, feed, as_it_is);
  if (!described && described.error().code == code::not_found)
    co_return failure{code::conflict, "the sync " + letter.feed + " that it is of is gone",
                      "number", "Discard the letter, or make a sync of that name again."};
  if (!described)
    co_return described.error();
  auto spec = sync_spec_from(described->spec);
  if (spec && collection_of(*spec) != collection.name)
    co_return failure{code::conflict,
                      "the sync " + letter.feed +
                          (spec->to.empty() ? " feeds another collection now"
                                            : " writes from another collection now"),
                      "number", "Discard the letter; the record is where the sync brings it now."};
  co_return spec;
}

/// What has become of the bytes, when the source has read them again.
void take(source_page read, wire::replay& into) {
  const auto found = read.records.size() + read.letters.size();
  if (found > 1)
    into.why = "as its source is read now, the bytes are " + std::to_string(found) +
               " records and not one";
  else if (!read.letters.empty())
    into.why = std::move(read.letters.front().reason);
  else if (found == 0)
    into.filtered = true;
  else
    into.record = std::move(read.records.front());
}

/// Through the sync as it is now. A deletion carries no fields to judge.
result<void> shape(wire::replay& into, const protocols::sync::spec& spec, moment now) {
  const auto shape = shaping::make(spec);
  if (!shape)
    return shape.error();
  into.policy = spec.conflicts;
  if (into.record.deleted) {
    if (shape->names())
      into.record.origin = std::exchange(into.record.key, {});
    return {};
  }
  into.filtered = shape->shape(into.record, into.why, now) == shaping::fate::filtered;
  collections::field_sum fields;
  fields.add(into.record.content.view());
  into.drift = fields.page(spec.drift);
  return {};
}

task<result<wire::replay>> tried_again(runtime::host& host, const source_kinds& kinds,
                                       identity feed, letters::numbered one,
                                       protocols::sync::spec spec) {
  wire::replay again{.number = one.number};
  if (one.letter.again.empty()) {
    again.record = {.key = one.letter.key, .content = one.letter.bytes};
  } else {
    const auto from = open_source(kinds, feed, spec);
    if (!from)
      co_return from.error();
    again.place = one.letter.place;
    auto read = co_await (*from)->read_again(std::move(one.letter));
    if (!read)
      co_return std::move(read).error();
    take(*std::move(read), again);
  }
  if (again.why.empty() && !again.filtered)
    if (auto shaped = shape(again, spec, host.now()); !shaped)
      co_return std::move(shaped).error();
  co_return again;
}

} // namespace

task<result<letters::replayed>> replay_letter(runtime::host& host, const source_kinds& kinds,
                                              identity collection, std::uint64_t number) {
  const wire::list_letters wanted{.after = number == 0 ? number : number - 1, .limit = 1};
  const auto listed = co_await runtime::ask<actors::collection>(host, collection, wanted);
  if (!listed)
    co_return listed.error();
  if (listed->letters.empty() || listed->letters.front().number != number)
    co_return failure{code::not_found, "there is no letter " + std::to_string(number), "number",
                      "It may have been settled already."};
  const auto& one = listed->letters.front();
  const auto spec = co_await spec_of(host, collection, one.letter);
  if (!spec)
    co_return spec.error();
  const bool holds_none = one.letter.key.empty() && one.letter.again.empty();
  if (!spec->to.empty() || holds_none) { // to be written again; or refused
    const wire::settle_letter send{.number = number, .replay = true};
    auto sent = co_await runtime::ask<actors::collection>(host, collection, send);
    co_return sent;
  }
  const identity feed{collection.tenant, "sync", one.letter.feed};
  const auto again = co_await tried_again(host, kinds, feed, one, *spec);
  if (!again)
    co_return again.error();
  auto done = co_await runtime::ask<actors::collection>(host, collection, *again);
  co_return done;
}

} // namespace tenon::actors
