// What a tap says, as pages and places: pure.
#include "actors/sync/sources/singer/assembly.hpp"
#include "protocols/json.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tenon::actors::singer {
namespace {

using texts = std::vector<std::string>;

std::string record(int id, const std::string& more = {}, const std::string& stream = "s") {
  return R"({"type":"RECORD","stream":")" + stream + R"(","record":{"id":)" + std::to_string(id) +
         "}" + more + "}";
}
std::string state(int n) {
  return R"({"type":"STATE","value":{"n":)" + std::to_string(n) + "}}";
}
const std::string schema = R"({"type":"SCHEMA","stream":"s","schema":{},"key_properties":["id"]})";
const std::string version_1 = R"(,"version":1)", version_2 = R"(,"version":2)";
std::string activate(int version) {
  return R"({"type":"ACTIVATE_VERSION","stream":"s","version":)" + std::to_string(version) + "}";
}

struct said {
  source_options options{.tap = "t", .stream = "s"};
  std::vector<connectors::json_path> key;

  result<source_page> page(const texts& lines, const place& from = {}, const known& before = {},
                           bool last = true) {
    assembly a{options, key, from, before};
    for (const auto& line : lines)
      if (auto taken = a.take({line, false}); !taken)
        return std::move(taken).error();
    return std::move(a).finish(last);
  }
};

texts contents(const source_page& p) {
  texts all;
  for (const auto& r : p.records)
    all.push_back(r.key + ' ' + r.content.text() + (r.deleted ? " deleted" : ""));
  for (const auto& l : p.letters)
    all.push_back("! " + l.place + ' ' + l.reason);
  return all;
}

TEST(singer_lines, are_cut_however_their_bytes_come) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  texts sent;
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    sent.push_back(std::string(random() % 500 + 1, static_cast<char>('a' + i % 26)));
    bytes += sent.back() + (random() % 4 == 0 ? "\r\n" : random() % 4 == 0 ? "\n\n" : "\n");
  }
  bytes += "the rest";
  sent.push_back("the rest");
  line_reader reader;
  texts read;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto n = std::min<std::size_t>(bytes.size() - at, random() % 700 + 1);
    reader.feed(std::string_view{bytes}.substr(at, n));
    at += n;
    while (auto line = reader.next())
      read.push_back(line->text);
  }
  while (auto line = reader.rest())
    read.push_back(line->text);
  EXPECT_EQ(read, sent);
}

TEST(singer_lines, that_are_too_long_are_skipped_but_for_their_beginning) {
  line_reader reader;
  const std::string part(1u << 20, 'x');
  std::vector<line_reader::line> read;
  for (int i = 0; i < 40; ++i) {
    reader.feed(part);
    while (auto line = reader.next())
      read.push_back(*line);
  }
  reader.feed("\nafter\n");
  while (auto line = reader.next())
    read.push_back(*line);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_TRUE(read[0].cut);
  EXPECT_EQ(read[0].text.size(), line_reader::kept_of_longer);
  EXPECT_EQ(read[1].text, "after");
}

TEST(singer_pages, hold_the_records_of_the_stream_under_the_key_that_the_tap_says) {
  said tap;
  const auto p = tap.page({schema, record(1), record(9, {}, "other"), record(2), state(5)});
  ASSERT_TRUE(p) << p.error().why;
  EXPECT_EQ(contents(*p), (texts{R"(1 {"id":1})", R"(2 {"id":2})"}));
  EXPECT_EQ(p->cursor, R"({"state":{"n":5},"version":null})");
  EXPECT_FALSE(p->complete);
}

TEST(singer_pages, take_the_key_of_the_options_first) {
  said tap;
  tap.options.key = {"a.b"};
  tap.key = {*connectors::compile_path("a.b")};
  const auto p =
      tap.page({schema, R"({"type":"RECORD","stream":"s","record":{"id":1,"a":{"b":"k"}}})"});
  EXPECT_EQ(contents(*p), texts{R"(k {"id":1,"a":{"b":"k"}})"});
  said two;
  EXPECT_EQ(contents(*two.page(
                {R"({"type":"SCHEMA","stream":"s","schema":{},"key_properties":["x.y","z"]})",
                 R"({"type":"RECORD","stream":"s","record":{"x.y":1,"z":"q"}})"})),
            texts{R"(1|q {"x.y":1,"z":"q"})"});
}

TEST(singer_pages, do_not_begin_without_a_key) {
  said tap;
  const auto p = tap.page({record(1)});
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().where, "spec.from.singer.key");
  const auto none =
      tap.page({R"({"type":"SCHEMA","stream":"s","schema":{},"key_properties":[]})", record(1)});
  EXPECT_FALSE(none);
}

