#include "actors/collection.hpp"

#include "actors/collection/rows.hpp"
#include "protocols/binding.hpp"
#include "runtime/expression/expression.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace tenon::actors {
namespace {

using namespace collections;
using wire = protocols::collection;

constexpr std::size_t max_key_bytes = 250; // a table key has 255, one of them our prefix
constexpr std::size_t max_feeds = 256;
constexpr std::uint32_t max_page = 1000;
constexpr std::size_t rows_looked_at = 10'000; // by one read, whatever its filter
constexpr std::size_t rows_swept = 2'000;      // by one command
constexpr std::size_t page_bytes = 8u << 20;

const wire::feed* find_feed(const wire::state& s, std::string_view name) {
  const auto it = std::ranges::find(s.feeds, name, &wire::feed::name);
  return it == s.feeds.end() ? nullptr : &*it;
}

wire::feed& feed_of(wire::state& s, const std::string& name) {
  const auto it = std::ranges::find(s.feeds, name, &wire::feed::name);
  return it != s.feeds.end() ? *it : s.feeds.emplace_back(wire::feed{.name = name});
}

/// One page on its way to becoming an event: what each record does to its row.
class page_account {
public:
  page_account(const collection::state& s, const wire::store& page, moment now)
      : state_{s}, page_{page} {
    out.feed = page.feed;
    out.run = page.run;
    out.page = page.page;
    out.letters = page.letters;
    out.filtered = page.filtered;
    out.position = page.position;
    out.cursor = page.cursor;
    out.last = page.last;
    out.at = now;
    out.changes.reserve(page.records.size());
    // A key that comes twice in one page: the last word counts, those before it as unchanged.
    std::unordered_map<std::string_view, const wire::incoming*> last;
    for (const auto& record : page.records)
      last[record.key] = &record;
    for (const auto& record : page.records)
      if (last[record.key] == &record)
        take(record);
      else
        ++out.unchanged;
    for (auto& letter : out.letters) {
      letter.feed = page.feed;
      letter.run = page.run;
      letter.at = now;
    }
  }

  wire::page_stored out;

private:
  void take(const wire::incoming& record) {
    if (record.key.empty() || record.key.size() > max_key_bytes) {
      out.letters.push_back(
          {.place = "key",
           .reason = record.key.empty() ? "the key is empty" : "the key is longer than 250 bytes",
           .bytes = record.content});
      return;
    }
    const auto stored = state_.rows.find(row_key(record.key));
    if (!stored)
      return record.deleted ? stay(record) : change(record, {}, false);
    const auto row = read_row(*stored);
    if (record.deleted ? row.deleted : !row.deleted && row.content == record.content)
      return stay(record);
    change(record, row, true);
  }

  void stay(const wire::incoming& record) {
    ++out.unchanged;
    if (page_.marks && !record.deleted)
      out.seen.push_back(record.key);
  }

  void change(const wire::incoming& record, const wire::record& before, bool existed) {
    if (record.deleted)
      ++out.deleted;
    else if (!existed || before.deleted)
      ++out.born;
    if (existed && before.deleted)
      ++out.revived;
    out.changes.push_back({record.key,
                           {.version = before.version + 1,
                            // What is gone keeps its last content: who is told of it needs to know.
                            .content = record.deleted && existed ? before.content : record.content,
                            .deleted = record.deleted,
                            .changed_at = out.at,
                            .feed = page_.feed,
                            .run = page_.run,
                            .seen = page_.marks ? page_.run : before.seen},
                           before.sequence});
  }

  const collection::state& state_;
  const wire::store& page_;
};

wire::stored answer_to(const wire::page_stored& e) {
  return {.stored = e.changes.size(),
          .unchanged = e.unchanged,
          .deleted = e.deleted,
          .dead_lettered = e.letters.size(),
          .filtered = e.filtered,
          .position = e.position,
          .cursor = e.cursor,
          .last = e.last};
}

} // namespace

result<void> collection::check_spec(const value& written) {
  if (const auto read = protocols::from_value<spec>(written, "spec"); !read)
    return read.error();
  return {};
}

value collection::status(const protocols::collection::state& s) {
  list feeds;
  for (const auto& f : s.feeds)
    feeds.push_back(object{{"sync", f.name}, {"run", f.run}, {"pages", f.pages}});
  list outlets;
  for (const auto& o : s.outlets)
    outlets.push_back(object{{"sync", o.name},
                             {"run", o.run},
                             {"behind", o.at.rows ? value{} : value{s.sequence - o.at.sequence}}});
  return object{{"records", s.live},
                {"tombstones", s.tombstones},
                {"letters", s.letters},
                {"feeds", std::move(feeds)},
                {"outlets", std::move(outlets)}};
}

