// What is delivered from a collection. An outlet goes once through all rows by key and then follows
// the changes; where it stands is kept here, with the records, so that it can neither run ahead of
// what is delivered nor lose a change that comes while it goes through the rows.
#include "actors/collection.hpp"
#include "actors/collection/conflicts.hpp"
#include "actors/collection/naming.hpp"
#include "actors/collection/progress.hpp"
#include "actors/collection/returned.hpp"
#include "actors/collection/rows.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using namespace collections;
using wire = protocols::collection;

constexpr std::uint32_t most_changes = 10'000;
constexpr std::size_t looked_at_once = 50'000;
constexpr std::size_t page_bytes = 8u << 20;

const wire::outlet* find_outlet(const wire::state& s, std::string_view name) {
  const auto it = std::ranges::find(s.outlets, name, &wire::outlet::name);
  return it == s.outlets.end() ? nullptr : &*it;
}

/// One that was never opened stands for it, if its counterpart was there first.
const wire::outlet* find_or_unnamed(const wire::state& s, const wire::outlet* named,
                                    std::string_view except) {
  const auto* pair = named ? nullptr : counterpart_of(s, except);
  return pair && pair->name.empty() ? pair : named;
}

/// Collects what comes after a place, up to the bounds of a page.
class gathering {
public:
  gathering(const collection::state& s, const wire::read_changes& c, const wire::outlet* outlet,
            protocols::outlet_types::place from)
      : state_{s}, outlet_{outlet}, limit_{std::clamp<std::uint32_t>(c.limit, 1, most_changes)},
        except_{c.except} {
    out.next = std::move(from);
    out.named = has_names(s, c.except);
  }

  void run() {
    const auto ahead = out.next.rows ? state_.live : state_.sequence - out.next.sequence;
    out.items.reserve(std::min<std::uint64_t>(limit_, ahead));
    if (out.next.rows && through_rows())
      out.next = {.sequence = out.next.sequence};
    if (!out.next.rows && !full())
      through_changes();
    out.last = !out.next.rows && out.next.sequence >= state_.sequence;
    out.expected = out.items.size() + (out.next.rows ? 0 : state_.sequence - out.next.sequence);
    if (out.next.rows)
      out.expected = std::max<std::uint64_t>(out.expected, state_.live);
  }

  protocols::outlet_types::changes out;

private:
  bool full() const {
    return out.items.size() >= limit_ || bytes_ >= page_bytes || looked_at_ >= looked_at_once;
  }

  void take(std::string_view key, protocols::row_types::record row) {
    if (!except_.empty() && row.feed == except_)
      return;
    // It goes when a person has decided what of it.
    if (state_.parked != 0 && outlet_ != nullptr && parked_for(state_, *outlet_, key))
      return;
    auto returned = outlet_ == nullptr ? blob{} : returned_of(state_, *outlet_, key);
    bytes_ += row.content.size() + returned.size();
    auto there = what_it_is_called_there(key, row);
    out.items.push_back(
        {std::string{key}, std::move(row), out.next, std::move(returned), std::move(there)});
  }

  std::string what_it_is_called_there(std::string_view key,
                                      const protocols::row_types::record& row) const {
    if (out.named)
      return name_there(state_, except_, key).value_or("");
    const bool may_know = outlet_ != nullptr && !except_.empty();
    return may_know && !known_to(state_, *outlet_, key, &row).side.deleted ? std::string{key} : "";
  }

  /// Whether they are at their end.
  bool through_rows() {
    bool ended = true;
    state_.rows.scan(row_key(out.next.key), looked_at_once + 1,
                     [&](std::string_view key, const blob& stored) {
                       if (!key.starts_with('r'))
                         return false;
                       if (full()) {
                         ended = false;
                         return false;
                       }
                       ++looked_at_;
                       out.next.key = key.substr(1);
                       // What was deleted before the outlet began was never delivered, and what
                       // has changed since then comes with the changes.
                       auto row = read_row(stored);
                       if (!row.deleted && row.sequence <= out.next.sequence)
                         take(key.substr(1), std::move(row));
                       return true;
                     });
    return ended;
  }

  void through_changes() {
    std::vector<std::pair<std::uint64_t, std::string>> changed;
    state_.rows.scan(change_key(out.next.sequence), limit_,
                     [&](std::string_view key, const blob& stored) {
                       if (!key.starts_with('c'))
                         return false;
                       changed.emplace_back(number_in(key), stored.text());
                       return true;
                     });
    for (const auto& [sequence, key] : changed) {
      if (full())
        return;
      ++looked_at_;
      out.next.sequence = sequence;
      const auto stored = state_.rows.find(row_key(key));
      ensure(stored.has_value(), "a change is about a record that is not there");
      take(key, read_row(*stored));
    }
    if (changed.size() < limit_)
      out.next.sequence = state_.sequence;
  }

