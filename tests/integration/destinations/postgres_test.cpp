// Writing to a real PostgreSQL server: by COPY what the server itself makes of JSON, what is
// refused, and a server that goes away.
#include "actors/sync/destinations/postgres.hpp"
#include "tests/support/destination_writing.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/postgres_server.hpp"

#include <random>

namespace tenon::actors {
namespace {

using tests::change;

class postgres_destinations : public ::testing::Test {
protected:
  static tests::postgres_server& server() {
    static tests::postgres_server one;
    return one;
  }
  settled write(const std::string& table, std::vector<outgoing_change> page, object more = {}) {
    auto options = tests::table_options(server().url(), table);
    for (const auto& [name, v] : more)
      options[name] = v;
    return tests::destination_writing{*kind_, options}.write(std::move(page));
  }
  static std::vector<outgoing_change> numbered(int count, const object& content) {
    std::vector<outgoing_change> page;
    for (int i = 0; i < count; ++i) {
      auto one = content;
      one["id"] = i;
      page.push_back(change(std::to_string(i), one));
    }
    return page;
  }
  std::string differences(const std::string& a, const std::string& b) {
    return db_.run("SELECT count(*) FROM ((TABLE " + a + " EXCEPT TABLE " + b +
                   ") UNION ALL (TABLE " + b + " EXCEPT TABLE " + a + ")) x");
  }

