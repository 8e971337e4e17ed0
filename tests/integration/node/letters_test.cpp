// What could not be read is kept with its bytes, and read again when a person has mended what was
// wrong: by the commands that a person has, on a node that is killed as well.
#include "tests/integration/node/replayed_letters.hpp"
#include "tests/support/made_database.hpp"

#include <csignal>
#include <thread>

namespace {

using namespace tenon;
using namespace tenon::tests;

using letters = replayed_letters;

TEST_F(letters, of_a_ragged_line_are_stored_once_when_the_sync_is_told_how_to_read_it) {
  write("a.csv", "id,name,city\n1,Ann,Rome\n2,Bob\n");
  start();
  read_by_id("csv", {{"path", "a.csv"}});
  ran(1);
  const auto shown = command({"letters", "rows"}).out;
  expect_says(shown, "a.csv:3");
  expect_says(shown, "it has 2 fields, not 3");
  expect_says(shown, "2,Bob");
  const auto too_early = command({"letters", "rows", "--replay", "1"});
  EXPECT_EQ(too_early.out, "letter 1 stays: it has 2 fields, not 3\n");
  EXPECT_EQ(too_early.code, nodes::cli::exit_code::failed);

  std::filesystem::remove(folder() / "a.csv"); // the letter has all that it takes
  read_by_id("csv", {{"path", "a.csv"}, {"ragged", "fill"}});
  EXPECT_EQ(replay("1"), "letter 1 stored\n");
  EXPECT_EQ(contents("rows"), (rows{{"1", R"({"id":"1","name":"Ann","city":"Rome"})"},
                                    {"2", R"({"id":"2","name":"Bob","city":null})"}}));
  EXPECT_TRUE(kept().empty());
  const auto again = command({"letters", "rows", "--replay", "1"});
  expect_says(again.out + again.err, "there is no letter 1");
  EXPECT_NE(again.code, nodes::cli::exit_code::done);
}

TEST_F(letters, of_lines_are_read_with_delimiter_types_and_key_as_they_are_now) {
  write("a.csv", "id;n\n1;5\n2;five;x\n3;\"6\" \n4;7\n;8\n");
  start();
  read_by_id("csv", {{"path", "a.csv"}, {"delimiter", ";"}, {"types", object{{"n", "integer"}}}});
  ran(3);
  EXPECT_EQ(replay("1"), "letter 1 stays: it has 3 fields, not 2\n");
  read_by_id("csv", {{"path", "a.csv"},
                     {"delimiter", ";"},
                     {"columns", list{"id", "n", "more"}},
                     {"header", true},
                     {"quote", "none"},
                     {"ragged", "fill"}});
  EXPECT_EQ(command({"letters", "rows", "--replay", "all"}).out,
            "OUTCOME  LETTERS\nkept           1\nstored         2\n");
  EXPECT_EQ(contents("rows").at("2"), R"({"id":"2","n":"five","more":"x"})");
  EXPECT_EQ(contents("rows").at("3"), R"({"id":"3","n":"\"6\" ","more":null})");
  EXPECT_EQ(nodes::cli::text_at(kept().at(0), "reason"), "the key is empty");
  read_by_id("csv", {{"path", "a.csv"}, {"delimiter", ";"}, {"key", "n"}});
  EXPECT_EQ(replay("3"), "letter 3 stored\n");
  EXPECT_EQ(contents("rows").at("8"), R"({"id":"","n":"8"})");

  write("b.csv", "id,v\n1\n");
  read_by_id("csv", {{"path", "b.csv"}});
  ran(1);
  read_by_id("csv", {{"path", "b.csv"}, {"comment", "i"}});
  const auto no_header = replay("4");
  expect_says(no_header, "the header that was kept with b.csv:2 is not one line");
  expect_says(no_header, "Name the columns with `columns`");
  EXPECT_EQ(kept().size(), 1u) << "refused, it is as it was";
}

TEST_F(letters, of_json_and_xml_are_read_with_the_key_and_lists_that_there_are_now) {
  write("a.jsonl", "{\"no\":7,\"v\":\"a\"}\n{\"id\":8,\n");
  write("a.json", R"([{"no":9,"v":"b"},17])");
  write("a.xml", "<r><i no=\"10\"><t>x</t></i></r>");
  start();
  read_by_id("jsonl", {{"path", "a.jsonl"}});
  ran(2);
  read_by_id("json", {{"path", "a.json"}});
  ran(2);
  read_by_id("xml", {{"path", "a.xml"}, {"records", "/r/i"}});
  ran(1);
  EXPECT_EQ(replay("5"), "letter 5 stays: field id of the key is missing\n");
  read_by_id("xml", {{"path", "a.xml"}, {"records", "/r/i"}, {"key", "@no"}, {"lists", "t"}});
  EXPECT_EQ(replay("5"), "letter 5 stored\n");
  read_by_id("json", {{"path", "a.json"}, {"key", "no"}});
  EXPECT_EQ(replay("3"), "letter 3 stored\n");
  EXPECT_EQ(replay("4"), "letter 4 stays: it is not a JSON object\n");
  read_by_id("jsonl", {{"path", "a.jsonl"}, {"key", "no"}}, {{"map", object{{"v", "{{v}}!"}}}});
  EXPECT_EQ(replay("1"), "letter 1 stored\n") << "and through the map, as a run would";
  EXPECT_TRUE(replay("2").starts_with("letter 2 stays: ")) << "it never was JSON";
  EXPECT_EQ(contents("rows"), (rows{{"10", R"({"@no":"10","t":["x"]})"},
                                    {"9", R"({"no":9,"v":"b"})"},
                                    {"7", R"({"v":"a!"})"}}));
  EXPECT_EQ(kept().size(), 2u);
}