  const collection::state& state_;
  const wire::outlet* outlet_; // null: it is new
  std::size_t limit_;
  std::string_view except_;
  std::size_t bytes_ = 0;
  std::size_t looked_at_ = 0;
};

} // namespace

collection::decision<collection::read_changes> collection::on(const state& s, const read_changes& c,
                                                              moment) {
  const auto* outlet = find_outlet(s, c.outlet);
  if (!is_there(s))
    return refuse(no_such_resource());
  if (outlet && c.run < outlet->run)
    return refuse(code::conflict, "a newer run of this outlet has begun");
  if (!find_or_unnamed(s, outlet, c.except) && s.outlets.size() >= max_outlets)
    return refuse({code::too_large, "the collection has 64 outlets", "outlet",
                   "Remove a sync that is no longer needed."});
  const bool opens = !outlet || outlet->run < c.run;
  const bool anew = !outlet || (opens && c.full);
  gathering found{s, c, find_or_unnamed(s, outlet, c.except), anew ? beginning(s) : outlet->at};
  found.run();
  found.out.page = opens ? 0 : outlet->pages;
  if (!opens)
    return reply(std::move(found.out));
  return persist(outlet_opened{c.outlet, c.run, c.full, c.except}).reply(std::move(found.out));
}

collection::decision<collection::deliver> collection::on(const state& s, const deliver& c,
                                                         moment now) {
  const auto* outlet = find_outlet(s, c.outlet);
  if (!outlet || outlet->run != c.run)
    return refuse(code::conflict, "no such run of this outlet is under way");
  if (outlet->pages > 0 && c.page + 1 == outlet->pages) {
    auto as_before = outlet->last_page;
    as_before.repeated = true;
    return reply(std::move(as_before));
  }
  if (c.page != outlet->pages)
    return refuse(code::conflict, "page " + std::to_string(c.page) + " came, page " +
                                      std::to_string(outlet->pages) + " is next");
  page_delivered event{.outlet = c.outlet,
                       .run = c.run,
                       .page = c.page,
                       .delivered = {.next = c.next,
                                     .written = c.written,
                                     .deleted = c.deleted,
                                     .unchanged = c.unchanged,
                                     .filtered = c.filtered,
                                     .dead_lettered = c.letters.size(),
                                     .last = c.last},
                       .letters = c.letters,
                       .sent = c.sent,
                       .begun_at = c.begun_at,
                       .at = now,
                       .returned = c.returned};
  // What the feed has brought meanwhile is the newest that is known of its side: whether it was
  // there before the delivery or after it, the feed's next word tells.
  std::erase_if(event.sent, [&](conflict::sent& one) {
    const auto stored = s.rows.find(row_key(one.key));
    const auto row = stored ? std::optional{read_row(*stored)} : std::nullopt;
    one.moved = !row || row->version != one.version;
    if (!one.moved)
      one.side = {};
    return one.moved && row && row->feed == outlet->except;
  });
  for (auto& letter : event.letters) {
    letter.feed = c.outlet;
    letter.run = c.run;
    letter.at = now;
  }
  auto answer = event.delivered;
  return persist(std::move(event)).reply(std::move(answer));
}

namespace {

failure holds_no_record(const collection::letter& l) {
  return {code::conflict,
          std::string{"the letter holds "} + (l.bytes.empty() ? "nothing" : "no whole record") +
              " that could be read again: " + l.reason,
          "number",
          "Mend " + l.place + " at its source, read it again (tenon sync run " + l.feed +
              " --full), and discard the letter."};
}

failure writes_everything(const collection::letter& l) {
  return {code::conflict,
          "the sync " + l.feed + " has not written from here since it was made: its first run " +
              "writes every record",
          "number", "Run it (tenon sync run " + l.feed + "), and discard the letter."};
}

} // namespace

collection::decision<collection::settle_letter> collection::on(const state& s,
                                                               const settle_letter& c, moment now) {
  const auto stored = s.rows.find(letter_key(c.number));
  if (!stored)
    return refuse({code::not_found, "there is no letter " + std::to_string(c.number), "number",
                   "It may have been settled already."});
  const auto kept = protocols::decode<protocols::letter_types::kept>(*stored);
  ensure(kept.has_value(), "a stored letter cannot be read");
  letter_settled event{.number = c.number, .at = now};
  if (c.replay) {
    if (!find_outlet(s, kept->feed))
      return refuse(find_feed(s, kept->feed) ? holds_no_record(*kept) : writes_everything(*kept));
    if (!s.rows.find(row_key(kept->place)))
      return refuse({code::conflict, "the record " + kept->place + " is not here any more",
                     "number", "Discard the letter: there is nothing to be sent."});
    event.replayed = kept->place;
  }
  return persist(std::move(event)).reply(protocols::letter_types::replayed{kept->place});
}

