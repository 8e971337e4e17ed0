#include "actors/sync/sources/postgres/changes.hpp"

#include "actors/sync/sources/postgres/changed_rows.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::postgres {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t most_kept = 8;
constexpr auto idle_limit = std::chrono::seconds{30}; // a stream that nobody reads holds its slot
// A stream that was given up holds its slot until the server has noticed.
constexpr int looks_for_the_slot = 100;
// A cursor that moves when nothing of ours has changed lets the server forget its log.
constexpr pgoutput::position idle_distance = 16u << 20;

/// The position between two pages.
struct progress {
  std::string table;             // of the reading of the table; empty: it is over
  standing where;                // in the log
  pgoutput::position stored = 0; // what is before is in the collection
  bool whole = false;            // the run began with the table
};

failure not_ours() {
  return {code::stale,
          "the position is not one of captured changes",
          {},
          "It is read from the beginning."};
}

std::string write_progress(const progress& p) {
  return write_json(object{{"table", p.table},
                           {"at", pgoutput::to_text(p.where.at)},
                           {"within", p.where.within},
                           {"stored", pgoutput::to_text(p.stored)},
                           {"whole", p.whole}});
}

std::optional<pgoutput::position> place_in(const value& document, const char* member) {
  const auto* v = document.find(member);
  const auto* text = v ? v->as<std::string>() : nullptr;
  return text ? pgoutput::to_position(*text) : std::nullopt;
}

result<progress> read_progress(const std::string& text) {
  const auto document = read_json(text);
  if (!document)
    return not_ours();
  const auto* table = document->find("table");
  const auto* within = document->find("within");
  const auto* whole = document->find("whole");
  const auto at = place_in(*document, "at"), stored = place_in(*document, "stored");
  if (!table || !table->is<std::string>() || !within || !within->is<std::int64_t>() || !whole ||
      !whole->is<bool>() || !at || !stored)
    return not_ours();
  return progress{*table->as<std::string>(),
                  {*at, static_cast<std::uint64_t>(*within->as<std::int64_t>())},
                  *stored,
                  *whole->as<bool>()};
}

std::string write_cursor(const std::string& slot, pgoutput::position at) {
  return write_json(object{{"slot", slot}, {"at", pgoutput::to_text(at)}});
}

/// Nothing when it is about another slot, or there is none: the table is to be read.
result<std::optional<pgoutput::position>> read_cursor(const std::string& text,
                                                      const std::string& slot) {
  std::optional<pgoutput::position> none;
  if (text.empty())
    return none;
  const auto document = read_json(text);
  const auto* of = document ? document->find("slot") : nullptr;
  const auto at = of ? place_in(*document, "at") : none;
  if (!at)
    return failure{code::malformed, "the cursor is not one of changes", "cursor",
                   "Rewind the sync; the table is then read from the beginning."};
  return *of == value{slot} ? at : none;
}

class reading {
public:
  reading(const capture& c, const page_request& wanted) : capture_{c}, wanted_{wanted} {}

  result<source_page> read() {
    auto begun = begin();
    if (!begun)
      return std::move(begun).error();
    progress_ = *std::move(begun);
    return from_table_ ? read_table() : read_changes();
  }

private:
  result<progress> begin() {
    if (!wanted_.position.empty()) {
      auto kept = read_progress(wanted_.position);
      from_table_ = kept && !kept->table.empty();
      return kept;
    }
    const auto cursor = read_cursor(wanted_.full ? "" : wanted_.cursor, capture_.names.slot);
    if (!cursor)
      return cursor.error();
    if (*cursor)
      return progress{{}, {**cursor, 0}, **cursor, false};
    from_table_ = true;
    const auto table = describe_table(capture_.db, capture_.options.rows);
    if (!table)
      return table.error();
    const auto at = begin_slot(capture_.db, *table, capture_.names);
    if (!at)
      return at.error();
    return progress{{}, {*at, 0}, *at, true};
  }

  result<source_page> read_table() {
    const auto table = describe_table(capture_.db, capture_.options.rows);
    if (!table)
      return table.error();
    table_reader reader{capture_.db, *table, capture_.options.rows};
    const page_request wanted{.sync = wanted_.sync, .position = progress_.table, .full = true};
    auto page = relational::read_page(reader, table->table, capture_.options.rows, options, wanted);
    if (!page)
      return page;
    progress_.table = page->position;
    page->last = false;
    page->position = write_progress(progress_);
    page->cursor = wanted_.cursor;
    return page;
  }

