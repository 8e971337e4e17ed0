// What every connector keeps to whose platform takes records in jobs, shown against its twin: a job
// carries each record once, its results are told apart by the records' own keys, one whose id was
// lost is found, and what was refused is refused for each record alone.
#include "protocols/json.hpp"
#include "tests/conformance/part.hpp"

#include <set>

namespace tenon::actors::connectors {
namespace {

class every_carrier : public tests::conformance::promising<of_a_connector> {
protected:
  const operation& action() const { return part_of(connector_->actions); }

  static std::vector<outgoing_record> records(const twin& t, const operation& a) {
    const auto json = blob::from(write_json(t.record_for(a.name)));
    std::vector<outgoing_record> all;
    for (int i = 0; i < 3; ++i)
      all.push_back({"key-" + std::to_string(i), json, "acme/sync/ask/key@" + std::to_string(i)});
    return all;
  }
};

TEST_P(every_carrier, writes_each_record_once_and_knows_its_result) {
  const auto* a = &action();
  auto t = make({.limits = false});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const writing w{*connector_, *a, t->connection()};
  auto batch = records(*t, *a);
  const auto made = d.carry(w, batch);
  ASSERT_EQ(made.size(), batch.size());
  for (const auto& one : made) {
    EXPECT_TRUE(one.written) << a->name << ": " << one.why.why;
    EXPECT_TRUE(!a->returns || one.returned.is<object>()) << a->name;
  }
  EXPECT_GT(d.looks, 0u) << a->name << ": no job was waited for";
  EXPECT_EQ(t->written().at(a->name).size(), batch.size());
  EXPECT_EQ(t->ledger().jobs, 1u);
  // Results in another order, of other records, and of none.
  const auto stranger = outgoing_record{"other", batch.front().json, "acme/sync/ask/other@1"};
  const std::vector<outgoing_record> others{batch[2], stranger, batch[0]};
  const auto place = job_place{.id = "twin-job-1", .since = d.now};
  const auto sorted = d.await_job(w, others, place);
  EXPECT_TRUE(sorted[0].written);
  EXPECT_FALSE(sorted[1].written) << a->name << ": another's result is taken for its own";
  EXPECT_TRUE(sorted[2].written);
}

TEST_P(every_carrier, finds_a_job_whose_id_was_lost) {
  const auto* a = &action();
  ASSERT_TRUE(a->job->find) << a->name << ": a person has to say what became of it";
  auto t = make({.limits = false});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const writing w{*connector_, *a, t->connection()};
  const auto batch = records(*t, *a);
  const auto search = [&](const std::vector<std::string>& others) {
    const auto request = job_find_request(w, batch, d.now);
    EXPECT_TRUE(request) << request.error().why;
    auto came = read_job_found(w, batch, others, *request, d.send(*request), {}, d.now);
    EXPECT_EQ(came.index(), 0u) << std::get<verdict>(came).why.why;
    return std::get<std::optional<job_place>>(came);
  };
  EXPECT_FALSE(search({})) << a->name << ": before there is one";
  d.carry(w, batch);
  const auto found = search({});
  ASSERT_TRUE(found) << a->name;
  EXPECT_EQ(found->id, "twin-job-1");
  EXPECT_FALSE(search({found->id})) << a->name << ": one that was not ours is found again";
  for (const auto& one : d.await_job(w, batch, *found))
    EXPECT_TRUE(one.written) << one.why.why;
  EXPECT_EQ(t->ledger().jobs, 1u);
}

TEST_P(every_carrier, tells_each_record_why_the_job_has_failed) {
  const auto* a = &action();
  ASSERT_FALSE(a->job->failed.empty()) << a->name << " has no state of failure";
  auto t = make({.limits = false, .jobs = job_fate::fails});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const writing w{*connector_, *a, t->connection()};
  for (const auto& one : d.carry(w, records(*t, *a))) {
    EXPECT_FALSE(one.written);
    EXPECT_NE(one.why.why.find("twin-job-1"), std::string::npos) << one.why.why;
    EXPECT_TRUE(!a->job->say || one.why.why.find(": ") != std::string::npos) << one.why.why;
  }
}

TEST_P(every_carrier, names_what_it_writes_the_same_whenever_it_is_tried) {
  const auto* a = &action();
  auto t = make({.limits = false});
  ASSERT_TRUE(t);
  const writing w{*connector_, *a, t->connection()};
  const auto batch = records(*t, *a);
  std::set<std::string> keys;
  for (const auto& one : batch) {
    const auto first = item_of(w, one, noon);
    const auto again = item_of(w, one, noon + std::chrono::hours{3});
    ASSERT_TRUE(first && again);
    EXPECT_EQ(*first, *again) << a->name;
    keys.insert(write_json(*first->find(a->batch.item_key->steps.front())));
  }
  EXPECT_EQ(keys.size(), batch.size()) << a->name << ": two records have one key";
}

TEST_P(every_carrier, reads_results_nowhere_but_where_its_platform_keeps_them) {
  const auto* a = &action();
  auto t = make({.limits = false});
  ASSERT_TRUE(t);
  const writing w{*connector_, *a, t->connection()};
  job_place place{.id = "twin-job-1", .since = noon, .done = true};
  place.files = {"https://evil.example/results"};
  for (const auto& [name, path] : a->job->keep)
    place.kept[name] = "kept";
  const auto asked = job_result_requests(w, place, noon);
  if (a->job->files) {
    ASSERT_FALSE(asked);
    EXPECT_EQ(name_of(asked.error().code), name_of(code::forbidden));
    EXPECT_NE(asked.error().where.find("download.hosts"), std::string::npos);
    return;
  }
  ASSERT_TRUE(asked) << asked.error().why;
  EXPECT_FALSE(asked->empty());
  for (const auto& one : *asked) {
    EXPECT_TRUE(one.shows_proof);
    EXPECT_EQ(parse_url(one.request.url)->host, t->connection().base.host);
  }
}

INSTANTIATE_TEST_SUITE_P(shipped, every_carrier,
                         testing::ValuesIn(parts_of_all<operation>(&manifest::actions,
                                                                   [](const operation& a) {
                                                                     return a.job != nullptr;
                                                                   })),
                         part_name);

} // namespace
} // namespace tenon::actors::connectors