TEST(singer_pages, end_at_a_state_when_one_comes_in_time) {
  said tap;
  tap.options.page_size = 4;
  assembly a{tap.options, tap.key, {}, {}};
  const auto take = [&](const std::string& line) { ASSERT_TRUE(a.take({line, false})); };
  take(schema);
  EXPECT_TRUE(a.empty());
  take(record(1));
  take(state(1));
  EXPECT_FALSE(a.full());
  take(record(2));
  EXPECT_FALSE(a.full());
  take(state(2));
  EXPECT_TRUE(a.full());
  EXPECT_TRUE(a.has_state());
  const auto p = std::move(a).finish(false);
  EXPECT_EQ(read_place(p.position)->state, R"({"n":2})");
  assembly b{tap.options, tap.key, *read_place(p.position), {}};
  for (int i = 3; i <= 6; ++i) {
    EXPECT_FALSE(b.full());
    ASSERT_TRUE(b.take({record(i), false}));
  }
  EXPECT_TRUE(b.full()); // without one
  EXPECT_FALSE(b.has_state());
  const auto q = std::move(b).finish(false);
  EXPECT_EQ(read_place(q.position)->state, R"({"n":2})");
  EXPECT_NE(q.position, p.position);
  EXPECT_EQ(q.cursor, R"({"state":{"n":2},"version":null})");
}

TEST(singer_pages, keep_the_state_as_it_was_said) {
  said tap;
  const auto odd = R"({"a":1.0,"b":[],"a":"\u00e9","big":123456789012345678901234567890})";
  const auto p = tap.page({schema, std::string{R"({"type":"STATE","value":)"} + odd + "}"});
  EXPECT_EQ(read_place(p->position)->state, odd);
  EXPECT_EQ(read_cursor(p->cursor)->state, odd);
}

TEST(singer_pages, mark_what_has_a_new_version_and_show_all_there_is_once_it_is_activated) {
  said tap;
  const auto first = tap.page({schema, activate(1), record(1, version_1), state(1)}, {}, {}, false);
  EXPECT_TRUE(first->complete);
  const auto rest = [&](const texts& lines) {
    return tap.page(lines, *read_place(first->position), *read_cursor(first->cursor));
  };
  const auto done = rest({record(2, version_1), activate(1), state(2)});
  EXPECT_TRUE(done->complete);
  EXPECT_EQ(*read_cursor(done->cursor), (known{R"({"n":2})", 1}));
  EXPECT_FALSE(rest({record(2, version_1), state(2)})->complete);              // never activated
  EXPECT_FALSE(rest({activate(1), record(2, version_1), state(2)})->complete); // not after all
  EXPECT_FALSE(rest({record(2, version_1), activate(3)})->complete);           // another one
  EXPECT_FALSE(rest({record(2), record(3, version_1), activate(1)})->complete);
  // The next run: changes of what has the version are not all there is; a new version is.
  const known after{R"({"n":2})", 1};
  const auto changes = tap.page({record(3, version_1), activate(1)}, {}, after);
  EXPECT_FALSE(changes->complete);
  EXPECT_EQ(read_cursor(changes->cursor)->version, 1);
  EXPECT_TRUE(tap.page({record(3, version_2), activate(2)}, {}, after)->complete);
  EXPECT_TRUE(tap.page({activate(2), state(3)}, {}, after)->complete); // an empty one
  EXPECT_FALSE(tap.page({state(3)}, {}, after)->complete);
}

TEST(singer_pages, know_what_was_activated_wherever_they_end) {
  texts lines{schema};
  for (int i = 1; i <= 6; ++i)
    lines.push_back(record(i, version_1));
  lines.push_back(activate(1));
  lines.push_back(state(6));
  for (std::size_t size = 1; size <= 9; ++size) {
    said tap;
    tap.options.page_size = size;
    std::optional<assembly> page{std::in_place, tap.options, tap.key, place{}, known{}};
    for (const auto& line : lines) {
      ASSERT_TRUE(page->take({line, false}));
      if (!page->full())
        continue;
      const auto ended = std::move(*page).finish(false);
      EXPECT_TRUE(ended.complete) << size;
      page.emplace(tap.options, tap.key, *read_place(ended.position), known{});
    }
    const auto last = std::move(*page).finish(true);
    EXPECT_TRUE(last.complete) << size;
    EXPECT_EQ(*read_cursor(last.cursor), (known{R"({"n":6})", 1})) << size;
  }
  // What follows it takes it back, also in another page.
  said tap;
  const place activated{R"({"n":6})", 1, true, 3, 0, 1};
  EXPECT_TRUE(tap.page({schema}, activated)->complete);
  EXPECT_FALSE(tap.page({schema, record(7, version_1)}, activated)->complete);
}