  result<source_page> read_changes() {
    const auto until = end_of_log(capture_.db);
    if (!until)
      return until.error();
    auto opened = open_stream();
    if (!opened)
      return std::move(opened).error();
    auto& stream = **opened;
    if (auto told = stream.confirm(progress_.stored); !told)
      return std::move(told).error();
    changed_rows changed{capture_.options.rows};
    const auto more = collect(stream, *until, changed);
    if (!more)
      return more.error();

    source_page page;
    if (auto written = changed.finish(capture_.db, page); !written)
      return std::move(written).error();
    page.complete = progress_.whole;
    page.last = !*more;
    page.cursor = wanted_.cursor;
    if (page.last) {
      const bool idle = stream.where().at == progress_.where.at;
      const auto at =
          !idle || *until < progress_.where.at + idle_distance ? stream.where().at : *until;
      page.cursor = write_cursor(capture_.names.slot, at);
      return page;
    }
    page.position = write_progress({{}, stream.where(), progress_.where.at, progress_.whole});
    capture_.streams.keep(key_of_stream(), *std::move(opened));
    return page;
  }

  /// Whether there is more.
  result<bool> collect(stream& from, pgoutput::position until, changed_rows& into) {
    const auto& o = capture_.options.rows;
    while (into.count() < o.page_size && into.bytes() < relational::max_page_bytes) {
      auto next = from.next(until, capture_.stop);
      if (!next)
        return std::move(next).error();
      if (!*next)
        return false;
      const auto taken = into.take(capture_.db, from, **next);
      if (!taken)
        return taken.error();
      if (!*taken) { // the columns are others from here on
        from.put_back(**std::move(next));
        return true;
      }
    }
    return true;
  }

  std::string key_of_stream() const { return capture_.server + '/' + capture_.names.slot; }

  result<std::unique_ptr<stream>> open_stream() {
    if (auto kept = capture_.streams.take(key_of_stream(), progress_.where))
      return kept;
    if (auto fine = check_slot(capture_.db, capture_.names, progress_.where.at); !fine)
      return std::move(fine).error();
    for (int i = 0;; ++i) {
      auto connected = capture_.open_streaming();
      if (!connected)
        return std::move(connected).error();
      auto opened = stream::open(*std::move(connected), capture_.names.slot,
                                 capture_.names.publication, progress_.where);
      const bool busy = !opened && opened.error().code == code::unavailable &&
                        opened.error().where == options.place_of("changes.slot");
      if (!busy || i == looks_for_the_slot || capture_.stop.stop_requested())
        return opened;
      if (auto waited = capture_.db.ask("SELECT pg_catalog.pg_sleep(0.03)"); !waited)
        return std::move(waited).error();
    }
  }

  const capture& capture_;
  const page_request& wanted_;
  progress progress_;
  bool from_table_ = false;
};

} // namespace

std::unique_ptr<stream> kept_streams::take(const std::string& slot, const standing& where) {
  const std::lock_guard hold{guard_};
  std::erase_if(kept_, [](const kept& k) { return clock::now() - k.since > idle_limit; });
  const auto it = std::ranges::find(kept_, slot, &kept::slot);
  if (it == kept_.end())
    return nullptr;
  auto held = std::move(it->held);
  kept_.erase(it);
  return held->where() == where ? std::move(held) : nullptr;
}

void kept_streams::drop(const std::string& slot) {
  const std::lock_guard hold{guard_};
  std::erase_if(kept_, [&](const kept& k) { return k.slot == slot; });
}

void kept_streams::keep(std::string slot, std::unique_ptr<stream> s) {
  const std::lock_guard hold{guard_};
  if (kept_.size() == most_kept)
    kept_.erase(kept_.begin());
  kept_.push_back({std::move(slot), std::move(s), clock::now()});
}

result<source_page> read_with_changes(const capture& c, const page_request& wanted) {
  return reading{c, wanted}.read();
}

} // namespace tenon::actors::postgres
