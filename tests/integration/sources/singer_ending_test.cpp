// How taps end, whoever wants that, and that nothing of them is left then.
#include "tests/support/run_taps.hpp"

#include <cstdlib>
#include <thread>

namespace tenon::actors {
namespace {

TEST_F(singer_taps, leave_no_file_behind) {
  const auto own = scripts.file("temporary");
  std::filesystem::create_directory(own);
  ::setenv("TMPDIR", own.c_str(), 1);
  EXPECT_EQ(open().run().back().last, true);
  {
    auto reading = open({{"page_size", 20}, {"config", object{{"to", 100'000}}}});
    reading.page({});
    EXPECT_FALSE(std::filesystem::is_empty(own));
    kind.reset();
  }
  EXPECT_TRUE(tests::until([&] { return std::filesystem::is_empty(own); },
                           [](bool empty) { return empty; }));
  ::unsetenv("TMPDIR");
}

TEST_F(singer_taps, leave_nothing_of_their_own_and_clear_what_was_left_by_those_killed) {
  const auto own = scripts.file("temporary");
  const auto left = own / "tenon-tap-left", other = own / "other";
  std::filesystem::create_directories(left / "cache");
  std::filesystem::create_directory(other);
  ::setenv("TMPDIR", own.c_str(), 1);
  auto reading =
      open_own("mkdir -p $HOME/.cache/x; echo 1 >$TMPDIR/.cache/x/y\n"
               "echo '{\"type\":\"RECORD\",\"stream\":\"numbers\",\"record\":{\"id\":1}}'\n"
               "exec sleep 1000\n",
               {{"page_size", 1}});
  EXPECT_FALSE(std::filesystem::exists(left)); // with the kind that has just been made
  EXPECT_EQ(keys({reading.page({})}), numbers(1, 1));
  const auto count = [&] { return std::distance(std::filesystem::directory_iterator{own}, {}); };
  EXPECT_EQ(count(), 2);
  const auto another = singer_source(usual());
  EXPECT_EQ(count(), 2); // somebody needs it
  ASSERT_TRUE(reading.forget());
  EXPECT_EQ(count(), 1);
  EXPECT_TRUE(std::filesystem::exists(other));
  ::unsetenv("TMPDIR");
}

TEST_F(singer_taps, are_guarded_by_a_process_with_nothing_of_the_nodes_memory) {
  auto reading = open_own("echo $PPID >" + scripts.file("pid").string() + R"(
echo '{"type":"RECORD","stream":"numbers","record":{"id":1}}'
exec sleep 1000
)",
                          {{"page_size", 1}});
  reading.page({});
  const auto guard = "/proc/" + std::to_string(pid_in("pid"));
  std::ifstream words{guard + "/cmdline"};
  std::string name;
  std::getline(words, name, '\0');
  EXPECT_EQ(name, "tenon-tap-guard"); // another program's memory than ours
  std::ifstream around{guard + "/environ"};
  std::getline(around, name, '\0');
  EXPECT_EQ(name, "PATH=/usr/local/bin:/usr/bin:/bin");
}

TEST_F(singer_taps, end_when_they_are_given_up_before_they_have_said_anything) {
  const auto slow = scripts.file("slow"); // to find its catalog
  std::ofstream{slow} << "#!/bin/sh\necho $$ >" << scripts.file("pid").string()
                      << "\nexec sleep 1000\n";
  std::filesystem::permissions(slow, std::filesystem::perms::owner_all);
  auto o = usual();
  o.taps["slow"] = slow;
  kind = singer_source(std::move(o));
  auto source = *kind->open({"acme", "sync", "numbers"}, {{"tap", "slow"}, {"stream", "numbers"}});
  auto* const there = source.get();
  source_reading reading{std::move(source)};
  std::optional<source_trouble> t;
  std::thread reader{[&] { t = reading.trouble(); }};
  const auto tap = pid_in("pid");
  abandon(*there);
  reader.join();
  EXPECT_EQ(t->why.code, code::unavailable) << t->why.why;
  EXPECT_TRUE(ends(tap));
}

TEST_F(singer_taps, end_with_the_sync_that_they_were_run_for) {
  auto reading = open_own("echo $$ >" + scripts.file("pid").string() + R"(
yes '{"type":"RECORD","stream":"numbers","record":{"id":1}}'
)");
  reading.page({});
  const auto tap = pid_in("pid");
  EXPECT_TRUE(runs(tap));
  EXPECT_TRUE(reading.forget());
  EXPECT_TRUE(ends(tap));
}

TEST_F(singer_taps, wait_when_nobody_reads_them_and_end_when_they_are_not_wanted) {
  kind = with(script_with_a_stray());
  const object o{{"tap", "own"}, {"key", "id"}, {"stream", "numbers"}, {"page_size", 20}};
  for (const bool abandoned : {true, false}) {
    std::filesystem::remove(scripts.file("pid"));
    std::filesystem::remove(scripts.file("other"));
    auto source = *kind->open({"acme", "sync", "numbers"}, o);
    auto* const there = source.get();
    std::optional<source_reading> reading{std::in_place, std::move(source)};
    const auto page = reading->page({});
    EXPECT_EQ(page.records.size(), 20u);
    const auto tap = pid_in("pid"), other = pid_in("other");
    EXPECT_TRUE(runs(tap));
    EXPECT_TRUE(runs(other));
    if (abandoned) {
      abandon(*there);
    } else {
      kind.reset();
      reading.reset();
    }
    EXPECT_TRUE(ends(tap)) << abandoned;
    EXPECT_TRUE(ends(other)) << abandoned;
  }
}

TEST_F(singer_taps, end_after_a_while_without_a_page) {
  auto o = usual();
  o.idle_limit = span{50};
  o.taps["own"] = scripts.make("tap-own", "echo $$ >" + scripts.file("pid").string() + R"(
yes '{"type":"RECORD","stream":"numbers","record":{"id":1}}'
)");
  kind = singer_source(std::move(o));
  auto reading = open({{"tap", "own"}, {"key", "id"}});
  reading.page({});
  EXPECT_TRUE(ends(pid_in("pid")));
}

TEST_F(singer_taps, end_at_once_when_the_node_does) {
  std::stop_source closing;
  auto o = usual();
  o.closing = closing.get_token();
  o.taps["own"] =
      scripts.make("tap-own", "echo $$ >" + scripts.file("pid").string() + "\nsleep 1000\n");
  kind = singer_source(std::move(o));
  auto reading = open({{"tap", "own"}});
  std::optional<source_trouble> t;
  std::thread reader{[&] { t = reading.trouble(); }};
  const auto tap = pid_in("pid");
  closing.request_stop();
  reader.join();
  EXPECT_EQ(t->why.code, code::unavailable) << t->why.why;
  EXPECT_TRUE(ends(tap));
}

} // namespace
} // namespace tenon::actors