  tests::postgres_client db_{server()};
  std::unique_ptr<destination_kind> kind_ = postgres_destination(tests::reached_servers());
};

TEST_F(postgres_destinations, take_by_copy_what_the_server_itself_reads_from_json) {
  db_.run("CREATE DOMAIN word AS varchar(40); CREATE TABLE copied (id int PRIMARY KEY, t text, w "
          "word, b boolean, f float8, n numeric(20,3), j json, k jsonb, i int[], s text[], m "
          "int[][], at timestamptz, d date, u uuid, js jsonb[]); CREATE TABLE populated (LIKE "
          "copied INCLUDING ALL)");
  const auto content = *read_json(R"({"t":"tab\t line\n back\\slash \"q\" \u00e4 \\N \\. ",
    "w":"w","b":true,"f":1.5e3,"n":12345678901234567.125,"j":{"a":[1,"\t"],"b":"\\"},
    "k":"text","i":[1,null,3],"s":["a,b","{}","\"","NULL","\\",null,""],"m":[[1,2],[3,4]],
    "at":"2026-01-31T12:00:00.123456Z","d":"2026-01-31",
    "u":"6f1c1e2a-0000-4000-8000-000000000000","js":[{"a":"\"x\""},[1]]})");
  const auto page = numbered(100, *content.as<object>());
  EXPECT_EQ(write("copied", page).written, 100u);
  for (int i = 0; i < 100; i += 10) // too few to be worth a COPY
    EXPECT_EQ(write("populated", {page.begin() + i, page.begin() + i + 10}).written, 10u);
  db_.run("ALTER TABLE copied ALTER j TYPE text; ALTER TABLE populated ALTER j TYPE text");
  EXPECT_EQ(differences("copied", "populated"), "0");
  EXPECT_EQ(db_.run("SELECT s[3] || s[5] || m[2][1] FROM copied LIMIT 1"), "\"\\3");
}

TEST_F(postgres_destinations, take_any_text_by_copy) {
  db_.run("CREATE TABLE any_text (id int PRIMARY KEY, t text); CREATE TABLE as_json (j json)");
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  std::vector<outgoing_change> page;
  std::string all{"["};
  for (int i = 0; i < 500; ++i) {
    std::string text;
    for (auto n = random() % 12; n > 0; --n)
      switch (random() % 4) {
      case 0:
        text += static_cast<char>(1 + random() % 127);
        break;
      case 1:
        text += "\\Nn.t\n\t\r\b\"'{}"[random() % 13];
        break;
      case 2:
        text += "é";
        break;
      default:
        text += "😀";
      }
    page.push_back(change(std::to_string(i), {{"id", i}, {"t", text}}));
    all += (i > 0 ? "," : "") + page.back().content.text();
  }
  ASSERT_EQ(write("any_text", page).written, 500u);
  EXPECT_EQ(db_.run("SELECT count(*) FROM any_text a JOIN json_populate_recordset(NULL::any_text, "
                    "$json$" +
                    all + "]$json$) b ON a.id = b.id AND a.t = b.t"),
            "500");
}

TEST_F(postgres_destinations, keep_bytes_and_read_composites) {
  db_.run("CREATE TYPE point2 AS (x int, y text); CREATE TABLE bytes (id int PRIMARY KEY, b bytea, "
          "l bytea[]); CREATE TABLE composed (id int PRIMARY KEY, p point2)");
  const list two{"AAEC", nullptr};
  EXPECT_EQ(write("bytes", numbered(70, {{"b", "/wAB"}, {"l", two}})).written, 70u);
  EXPECT_EQ(write("bytes", {change("500", {{"id", 500}, {"b", "/wAB"}})}).written, 1u);
  EXPECT_EQ(db_.run("SELECT count(*) FROM bytes WHERE b = '\\xff0001'"), "71");
  EXPECT_EQ(db_.run("SELECT count(*) FROM bytes WHERE l[1] = '\\x000102' AND l[2] IS NULL"), "70");
  const auto odd = write("bytes", {change("1", {{"id", 1}, {"b", "no base64!"}})});
  ASSERT_EQ(odd.letters.size(), 1u);
  EXPECT_NE(odd.letters[0].reason.find("base64"), std::string::npos);
  const object point{{"x", 1}, {"y", "a"}};
  EXPECT_EQ(write("composed", numbered(70, {{"p", point}})).written, 70u);
  EXPECT_EQ(db_.run("SELECT count(*) FROM composed WHERE (p).y = 'a'"), "70");
}

TEST_F(postgres_destinations, refuse_one_by_one_by_the_line_or_by_halves) {
  db_.run("CREATE TABLE picky (id int PRIMARY KEY, n int CHECK (n <> 13), w varchar(3)); CREATE "
          "TABLE picky_too (LIKE picky INCLUDING ALL); INSERT INTO picky_too VALUES (5000)");
  auto page = numbered(2'000, {{"n", 1}, {"w", "abc"}});
  std::set<std::string> bad;
  for (int i = 0; i < 2'000; i += 97) {
    const value n = i % 2 == 0 ? value{"seven"} : value{13};
    page[static_cast<std::size_t>(i)] =
        change(std::to_string(i), {{"id", i}, {"n", n}, {"w", "abc"}});
    bad.insert(std::to_string(i));
  }
  page[5] = change("5", {{"id", 5}, {"n", 5}, {"w", "four"}});
  bad.insert("5");
  for (const auto* table : {"picky", "picky_too"}) { // filled, and through a temporary table
    const auto done = write(table, page);
    EXPECT_FALSE(done.trouble);
    EXPECT_EQ(done.written, 2'000 - bad.size());
    std::set<std::string> told;
    for (const auto& letter : done.letters)
      told.insert(letter.place);
    EXPECT_EQ(told, bad) << table;
  }
}

TEST_F(postgres_destinations, write_without_a_temporary_table_where_none_may_be_made) {
  db_.run("CREATE DATABASE narrow");
  db_.run("REVOKE TEMPORARY ON DATABASE narrow FROM PUBLIC; CREATE ROLE "
          "modest LOGIN PASSWORD 'a secret of the test'");
  tests::postgres_client narrow{server(), "narrow"};
  narrow.run("CREATE TABLE t (id int PRIMARY KEY, v text); GRANT ALL ON t TO modest");
  auto reached = tests::reached_servers();
  reached.secrets =
      tests::secrets({{"main", {{"user", "modest"}, {"password", server().password}}}});
  const auto kind = postgres_destination(reached);
  tests::destination_writing writing{*kind, tests::table_options(server().url("narrow"), "t")};
  EXPECT_EQ(writing.write(numbered(300, {{"v", "x"}})).written, 300u);
  EXPECT_EQ(writing.write(numbered(300, {{"v", "y"}})).written, 300u);
  EXPECT_EQ(narrow.run("SELECT count(*) FROM t WHERE v = 'y'"), "300");
}

TEST_F(postgres_destinations, fill_an_empty_table_and_go_on_when_somebody_else_writes_too) {
  db_.run("CREATE TABLE filled (id int PRIMARY KEY, v text NOT NULL, mail text UNIQUE)");
  const auto page = [](int from, const value& v) {
    std::vector<outgoing_change> all;
    for (int i = from; i < from + 500; ++i)
      all.push_back(change(std::to_string(i), {{"id", i}, {"v", v}, {"mail", std::to_string(i)}}));
    return all;
  };
  auto first = page(0, "a");
  first[77] = change("77", {{"id", 77}, {"v", nullptr}, {"mail", "77"}});
  const auto done = write("filled", first);
  EXPECT_EQ(done.written, 499u);
  ASSERT_EQ(done.letters.size(), 1u);
  EXPECT_EQ(done.letters[0].place, "77");
  EXPECT_EQ(write("filled", page(500, "a")).written, 500u);
  db_.run("INSERT INTO filled VALUES (1250, 'theirs', 'x'), (99999, 'theirs', '1300')");
  const auto mixed = write("filled", page(1'000, "a"));
  EXPECT_EQ(mixed.written, 499u);
  ASSERT_EQ(mixed.letters.size(), 1u);
  EXPECT_EQ(mixed.letters[0].place, "1300");
  EXPECT_EQ(write("filled", page(0, "b")).written, 500u);
  EXPECT_EQ(db_.run("SELECT count(*) || ' ' || count(*) FILTER (WHERE v = 'b') FROM filled"),
            "1500 500");
}

TEST_F(postgres_destinations, keep_rules_and_policies_that_copy_would_pass_by) {
  db_.run("CREATE TABLE ruled (id int PRIMARY KEY, v text); CREATE TABLE seen (id int); CREATE "
          "TABLE unkeyed (id int, v text)");
  db_.run("CREATE RULE also AS ON INSERT TO ruled DO ALSO INSERT INTO seen VALUES (1)");
  const auto refused = write("ruled", numbered(100, {{"v", "a"}}));
  ASSERT_TRUE(refused.trouble); // ON CONFLICT is not for tables with rules, and says so
  EXPECT_EQ(refused.count, 0u);
  EXPECT_EQ(db_.run("SELECT count(*) FROM ruled"), "0");
  const auto unkeyed = write("unkeyed", numbered(100, {{"v", "a"}}));
  ASSERT_TRUE(unkeyed.trouble);
  EXPECT_EQ(unkeyed.trouble->why.where, "spec.to.postgres.key");
  EXPECT_NE(unkeyed.trouble->why.remedy.find("unique index"), std::string::npos);
  EXPECT_EQ(db_.run("SELECT count(*) FROM unkeyed"), "0");
}

TEST_F(postgres_destinations, delete_nothing_by_a_key_that_is_not_unique) {
  db_.run("CREATE TABLE living (id int PRIMARY KEY, country text NOT NULL, city text, UNIQUE "
          "(country, city)); CREATE UNIQUE INDEX ON living (country) WHERE id > 1; CREATE UNIQUE "
          "INDEX ON living (lower(country), id); INSERT INTO living VALUES (1, 'de', 'a'), (2, "
          "'de', 'b'), (3, 'fr', 'c')");
  const object by_country{{"key", "country"}};
  const auto gone = change("9", {{"country", "de"}, {"city", "b"}}, true);
  const auto refused = write("living", {gone}, by_country);
  ASSERT_TRUE(refused.trouble);
  EXPECT_EQ(refused.count, 0u);
  EXPECT_EQ(refused.trouble->why.where, "spec.to.postgres.key");
  EXPECT_NE(refused.trouble->why.remedy.find("unique index"), std::string::npos);
  EXPECT_EQ(db_.run("SELECT count(*) FROM living"), "3");
  const list both{"city", "country"};
  const object by_both{{"key", both}};
  EXPECT_EQ(write("living", {gone}, by_both).deleted, 1u);
  EXPECT_EQ(db_.run("SELECT count(*) FROM living"), "2");
}

TEST_F(postgres_destinations, keep_the_order_of_changes_of_one_row) {
  db_.run("CREATE TABLE mailed (mail text PRIMARY KEY, v text, w text); INSERT INTO mailed VALUES "
          "('a@x', 'old', ''), ('b@x', 'old', '')");
  const object by_mail{{"key", "mail"}};
  const auto done =
      write("mailed",
            {change("1", {{"mail", "a@x"}, {"v", "old"}}, true),
             change("2", {{"mail", "a@x"}, {"v", "n"}}),
             change("3", {{"mail", "b@x"}, {"v", "kept"}}), change("4", {{"mail", "b@x"}}, true),
             change("5", {{"mail", "c@x"}, {"v", "last"}, {"w", "last"}}),
             change("6", {{"mail", "c@x"}, {"v", "really"}})},
            by_mail);
  EXPECT_FALSE(done.trouble);
  EXPECT_EQ(done.count, 6u);
  EXPECT_EQ(db_.run("SELECT string_agg(mail || v || coalesce(w, '-'), ',' ORDER BY mail) FROM "
                    "mailed"),
            "a@xn-,c@xreallylast");
}

TEST_F(postgres_destinations, believe_no_line_that_only_a_triggers_words_know) {
  db_.run("CREATE TABLE told (id int PRIMARY KEY); INSERT INTO told VALUES (-1)");
  db_.run("CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = 7 THEN "
          "EXECUTE E'SELECT 1/0 /*\\nCOPY x, line 999999999 */'; END IF; RETURN NEW; END $$");
  db_.run("CREATE TRIGGER tells BEFORE INSERT ON told FOR EACH ROW EXECUTE FUNCTION tell()");
  const auto done = write("told", numbered(20, {}));
  EXPECT_FALSE(done.trouble);
  EXPECT_EQ(done.written, 19u);
  ASSERT_EQ(done.letters.size(), 1u);
  EXPECT_EQ(done.letters[0].place, "7");
}

TEST_F(postgres_destinations, write_columns_whose_types_an_extension_brought) {
  db_.run("CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE SCHEMA trees; CREATE EXTENSION "
          "ltree SCHEMA trees");
  db_.run("CREATE TABLE extended (mail citext PRIMARY KEY, h hstore, path trees.ltree, tags "
          "citext[])");
  const object by_mail{{"key", "mail"}};
  const auto page = [](int count, const char* h) {
    std::vector<outgoing_change> all;
    const list tags{"A", "b"};
    for (int i = 0; i < count; ++i)
      all.push_back(change(std::to_string(i), {{"mail", "A" + std::to_string(i) + "@x"},
                                               {"h", h},
                                               {"path", "top.science"},
                                               {"tags", tags}}));
    return all;
  };
  for (const int count : {10, 200}) { // as JSON, and by COPY
    db_.run("TRUNCATE extended");
    const auto added = static_cast<std::size_t>(count);
    EXPECT_EQ(write("extended", page(count, "a=>1"), by_mail).written, added);
    EXPECT_EQ(write("extended", page(count, "a=>1"), by_mail).unchanged, added);
    EXPECT_EQ(write("extended", page(count, "a=>2"), by_mail).written, added);
    EXPECT_EQ(db_.run("SELECT count(*) FROM extended WHERE h -> 'a' = '2'"), std::to_string(count));
  }
  EXPECT_EQ(write("extended", {change("7", {{"mail", "a7@X"}}, true)}, by_mail).deleted, 1u);
  db_.run("CREATE TABLE branches (path trees.ltree PRIMARY KEY)");
  const object by_path{{"key", "path"}};
  EXPECT_EQ(write("branches", {change("1", {{"path", "top.a"}})}, by_path).written, 1u);
  EXPECT_EQ(write("branches", {change("1", {{"path", "top.a"}}, true)}, by_path).deleted, 1u);
}

TEST_F(postgres_destinations, follow_a_table_that_changes_between_pages) {
  db_.run("CREATE TABLE changing (id int PRIMARY KEY, v varchar(3))");
  EXPECT_EQ(write("changing", numbered(100, {{"v", "abc"}})).written, 100u);
  db_.run("ALTER TABLE changing ALTER v TYPE text");
  EXPECT_EQ(write("changing", numbered(100, {{"v", "longer"}})).written, 100u);
  db_.run("DROP TABLE changing; CREATE TABLE changing (id int PRIMARY KEY, v int)");
  EXPECT_EQ(write("changing", numbered(100, {{"v", 7}})).written, 100u);
  EXPECT_EQ(write("changing", numbered(100, {{"v", "x"}})).letters.size(), 100u);
}

TEST_F(postgres_destinations, keep_fields_without_a_column_where_they_are_told_to) {
  db_.run("CREATE TABLE wide (id int PRIMARY KEY, v text, more jsonb)");
  const object extra{{"extra", "more"}};
  const object nested{{"y", 1}};
  EXPECT_EQ(write("wide", numbered(80, {{"v", "a"}, {"x", nested}, {"z", "1"}}), extra).written,
            80u);
  EXPECT_EQ(write("wide", {change("99", {{"id", 99}, {"v", "b"}})}, extra).written, 1u);
  EXPECT_EQ(db_.run("SELECT count(*) FROM wide WHERE more = '{\"x\":{\"y\":1},\"z\":\"1\"}'"),
            "80");
  EXPECT_EQ(db_.run("SELECT count(*) FROM wide WHERE more IS NULL"), "1");
  const auto none = write("wide", {change("1", {{"id", 1}, {"x", 1}})});
  ASSERT_TRUE(none.trouble);
  EXPECT_NE(none.trouble->why.why.find("no column x"), std::string::npos);
  EXPECT_NE(none.trouble->why.remedy.find("extra"), std::string::npos);
}

TEST_F(postgres_destinations, go_on_when_the_server_is_there_again) {
  tests::postgres_server own;
  const auto client = [&] { return tests::postgres_client{own}; };
  client().run("CREATE TABLE t (id int PRIMARY KEY, v text)");
  tests::destination_writing writing{*kind_, tests::table_options(own.url(), "t")};
  EXPECT_EQ(writing.write(numbered(100, {{"v", "a"}})).written, 100u);
  own.stop();
  const auto none = writing.write(numbered(200, {{"v", "b"}}));
  EXPECT_EQ(none.count, 0u);
  ASSERT_TRUE(none.trouble);
  EXPECT_TRUE(none.trouble->transient);
  own.start();
  const auto done = writing.write(numbered(200, {{"v", "b"}}));
  EXPECT_EQ(done.written, 200u);
  EXPECT_EQ(client().run("SELECT count(*) FROM t WHERE v = 'b'"), "200");
}

} // namespace
} // namespace tenon::actors