collection::decision<collection::describe> collection::on(const state& s, const describe& c,
                                                          moment now) {
  if (s.record.exists || s.feeds.empty())
    return resource::on(s, c, now);
  // Nobody configured it: a sync began to store, which is enough.
  return reply(described{.spec = "{}", .status = write_json(status(s))});
}

collection::decision<collection::store> collection::on(const state& s, const store& c, moment now) {
  const auto* feed = find_feed(s, c.feed);
  if (!feed && s.feeds.size() >= max_feeds)
    return refuse({code::too_large, "the collection has 256 feeds", "feed",
                   "Give the sync a collection of its own."});
  if (feed && c.run < feed->run)
    return refuse(code::conflict, "a newer run of this feed has begun");
  const auto pages = feed && feed->run == c.run ? feed->pages : 0;
  if (pages > 0 && c.page + 1 == pages) {
    auto as_before = feed->last_page;
    as_before.repeated = true;
    return reply(std::move(as_before));
  }
  if (c.page != pages)
    return refuse(code::conflict, "page " + std::to_string(c.page) + " came, page " +
                                      std::to_string(pages) + " is next");
  auto event = page_account{s, c, now}.out;
  auto answer = answer_to(event);
  return persist(std::move(event)).reply(std::move(answer));
}

collection::decision<collection::put> collection::on(const state& s, const put& c, moment now) {
  const auto* feed = find_feed(s, c.feed);
  if (!feed && s.feeds.size() >= max_feeds)
    return refuse({code::too_large, "the collection has 256 feeds", "feed",
                   "Give the events a collection of their own."});
  store page{.feed = c.feed, .run = feed ? feed->run : 1, .page = feed ? feed->pages : 0};
  std::set<std::string_view> taken;
  for (const auto& record : c.records)
    if (taken.insert(record.key).second && !s.rows.find(row_key(record.key)))
      page.records.push_back(record);
  const auto repeated = c.records.size() - page.records.size();
  if (page.records.empty())
    return reply(stored{.unchanged = repeated, .repeated = true});
  auto event = page_account{s, page, now}.out;
  event.unchanged += repeated;
  auto answer = answer_to(event);
  return persist(std::move(event)).reply(std::move(answer));
}

collection::decision<collection::sweep> collection::on(const state& s, const sweep& c, moment now) {
  const auto* feed = find_feed(s, c.feed);
  if (!feed || feed->run != c.run || !feed->last_page.last)
    return refuse(code::conflict, "a sweep follows the last page of its run");
  if (feed->swept_run == c.run)
    return reply(sweep_reached{feed->swept_rows, true});
  swept event{.feed = c.feed, .run = c.run, .after = feed->swept_to, .done = true, .at = now};
  const auto since = c.since != 0 ? c.since : c.run;
  std::size_t looked_at = 0;
  s.rows.scan(row_key(feed->swept_to), rows_swept, [&](std::string_view key, const blob& bytes) {
    if (!key.starts_with('r'))
      return false;
    const auto row = read_row(bytes);
    event.after = key.substr(1);
    if (!row.deleted && row.feed == c.feed && row.seen < since)
      event.keys.emplace_back(key.substr(1));
    event.done = ++looked_at < rows_swept;
    return event.done;
  });
  sweep_reached answer{feed->swept_rows + event.keys.size(), event.done};
  return persist(std::move(event)).reply(answer);
}

collection::decision<protocols::collection::position>
collection::on(const state& s, const protocols::collection::position& c, moment) {
  const auto* feed = find_feed(s, c.feed);
  return feed ? reply(*feed) : reply(protocols::collection::feed{.name = c.feed});
}