collection::decision<collection::forget> collection::on(const state& s, const forget& c, moment) {
  const auto* feed = find_feed(s, c.name);
  const auto* outlet = find_outlet(s, c.name);
  const forgot found{feed && feed->run <= c.run, outlet && outlet->run <= c.run};
  if (!found.feed && !found.outlet)
    return reply(found);
  return persist(sync_forgotten{c.name, found.feed, found.outlet}).reply(found);
}

void collection::apply(state& s, const sync_forgotten& e) {
  const auto drop = [&](auto outlet) {
    forget_sides(s, *outlet);
    forget_returned(s, *outlet);
    s.outlets.erase(outlet);
  };
  const auto of_name = [&](auto member, const std::string& name) {
    return std::ranges::find_if(s.outlets, [&](const auto& o) { return o.*member == name; });
  };
  if (const auto it = of_name(&wire::outlet::name, e.name); e.outlet && it != s.outlets.end()) {
    // A feed with a policy needs to know what was delivered, until another outlet goes on.
    const auto* feed = find_feed(s, it->except);
    if (feed == nullptr || feed->policy == conflict::policy::vendor_wins)
      drop(it);
    else
      it->name.clear();
  }
  if (!e.feed)
    return;
  std::erase_if(s.feeds, [&](const auto& f) { return f.name == e.name; });
  forget_names(s, e.name);
  if (const auto it = of_name(&wire::outlet::except, e.name);
      it != s.outlets.end() && it->name.empty())
    drop(it);
}

void collection::apply(state& s, const letter_settled& e) {
  s.rows.erase(letter_key(e.number));
  if (e.replayed.empty())
    return;
  const auto stored = s.rows.find(row_key(e.replayed));
  if (!stored)
    return;
  // Another version: whoever knows calls by their effect must not take this for the one before.
  auto row = read_row(*stored);
  row_moves(s, e.replayed, &row, "");
  ++row.version;
  row.changed_at = e.at;
  row.feed.clear();
  const auto was = row.sequence;
  put_change(s, e.replayed, std::move(row), was);
}

namespace {

/// What is known of its side is another side's. Where one without a name stood for the new one,
/// what that has kept, and what waits for a person there, is this one's from now on.
void change_counterpart(collection::state& s, std::string_view name, const std::string& except) {
  const auto of = [&](std::string_view wanted) {
    return std::ranges::find(s.outlets, wanted, &wire::outlet::name);
  };
  forget_sides(s, *of(name));
  const auto unnamed = std::ranges::find_if(
      s.outlets, [&](const auto& o) { return o.name.empty() && o.except == except; });
  if (except.empty() || unnamed == s.outlets.end())
    return;
  const auto slot = unnamed->slot;
  const bool returns = unnamed->returns;
  s.outlets.erase(unnamed);
  move_returned(s, *of(name), slot);
  of(name)->slot = slot;
  of(name)->returns |= returns;
}

} // namespace

void collection::apply(state& s, const outlet_opened& e) {
  auto it = std::ranges::find(s.outlets, e.outlet, &wire::outlet::name);
  const bool fresh = it == s.outlets.end();
  if (!fresh && it->except != e.except) {
    change_counterpart(s, e.outlet, e.except);
    it = std::ranges::find(s.outlets, e.outlet, &wire::outlet::name);
  } else if (const auto* unnamed = fresh ? find_or_unnamed(s, nullptr, e.except) : nullptr) {
    it = s.outlets.begin() + (unnamed - s.outlets.data());
  } else if (fresh) {
    it = s.outlets.insert(it, outlet_for(s, e.except));
  }
  it->name = e.outlet;
  it->except = e.except;
  if (fresh || e.full)
    it->at = beginning(s);
  it->run = e.run;
  it->pages = 0;
  it->last_page = {};
}

void collection::apply(state& s, const page_delivered& e) {
  const auto it = std::ranges::find(s.outlets, e.outlet, &wire::outlet::name);
  ensure(it != s.outlets.end(), "a page was delivered from an outlet that is not there");
  for (const auto& one : e.sent)
    settle_sent(s, *it, one, e.begun_at, e.at);
  it->at = e.delivered.next;
  if (!it->at.rows) {
    it->went_through = true;
    it->known_to = std::max(it->known_to, it->at.sequence);
  }
  keep_returned(s, *it, e.returned);
  for (const auto& one : e.returned)
    if (one.content.empty())
      forget_name_there(s, it->except, one.key);
  note_progress(*it, e.begun_at);
  it->pages = e.page + 1;
  it->last_page = e.delivered;
  for (const auto& l : e.letters)
    s.rows.put(letter_key(++s.letters), protocols::encode(l));
}

} // namespace tenon::actors
