// What vendors send wrong: records that are none, bytes that are no text, answers that never end,
// pages that lead in a circle. No record is dropped without a word, no answer takes more memory
// than it may, and the node goes on.
#include "tests/support/endless_server.hpp"
#include "tests/support/running_node.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

// An answer of 64 MB, its growth and its copies; a sanitizer keeps what was freed as well.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t most_memory = 2048u << 20;
#else
constexpr std::size_t most_memory = 256u << 20;
#endif

class wrong_pages : public running_node {
protected:
  void SetUp() override { start_node(); }

  /// place: reason: bytes, of each record that could not be stored.
  std::vector<std::string> letters(const std::string& collection) {
    std::vector<std::string> all;
    const auto page = get({"records", collection, "letters"});
    for (const auto& l : nodes::cli::list_at(page, "items"))
      all.push_back(nodes::cli::text_at(l, "place") + ": " + nodes::cli::text_at(l, "reason") +
                    ": " + nodes::cli::text_at(l, "bytes"));
    return all;
  }

  /// A sync whose one answer is endless.
  void expect_cut(const std::string& name, const std::string& head, const std::string& piece,
                  const char* why) {
    SCOPED_TRACE(name);
    const endless_server vendor{head, piece};
    apply(subscription{.url = vendor.url(), .name = name}.resources());
    const auto cut = run(name);
    expect_failed(cut, why, "", "");
    EXPECT_EQ(number(cut, "retries"), 0) << "it is no shorter the next time";
    EXPECT_EQ(vendor.connections(), 1u);
    EXPECT_LT(vendor.sent(), 100u << 20);
    EXPECT_TRUE(contents(name).empty());
  }
};

TEST_F(wrong_pages, records_that_are_none_become_letters_with_place_and_reason) {
  const canned_server vendor{[](const canned_request& r) -> canned_answer {
    if (r.target.find("after=2") == std::string::npos)
      return {.body = R"({"data":[{"id":1},{"name":"nobody"},7,"text",null,[1],{"id":""}],)"
                      R"("next":"2"})"};
    return {.body = R"({"data":[{"id":{"a":1}},{"id":2,"left":"out"},{"id":3},{"id":3}]})"};
  }};
  apply(subscription{.url = vendor.url(), .keep = "record.left != 'out'"}.resources());
  const auto first = run("gen");
  EXPECT_EQ(state(first), "succeeded") << write_json(first);
  expect_conserved(first);
  EXPECT_EQ(number(first, "read"), 11);
  EXPECT_EQ(number(first, "dead_lettered"), 7);
  EXPECT_EQ(number(first, "filtered"), 1);
  EXPECT_EQ(number(first, "stored") + number(first, "unchanged"), 3);
  EXPECT_EQ(contents("gen").size(), 2u);

  const auto told = letters("gen");
  ASSERT_EQ(told.size(), 7u);
  expect_says(told[0], "page 0, record 2, byte ");
  expect_says(told[0], "the key field `id` is missing or empty: {\"name\":\"nobody\"}");
  expect_says(told[1], "record 3, ");
  expect_says(told[1], "a record is an object, and this is not: 7");
  expect_says(told[2], "and this is not: \"text\"");
  expect_says(told[3], "and this is not: null");
  expect_says(told[4], "and this is not: [1]");
  expect_says(told[5], "missing or empty: {\"id\":\"\"}");
  expect_says(told[6], "page 1, record 1, byte ");
  expect_says(told[6], "`id` is a list or an object: {\"id\":{\"a\":1}}");

  const auto second = run("gen");
  expect_conserved(second);
  EXPECT_EQ(number(second, "stored"), 0);
  EXPECT_EQ(number(second, "unchanged"), 3);
  EXPECT_EQ(contents("gen").size(), 2u);
}