collection::decision<collection::read> collection::on(const state& s, const read& c, moment now) {
  using namespace runtime;
  std::optional<expression::program> filter;
  if (!c.filter.empty()) {
    auto compiled = expression::compile(
        c.filter, {.roots = {"record"}, .implied_root = "record", .allow_secrets = false});
    if (!compiled) {
      auto why = std::move(compiled).error();
      why.where = why.where.empty() ? "filter" : "filter, " + why.where;
      return refuse(std::move(why));
    }
    filter = *std::move(compiled);
  }
  const auto limit = std::clamp<std::uint32_t>(c.limit, 1, max_page);
  page out;
  std::size_t bytes = 0, looked_at = 0;
  std::optional<failure> wrong;
  s.rows.scan(row_key(c.after), rows_looked_at, [&](std::string_view key, const blob& stored) {
    if (!key.starts_with('r'))
      return false;
    out.next = key.substr(1);
    auto row = read_row(stored);
    ++looked_at;
    if (row.deleted && !c.tombstones)
      return true;
    if (filter) {
      expression::scope names;
      names.bind_json("record", row.content.view());
      names.set_now(now);
      const auto kept = expression::evaluate_condition(*filter, names);
      if (!kept) {
        wrong = kept.error();
        return false;
      }
      if (!*kept)
        return true;
    }
    bytes += row.content.size();
    out.items.push_back({std::string{key.substr(1)}, std::move(row)});
    return out.items.size() < limit && bytes < page_bytes;
  });
  if (wrong)
    return refuse(*std::move(wrong));
  const bool full = out.items.size() == limit || bytes >= page_bytes || looked_at == rows_looked_at;
  if (!full)
    out.next.clear();
  return reply(std::move(out));
}

collection::decision<collection::list_letters> collection::on(const state& s, const list_letters& c,
                                                              moment) {
  const auto limit = std::clamp<std::uint32_t>(c.limit, 1, max_page);
  letters out;
  std::size_t bytes = 0;
  s.rows.scan(letter_key(c.after), limit, [&](std::string_view key, const blob& stored) {
    if (!key.starts_with('l'))
      return false;
    auto kept = protocols::decode<letter>(stored);
    ensure(kept.has_value(), "a stored letter cannot be read");
    const auto number = number_in(key);
    bytes += kept->bytes.size();
    out.letters.push_back({number, *std::move(kept)});
    out.next = number;
    return bytes < page_bytes;
  });
  if (out.letters.size() < limit && bytes < page_bytes)
    out.next = 0;
  return reply(std::move(out));
}

void collection::apply(state& s, const configured& e) {
  actors::apply(s.record, e);
}

void collection::apply(state& s, const removed& e) {
  actors::apply(s.record, e);
  static_cast<protocols::collection::state&>(s) = {.record = s.record};
  s.rows.clear();
}

void collection::apply(state& s, const page_stored& e) {
  for (const auto& c : e.changes)
    put_change(s, c.key, c.row, c.was);
  for (const auto& key : e.seen)
    if (const auto stored = s.rows.find(row_key(key))) {
      auto row = read_row(*stored);
      row.seen = e.run;
      s.rows.put(row_key(key), protocols::encode(row));
    }
  for (const auto& l : e.letters)
    s.rows.put(letter_key(++s.letters), protocols::encode(l));
  s.live += e.born;
  s.live -= std::min(s.live, e.deleted);
  s.tombstones += e.deleted;
  s.tombstones -= std::min(s.tombstones, e.revived);
  auto& f = feed_of(s, e.feed);
  if (f.run != e.run)
    f = {.name = e.feed, .swept_run = f.swept_run};
  f.run = e.run;
  f.pages = e.page + 1;
  f.position = e.position;
  f.cursor = e.cursor;
  f.last_page = answer_to(e);
}

void collection::apply(state& s, const swept& e) {
  for (const auto& key : e.keys)
    if (const auto stored = s.rows.find(row_key(key))) {
      auto row = read_row(*stored);
      ++row.version;
      row.deleted = true;
      row.changed_at = e.at;
      row.run = e.run;
      put_change(s, key, row, row.sequence);
    }
  s.live -= std::min<std::uint64_t>(s.live, e.keys.size());
  s.tombstones += e.keys.size();
  auto& f = feed_of(s, e.feed);
  f.swept_to = e.after;
  f.swept_rows += e.keys.size();
  if (e.done)
    f.swept_run = e.run;
}

bool collection::holds(const state& s) {
  return actors::holds(s.record) && s.feeds.size() <= max_feeds;
}

collection::metrics::metrics(runtime::meters& m)
    : stored{m.count("tenon_collection_stored_total", "Records stored: new or changed.")},
      unchanged{m.count("tenon_collection_unchanged_total", "Records that were there already.")},
      letters{m.count("tenon_collection_letters_total", "Records that could not be stored.")} {}

void collection::observe(metrics& m, const page_stored& e) {
  m.stored.Increment(static_cast<double>(e.changes.size()));
  m.unchanged.Increment(static_cast<double>(e.unchanged));
  m.letters.Increment(static_cast<double>(e.letters.size()));
}

} // namespace tenon::actors
