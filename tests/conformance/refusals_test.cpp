// Platforms that refuse what is too much or wrong, in their own words: every connector waits as
// long as it is told, and understands what was wrong.
#include "actors/integration/verdict.hpp"
#include "protocols/json.hpp"
#include "tests/support/driven_twin.hpp"

namespace tenon::actors::connectors {
namespace {

class refusals : public every_connector {
protected:
  /// A request for the first page of a stream, with its proof.
  static result<http_request> asked(driver& d, const reading& r) {
    const auto at = first_position(r, noon);
    if (!at)
      return at.error();
    auto request = page_request(r, *at, {}, noon);
    if (request)
      d.prove(*request);
    return request;
  }

  static verdict judged(const manifest& m, const twin& t, const http_request& request,
                        const http_response& came) {
    const auto text = json_text::check(came.body.view());
    const auto* matched = first_match(m.rules, came, text ? &*text : nullptr);
    if (matched == nullptr) {
      verdict fine;
      fine.then = action::ok;
      return fine;
    }
    return judge(m, t.connection(), "stream", static_cast<std::uint32_t>(matched - m.rules.data()),
                 request, came, text ? &*text : nullptr, {}, noon);
  }

  /// The same members, and what is no text the same.
  static bool alike(const value& a, const value& b) {
    const auto *members = a.as<object>(), *others = b.as<object>();
    const auto *items = a.as<list>(), *other_items = b.as<list>();
    if (members && others)
      return members->size() == others->size() &&
             std::ranges::all_of(*members, [&](const auto& one) {
               const auto* other = others->find(one.first);
               return other && alike(one.second, *other);
             });
    if (items && other_items)
      return std::ranges::equal(*items, *other_items, alike);
    return (a.is<std::string>() && b.is<std::string>()) || a == b;
  }

