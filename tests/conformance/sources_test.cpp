// What every kind of source keeps to, whatever it reads: a crash may come after any page, and then
// that page, or the one after it, is asked for again by what was written down.
#include "actors/sync/sources/files.hpp"
#include "actors/sync/sources/mariadb.hpp"
#include "actors/sync/sources/postgres.hpp"
#include "actors/sync/sources/redis.hpp"
#include "actors/sync/sources/singer.hpp"
#include "actors/sync/sources/sqlite.hpp"
#include "tests/support/connected_vendor.hpp"
#include "tests/support/mariadb_server.hpp"
#include "tests/support/packing.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/source_reading.hpp"
#include "tests/support/taps.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <fstream>
#include <functional>

namespace tenon::actors {
namespace {

using tests::lines;
using tests::source_reading;

/// One kind, reading something of several pages that stands still.
struct candidate {
  std::string name;
  std::function<std::unique_ptr<source>()> open;
  std::string cursor{};                       // of an earlier run
  std::function<std::string()> find_cursor{}; // when only that run itself can tell
};

void PrintTo(const candidate& c, std::ostream* onto) {
  *onto << c.name;
}

runtime::workers& blocking() {
  static runtime::workers threads{{.threads = 2}};
  return threads;
}

candidate sqlite(std::string name, object more, std::string cursor = {}) {
  object options{{"file", TENON_CHINOOK}, {"page_size", 40}};
  for (const auto& [option, v] : more)
    options[option] = v;
  const auto open = [options] {
    auto opened = sqlite_source({{"/"}, blocking()})->open({"acme", "sync", "any"}, options);
    EXPECT_TRUE(opened);
    return *std::move(opened);
  };
  return {std::move(name), open, std::move(cursor)};
}

/// One record in each format, and what stands around them all.
struct file_format {
  std::string name;
  object options;
  std::string head, tail, between;
  std::function<std::string(const std::string& id)> record;
};

std::vector<file_format> file_formats() {
  return {{"csv", {}, "id,text\n", "", "", [](auto id) { return id + ",\"a\nb\"\n"; }},
          {"jsonl", {}, "", "", "", [](auto id) { return "{\"id\":" + id + "}\n\n"; }},
          {"json",
           {{"records", "data.items"}},
           "{\"data\":{\"items\":[",
           "]},\"more\":[]}",
           " ,\n",
           [](auto id) { return "{\"id\": " + id + "}"; }},
          {"xml", {{"records", "/all/one"}}, "<all>\n", "</all>", "", [](auto id) {
             return "<one><id>" + id + "</id></one>\n";
           }}};
}

/// Three files of the format, with a letter in the second; every page is asked of a new source.
candidate files(const file_format& f, const std::string& packing) {
  static const tests::temporary_directory directory;
  const auto below = f.name + '_' + packing;
  std::filesystem::create_directory(directory / below);
  for (int file = 0; file < 3; ++file) {
    auto text = f.head;
    for (int i = 0; i < 40; ++i)
      text += (i > 0 ? f.between : "") +
              f.record(file == 1 && i == 7 ? "" : std::to_string(1000 * file + i));
    text += f.tail;
    std::ofstream{directory / (below + "/" + std::to_string(file)), std::ios::binary}
        << (packing == "gzip"   ? tests::gzipped(text)
            : packing == "zstd" ? tests::zstd_packed(text)
                                : text);
  }
  object options{{"path", below}, {"key", "id"}, {"page_size", 17}};
  for (const auto& [option, v] : f.options)
    options[option] = v;
  const auto open = [options, name = f.name] {
    for (const auto& kind : file_sources({{directory.path()}, blocking()}))
      if (kind->name() == name)
        return *kind->open({"acme", "sync", "any"}, options);
    throw std::runtime_error{"no kind " + name};
  };
  return {below, open};
}

/// Servers are begun by whoever needs them, with something to read in them.
const tests::postgres_server& postgres_server() {
  static const auto made = [] {
    auto s = std::make_unique<tests::postgres_server>();
    tests::postgres_client db{*s};
    db.run("CREATE TABLE t (id int PRIMARY KEY, a text, b date, at timestamptz, UNIQUE (b, a)); "
           "INSERT INTO t SELECT i, 'x' || i % 7, date '2026-01-01' + i, CASE WHEN i % 10 > 0 THEN "
           "timestamptz '2026-01-01Z' + i / 3 * interval '1 hour' END FROM generate_series(1, 200) "
           "i; ALTER TABLE t ALTER a SET NOT NULL, ALTER b SET NOT NULL; CREATE TABLE changing (id "
           "int PRIMARY KEY, v text)");
    return s;
  }();
  return *made;
}

const tests::mariadb_server& mariadb_server() {
  static const auto made = [] {
    auto s = std::make_unique<tests::mariadb_server>();
    tests::mariadb_client{*s}.run(
        "CREATE TABLE t (id int PRIMARY KEY, a varchar(9) NOT NULL, b date NOT NULL, at "
        "timestamp(6) "
        "NULL, UNIQUE (b, a)); SET time_zone = '+00:00'; INSERT INTO t SELECT seq, CONCAT('x', seq "
        "% "
        "7), DATE '2026-01-01' + INTERVAL seq DAY, IF(seq % 10 > 0, TIMESTAMP '2026-01-01 "
        "00:00:00' + "
        "INTERVAL (seq DIV 3) HOUR, NULL) FROM seq_1_to_200");
    return s;
  }();
  return *made;
}

relational::database_options reached() {
  relational::database_options o{
      tests::secrets({{"main", {{"user", "tenon"}, {"password", "a secret of the test"}}}}),
      blocking()};
  o.policy.allowed.push_back(*runtime::outbound::parse_network("127.0.0.0/8"));
  return o;
}

std::unique_ptr<source> opened(source_kind& kind, std::string url, const object& more) {
  object options{{"url", std::move(url)},
                 {"credential", "main"},
                 {"table", "t"},
                 {"key", "id"},
                 {"page_size", 40}};
  for (const auto& [option, v] : more)
    options[option] = v;
  auto source = kind.open({"acme", "sync", "any"}, options);
  EXPECT_TRUE(source);
  return *std::move(source);
}

candidate postgres(std::string name, object more, std::string cursor = {}) {
  const auto open = [more = std::move(more)] {
    return opened(*postgres_source(reached()), postgres_server().url(), more);
  };
  return {std::move(name), open, std::move(cursor)};
}

candidate mariadb(std::string name, object more, std::string cursor = {}) {
  const auto open = [more = std::move(more)] {
    return opened(*mariadb_source(reached()), mariadb_server().url(), more);
  };
  return {std::move(name), open, std::move(cursor)};
}

const tests::redis_server& redis_server() {
  static const auto made = [] {
    auto s = std::make_unique<tests::redis_server>();
    tests::redis_client db{*s};
    db.run({"ACL", "SETUSER", "tenon", "on", std::string{">"} + s->password, "~*", "+@all"});
    for (const auto* stream : {"a", "b", "c"})
      db.add(stream, 1, 130);
    return s;
  }();
  return *made;
}

candidate redis(std::string name, const value& streams, std::string cursor = {}) {
  const auto open = [streams] {
    const object options{{"url", redis_server().url()},
                         {"credential", "main"},
                         {"stream", streams},
                         {"page_size", 40}};
    auto source = redis_source(reached())->open({"acme", "sync", "any"}, options);
    EXPECT_TRUE(source);
    return *std::move(source);
  };
  return {std::move(name), open, std::move(cursor)};
}

candidate singer(std::string name, std::string cursor = {}) {
  const auto open = [] {
    static const tests::taps scripts;
    static const auto numbers = scripts.numbers();
    const object options{{"tap", "numbers"},
                         {"stream", "numbers"},
                         {"config", object{{"to", 95}}},
                         {"page_size", 20}};
    auto source =
        singer_source(
            {.taps = {{"numbers", numbers}}, .secrets = tests::secrets({}), .blocking = blocking()})
            ->open({"acme", "sync", "any"}, options);
    EXPECT_TRUE(source);
    return *std::move(source);
  };
  return {std::move(name), open, std::move(cursor)};
}

/// What one transaction changed after a first run.
candidate postgres_changes() {
  const object more{{"table", "changing"}, {"changes", object{{"slot", "tenon_conformance"}}}};
  const auto open = [more] {
    return opened(*postgres_source(reached()), postgres_server().url(), more);
  };
  const auto find_cursor = [open] {
    static const auto cursor = [&] {
      tests::postgres_client db{postgres_server()};
      db.run("INSERT INTO changing SELECT i, 'a' FROM generate_series(1, 50) i");
      auto told = source_reading{open()}.run().back().cursor;
      db.run(
          "BEGIN; DELETE FROM changing WHERE id % 10 = 0; UPDATE changing SET v = 'b' WHERE id % "
          "3 = 0; INSERT INTO changing SELECT i, 'c' FROM generate_series(51, 150) i; COMMIT");
      return told;
    }();
    return cursor;
  };
  return {"postgres_by_changes", open, {}, find_cursor};
}

/// Begun by whoever needs it, ended with the suite: CAF's actors do not outlive main.
std::optional<tests::connected_vendor> vendor;

candidate connector(std::string stream, std::string cursor = {}) {
  auto name = "connector_" + stream;
  const auto open = [stream = std::move(stream)] {
    if (!vendor)
      vendor.emplace();
    return vendor->open(stream);
  };
  return {std::move(name), open, std::move(cursor)};
}

/// All but those of MQTT, whose messages are gone once they are acknowledged: what holds of them is
/// in tests/integration/sources/mqtt_test.cpp.
std::vector<candidate> candidates() {
  std::vector<candidate> all{
      sqlite("sqlite_by_key", {{"table", "Invoice"}, {"key", "InvoiceId"}}),
      sqlite(
          "sqlite_by_two_keys",
          {{"table", "PlaylistTrack"}, {"key", list{"PlaylistId", "TrackId"}}, {"page_size", 500}}),
      sqlite("sqlite_by_cursor",
             {{"table", "Invoice"}, {"key", "InvoiceId"}, {"cursor", "InvoiceDate"}},
             R"({"column":"InvoiceDate","at":"2010-06-01 00:00:00"})"),
      sqlite("sqlite_by_a_cursor_with_nulls",
             {{"table", "Track"}, {"key", "TrackId"}, {"cursor", "Composer"}, {"page_size", 200}},
             R"({"column":"Composer","at":"M"})"),
      postgres("postgres_by_key", {}),
      postgres("postgres_by_two_keys", {{"key", list{"b", "a"}}}),
      postgres("postgres_by_a_cursor_with_nulls", {{"cursor", "at"}},
               R"({"column":"at","at":"2026-01-01 10:00:00+00"})"),
      postgres_changes(),
      mariadb("mariadb_by_key", {}),
      mariadb("mariadb_by_two_keys", {{"key", list{"b", "a"}}}),
      mariadb("mariadb_by_a_cursor_with_nulls", {{"cursor", "at"}},
              R"({"column":"at","at":"2026-01-01 10:00:00"})"),
      redis("redis_by_id", "a"),
      redis("redis_by_id_from_a_cursor", "b", R"({"streams":{"b":["30-0",30]}})"),
      redis("redis_of_several_streams", list{"a", "[bc]"}),
      singer("singer_by_state"),
      singer("singer_from_a_cursor", R"({"state":{"at":30},"version":null})"),
      connector("customers"),
      connector("invoices"),
      connector("invoice_lines"),
      connector("tracks"),
  };
  for (const auto& format : file_formats())
    for (const auto* packing : {"plain", "gzip", "zstd"})
      all.push_back(files(format, packing));
  return all;
}

class sources : public ::testing::TestWithParam<candidate> {
protected:
  static void TearDownTestSuite() { vendor.reset(); }