TEST_F(letters, that_are_cut_or_of_another_kind_are_refused_and_say_what_to_do) {
  write("a.jsonl", R"({"no":7,"v":")" + std::string(70'000, 'x') + "\"}\n{\"no\":8}\n");
  start();
  read_by_id("jsonl", {{"path", "a.jsonl"}});
  ran(2);
  read_by_id("jsonl", {{"path", "a.jsonl"}, {"key", "no"}});
  const auto cut = command({"letters", "rows", "--replay", "1"});
  expect_says(cut.err, "no whole record that could be read again: field id of the key is missing; "
                       "here are its first 64 KiB");
  expect_says(cut.err, "Mend a.jsonl:1 at its source, read it again (tenon sync run in --full)");
  EXPECT_EQ(cut.code, nodes::cli::exit_code::refused);
  read_by_id("csv", {{"path", "a.csv"}});
  expect_says(replay("2"), "kept by a source of another kind (json)");
  EXPECT_EQ(kept().size(), 2u);
  EXPECT_TRUE(contents("rows").empty());
}

TEST_F(letters, whose_bytes_are_no_text_are_shown_byte_for_byte_too) {
  write("a.csv", "id,v\n1,caf\xe9\n");
  start();
  read_by_id("csv", {{"path", "a.csv"}});
  ran(1);
  EXPECT_EQ(nodes::cli::text_at(kept().at(0), "bytes"), "1,caf\xEF\xBF\xBD\n");
  EXPECT_EQ(nodes::cli::text_at(kept().at(0), "base64"), "MSxjYWbpCg==");
}

TEST_F(letters, yield_to_what_a_run_has_brought_from_the_mended_file) {
  write("a.csv", "id,v\n1\n");
  start();
  read_by_id("csv", {{"path", "a.csv"}});
  ran(1);
  write("a.csv", "id,v\n1,mended\n");
  ran(0);
  EXPECT_EQ(kept().size(), 1u) << "a file is read, not looked for what was wrong in it before";
  read_by_id("csv", {{"path", "a.csv"}, {"ragged", "fill"}});
  EXPECT_EQ(replay("1"), "letter 1 forgotten: the record has come again since\n");
  EXPECT_EQ(contents("rows"), (rows{{"1", R"({"id":"1","v":"mended"})"}}));
}

TEST_F(letters, are_records_or_letters_and_never_both_when_the_node_is_killed) {
  constexpr int count = 400;
  std::string text{"id,v\n"};
  for (int i = 0; i < count; ++i)
    text += std::to_string(i) + '\n';
  write("a.csv", text);
  start();
  read_by_id("csv", {{"path", "a.csv"}});
  ran(count);
  read_by_id("csv", {{"path", "a.csv"}, {"ragged", "fill"}});
  std::thread all{[&] { command({"letters", "rows", "--replay", "all"}); }};
  await("some of them are stored", [&] { return contents("rows").size() > 40; });
  ::kill(node_->pid(), SIGKILL);
  node_->wait();
  all.join();
  start();
  const auto stored = contents("rows");
  std::size_t left = 0;
  for (std::int64_t after = 0; after >= 0;) {
    const auto page =
        api_->get(api_->path({"records", "rows", "letters"}) + "?after=" + std::to_string(after));
    for (const auto& one : nodes::cli::list_at(page.body, "items")) {
      const auto bytes = nodes::cli::text_at(one, "bytes");
      EXPECT_FALSE(stored.contains(bytes.substr(0, bytes.size() - 1))) << bytes;
      ++left;
    }
    after = number(page.body, "next");
  }
  EXPECT_EQ(stored.size() + left, static_cast<std::size_t>(count));
  EXPECT_LT(stored.size(), static_cast<std::size_t>(count)) << "it was killed too late to tell";
  EXPECT_EQ(command({"letters", "rows", "--replay", "all"}).code, nodes::cli::exit_code::done);
  EXPECT_EQ(contents("rows").size(), static_cast<std::size_t>(count));
  EXPECT_TRUE(kept().empty());
}