  /// As an error of the platform's that `tests` has; what it says to people is about this one.
  static bool in_its_own_words(const twin& t, const http_response& came) {
    const auto said = read_json(came.body.view());
    return std::ranges::any_of(t.errors(), [&](const error_sample& e) {
      const auto sample = read_json(e.body);
      return e.status == came.status &&
             (e.body == came.body.view() || (said && sample && alike(*said, *sample)));
    });
  }
};

TEST_P(refusals, of_too_many_requests_are_waited_for_and_no_longer_than_told) {
  ASSERT_TRUE(connector_);
  for (const auto& s : connector_->streams) {
    auto t = make({.count = s.parts ? 40 : 300, .limits = false, .refuse_every = 3});
    ASSERT_TRUE(t);
    driver d{*t, *connector_};
    d.asks_the_quota = false;
    const auto done = d.read(s);
    ASSERT_TRUE(done.ended) << s.name << ": " << told(done);
    EXPECT_GT(t->ledger().throttled, 0u) << s.name;
    EXPECT_EQ(t->ledger().throttled, d.waits) << s.name << ": " << told(done);
    EXPECT_EQ(t->ledger().impatient, 0u) << s.name << ": asked again before the time it was told";
  }
}

TEST_P(refusals, of_many_at_once_are_waited_for_and_the_quota_asks_for_no_more) {
  ASSERT_TRUE(connector_);
  const auto counts = [](const bucket& b) { return b.kind == bucket_kind::concurrency; };
  const auto limit = std::ranges::find_if(connector_->buckets, counts);
  if (limit == connector_->buckets.end()) {
    // Nobody counts there, and the twin refuses nobody.
    auto open = make({.takes = std::chrono::seconds{1}});
    driver d{*open, *connector_};
    ASSERT_TRUE(d.read(connector_->streams.front()).ended);
    EXPECT_EQ(open->ledger().throttled, 0u);
    return;
  }
  auto t = make({.takes = std::chrono::seconds{1}});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  d.asks_the_quota = false;
  std::optional<http_request> request; // of those that it is about
  for (const auto& s : connector_->streams) {
    const reading r{*connector_, s, t->connection()};
    const auto one = asked(d, r);
    ASSERT_TRUE(one) << s.name << ": " << one.error().why;
    if (!request && limit->match.matches(one->method, path_of(*parse_url(one->url))))
      request = *one;
  }
  ASSERT_TRUE(request) << "no stream asks for what it is about";
  for (std::int64_t i = 0; i < limit->count; ++i)
    ASSERT_NE(judged(*connector_, *t, *request, t->answer(*request, noon)).then, action::wait) << i;
  const auto refused = t->answer(*request, noon);
  const auto said = judged(*connector_, *t, *request, refused);
  EXPECT_EQ(said.then, action::wait) << refused.body.text();
  EXPECT_GT(said.delay, span{0});
  EXPECT_NE(judged(*connector_, *t, *request,
                   t->answer(*request, noon + said.delay + std::chrono::seconds{1}))
                .then,
            action::wait);
  const auto toll = toll_of(*connector_, t->connection(), *request, background("conformance", {}));
  ASSERT_TRUE(toll);
  tests::scene<quota> held;
  held.now = noon;
  std::int64_t granted = 0;
  while (granted <= limit->count && !held.when(toll->wanted).refusal)
    ++granted;
  EXPECT_LE(granted, limit->count) << "more at once than the platform works on";
  EXPECT_GT(granted, 0);
}

TEST_P(refusals, of_a_header_that_is_wrong_are_understood) {
  ASSERT_TRUE(connector_);
  auto t = make({.limits = false});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const reading r{*connector_, connector_->streams.front(), t->connection()};
  const auto request = asked(d, r);
  ASSERT_TRUE(request);
  for (const auto& [name, content] : connector_->headers) {
    if (!find_header(request->headers, name))
      continue; // only with a setting that the twin has not
    auto wrong = *request;
    set_header(wrong.headers, name, "0-wrong");
    const auto came = t->answer(wrong, noon);
    EXPECT_TRUE(in_its_own_words(*t, came)) << name << ": " << came.body.text();
    EXPECT_EQ(judged(*connector_, *t, wrong, came).then, action::fail) << name;
  }
}

TEST_P(refusals, of_pages_that_are_too_large_are_understood) {
  ASSERT_TRUE(connector_);
  for (const auto& s : connector_->streams) {
    auto t = make({.max_page = 1, .limits = false});
    ASSERT_TRUE(t);
    driver d{*t, *connector_};
    const reading r{*connector_, s, t->connection()};
    const auto at = first_position(r, noon);
    ASSERT_TRUE(at);
    if (s.parts || s.job || !size_of(s, *at, {}))
      continue; // it does not say there how much it wants
    http_response last;
    d.overhears = [&](const http_request&, const http_response& came) { last = came; };
    const auto done = d.read(s);
    EXPECT_FALSE(done.ended) << s.name << " asks for no more than a record at once";
    EXPECT_TRUE(in_its_own_words(*t, last)) << s.name << ": " << last.body.text();
    EXPECT_FALSE(done.troubles.empty()) << s.name;
  }
}

TEST_P(refusals, of_what_is_not_there_are_understood) {
  ASSERT_TRUE(connector_);
  auto t = make({.limits = false});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const reading r{*connector_, connector_->streams.front(), t->connection()};
  const auto like = page_request(r, *first_position(r, noon), {}, noon);
  ASSERT_TRUE(like);
  http_request nowhere{
      "DELETE", to_text(*join(t->connection().base, "/no-such-thing-7")), like->headers, {}};
  d.prove(nowhere);
  const auto came = t->answer(nowhere, noon);
  const auto said = judged(*connector_, *t, nowhere, came);
  EXPECT_FALSE(said.then == action::wait || said.then == action::retry ||
               said.then == action::refresh_auth || said.then == action::reconnect)
      << name_of(said.then) << ": " << came.body.text();
  EXPECT_TRUE(said.then != action::fail || !said.why.why.empty());
}

TEST_P(refusals, are_not_what_a_check_gets_that_says_whose_account_it_is) {
  ASSERT_TRUE(connector_);
  auto t = make();
  ASSERT_TRUE(t);
  ASSERT_FALSE(t->checked_name().empty()) << "tests.check says no name";
  driver d{*t, *connector_};
  const auto request = check_request(*connector_, t->connection(), noon);
  ASSERT_TRUE(request && *request);
  const auto name = read_check(*connector_, t->connection(), d.send(**request), noon);
  ASSERT_TRUE(name) << name.error().why;
  EXPECT_EQ(*name, t->checked_name());
}

TEST(refusal, says_what_is_wrong_and_not_what_was_wrong_when_the_answer_was_recorded) {
  struct wrongly {
    std::string connector, header, says;
    twin_options options{};
  };
  for (const auto& one : {wrongly{"claude", "anthropic-version", "anthropic-version", {}},
                          wrongly{"hubspot", "x-nothing", "at most 1", {.max_page = 1}}}) {
    const auto m = read_manifest(one.connector);
    ASSERT_TRUE(m);
    auto t = twin::make(m, one.options);
    ASSERT_TRUE(t) << t.error().why;
    driver d{*t, *m};
    const reading r{*m, m->streams.front(), t->connection()};
    auto request = page_request(r, *first_position(r, noon), {}, noon);
    ASSERT_TRUE(request);
    d.prove(*request);
    set_header(request->headers, one.header, "0-wrong");
    const auto came = t->answer(*request, noon);
    EXPECT_EQ(came.status, 400u) << one.connector;
    EXPECT_NE(came.body.text().find(one.says), std::string::npos) << came.body.text();
  }
}

INSTANTIATE_TEST_SUITE_P(shipped, refusals, testing::ValuesIn(names()),
                         [](const auto& each) { return each.param; });

} // namespace
} // namespace tenon::actors::connectors