TEST_F(wrong_pages, a_page_that_is_not_utf8_is_refused_whole_and_read_again_when_it_is_mended) {
  std::atomic<bool> mended = false;
  const canned_server vendor{[&](const canned_request& r) -> canned_answer {
    if (r.target.find("after=2") == std::string::npos)
      return {.body = R"({"data":[{"id":1}],"next":"2"})"};
    return {.body = mended ? R"({"data":[{"id":2,"name":"Jörg"}]})"
                           : "{\"data\":[{\"id\":2,\"name\":\"J\xf6rg\"}]}"};
  }};
  apply(subscription{.url = vendor.url(), .retries = 0}.resources());
  const auto refused = run("gen");
  expect_failed(refused, "UTF-8", "records: byte 26", "");
  expect_conserved(refused);
  EXPECT_EQ(number(refused, "stored"), 1) << "the page before it stays";
  mended = true;
  const auto after = run("gen");
  EXPECT_EQ(state(after), "succeeded") << write_json(after);
  EXPECT_EQ(number(after, "read"), 1) << "it went on where it stopped";
  EXPECT_EQ(contents("gen").size(), 2u);
}

TEST_F(wrong_pages, a_run_that_goes_on_where_one_failed_buries_only_what_neither_has_seen) {
  std::atomic<bool> down = false;
  std::atomic<bool> fewer = false;
  const canned_server vendor{[&](const canned_request& r) -> canned_answer {
    if (r.target.find("after=2") == std::string::npos)
      return {.body = R"({"data":[{"id":1},{"id":2}],"next":"2"})"};
    if (down)
      return {.status = 500};
    return {.body = fewer ? R"({"data":[{"id":3}]})" : R"({"data":[{"id":3},{"id":4}]})"};
  }};
  apply(subscription{.url = vendor.url(), .retries = 0}.resources());
  EXPECT_EQ(state(run("gen")), "succeeded");
  EXPECT_EQ(contents("gen").size(), 4u);
  down = true;
  for (int failed = 0; failed < 2; ++failed)
    EXPECT_EQ(state(run("gen")), "failed");
  EXPECT_EQ(contents("gen").size(), 4u);
  down = false;
  fewer = true;
  const auto last = run("gen");
  EXPECT_EQ(state(last), "succeeded") << write_json(last);
  EXPECT_EQ(number(last, "read"), 1) << "it went on with the second page";
  EXPECT_EQ(number(last, "deleted"), 1) << write_json(last);
  const auto left = contents("gen");
  EXPECT_EQ(left.size(), 3u);
  EXPECT_FALSE(left.contains("4"));
}

TEST_F(wrong_pages, an_endless_answer_is_cut_at_its_limit_with_bounded_memory) {
  const auto before = peak_memory();
  const std::string line(1u << 20, 'x'); // of one text that never ends
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  std::string chunk = "100000\r\n" + line + "\r\n";
  expect_cut("length", head + "Content-Length: 2147483648\r\n\r\n{\"data\":[\"", line, "67108864");
  expect_cut("chunked", head + "Transfer-Encoding: chunked\r\n\r\n", chunk, "67108864");
  expect_cut("to_end", head + "Connection: close\r\n\r\n{\"data\":[\"", line, "67108864");
  expect_cut("header", head + "X-Endless: ", line, "headers");
  EXPECT_LT(peak_memory() - before, most_memory);
  expect_serves();
}

