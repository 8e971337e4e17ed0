// What every connector that is shipped keeps to, shown against its twin: it reads every record
// once, ends, goes on after any page, obeys its limits, renews its proof, understands the
// platform's errors, writes what it can, and never says a secret. The next connector is tested by
// being there.
#include "actors/integration/pagination/steps.hpp"
#include "actors/integration/writing.hpp"
#include "actors/quota/level.hpp"
#include "protocols/json.hpp"
#include "tests/support/driven_twin.hpp"

#include <set>

namespace tenon::actors::connectors {
namespace {

/// Whose proof ends.
class every_connector_with_tokens : public every_connector {};

std::vector<std::string> with_tokens() {
  auto all = names();
  std::erase_if(all, [](const std::string& name) {
    const auto m = read_manifest(name);
    return m && !m->auth->needs_token();
  });
  return all;
}

TEST_P(every_connector, is_named_like_its_file_and_says_what_people_need) {
  ASSERT_TRUE(connector_);
  EXPECT_EQ(connector_->name, GetParam());
  EXPECT_FALSE(connector_->title.empty());
  EXPECT_FALSE(connector_->category.empty());
  EXPECT_TRUE(connector_->docs.starts_with("https://")) << connector_->docs;
  EXPECT_TRUE(connector_->check.has_value());
  EXPECT_GE(connector_->streams.size(), 2u);
  EXPECT_FALSE(connector_->buckets.empty()) << "no limit is kept to";
  for (const auto& p : connector_->parameters)
    EXPECT_NE(p.title, p.name) << p.name << " has no title for people";
}

TEST_P(every_connector, has_samples_of_every_stream_and_action) {
  auto t = make();
  ASSERT_TRUE(t);
  for (const auto& s : connector_->streams)
    EXPECT_FALSE(t->records(s.name).empty()) << "tests.streams has no " << s.name;
  for (const auto& a : connector_->actions)
    EXPECT_FALSE(t->record_for(a.name).is_null()) << "tests.actions has no " << a.name;
  EXPECT_FALSE(t->errors().empty());
}

TEST_P(every_connector, reads_each_stream_to_its_end_and_every_record) {
  ASSERT_TRUE(connector_);
  for (const auto& s : connector_->streams) {
    auto t = make({.limits = false});
    ASSERT_TRUE(t);
    driver d{*t, *connector_};
    const auto done = d.read(s);
    ASSERT_TRUE(done.ended) << s.name << ": " << told(done);
    EXPECT_TRUE(done.troubles.empty()) << s.name << ": " << told(done);
    EXPECT_EQ(done.malformed, 0u) << s.name;
    std::set<std::string> keys;
    for (const auto& line : done.records)
      keys.insert(line.substr(0, line.find(' ')));
    const bool as_many = !s.expand && !s.keep && s.parts == nullptr;
    EXPECT_TRUE(as_many ? keys.size() == t->records(s.name).size() : !keys.empty())
        << s.name << ": " << keys.size() << " of " << t->records(s.name).size();
    const bool timed = s.cursor && s.cursor->is_time();
    EXPECT_TRUE(!timed || done.end.from) << s.name << ": the cursor's field is in no record";
  }
}

TEST_P(every_connector, goes_on_after_every_page) {
  ASSERT_TRUE(connector_);
  for (const auto& s : connector_->streams) {
    auto t = make({.limits = false});
    ASSERT_TRUE(t);
    driver d{*t, *connector_};
    const auto whole = d.read(s);
    for (const auto& [at, so_far] : whole.places) {
      // A job is only known to the platform that made it.
      auto again = s.job ? std::nullopt : make({.limits = false});
      driver late{again ? *again : *t, *connector_};
      const auto rest = late.read(s, so_far, &at);
      ASSERT_TRUE(rest.ended) << s.name << ": " << told(rest);
      const std::vector<std::string> expected{whole.records.end() -
                                                  static_cast<std::ptrdiff_t>(rest.records.size()),
                                              whole.records.end()};
      ASSERT_EQ(rest.records, expected) << s.name;
    }
  }
}

TEST_P(every_connector, has_limits_that_a_quota_can_count) {
  ASSERT_TRUE(connector_);
  for (const auto& b : connector_->buckets) {
    const auto checked = actors::check(described(b, "one"), "bucket");
    EXPECT_TRUE(checked) << checked.error().where << ": " << checked.error().remedy;
  }
}

/// The twin counts what the quota does not know of, as if others used the account as well.
TEST_P(every_connector, waits_when_the_platform_says_so) {
  ASSERT_TRUE(connector_);
  for (const auto& s : connector_->streams) {
    auto t = make({.count = s.parts ? 40 : 2000});
    ASSERT_TRUE(t);
    driver d{*t, *connector_};
    d.asks_the_quota = false;
    const auto done = d.read(s);
    ASSERT_TRUE(done.ended) << s.name << ": " << told(done);
    EXPECT_EQ(t->ledger().throttled, d.waits) << s.name << ": " << told(done);
  }
}

TEST_P(every_connector, asks_for_no_more_than_its_platform_allows) {
  ASSERT_TRUE(connector_);
  for (const auto& s : connector_->streams) {
    // Of a stream in parts, each part has as many.
    auto t = make({.count = s.parts ? 40 : 2000});
    ASSERT_TRUE(t);
    driver d{*t, *connector_};
    const auto done = d.read(s);
    ASSERT_TRUE(done.ended) << s.name << ": " << told(done);
    EXPECT_EQ(t->ledger().throttled, 0u) << s.name << ": above the limit: " << told(done);
    EXPECT_EQ(d.waits, 0u) << s.name << ": " << told(done);
  }
}

TEST_P(every_connector_with_tokens, gets_a_new_one_when_one_has_ended) {
  ASSERT_TRUE(connector_);
  auto t = make({.limits = false});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const auto& s = connector_->streams.front();
  ASSERT_TRUE(d.read(s).ended);
  t->wear_out_tokens();
  const auto done = d.read(s);
  EXPECT_TRUE(done.ended) << told(done);
  EXPECT_EQ(d.renewals, 2u);
  EXPECT_EQ(t->ledger().refused, 1u);
}

TEST_P(every_connector, is_refused_with_wrong_secrets_and_never_says_them) {
  auto t = make();
  ASSERT_TRUE(t);
  object wrong;
  for (const auto& [name, content] : t->secrets())
    wrong[name] =
        content.is<std::string>() ? value{"wrong-" + *content.as<std::string>()} : content;
  ASSERT_FALSE(wrong.empty()) << "the platform is open to anybody";
  auto c = result<connection>{t->connection()};
  c->secrets = wrong;
  const auto& s = connector_->streams.front();
  const reading r{*connector_, s, *c};
  auto request = page_request(r, *first_position(r, noon), {}, noon);
  ASSERT_TRUE(request) << request.error().why;
  std::vector<failure> said;
  if (connector_->auth->needs_token()) {
    auto so_far = begun(*t, *connector_, noon);
    auto rightly = so_far;
    const auto right = next_request(*connector_, t->connection(), rightly, {noon, "nonce"});
    const auto asked = next_request(*connector_, *c, so_far, {noon, "nonce"});
    ASSERT_TRUE(right && *right);
    ASSERT_FALSE(asked && *asked && (*asked)->url == (*right)->url &&
                 (*asked)->body == (*right)->body && (*asked)->headers == (*right)->headers)
        << "no secret is shown: what is renewed stands for itself";
    if (!asked) {
      said.push_back(asked.error()); // it is not even one
    } else {
      const auto answer = t->answer(**asked, noon);
      const auto got = hear_answer(*connector_, *c, answer, so_far, {noon, "nonce"});
      ASSERT_FALSE(got);
      said.push_back(got.error());
    }
  } else {
    ASSERT_TRUE(authenticate(*connector_, *c, nullptr, *request));
    const auto came =
        read_page(r, *request, t->answer(*request, noon), *first_position(r, noon), {}, noon);
    const auto* v = std::get_if<verdict>(&came);
    ASSERT_TRUE(v);
    said.push_back(v->why);
  }
  for (const auto& f : said) {
    EXPECT_EQ(name_of(f.code), name_of(code::unauthenticated)) << f.why;
    for (const auto& [name, content] : wrong) {
      const auto* text = content.as<std::string>();
      const bool shown = text && (f.why + f.where + f.remedy).find(*text) != std::string::npos;
      EXPECT_FALSE(shown) << name;
    }
  }
}

TEST_P(every_connector, understands_the_errors_of_its_platform) {
  auto t = make();
  ASSERT_TRUE(t);
  const auto& s = connector_->streams.front();
  const reading r{*connector_, s, t->connection()};
  const auto at = *first_position(r, noon);
  const auto request = page_request(r, at, {}, noon);
  ASSERT_TRUE(request);
  for (const auto& sample : t->errors()) {
    if (sample.then.empty())
      continue;
    const http_response came{sample.status, sample.sent, blob::copy_of(sample.body)};
    const auto outcome = read_page(r, *request, came, at, {}, noon);
    const auto* v = std::get_if<verdict>(&outcome);
    const auto then = v ? std::string{name_of(v->then)} : "ok";
    EXPECT_EQ(then, sample.then) << sample.status << ' ' << sample.body << " → "
                                 << (v ? v->why.why : "a page");
    const auto why = v ? v->why.why : "";
    EXPECT_NE(why.find(sample.says), std::string::npos) << why;
  }
}

TEST_P(every_connector, writes_one_record_and_a_batch_and_a_repeated_call_only_once) {
  ASSERT_TRUE(connector_);
  for (const auto& a : connector_->actions) {
    if (a.job)
      continue; // tests/conformance/jobs_test.cpp
    auto t = make({.limits = false});
    ASSERT_TRUE(t);
    driver d{*t, *connector_};
    const writing w{*connector_, a, t->connection()};
    // What is changed or deleted has to be there.
    const auto* s = connector_->find_stream(t->kept_in(a.name));
    const bool erases = s != nullptr && a.mode == write_mode::erase;
    const auto json = blob::from(erases ? "{}" : write_json(t->record_for(a.name)));
    const auto& there = s == nullptr ? list{} : t->records(s->name);
    const auto key =
        there.empty() || s->key.empty() ? "key-1" : text_at(there.front(), s->key.back());
    const auto count = std::min<std::size_t>(a.batch.max, 3);
    std::vector<outgoing_record> batch;
    for (std::size_t i = 0; i < count; ++i)
      batch.push_back({key, json, "acme/sync/any/" + std::to_string(i)});
    const auto request = write_request(w, batch, noon);
    ASSERT_TRUE(request) << a.name << ": " << request.error().where << ": " << request.error().why;
    for (int times = 0; times < 2; ++times) {
      const auto came = read_write(w, *request, d.send(*request), batch, {}, noon);
      const auto* items = std::get_if<item_outcomes>(&came);
      ASSERT_TRUE(items) << a.name << ": " << std::get<verdict>(came).why.why;
      ASSERT_EQ(items->size(), batch.size());
      // Items of one key are one to the platform: those that it tells apart are all written.
      EXPECT_TRUE(std::ranges::any_of(*items, &item_outcome::written)) << a.name;
    }
    // What is deleted is gone the second time.
    const bool once = !a.idempotency.header.empty() || erases;
    const auto times = once ? 1 : 2;
    EXPECT_EQ(t->written().at(a.name).size(), count * times) << a.name;
  }
}

INSTANTIATE_TEST_SUITE_P(shipped, every_connector, testing::ValuesIn(names()),
                         [](const auto& each) { return each.param; });

INSTANTIATE_TEST_SUITE_P(shipped, every_connector_with_tokens, testing::ValuesIn(with_tokens()),
                         [](const auto& each) { return each.param; });

} // namespace
} // namespace tenon::actors::connectors