TEST(singer_pages, cover_secrets_in_what_is_no_message) {
  said tap;
  const covering secrets{object{{"key", "-----BEGIN-----\nfirst line\r\n\"second\"\nab\n"},
                                {"account", 4711471},
                                {"short", "abc"},
                                {"nested", object{{"token", "canary-91c2"}}}}};
  const auto letter = [&](const std::string& line, bool cut = false) {
    assembly a{tap.options, tap.key, {}, {}, secrets};
    EXPECT_TRUE(a.take({line, cut}));
    const auto page = std::move(a).finish(true);
    EXPECT_EQ(page.letters.size(), 1u) << line;
    return page.letters.at(0).bytes.text();
  };
  EXPECT_EQ(letter("the first line, and abc"), "the •••, and abc");
  EXPECT_EQ(letter("now \"second\""), "now •••");
  EXPECT_EQ(letter("of 4711471 with canary-91c2, canary-91c2", true), "of ••• with •••, •••");
  EXPECT_EQ(
      letter(R"({"key":"-----BEGIN-----\nfirst line\r\n\"second\"\nab\n","account":4711471})"),
      R"({"key":"•••","account":•••})");
}

TEST(singer_pages, delete_what_the_tap_says_is_deleted) {
  said tap;
  const auto p = tap.page(
      {schema, "rubbish", record(1),
       R"({"type":"RECORD","stream":"s","record":{"id":2,"_sdc_deleted_at":"2026-01-01"}})",
       R"({"type":"RECORD","stream":"s","record":{"id":3,"_sdc_deleted_at":null}})"});
  ASSERT_EQ(p->records.size(), 3u);
  EXPECT_FALSE(p->records[0].deleted);
  EXPECT_TRUE(p->records[1].deleted);
  EXPECT_FALSE(p->records[2].deleted);
}

TEST(singer_pages, make_letters_of_what_is_no_message_or_no_record) {
  said tap;
  const auto p =
      tap.page({schema, "Hello, I am a tap", "[1]", R"({"a":1})",
                R"({"type":"RECORD","record":{}})", R"({"type":"RECORD","stream":"s","record":[]})",
                R"({"type":"RECORD","stream":"s","record":{"name":"no key"}})",
                R"({"type":"NEWS","of":"later"})", record(1)});
  EXPECT_EQ(p->records.size(), 1u);
  ASSERT_EQ(p->letters.size(), 6u);
  EXPECT_EQ(p->letters[0].bytes.text(), "Hello, I am a tap");
  EXPECT_NE(p->letters[5].reason.find("key"), std::string::npos);
  EXPECT_FALSE(tap.page({R"({"type":"BATCH","stream":"s"})"}));
}

TEST(singer_places, that_are_none_are_refused) {
  for (const auto* wrong :
       {"rubbish", "{}", R"({"state":5,"version":null,"whole":true,"pages":1,"bad_ends":0})",
        R"({"state":{},"version":"x","whole":true,"pages":1,"bad_ends":0})"}) {
    EXPECT_EQ(read_place(wrong).error().code, code::stale) << wrong;
    EXPECT_FALSE(read_cursor(wrong)) << wrong;
  }
  for (const place& p : {place{R"({"a":[1]})", 7, false, 12, 3}, place{{}, 7, true, 1, 0, 7}})
    EXPECT_EQ(*read_place(write_place(p)), p);
  // One that does not say what was activated.
  EXPECT_EQ(*read_place(R"({"state":{"a":1},"version":7,"whole":true,"pages":2,"bad_ends":1})"),
            (place{R"({"a":1})", 7, true, 2, 1}));
}

TEST(singer_catalogs, select_one_stream_with_all_its_fields) {
  const auto found = R"({"streams":[{"tap_stream_id":"s","stream":"s","schema":{"type":"object"},
    "metadata":[{"breadcrumb":[],"metadata":{"inclusion":"available"}},
                {"breadcrumb":["properties","a"],"metadata":{"inclusion":"available"}},
                {"breadcrumb":["properties","b"],"metadata":{"inclusion":"unsupported"}}]},
    {"tap_stream_id":"o","stream":"other"}]})";
  const auto selected = read_json(*select_stream(found, "s"));
  const auto& one = (*selected->find("streams")->as<list>())[0];
  EXPECT_EQ(*one.find("selected"), value{true});
  EXPECT_EQ(*one.find("schema")->find("selected"), value{true});
  const auto& parts = *one.find("metadata")->as<list>();
  EXPECT_EQ(*parts[0].find("metadata")->find("selected"), value{true});
  EXPECT_EQ(*parts[1].find("metadata")->find("selected"), value{true});
  EXPECT_EQ(parts[2].find("metadata")->find("selected"), nullptr);
  const auto& other = (*selected->find("streams")->as<list>())[1];
  EXPECT_EQ((*other.find("metadata")->as<list>())[0],
            (value{object{{"breadcrumb", list{}}, {"metadata", object{{"selected", false}}}}}));
  const auto absent = select_stream(found, "absent");
  EXPECT_EQ(absent.error().code, code::not_found);
  EXPECT_NE(absent.error().remedy.find("s, other"), std::string::npos);
  EXPECT_FALSE(select_stream("no catalog", "s"));
}

} // namespace
} // namespace tenon::actors::singer