TEST_F(wrong_pages, a_page_that_is_larger_than_what_can_be_stored_at_once_is_told) {
  const auto page_of = [](int records, std::size_t bytes) {
    std::string page = "{\"data\":[{\"id\":0}";
    for (int i = 1; i < records; ++i)
      page += ",{\"id\":" + std::to_string(i) + ",\"note\":\"" + std::string(bytes, 'n') + "\"}";
    return page + "]}";
  };
  std::string page;
  const canned_server vendor{
      [&](const canned_request&) -> canned_answer { return {.body = page}; }};
  apply(subscription{.url = vendor.url()}.resources());
  for (const auto& [records, bytes] : {std::pair{900, 40'000u}, {600'000, 0u}}) {
    page = page_of(records, bytes);
    expect_failed(run("gen"), std::to_string(records) + " records would take", "spec.from",
                  "fewer records at once");
    EXPECT_TRUE(contents("gen").empty());
  }
  page = page_of(250, 40'000);
  const auto stored = run("gen");
  EXPECT_EQ(state(stored), "succeeded") << write_json(stored);
  EXPECT_EQ(number(stored, "stored"), 250);
}

TEST_F(wrong_pages, pages_that_lead_in_a_circle_end_the_run_and_keep_what_came) {
  start_vendor({"--generate", "1000", "--page-size", "100", "--loop"});
  apply(subscription{.url = vendor()}.resources());
  const auto circled = run("gen");
  expect_failed(circled, "leads in a circle", "records", "");
  expect_conserved(circled);
  EXPECT_LE(number(circled, "pages"), 2);
  EXPECT_EQ(static_cast<std::int64_t>(contents("gen").size()), number(circled, "stored"));
  expect_serves();
}

TEST_F(wrong_pages, an_error_in_a_good_answer_is_told_unless_a_rule_knows_it) {
  start_vendor({"--generate", "1000", "--page-size", "100", "--faults", "busy=100%"});
  apply(subscription{.url = vendor(), .retries = 0}.resources());
  expect_failed(run("gen"), "nothing at `data`, where the records should be; it says: try again",
                "records", "Check `records`");
}

TEST_F(wrong_pages, an_error_in_a_good_answer_that_a_rule_knows_is_asked_again) {
  start_vendor({"--generate", "2000", "--page-size", "50", "--faults", "busy=30%", "--seed", "5"});
  apply(
      subscription{.url = vendor(),
                   .rules = R"([{"when": {"status": 200, "code": "error.code==busy"}, "do": "retry",
                    "wait": "const 1ms", "max": 20}])",
                   .retries = 0} // the rule itself says how often
          .resources());
  const auto done = run("gen");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_GT(number(done, "retries"), 3);
  EXPECT_EQ(number(done, "stored"), 2000);
  expect_conserved(done);
}

TEST_F(wrong_pages, a_rule_gives_up_after_as_many_tries_as_it_allows) {
  start_vendor({"--generate", "100", "--faults", "busy=100%"});
  apply(
      subscription{.url = vendor(),
                   .rules = R"([{"when": {"status": 200, "code": "error.code==busy"}, "do": "retry",
                    "wait": "const 1ms", "max": 7}])"}
          .resources());
  const auto refused = run("gen");
  expect_failed(refused, "also after 7 more tries", "records", "");
  EXPECT_EQ(number(refused, "retries"), 7);
}

TEST_F(wrong_pages, truncated_bodies_are_never_taken_for_pages) {
  start_vendor({"--generate", "2000", "--page-size", "200", "--faults", "truncated=10%,cut=10%",
                "--seed", "3"});
  apply(subscription{.url = vendor(), .retries = 10}.resources());
  const auto done = run("gen");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_GT(number(done, "retries"), 0);
  EXPECT_EQ(number(done, "stored"), 2000);
  expect_conserved(done);
}

TEST_F(wrong_pages, a_body_that_is_always_truncated_is_told_with_its_place) {
  start_vendor({"--generate", "10", "--faults", "truncated=100%"});
  apply(subscription{.url = vendor(), .retries = 0}.resources());
  expect_failed(run("gen"), "the answer is not JSON", "records: byte ", "Check");
}

TEST_F(wrong_pages, a_redirect_to_a_clouds_metadata_is_not_followed) {
  start_vendor({"--generate", "10", "--redirect"});
  apply(subscription{.url = vendor()}.resources());
  const auto refused = run("gen");
  expect_failed(refused, "169.254.169.254", "redirect", "");
  EXPECT_EQ(number(refused, "retries"), 0);

  apply(subscription{.url = "http://169.254.169.254", .name = "metadata"}.resources());
  expect_failed(run("metadata"), "169.254.169.254 is ", "guard", "--allow-network");
  expect_serves();
}

} // namespace
