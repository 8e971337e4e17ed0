// A letter's record goes through its sync once more and, unless it fails again, becomes a row in
// the same event in which the letter is forgotten. Of what could not be read, its sync has read the
// bytes again. It is an old record: what its feed has brought of it since counts, and a refresh
// that has seen it need not have stored it.
#include "actors/collection/conflicts.hpp"
#include "actors/collection/drift/keeping.hpp"
#include "actors/collection/naming.hpp"
#include "actors/collection/rows.hpp"
#include "actors/collection/storing.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using namespace collections;
namespace letters = protocols::letter_types;

letters::fate fate_of(const collection::page_stored& e) {
  return !e.letters.empty()   ? letters::fate::kept
         : !e.changes.empty() ? letters::fate::stored
         : !e.parked.empty()  ? letters::fate::waits
                              : letters::fate::unchanged;
}

/// Whether something has come since that the old record must not undo: a change, or the same
/// content once more. Where another side's change is delivered to, that is for the feed's policy to
/// say.
bool is_newer(const collection::state& s, const std::string& key, const letters::kept& letter) {
  const auto bytes = s.rows.find(row_key(key));
  if (!bytes)
    return false;
  const auto row = read_row(*bytes);
  if (row.feed == letter.feed)
    return row.changed_at > letter.at || row.seen > letter.run;
  return row.changed_at > letter.at && counterpart_of(s, letter.feed) == nullptr;
}

collection::page_stored kept_on(std::uint64_t number, letters::kept letter, std::string why) {
  letter.reason = std::move(why);
  collection::page_stored event{.feed = letter.feed, .replayed = number};
  event.letters.push_back(std::move(letter));
  return event;
}

} // namespace

collection::decision<collection::replay> collection::on(const state& s, const replay& c,
                                                        moment now) {
  const auto stored = s.rows.find(letter_key(c.number));
  if (!stored)
    return refuse({code::not_found, "there is no letter " + std::to_string(c.number), "number",
                   "It may have been settled already."});
  auto letter = protocols::decode<letters::kept>(*stored);
  ensure(letter.has_value(), "a stored letter cannot be read");
  const auto& name = c.record.origin.empty() ? c.record.key : c.record.origin;
  const bool is_read_again = !letter->again.empty();
  if (is_read_again ? letter->place != c.place : letter->key.empty() || letter->key != name)
    return refuse({code::conflict, "the letter is not about the record " + name, "number",
                   "List the letters again."});
  const auto forget = [&](letters::fate fate) {
    return persist(letter_settled{.number = c.number, .at = now})
        .reply(letters::replayed{letter->place, fate});
  };
  const auto keep = [&](const std::string& why) {
    letters::replayed answer{letter->place, letters::fate::kept, why};
    return persist(kept_on(c.number, *letter, why)).reply(std::move(answer));
  };
  if (!c.why.empty())
    return keep(c.why);
  if (c.filtered)
    return forget(letters::fate::filtered);
  const auto present = name_here(s, letter->feed, name).value_or(c.record.key);
  const auto& key = c.record.key.empty() ? present : c.record.key; // what is deleted has no new one
  if (present != key && is_newer(s, present, *letter))
    return forget(letters::fate::superseded);
  if (is_newer(s, key, *letter))
    return forget(letters::fate::superseded);
  const auto bytes = s.rows.find(row_key(key));
  const auto row = bytes ? std::optional{read_row(*bytes)} : std::nullopt;
  const bool own = row && row->feed == letter->feed;
  store page{.feed = letter->feed,
             // Its feed had it then, whatever a sweep since may have to say about older rows.
             .run = own ? std::max(letter->run, row->seen) : letter->run,
             .records = {c.record},
             .marks = true,
             .policy = c.policy,
             .drift = c.drift,
             .read_at = letter->at};
  if (page.records.front().modified_at == moment{})
    page.records.front().modified_at = letter->at;
  if (page.drift.policy == drift::policy::fail) // there is no run that could
    page.drift.policy = drift::policy::quarantine;
  const auto held = hold(s, page, now);
  if (!held.refused.empty() && !held.refused.front().empty())
    return keep(held.refused.front());
  auto event =
      become_rows(s, page, letter->at); // so that letters keep their order among themselves
  if (!event.letters.empty())
    return keep(event.letters.front().reason);
  event.replayed = c.number;
  event.drift = held.noted;
  letters::replayed answer{letter->place, fate_of(event)};
  return persist(std::move(event)).reply(std::move(answer));
}

} // namespace tenon::actors