  /// What is asked for the page after `p`, or for the first.
  page_request after(const source_page* p) const {
    page_request wanted{.sync = {"acme", "sync", "any"}, .cursor = GetParam().cursor};
    if (GetParam().find_cursor)
      wanted.cursor = GetParam().find_cursor();
    if (p) {
      wanted.position = p->position;
      wanted.cursor = p->cursor;
    }
    return wanted;
  }
};

TEST_P(sources, give_the_rest_when_they_are_resumed_after_any_page) {
  const auto pages = source_reading{GetParam().open()}.run(after(nullptr));
  ASSERT_GT(pages.size(), 2u);
  for (std::size_t i = 0; i + 1 < pages.size(); ++i) {
    const auto rest = source_reading{GetParam().open()}.run(after(&pages[i]));
    const std::vector<source_page> expected{pages.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                            pages.end()};
    ASSERT_EQ(lines(rest), lines(expected)) << "after page " << i;
    EXPECT_EQ(rest.back().cursor, expected.back().cursor);
  }
}

TEST_P(sources, give_the_same_page_when_it_is_asked_for_twice) {
  source_reading reading{GetParam().open()};
  const source_page* before = nullptr;
  const auto pages = reading.run(after(nullptr));
  for (const auto& p : pages) {
    const auto again = reading.page(after(before));
    EXPECT_EQ(lines({again}), lines({p}));
    EXPECT_EQ(again.position, p.position);
    EXPECT_EQ(again.cursor, p.cursor);
    EXPECT_EQ(again.bytes, p.bytes);
    EXPECT_EQ(again.expected, p.expected);
    EXPECT_EQ(again.complete, p.complete);
    EXPECT_EQ(again.last, p.last);
    before = &p;
  }
}

TEST_P(sources, say_at_the_beginning_how_much_there_will_be_or_nothing) {
  const auto pages = source_reading{GetParam().open()}.run(after(nullptr));
  std::uint64_t count = 0;
  for (const auto& p : pages)
    count += p.records.size() + p.letters.size() + p.filtered;
  for (const auto& p : pages)
    EXPECT_TRUE(p.expected == count || p.expected == 0) << p.expected << " of " << count;
}

TEST_P(sources, give_each_key_once_in_a_run) {
  std::vector<std::string> keys;
  for (const auto& p : source_reading{GetParam().open()}.run(after(nullptr)))
    for (const auto& r : p.records)
      keys.push_back(r.key);
  std::ranges::sort(keys);
  EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
}

TEST_P(sources, need_only_the_last_page_cursor_to_begin_the_next_run) {
  const auto first = source_reading{GetParam().open()}.run(after(nullptr));
  const auto next = source_reading{GetParam().open()}.run({.cursor = first.back().cursor});
  EXPECT_EQ(next.back().cursor, first.back().cursor); // nothing has changed
}

INSTANTIATE_TEST_SUITE_P(every, sources, ::testing::ValuesIn(candidates()),
                         [](const auto& each) { return each.param.name; });

} // namespace
} // namespace tenon::actors
