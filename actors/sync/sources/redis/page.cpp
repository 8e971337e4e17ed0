#include "actors/sync/sources/redis/page.hpp"

#include "actors/sync/sources/redis/place.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>

namespace tenon::actors::redis {
namespace {

constexpr std::size_t most_streams = 1'000;
constexpr std::size_t most_looked_at = 10'000'000; // keys, in search of a pattern
constexpr std::size_t first_count = 16;            // before it is known how large an entry is
constexpr std::size_t answer_bytes = 2u << 20;     // about what an answer is to have

std::int64_t number_of(const redisReply* r) {
  return r && r->type == REDIS_REPLY_INTEGER ? r->integer : -1;
}

/// Those that a pattern means now, and the names; sorted.
result<std::vector<std::string>> find_streams(session& db, const source_options& o) {
  std::set<std::string> names;
  for (const auto& written : o.streams) {
    if (written.find_first_of("*?[") == written.npos) {
      names.insert(written);
      continue;
    }
    std::string cursor = "0";
    std::size_t looked_at = 0;
    do {
      constexpr std::size_t at_once = 1'000;
      auto found = db.ask(
          {"SCAN", cursor, "MATCH", written, "COUNT", std::to_string(at_once), "TYPE", "stream"});
      if (!found)
        return std::move(found).error();
      const auto parts = items_of(found->get());
      const auto next = parts.size() == 2 ? text_of(parts[0]) : std::nullopt;
      if (!next)
        return failure_of("it lists keys in a way that is not known");
      cursor = *next;
      for (const auto* name : items_of(parts[1]))
        names.emplace(text_of(name).value_or(""));
      looked_at += at_once;
    } while (cursor != "0" && looked_at < most_looked_at && names.size() <= most_streams);
    if (cursor != "0")
      return failure{code::too_large,
                     "there are more than 1,000 streams of this pattern, or 10,000,000 keys",
                     options.place_of("stream"), "Write a narrower pattern, or their names."};
  }
  for (const auto& name : names)
    if (!is_utf8(name))
      return failure{code::malformed, "the name of a stream is not UTF-8",
                     options.place_of("stream"), "Write a pattern without it."};
  return std::vector<std::string>{names.begin(), names.end()};
}

/// What the server says of a stream; one that is gone since it was found or read has nothing new.
result<standing> look_at(session& db, const std::string& stream, bool found,
                         const std::optional<known_stream>& known) {
  standing s;
  const auto said = db.ask({"XINFO", "STREAM", stream});
  const bool gone = !said && said.error().code == code::not_found && (found || known);
  if (gone)
    return known ? standing{.newest = known->at, .added = known->added} : s;
  if (!said)
    return said.error();
  const auto parts = items_of(said->get());
  for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
    const auto name = text_of(parts[i]).value_or("");
    if (name == "length")
      s.length = number_of(parts[i + 1]);
    else if (name == "entries-added")
      s.added = number_of(parts[i + 1]);
    else if (name == "last-generated-id")
      s.newest = read_id(text_of(parts[i + 1]).value_or("")).value_or(entry_id{});
  }
  if (known && s.added < 0) {
    const auto at = to_text(known->at);
    const auto there = db.ask({"XRANGE", stream, at, at});
    if (!there)
      return there.error();
    s.last_read_is_there = !items_of(there->get()).empty();
  }
  return s;
}

/// Entries of the stream, until its end or the page's.
result<void> read_on(session& db, const source_options& o, passage& p, entries& page,
                     std::size_t most) {
  std::size_t count = first_count;
  while (!p.done() && !page.full()) {
    count = std::min(count, std::max<std::size_t>(most - std::min(most, page.count()), 1));
    const auto said = db.ask(
        {"XRANGE", p.stream, to_text(after(p.at)), to_text(p.end), "COUNT", std::to_string(count)});
    if (!said)
      return said.error();
    const auto all = items_of(said->get());
    std::size_t bytes = 0;
    bool whole = true;
    for (const auto* entry : all) {
      whole = !page.full(); // else the rest of the answer is the next page's
      if (!whole)
        break;
      const auto parts = items_of(entry);
      const auto id = parts.size() == 2 ? text_of(parts[0]) : std::nullopt;
      const auto at = read_id(id.value_or(""));
      if (!at || *at <= p.at)
        return failure_of("it lists entries in a way that is not known");
      std::vector<std::string_view> fields;
      for (const auto* each : items_of(parts[1]))
        bytes += fields.emplace_back(text_of(each).value_or("")).size();
      take_entry(o, p.stream, *id, fields, page);
      p.at = *at;
      ++p.read;
    }
    if (whole && all.size() < count) // nothing more up to the end, which may have been deleted
      p.at = p.end;
    const auto each = std::max<std::size_t>(bytes / std::max<std::size_t>(all.size(), 1), 1);
    count = std::max<std::size_t>(answer_bytes / each, 1);
  }
  return {};
}

void end_passage(place& here, known_streams& known, entries& page) {
  auto& p = *here.now;
  if (const auto words = missing(p); !words.empty())
    page.refuse(p.stream + ':' + to_text(p.end), {words, {}, {}});
  if (p.end != entry_id{})
    known[p.stream] = known_after(p);
  here.last_name = p.stream;
  here.now.reset();
}

} // namespace

