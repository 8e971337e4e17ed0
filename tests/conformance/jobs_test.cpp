// What every connector keeps to whose platform works on jobs, shown against its twin: one job is
// made for one query, whatever breaks off; one that fails or lasts is given up with a reason; and
// what a job has made is read only when it is done.
#include "tests/conformance/part.hpp"

namespace tenon::actors::connectors {
namespace {

class every_job : public tests::conformance::promising<of_a_connector> {
protected:
  const stream& made() const { return part_of(connector_->streams); }
};

TEST_P(every_job, is_made_once_for_each_query_wherever_the_reading_breaks_off) {
  const auto* s = &made();
  auto t = make({.limits = false});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const auto whole = d.read(*s);
  ASSERT_TRUE(whole.ended) << s->name << ": " << told(whole);
  EXPECT_GT(d.looks, 0u) << s->name << ": no job was waited for";
  std::size_t to_make = 0;
  for (auto it = whole.places.rbegin(); it != whole.places.rend(); ++it) {
    const auto& [at, so_far] = *it;
    to_make += asked_for(*s, at, so_far) == asking::job;
    const auto before = t->ledger().jobs;
    driver late{*t, *connector_};
    ASSERT_TRUE(late.read(*s, so_far, &at).ended) << s->name;
    EXPECT_EQ(t->ledger().jobs - before, to_make) << s->name;
  }
  EXPECT_GT(to_make, 0u);
}

TEST_P(every_job, that_fails_says_why_and_is_made_anew_the_next_time) {
  const auto* s = &made();
  auto t = make({.limits = false, .jobs = job_fate::fails});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const auto done = d.read(*s);
  EXPECT_FALSE(done.ended);
  ASSERT_EQ(done.troubles.size(), 1u) << s->name << ": " << told(done);
  EXPECT_NE(done.troubles[0].why.find("twin-job-1"), std::string::npos) << told(done);
  EXPECT_NE(done.troubles[0].why.find("failed"), std::string::npos) << told(done);
  EXPECT_FALSE(done.troubles[0].remedy.empty());
  ASSERT_TRUE(done.instead) << s->name;
  EXPECT_EQ(asked_for(*s, *done.instead, done.places.back().second), asking::job);
}

TEST_P(every_job, that_lasts_is_given_up) {
  const auto* s = &made();
  // What the end of a token does is shown elsewhere.
  auto t = make({.token_life = std::chrono::days{30}, .limits = false, .jobs = job_fate::lasts});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const auto done = d.read(*s);
  EXPECT_FALSE(done.ended);
  ASSERT_EQ(done.troubles.size(), 1u) << s->name << ": " << told(done);
  EXPECT_EQ(done.troubles[0].code, code::timed_out);
  EXPECT_NE(done.troubles[0].where.find("poll.timeout"), std::string::npos) << told(done);
  EXPECT_GE(d.now - noon, s->job->timeout);
  EXPECT_TRUE(done.aborts && done.instead) << s->name;
}

TEST_P(every_job, that_is_given_up_is_ended_at_the_platform) {
  const auto* s = &made();
  // What the end of a token does is shown elsewhere.
  auto t = make({.token_life = std::chrono::days{30}, .limits = false, .jobs = job_fate::lasts});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const auto done = d.read(*s);
  ASSERT_FALSE(done.places.empty());
  const reading r{*connector_, *s, t->connection()};
  const auto& [at, so_far] = done.places.back();
  const auto request = abort_request(r, at, so_far, d.now);
  ASSERT_TRUE(request) << request.error().why;
  ASSERT_TRUE(request->has_value()) << s->name << " goes on for ever";
  EXPECT_EQ(d.send(**request).status, 200u) << s->name;
  EXPECT_EQ(t->ledger().aborted, 1u);
}

TEST_P(every_job, that_the_platform_does_not_know_is_made_anew_the_next_time) {
  const auto* s = &made();
  auto t = make({.limits = false});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const auto whole = d.read(*s);
  ASSERT_TRUE(whole.ended);
  for (const auto& [at, so_far] : whole.places) {
    if (!at.job)
      continue;
    auto lost = at;
    lost.job->id = "nobodys";
    for (auto& file : lost.job->files)
      file.replace(file.rfind('/') + 1, std::string::npos, "nobodys");
    driver late{*t, *connector_};
    const auto done = late.read(*s, so_far, &lost);
    EXPECT_FALSE(done.ended) << s->name;
    ASSERT_FALSE(done.troubles.empty());
    ASSERT_TRUE(done.instead) << s->name << ": " << told(done);
    EXPECT_EQ(asked_for(*s, *done.instead, so_far), asking::job);
  }
}

TEST_P(every_job, whose_answer_was_lost_is_found_again) {
  const auto* s = &made();
  auto t = make({.token_life = std::chrono::days{30}, .limits = false});
  ASSERT_TRUE(t);
  const reading r{*connector_, *s, t->connection()};
  driver d{*t, *connector_};
  const auto at = *first_position(r, noon);
  const auto so_far = s->cursor ? begin(*s->cursor, {}, noon) : progress{};
  ASSERT_EQ(asked_for(*s, at, so_far), asking::job);
  const auto search = search_request(r, at, so_far, noon);
  ASSERT_TRUE(search && *search);
  EXPECT_FALSE(read_search(r, **search, d.send(**search), at, so_far, noon)) << "there is none";
  const auto create = page_request(r, at, so_far, noon);
  ASSERT_TRUE(create);
  EXPECT_EQ(d.send(*create).status, 200u); // which nobody hears
  const auto found = read_search(r, **search, d.send(**search), at, so_far, noon);
  const auto* p = found ? std::get_if<page>(&*found) : nullptr;
  ASSERT_TRUE(p && p->next && p->next->job) << s->name;
  const auto rest = d.read(*s, p->progress, &*p->next);
  EXPECT_TRUE(rest.ended) << told(rest);
  EXPECT_EQ(t->ledger().jobs, 1u);
  EXPECT_FALSE(read_search(r, **search, d.send(**search), at, so_far, noon)) << "it is done";
}

TEST_P(every_job, has_no_result_before_it_is_done) {
  const auto* s = &made();
  auto t = make({.token_life = std::chrono::days{30}, .limits = false, .jobs = job_fate::lasts});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const auto waiting = d.read(*s);
  auto early = waiting.places.back().first;
  ASSERT_TRUE(early.job);
  early.job->done = true;
  const auto done = d.read(*s, waiting.places.back().second, &early);
  EXPECT_FALSE(done.ended) << s->name;
  EXPECT_TRUE(done.records.empty()) << s->name;
}

INSTANTIATE_TEST_SUITE_P(shipped, every_job,
                         testing::ValuesIn(parts_of_all<stream>(
                             &manifest::streams, [](const stream& s) { return s.job != nullptr; })),
                         part_name);

} // namespace
} // namespace tenon::actors::connectors