TEST_F(letters, of_rows_ask_their_table_for_the_row_as_it_is_now) {
  start();
  made_database file{folder() / "a.sqlite"};
  file.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a'), "
           "(2, 9e999), (3, 9e999), (4, 9e999)");
  read_by_id("sqlite", {{"file", (folder() / "a.sqlite").string()}, {"table", "t"}});
  ran(3);
  EXPECT_EQ(replay("1"), "letter 1 stays: column v is infinite, for which JSON has no number\n");
  file.run("UPDATE t SET v = 7 WHERE id = 2; DELETE FROM t WHERE id = 3");
  EXPECT_EQ(replay("1"), "letter 1 stored\n");
  EXPECT_EQ(replay("2"), "letter 2 forgotten: the sync does not keep such a record any more\n");
  const auto table = object{{"file", (folder() / "a.sqlite").string()}, {"table", "t"}};
  auto narrow = table;
  narrow["columns"] = list{"id"};
  read_by_id("sqlite", narrow);
  EXPECT_EQ(replay("3"), "letter 3 stored\n") << "the column is not read any more";
  EXPECT_EQ(contents("rows"),
            (rows{{"1", R"({"id":1,"v":"a"})"}, {"2", R"({"id":2,"v":7})"}, {"4", R"({"id":4})"}}));
  EXPECT_TRUE(kept().empty());
  read_by_id("sqlite", table);
  file.run("UPDATE t SET v = 9e999 WHERE id = 2; DELETE FROM t WHERE id = 4");
  EXPECT_EQ(number(ran(1), "deleted"), 1);
  EXPECT_EQ(contents("rows").at("2"), R"({"id":2,"v":7})")
      << "it cannot be read, and is still there";
}

TEST_F(letters, of_a_sync_that_is_gone_or_feeds_elsewhere_say_so) {
  write("a.csv", "id,v\n1\n");
  start();
  read_by_id("csv", {{"path", "a.csv"}});
  ran(1);
  read_by_id("csv", {{"path", "a.csv"}, {"ragged", "fill"}}, {{"into", "elsewhere"}});
  expect_says(replay("1"), "the sync in feeds another collection now");
  ASSERT_TRUE(api_->remove(api_->path({"syncs", "in"})));
  expect_says(replay("1"), "the sync in that it is of is gone");
  EXPECT_EQ(command({"letters", "rows", "--discard", "1"}).out, "letter 1 given up\n");
  EXPECT_TRUE(kept().empty());
}

TEST_F(letters, of_records_go_through_map_and_key_as_they_are_now) {
  write("a.csv", "id,v\n1,x\n2,7\n");
  start();
  const object file{{"path", "a.csv"}};
  read_by_id("csv", file, {{"map", object{{"n", "{{number(v)}}"}}}});
  ran(1);
  EXPECT_TRUE(replay("1").starts_with("letter 1 stays: spec.map.n: ")) << replay("1");
  read_by_id("csv", file, {{"map", object{{"n", "{{v}}"}}}});
  EXPECT_EQ(replay("1"), "letter 1 stored\n");
  EXPECT_EQ(contents("rows"), (rows{{"1", R"({"n":"x"})"}, {"2", R"({"n":7})"}}));
  write("a.csv", "id,v\n3,8\n");
  read_by_id("csv", file, {{"key", '\'' + std::string(300, 'k') + "' + id"}});
  ran(1);
  EXPECT_EQ(replay("2"), "letter 2 stays: the key, here or there, is longer than 240 bytes\n");
  read_by_id("csv", file, {{"key", "'k' + id"}});
  EXPECT_EQ(replay("2"), "letter 2 stored\n");
  const rows left{{"k3", R"({"id":"3","v":"8"})"}};
  EXPECT_EQ(contents("rows"), left) << "1 and 2 are gone from the file";
  EXPECT_TRUE(kept().empty());
}

TEST_F(letters, of_what_could_not_be_written_go_with_the_next_run) {
  write("a.csv", "id,v\n1,x\n2,7\n");
  start_node({"--allow-files", folder().string(), "--allow-file-writes", folder().string()});
  read_by_id("csv", {{"path", "a.csv"}});
  ran(0);
  const auto write_with = [&](const char* n) {
    const object spec{{"from", object{{"collection", object{{"name", "rows"}}}}},
                      {"to", object{{"csv", object{{"path", folder().string()}}}}},
                      {"map", object{{"n", n}}}};
    apply({object{{"kind", "sync"}, {"name", "out"}, {"spec", spec}}});
  };
  write_with("{{number(v)}}");
  EXPECT_EQ(number(run("out"), "dead_lettered"), 1);
  EXPECT_EQ(replay("1"), "letter 1 will be written with the next run\n");
  EXPECT_EQ(number(run("out"), "dead_lettered"), 1) << "nothing was mended: it is a letter again";
  write_with("{{v}}");
  EXPECT_EQ(replay("2"), "letter 2 will be written with the next run\n");
  EXPECT_EQ(number(run("out"), "stored"), 1);
  EXPECT_TRUE(kept().empty());
  write_with("{{number(v)}}");
  write("a.csv", "id,v\n1,y\n2,7\n");
  ran(0);
  EXPECT_EQ(number(run("out"), "dead_lettered"), 1);
  ASSERT_TRUE(api_->remove(api_->path({"syncs", "out"})));
  expect_says(replay("3"), "the sync out that it is of is gone");
}

} // namespace
