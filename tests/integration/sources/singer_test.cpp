// Taps as child processes: what they are given, and what is made of what they say.
#include "tests/support/run_taps.hpp"

#include <cstdlib>

namespace tenon::actors {
namespace {

using tests::lines;

TEST_F(singer_taps, are_read_page_by_page_and_begin_the_next_run_at_their_last_state) {
  auto reading = open({{"page_size", 20}});
  const auto pages = reading.run();
  EXPECT_EQ(keys(pages), numbers(1, 100));
  EXPECT_GE(pages.size(), 9u);
  EXPECT_EQ(lines(pages)[1], R"(2 {"id":2,"square":4})");
  EXPECT_EQ(pages.front().waits_for, "the tap numbers");
  EXPECT_EQ(pages.back().cursor, R"({"state":{"at":100},"version":null})");
  const auto more = open({{"config", object{{"to", 130}}}}).run({.cursor = pages.back().cursor});
  EXPECT_EQ(keys(more), numbers(101, 130));
  EXPECT_EQ(keys(open().run({.cursor = pages.back().cursor, .full = true})).size(), 100u);
}

TEST_F(singer_taps, repeat_after_their_death_what_came_after_the_last_state_and_no_more) {
  auto o = usual();
  o.taps["numbers"] = scripts.numbers(30);
  const auto rarely = [&] { return singer_source(o); };
  kind = rarely();
  auto reading = open({{"page_size", 20}});
  std::vector<source_page> pages{reading.page({})};
  pages.push_back(reading.page({.position = pages[0].position, .cursor = pages[0].cursor}));
  EXPECT_EQ(pages[0].records.size(), 20u); // no STATE came in time
  kind = rarely();
  const auto rest =
      open({{"page_size", 20}}).run({.position = pages[1].position, .cursor = pages[1].cursor});
  EXPECT_EQ(keys(rest), numbers(31, 100));
  kind = rarely();
  const auto all =
      open({{"page_size", 20}}).run({.position = pages[0].position, .cursor = pages[0].cursor});
  EXPECT_EQ(keys(all), numbers(1, 100));
}

TEST_F(singer_taps, give_a_page_again_when_it_is_asked_for_twice) {
  auto reading = open({{"page_size", 20}});
  const auto first = reading.page({});
  const auto second = reading.page({.position = first.position, .cursor = first.cursor});
  const auto again = reading.page({.position = first.position, .cursor = first.cursor});
  EXPECT_EQ(lines({again}), lines({second}));
  EXPECT_EQ(keys(reading.run({.position = second.position, .cursor = second.cursor})),
            numbers(21, 100));
}

TEST_F(singer_taps, get_their_files_and_nothing_of_the_node) {
  ::setenv("TENON_OWNER_KEY", "a key of the node", 1);
  auto reading = open_own(R"sh(
echo "$config" >&2
id=1
say() {
  echo '{"type":"RECORD","stream":"numbers","record":{"id":'$id',"is":"'"$1"'"}}'
  id=$((id + 1))
}
say "$(stat -c '%a' config.json catalog.json . | tr '\n' ' ')"
say "$(env | cut -d= -f1 | sort | tr '\n' ' ')"
say "$(ls /proc/$$/fd | tr '\n' ' ')"
say "$(echo "$catalog" | grep -c '"selected":true')"
say "$(echo "$config" | grep -c canary-91c2)"
)sh",
                          {{"credential", "main"}});
  const auto said = lines(reading.run());
  ::unsetenv("TENON_OWNER_KEY");
  ASSERT_EQ(said.size(), 5u);
  EXPECT_NE(said[0].find("600 600 700"), std::string::npos) << said[0];
  EXPECT_EQ(said[1].find("TENON"), std::string::npos) << said[1];
  EXPECT_NE(said[2].find("\"0 1 10 2 3 \""), std::string::npos)
      << said[2]; // its own script and pipe
  EXPECT_NE(said[3].find("\"1\""), std::string::npos) << said[3];
  EXPECT_NE(said[4].find("\"1\""), std::string::npos) << said[4];
}

TEST_F(singer_taps, end_a_page_in_time_when_all_they_say_is_of_other_streams) {
  auto o = usual();
  o.page_limit = span{100};
  o.taps["own"] =
      scripts.make("tap-own", R"(yes '{"type":"RECORD","stream":"other","record":{"id":1}}')");
  kind = singer_source(std::move(o));
  auto reading = open({{"tap", "own"}, {"key", "id"}});
  auto page = reading.page({});
  for (int i = 0; page.resume_at && i < 100; ++i) // it has not begun to say anything
    page = reading.page({.position = page.position, .cursor = page.cursor});
  EXPECT_TRUE(page.records.empty());
  EXPECT_FALSE(page.last);
  EXPECT_FALSE(page.resume_at); // it is busy: there is nothing to wait for
  const auto next = reading.page({.position = page.position, .cursor = page.cursor});
  EXPECT_NE(next.position, page.position);
}

TEST_F(singer_taps, tell_how_they_ended_with_their_last_words_and_without_secrets) {
  auto reading = open_own(R"(
echo "starting" >&2; echo "cannot log in with canary-91c2" >&2
exit 3
)",
                          {{"credential", "main"}});
  const auto t = reading.trouble();
  EXPECT_TRUE(t.transient);
  EXPECT_EQ(t.why.where, "spec.from.singer.tap");
  EXPECT_NE(t.why.why.find("ended with 3\nstarting\ncannot log in with •••"), std::string::npos)
      << t.why.why;
}

