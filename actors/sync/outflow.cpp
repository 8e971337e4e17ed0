#include "actors/sync/outflow.hpp"

#include "actors/collection.hpp"
#include "actors/sync/outcome.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/asking.hpp"

#include <algorithm>
#include <set>

namespace tenon::actors {
namespace {

using wire = protocols::sync;
using runtime::task;

struct origin {
  std::string collection;
  std::string except; // the feed whose changes are not delivered
};

result<origin> read_origin(const std::string& from) {
  const auto written = read_json(from);
  const auto* options = written ? written->find("collection") : nullptr;
  const auto* name = options ? options->find("name") : nullptr;
  const auto* except = options ? options->find("except") : nullptr;
  if (!name || !name->is<std::string>() || name->as<std::string>()->empty() ||
      (except && !except->is<std::string>()))
    return failure{code::malformed, "what is written comes from a collection", "spec.from",
                   "Write from: {collection: {name: customers}}."};
  return origin{*name->as<std::string>(), except ? *except->as<std::string>() : ""};
}

/// Names the writing of this content of this record by this sync, for ever.
std::string effect_of(const identity& sync, const std::string& key, std::uint64_t version) {
  return to_string(sync) + '/' + key + '@' + std::to_string(version);
}

wire::transferred done_with(const wire::transfer& asked,
                            const protocols::collection::delivered& d) {
  return {.run = asked.run,
          .page = asked.page,
          .moved = {.stored = d.written,
                    .unchanged = d.unchanged,
                    .filtered = d.filtered,
                    .dead_lettered = d.dead_lettered,
                    .deleted = d.deleted,
                    .position = write_json(d.next.rows ? object{{"key", d.next.key}}
                                                       : object{{"change", d.next.sequence}}),
                    .last = d.last}};
}

} // namespace

struct outflow::taken {
  delivery going{};
  std::vector<std::size_t> of{};                     // the item that each change comes from
  std::vector<std::pair<std::size_t, bool>> aside{}; // items that do not go: a letter, or filtered
  std::vector<protocols::letter_types::kept> letters{};
  protocols::outlet_types::changes changes{};
};

/// What the other side has now of the page's rows, for the feed that reads from there.
std::vector<protocols::conflict_types::sent>
outflow::sent_of(const taken& page, std::size_t settled,
                 const std::vector<protocols::letter_types::kept>& refused,
                 const std::vector<std::string>& left) {
  std::set<std::string_view> held{left.begin(), left.end()};
  for (const auto& letter : refused)
    held.insert(letter.place);
  for (const auto& [item, is_letter] : page.aside)
    held.insert(page.changes.items[item].key);
  std::vector<protocols::conflict_types::sent> all;
  for (std::size_t i = 0; i < settled; ++i) {
    const auto& [key, row, next, returned, there] = page.changes.items[i];
    all.push_back({.key = key,
                   .version = row.version,
                   .side = {row.deleted, row.deleted ? blob{} : row.content},
                   .held = held.contains(key)});
  }
  return all;
}

task<result<outflow::taken>> outflow::take(identity sync, wire::transfer asked, wire::spec spec,
                                           std::uint32_t page_size) {
  const auto from = read_origin(spec.from);
  if (!from)
    co_return from.error();
  const auto shape = shaping::make(spec);
  if (!shape)
    co_return shape.error();
  const identity collection_id{sync.tenant, "collection", from->collection};
  const protocols::collection::read_changes wanted{.outlet = sync.name,
                                                   .run = asked.run,
                                                   .full = asked.full,
                                                   .limit = page_size,
                                                   .except = from->except};
  auto found = co_await runtime::ask<collection>(host_, collection_id, wanted);
  if (!found)
    co_return std::move(found).error();
  taken t;
  t.changes = *std::move(found);
  t.going.sync = sync;
  t.going.priority = spec.priority;
  t.going.named = t.changes.named;
  t.going.changes.reserve(t.changes.items.size());
  t.of.reserve(t.changes.items.size());
  for (std::size_t i = 0; i < t.changes.items.size(); ++i) {
    const auto& [key, row, next, returned, there] = t.changes.items[i];
    outgoing_change one{.key = key,
                        .content = row.content,
                        .deleted = row.deleted,
                        .effect = effect_of(sync, key, row.version),
                        .returned = returned,
                        .there = there};
    std::string why;
    const auto fate = shape->shape(one.content, why, host_.now());
    if (fate == shaping::fate::kept || row.deleted) {
      t.going.changes.push_back(std::move(one));
      t.of.push_back(i);
      continue;
    }
    t.aside.emplace_back(i, fate == shaping::fate::letter);
    if (fate == shaping::fate::letter)
      t.letters.push_back({.place = key, .reason = std::move(why), .bytes = row.content});
  }
  co_return t;
}

task<wire::transferred> outflow::move(runtime::effect e, wire::transfer asked, wire::spec spec) {
  const auto to = read_json(spec.to);
  const auto* kinds = to ? to->as<object>() : nullptr;
  if (!kinds || kinds->size() != 1 || !kinds->begin()->second.is<object>())
    co_return in_trouble(
        asked, {{code::malformed, "the destination is not one kind with its options", "spec.to"}});
  const auto& [kind_name, options] = *kinds->begin();
  const auto kind = std::ranges::find(kinds_, kind_name, [](const auto& k) { return k->name(); });
  if (kind == kinds_.end())
    co_return in_trouble(
        asked,
        {{code::not_found, "there is no kind of destination called " + kind_name, "spec.to"}});
  const object given = *options.as<object>();
  auto opened = co_await (*kind)->open(e.by, given);
  if (!opened)
    co_return in_trouble(asked, trouble_from(std::move(opened).error()));
  const auto settings = tuning::chosen_among((*opened)->settings(), asked.settings);
  auto page = co_await take(e.by, asked, spec, (*opened)->page_size(settings));
  if (!page)
    co_return in_trouble(asked, trouble_from(page.error()));
  const auto from = read_origin(spec.from);
  const identity collection_id{e.by.tenant, "collection", from->collection};
  const auto& items = page->changes.items;
  if (page->changes.page == asked.page + 1) { // it was delivered, and nobody heard of it
    const protocols::collection::deliver again{
        .outlet = e.by.name, .run = asked.run, .page = asked.page};
    const auto as_before = co_await ask_patiently<collection>(host_, timer_, collection_id, again);
    if (!as_before)
      co_return in_trouble(asked, trouble_from(as_before.error()));
    co_return done_with(asked, *as_before);
  }
  settled s;
  span took{};
  // Of what may have been written before, nobody knows when.
  const auto begun = e.repeated || asked.failures != 0 ? moment{} : host_.now();
  if (!page->going.changes.empty()) {
    page->going.repeated = e.repeated;
    page->going.attempt = asked.attempt;
    page->going.run = asked.run;
    page->going.full = asked.full;
    page->going.settings = settings;
    const auto since = host_.steady();
    s = co_await (*opened)->write(page->going);
    took = std::chrono::duration_cast<span>(host_.steady() - since);
  }
  const bool all = s.count == page->going.changes.size();
  if (!all && s.count == 0)
    co_return in_trouble(asked, std::move(s.trouble).value_or(source_trouble{
                                    {code::internal, "the destination settled nothing"}}));
  const auto settled_items = all ? items.size() : page->of[s.count];
  protocols::collection::deliver what{.outlet = e.by.name,
                                      .run = asked.run,
                                      .page = asked.page,
                                      .next =
                                          all ? page->changes.next : items[settled_items - 1].next,
                                      .written = s.written,
                                      .deleted = s.deleted,
                                      .unchanged = s.unchanged,
                                      .letters = std::move(s.letters),
                                      .last = all && page->changes.last,
                                      .begun_at = begun,
                                      .returned = std::move(s.returned)};
  if (!from->except.empty())
    what.sent = sent_of(*page, settled_items, what.letters, s.held);
  std::size_t letter = 0;
  for (const auto& [item, is_letter] : page->aside) {
    if (item >= settled_items)
      break;
    if (is_letter)
      what.letters.push_back(std::move(page->letters[letter++]));
    else
      ++what.filtered;
  }
  const auto kept = co_await ask_patiently<collection>(host_, timer_, collection_id, what);
  if (!kept)
    co_return in_trouble(asked, trouble_from(kept.error()));
  auto done = done_with(asked, *kept);
  done.moved.bytes = s.bytes;
  done.moved.expected = page->changes.expected;
  done.moved.took = took;
  if (all && !page->going.changes.empty()) // of a part nobody knows how it would have gone
    done.moved.settings = settings;
  co_return done;
}

} // namespace tenon::actors
