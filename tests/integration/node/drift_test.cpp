// A column of a real PostgreSQL table turns from integer to text between two runs, and another one
// is new: what a node makes of it under each policy, what it shows, and how a person goes on.
#include "tests/support/postgres_server.hpp"
#include "tests/support/running_node.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

class drifting : public running_node {
protected:
  /// Twenty rows with an integer; after a first run, of three the integer is a text.
  void begin(const char* policy) {
    db_.run("CREATE TABLE t (id int PRIMARY KEY, age int); "
            "INSERT INTO t SELECT i, i FROM generate_series(1, 20) i");
    start_node();
    follow(policy);
    EXPECT_EQ(number(ran(), "stored"), 20);
    db_.run("ALTER TABLE t ALTER COLUMN age TYPE json USING to_json(age); "
            "UPDATE t SET age = to_json(id || ' years') WHERE id IN (3, 7, 20)");
  }
  void follow(const char* policy, object more = {}) {
    const object secrets{{"user", server_.user}, {"password", server_.password}};
    const object table{{"url", server_.url()},
                       {"credential", "db"},
                       {"table", "t"},
                       {"key", "id"},
                       {"page_size", 10}};
    object spec{{"from", object{{"postgres", table}}}, {"into", "people"}, {"drift", policy}};
    for (const auto& [option, v] : more)
      spec[option] = v;
    apply({object{{"kind", "credential"}, {"name", "db"}, {"spec", object{{"secrets", secrets}}}},
           object{{"kind", "sync"}, {"name", "in"}, {"spec", std::move(spec)}}});
  }
  value ran() {
    auto done = run("in");
    EXPECT_EQ(state(done), "succeeded") << write_json(done);
    expect_conserved(done);
    return done;
  }
  value post(std::initializer_list<std::string_view> names, const value& body = object{}) {
    const auto answered = api_->post(api_->path(names), body);
    EXPECT_TRUE(answered) << answered.why.why;
    return answered.body;
  }
  std::string fields() {
    std::string all;
    const auto known = get({"records", "people", "schema"});
    for (const auto& f : nodes::cli::list_at(known, "fields")) {
      const auto* waits = f.find("waits");
      all += nodes::cli::text_at(f, "name") + ' ' + nodes::cli::text_at(f, "type") +
             (waits ? " (" + nodes::cli::text_at(*waits, "type") + " waits)" : "") + "; ";
    }
    return all;
  }
  std::string changes() {
    return write_json(*get({"records", "people", "schema"}).find("changes"));
  }
  list letters() { return nodes::cli::list_at(get({"records", "people", "letters"}), "items"); }

  postgres_server server_;
  postgres_client db_{server_};
};

TEST_F(drifting, a_column_that_turns_to_text_is_stored_and_noted_where_types_may_widen) {
  begin("widen");
  db_.run("ALTER TABLE t ALTER COLUMN age TYPE text USING id || ' years'");
  EXPECT_EQ(number(ran(), "stored"), 20);
  EXPECT_EQ(contents("people").at("3"), R"({"id":3,"age":"3 years"})");
  EXPECT_EQ(fields(), "id integer; age mixed; ");
  for (const auto* said : {R"("field":"age")", R"("outcome":"widened")", R"("from":"integer")",
                           R"("found":"text")", R"("sync":"in")", R"("run":2)"})
    expect_says(changes(), said);
}

TEST_F(drifting, a_column_that_turns_to_text_makes_letters_that_are_replayed_once_it_is_accepted) {
  begin("add");
  db_.run("ALTER TABLE t ADD COLUMN name text DEFAULT 'n'");
  const auto done = ran();
  EXPECT_EQ(number(done, "stored"), 17) << "a new column is welcome";
  EXPECT_EQ(number(done, "dead_lettered"), 3);
  EXPECT_EQ(fields(), "id integer; age integer (text waits); name text; ");
  const auto kept = letters();
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(nodes::cli::text_at(kept[0], "bytes"), R"({"id":3,"age":"3 years","name":"n"})");
  expect_says(nodes::cli::text_at(kept[0], "reason"), "the field age was integer and is text");
  EXPECT_EQ(contents("people").at("3"), R"({"id":3,"age":3})") << "as it was before";

  const auto replay = [&](const char* letter) {
    return nodes::cli::text_at(post({"records", "people", "letters", letter, "replay"}), "outcome");
  };
  EXPECT_EQ(replay("1"), "kept");
  // A mapping is a fix as well: the bytes of a letter are the record as it came.
  follow("add", {{"map", object{{"id", "{{id}}"},
                                {"age", "{{number(replace(age, ' years', '')) + 100}}"}}}});
  EXPECT_EQ(replay("1"), "stored");
  EXPECT_EQ(contents("people").at("3"), R"({"id":3,"age":103})");
  follow("add");
  post({"records", "people", "schema", "accept"}, object{{"fields", list{"age"}}});
  EXPECT_EQ(replay("2"), "stored");
  EXPECT_EQ(replay("3"), "stored");
  EXPECT_TRUE(letters().empty());
  EXPECT_EQ(contents("people").at("20"), R"({"id":20,"age":"20 years","name":"n"})");
  const auto twice =
      api_->post(api_->path({"records", "people", "letters", "3", "replay"}), object{});
  EXPECT_EQ(twice.why.code, code::not_found) << twice.why.why;
}