TEST_F(singer_taps, that_fail_after_a_state_keep_what_came_before_it) {
  auto reading = open_own(R"(
at=$(echo "$state" | sed -n 's/.*"at":\([0-9]*\).*/\1/p'); at=${at:-0}
echo '{"type":"RECORD","stream":"numbers","record":{"id":'$((at + 1))'}}'
echo '{"type":"STATE","value":{"at":'$((at + 1))'}}'
if [ "$at" -lt 2 ]; then kill -9 $$; fi
)");
  auto page = reading.page({});
  EXPECT_FALSE(page.last);
  texts all = keys({page});
  for (int i = 0; i < 2; ++i) {
    const page_request next{.position = page.position, .cursor = page.cursor};
    const auto t = reading.trouble(next);
    EXPECT_TRUE(t.transient);
    EXPECT_NE(t.why.why.find("ended with 137"), std::string::npos) << t.why.why;
    page = reading.page(next);
    for (auto& key : keys({page}))
      all.push_back(key);
  }
  EXPECT_TRUE(page.last);
  EXPECT_EQ(all, numbers(1, 3));
}

TEST_F(singer_taps, that_never_come_to_a_state_are_given_up) {
  auto reading = open_own(R"(
for id in 1 2 3 4 5; do echo '{"type":"RECORD","stream":"numbers","record":{"id":'$id'}}'; done
exit 1
)",
                          {{"page_size", 2}});
  page_request wanted;
  int bad_ends = 0;
  for (bool transient = true; transient; ++bad_ends) {
    ASSERT_LT(bad_ends, 10);
    for (int page = 0; page < 2; ++page) { // which the sync takes for progress
      const auto p = reading.page(wanted);
      EXPECT_EQ(p.records.size(), 2u);
      wanted = {.position = p.position, .cursor = p.cursor};
    }
    const auto t = reading.trouble(wanted);
    EXPECT_NE(t.why.why.find("ended with 1"), std::string::npos) << t.why.why;
    transient = t.transient;
    wanted.attempt = t.attempt;
  }
  EXPECT_EQ(bad_ends, 4);
}

TEST_F(singer_taps, may_be_slow_but_not_silent_for_ever) {
  auto reading = open_own("sleep 1000", {{"silence", "1s"}});
  const auto t = reading.trouble();
  EXPECT_EQ(t.why.code, code::timed_out) << t.why.why;
  EXPECT_EQ(t.why.where, "spec.from.singer.silence");
}

TEST_F(singer_taps, are_no_more_than_the_node_allows) {
  auto o = usual();
  o.at_once = 1;
  kind = singer_source(std::move(o));
  auto one = open({{"page_size", 20}});
  const auto first = one.page({});
  auto other =
      *kind->open({"acme", "sync", "other"},
                  {{"tap", "numbers"}, {"stream", "numbers"}, {"config", object{{"to", 5}}}});
  source_reading second{std::move(other)};
  const auto t = second.trouble();
  EXPECT_EQ(t.why.code, code::overloaded);
  EXPECT_TRUE(t.transient);
  EXPECT_TRUE(t.counted); // however often
  EXPECT_GT(t.retry_after, span{0});
  EXPECT_EQ(keys(one.run({.position = first.position, .cursor = first.cursor})).size(), 90u);
  EXPECT_EQ(keys(second.run()).size(), 5u);
}

TEST_F(singer_taps, refuse_options_and_programs_with_what_to_write) {
  struct wrong {
    object options;
    std::string place, why;
  };
  const object fine{{"tap", "numbers"}, {"stream", "numbers"}};
  EXPECT_TRUE(kind->check(fine));
  for (const auto& w : std::vector<wrong>{
           {{{"tap", "/bin/sh"}}, "tap", "runs no tap that is called /bin/sh"},
           {{{"config", "text"}}, "config", "expected an object"},
           {{{"catalog", object{}}}, "catalog", "no catalog"},
           {{{"key", "a..b"}}, "key", "no field"},
           {{{"silence", "1ms"}}, "silence", ""},
           {{{"command", "rm -rf /"}}, "command", ""},
       }) {
    object o = fine;
    for (const auto& [option, v] : w.options)
      o[option] = v;
    const auto checked = kind->check(o);
    ASSERT_FALSE(checked) << w.place;
    EXPECT_EQ(checked.error().where, "spec.from.singer." + w.place) << checked.error().why;
    EXPECT_NE(checked.error().why.find(w.why), std::string::npos) << checked.error().why;
  }
  EXPECT_EQ(open({{"stream", "absent"}}).trouble().why.code, code::not_found);
  EXPECT_EQ(open({{"credential", "none"}}).trouble().why.where, "spec.from.singer.credential");
  EXPECT_TRUE(read_allowed_tap("github=/bin/sh"));
  for (const auto* each : {"/bin/sh", "github=sh", "=/bin/sh", "a b=/bin/sh", "github="})
    EXPECT_EQ(read_allowed_tap(each).error().code, code::malformed) << each;
  for (const auto* each : {"github=/none", "github=/etc/passwd", "github=/etc"})
    EXPECT_EQ(read_allowed_tap(each).error().code, code::not_found) << each;
}

} // namespace
} // namespace tenon::actors