void take_entry(const source_options& o, const std::string& stream, std::string_view id,
                const std::vector<std::string_view>& fields, entries& into) {
  const auto place = stream + ':' + std::string{id};
  const auto refuse = [&](const std::string& why) {
    std::string all, sizes;
    for (const auto each : fields) {
      (all += each) += '\n';
      (sizes += std::to_string(each.size())) += ' ';
    }
    into.refuse(place, {why, all, words_for_again("redis", sizes)});
  };
  std::string json = "{";
  write_json_text(o.id_as, json);
  json += ':';
  write_json_text(id, json);
  if (o.several) {
    json += ",\"stream\":";
    write_json_text(stream, json);
  }
  const auto write_value = [&](std::size_t at) {
    const auto written = fields[at + 1];
    if (write_read(written, o.decode, json))
      return true;
    return o.decode == reading::json && write_read(written, reading::text, json);
  };
  std::unordered_map<std::string_view, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
    places[fields[i]].push_back(i);
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto name = fields[i];
    const auto& those = places[name];
    if (those.front() != i)
      continue;
    if (!is_utf8(name))
      return refuse("the name of a field is not UTF-8");
    if (name == o.id_as || (o.several && name == "stream"))
      return refuse("it has a field `" + std::string{name} +
                    "` of its own; name the id differently with id_as");
    json += ',';
    write_json_text(name, json);
    json += those.size() > 1 ? ":[" : ":";
    for (const auto at : those) {
      if (at != i)
        json += ',';
      if (!write_value(at))
        return refuse("field `" + std::string{name} + "` is not UTF-8; decode: base64 takes it");
    }
    if (those.size() > 1)
      json += ']';
  }
  json += '}';
  auto key = o.several ? stream + '|' + std::string{id} : std::string{id};
  if (const auto* why = into.keep(std::move(key), std::move(json)))
    refuse(why);
}

result<source_page> read_again(const source_options& o,
                               const protocols::letter_types::kept& letter) {
  const auto colon = letter.place.rfind(':');
  auto sizes = needed_for(letter, "redis");
  if (!sizes || colon == letter.place.npos)
    return of_another_kind(letter);
  auto rest = letter.bytes.view();
  std::vector<std::string_view> fields;
  while (!sizes->empty()) {
    std::size_t size = 0;
    const auto [end, wrong] = std::from_chars(sizes->begin(), sizes->end(), size);
    if (wrong != std::errc{} || size >= rest.size())
      return of_another_kind(letter);
    fields.push_back(rest.substr(0, size));
    rest.remove_prefix(size + 1);
    sizes->remove_prefix(static_cast<std::size_t>(end - sizes->begin()) + 1);
  }
  entries again{1};
  take_entry(o, letter.place.substr(0, colon), letter.place.substr(colon + 1), fields, again);
  return std::move(again).finish();
}

result<source_page> read_page(session& db, const source_options& o, const page_request& wanted) {
  auto known = read_cursor(wanted.full && wanted.position.empty() ? "" : wanted.cursor);
  if (!known)
    return std::move(known).error();
  auto here = read_place(wanted.position);
  if (!here)
    return std::move(here).error();
  entries page{o.page_size};
  std::optional<std::vector<std::string>> names;
  std::uint64_t expected = 0;
  bool last = false;
  for (;;) {
    if (!here->now) {
      if (page.full())
        break;
      if (!names) {
        auto found = find_streams(db, o);
        if (!found)
          return std::move(found).error();
        names = *std::move(found);
      }
      const auto next = std::ranges::upper_bound(*names, here->last_name);
      if (next == names->end()) {
        last = true;
        break;
      }
      const auto it = known->find(*next);
      const bool named = std::ranges::binary_search(o.streams, *next);
      const auto before = it == known->end() ? std::nullopt : std::optional{it->second};
      const auto standing = look_at(db, *next, !named, before);
      if (!standing)
        return standing.error();
      here->now = begin(*next, before, *standing);
    }
    if (auto read = read_on(db, o, *here->now, page, o.page_size); !read)
      return std::move(read).error();
    if (!o.several)
      expected = here->now->expected();
    if (!here->now->done())
      break;
    end_passage(*here, *known, page);
    if (!o.several)
      last = true; // without looking for another, the end is known
    if (last)
      break;
  }
  auto read = std::move(page).finish();
  read.expected = expected;
  read.last = last;
  read.position = write_place(*here);
  read.cursor = write_cursor(*known);
  return read;
}

} // namespace tenon::actors::redis