TEST_F(drifting, a_new_column_makes_letters_in_quarantine) {
  begin("quarantine");
  db_.run("ALTER TABLE t ADD COLUMN name text; UPDATE t SET name = 'x' WHERE id = 1");
  const auto done = ran();
  EXPECT_EQ(number(done, "dead_lettered"), 20) << "the column is in every row";
  EXPECT_EQ(fields(), "id integer; age integer (text waits); name absent (text waits); ");
  EXPECT_EQ(contents("people").size(), 20u) << "the rows stay as they were";
  post({"records", "people", "schema", "accept"}, object{{"all", true}});
  EXPECT_EQ(number(ran(), "stored"), 20);
}

TEST_F(drifting, a_column_that_turns_to_text_stops_the_run_until_a_person_accepts_it) {
  begin("fail");
  const auto stopped = run("in");
  expect_failed(stopped, "the field age was integer and is text in 2 of the page's records",
                "spec.drift", "tenon schema people --accept age");
  EXPECT_EQ(number(stopped, "stored"), 0);
  EXPECT_EQ(contents("people").at("3"), R"({"id":3,"age":3})");
  EXPECT_TRUE(letters().empty());
  expect_failed(run("in"), "the field age", "spec.drift", "--accept age");
  EXPECT_EQ(metric(R"(tenon_collection_drifts_total{fate="stopped"})"), 2);
  EXPECT_EQ(fields(), "id integer; age integer (text waits); ");
  post({"records", "people", "schema", "accept"}, object{{"fields", list{"age"}}});
  EXPECT_EQ(number(ran(), "stored"), 3);
  EXPECT_EQ(fields(), "id integer; age mixed; ");
  EXPECT_EQ(contents("people").at("20"), R"({"id":20,"age":"20 years"})");
}

TEST_F(drifting, is_refused_to_be_accepted_when_nothing_waits_or_nothing_is_said) {
  begin("widen");
  const auto accept = api_->path({"records", "people", "schema", "accept"});
  EXPECT_EQ(api_->post(accept, object{}).why.code, code::malformed);
  EXPECT_EQ(api_->post(accept, object{{"all", true}}).why.code, code::conflict);
  EXPECT_EQ(api_->post(accept, object{{"fields", list{"gone"}}}).why.code, code::not_found);
  const auto nowhere = api_->get(api_->path({"records", "nowhere", "schema"}));
  EXPECT_EQ(nowhere.why.code, code::not_found);
}

TEST_F(drifting, what_a_connector_says_of_its_fields_counts_from_the_first_record_on) {
  start_vendor({"--generate", "40"});
  start_node();
  const auto member = [](value& of, const char* name) -> value& {
    return (*of.as<object>())[name];
  };
  auto resources = subscription{.url = vendor()}.resources();
  auto& stream = member(member(member(resources.front(), "spec"), "streams"), "records");
  member(stream, "schema") = object{{"id", "integer"}, {"name", "integer"}, {"gone", "date"}};
  member(member(resources.back(), "spec"), "drift") = "fail";
  apply(resources);
  expect_failed(run("gen"), "the field name was integer and is text", "spec.drift",
                "tenon schema gen --accept name");
  member(stream, "schema") = object{{"id", "integer"}, {"name", "text"}, {"gone", "date"}};
  apply(resources);
  EXPECT_EQ(number(run("gen"), "stored"), 40);
  expect_says(write_json(get({"records", "gen", "schema"})),
              R"("name":"gone","type":"text","declared":true)");
}

} // namespace
