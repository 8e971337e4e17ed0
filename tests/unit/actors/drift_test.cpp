// What becomes of records with fields that are not as before, under each policy.
#include "actors/collection.hpp"
#include "actors/collection/drift/judging.hpp"
#include "protocols/json.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

using namespace tenon;
using namespace tenon::actors;
using namespace tenon::actors::collections;
using tenon::tests::at;
using tenon::tests::scene;

namespace {

using type = drift::type;
using policy = drift::policy;

/// A collection's feed `s`, as its transfer would store.
class feeding {
public:
  explicit feeding(policy p) : policy_{p} {}

  collection::store page(const std::vector<std::string>& records, bool last = true) {
    collection::store c{.feed = "s", .run = run_, .page = pages_, .last = last};
    field_sum fields;
    for (const auto& one : records) {
      const auto read = read_json(one);
      c.records.push_back({write_json(*read->find("id")), blob::copy_of(one)});
      fields.add(one);
    }
    c.drift = fields.page(policy_);
    return c;
  }
  collection::stored store(const std::vector<std::string>& records, bool last = true) {
    return store(page(records, last));
  }
  collection::stored store(const collection::store& page) {
    const auto answer = c.when(page).reply.value();
    if (!answer.stopped.empty()) // the next run begins with the same page
      begin();
    else if (page.last)
      begin();
    else
      ++pages_;
    return answer;
  }
  void begin() {
    ++run_;
    pages_ = 0;
  }

  drift::shown schema() { return *c.when(collection::read_schema{}).reply; }
  std::string fields() {
    std::string all;
    const auto known = schema();
    for (const auto& f : known.schema.fields)
      all += f.name + ' ' + std::string{name_of(f.type)} +
             (f.waits == type::absent ? "" : " (" + std::string{name_of(f.waits)} + " waits)") +
             "; ";
    return all;
  }
  std::string history() {
    std::string all;
    const auto known = schema();
    for (const auto& one : known.history.changes)
      all += std::string{name_of(one.fate)} + ' ' + one.name + ' ' +
             std::string{name_of(one.found)} + ' ' + std::to_string(one.records) + "; ";
    return all;
  }
  std::string rows() {
    std::string all;
    for (const auto& [key, content] : contents())
      all += content + ' ';
    return all;
  }
  std::map<std::string, std::string> contents() {
    std::map<std::string, std::string> all;
    const auto page = *c.when(collection::read{.limit = 1000}).reply;
    for (const auto& r : page.items)
      all[r.key] = r.row.content.text();
    return all;
  }
  auto letters() { return c.when(collection::list_letters{.limit = 1000}).reply->letters; }

  scene<collection> c;

private:
  policy policy_;
  std::uint64_t run_ = 1, pages_ = 0;
};

const std::vector<std::string> known{R"({"id":1,"n":1})", R"({"id":2,"n":2})"};
const std::vector<std::string> turned{R"({"id":1,"n":"one"})", R"({"id":2,"n":2})",
                                      R"({"id":3,"n":3,"new":true})"};

TEST(drift, that_is_let_in_is_stored_byte_for_byte_and_noted_with_who_and_when) {
  feeding f{policy::widen};
  f.store(known);
  f.c.at(std::chrono::hours{1});
  EXPECT_EQ(f.store(turned).stored, 2u);
  EXPECT_EQ(f.rows(), turned[0] + ' ' + turned[1] + ' ' + turned[2] + ' ');
  EXPECT_EQ(f.fields(), "id integer; n mixed; new boolean; ");
  EXPECT_EQ(f.history(), "widened n text 1; added new boolean 1; ");
  const auto n = f.schema().schema.fields[1];
  EXPECT_EQ(n.first_at, at(span{}));
  EXPECT_EQ(n.changed_at, at(std::chrono::hours{1}));
  EXPECT_EQ(n.feed, "s");
  EXPECT_EQ(n.run, 1u);
  f.store(turned);
  EXPECT_EQ(f.c.state.drift.drifts, 2u) << "the second time it is no news";
}

TEST(drift, of_a_type_makes_letters_where_only_fields_may_be_added) {
  feeding f{policy::add};
  f.store(known);
  const auto answer = f.store(turned);
  EXPECT_EQ(answer.dead_lettered, 1u);
  EXPECT_EQ(answer.stored, 1u);
  EXPECT_EQ(f.rows(), known[0] + ' ' + turned[1] + ' ' + turned[2] + ' ');
  EXPECT_EQ(f.fields(), "id integer; n integer (text waits); new boolean; ");
  const auto letters = f.letters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].letter.bytes.view(), turned[0]);
  EXPECT_EQ(letters[0].letter.key, "1");
  EXPECT_EQ(letters[0].letter.reason, "spec.drift: the field n was integer and is text");
}

TEST(drift, of_either_kind_makes_letters_in_quarantine_until_a_person_accepts_it) {
  feeding f{policy::quarantine};
  f.store(known);
  EXPECT_EQ(f.store(turned).dead_lettered, 2u);
  EXPECT_EQ(f.fields(), "id integer; n integer (text waits); new absent (boolean waits); ");
  EXPECT_EQ(f.c.state.drift.waiting, 2u);
  EXPECT_EQ(f.c.when(collection::accept_drift{{"id"}}).refusal->code, code::conflict);
  EXPECT_EQ(f.c.when(collection::accept_drift{{"gone"}}).refusal->code, code::not_found);
  EXPECT_EQ(f.c.when(collection::accept_drift{{"n"}}).reply->changes.size(), 1u);
  EXPECT_EQ(f.fields(), "id integer; n mixed; new absent (boolean waits); ");
  EXPECT_EQ(f.store(turned).dead_lettered, 1u);
  EXPECT_EQ(f.c.when(collection::accept_drift{}).reply->changes.size(), 1u);
  EXPECT_EQ(f.store(turned).dead_lettered, 0u);
  EXPECT_EQ(f.fields(), "id integer; n mixed; new boolean; ");
  EXPECT_EQ(f.history(), "quarantined n text 1; quarantined new boolean 1; accepted n text 1; "
                         "quarantined new boolean 1; accepted new boolean 2; ");
  EXPECT_EQ(f.c.when(collection::accept_drift{}).refusal->code, code::conflict);
}

TEST(drift, that_stops_a_run_stores_nothing_of_the_page_and_moves_nothing) {
  feeding f{policy::fail};
  f.store(known);
  const auto before = f.c.when(collection::position{"s"}).reply;
  const auto page = f.page(turned);
  const auto answer = f.store(page);
  EXPECT_EQ(answer.stored, 0u);
  ASSERT_EQ(answer.stopped.size(), 2u);
  const auto why = stopped_by(answer.stopped, "rows");
  EXPECT_EQ(why.why,
            "the field n was integer and is text in 1 of the page's records; the field new "
            "is new: boolean in 1 of the page's records");
  EXPECT_EQ(why.where, "spec.drift");
  EXPECT_NE(why.remedy.find("tenon schema rows --accept n --accept new"), std::string::npos);
  EXPECT_EQ(f.c.when(collection::position{"s"}).reply, before);
  EXPECT_EQ(f.rows(), known[0] + ' ' + known[1] + ' ');
  EXPECT_TRUE(f.letters().empty());
  f.store(f.page(turned));
  EXPECT_EQ(f.fields(), "id integer; n integer (text waits); new absent (boolean waits); ");
  EXPECT_FALSE(f.c.when(collection::accept_drift{}).refusal);
  EXPECT_EQ(f.store(turned).stored, 2u);
  EXPECT_EQ(f.fields(), "id integer; n mixed; new boolean; ");
}

TEST(drift, does_not_take_rows_away_of_which_another_content_was_refused) {
  feeding f{policy::quarantine};
  auto first = f.page(known);
  first.marks = true;
  f.store(first);
  auto second = f.page({turned[0]});
  second.marks = true;
  f.store(second);
  EXPECT_TRUE(f.c.when(collection::sweep{.feed = "s", .run = 2}).reply->done);
  EXPECT_EQ(f.rows(), known[0] + ' ') << "the first is there still, the second is not";
}

TEST(drift, of_events_is_noted_and_keeps_none_out) {
  scene<collection> c;
  c.when(collection::put{.feed = "hook", .records = {{"a", blob::copy_of(R"({"n":1})")}}});
  c.when(collection::put{.feed = "hook", .records = {{"b", blob::copy_of(R"({"n":"x"})")}}});
  EXPECT_EQ(c.state.live, 2u);
  EXPECT_EQ(c.when(collection::read_schema{}).reply->schema.fields[0].type, type::mixed);
}

/// All types that a field's stored values have had. Nothing of the code under test is asked.
struct naive {
  std::map<std::string, std::set<std::string>> fields;
  std::map<std::string, std::string> rows;
  bool learnt = false;

  static std::string type_of(const value& v) {
    return v.is_null()            ? "null"
           : v.is<bool>()         ? "boolean"
           : v.is<std::int64_t>() ? "integer"
           : v.is<double>()       ? "number"
           : v.is<std::string>()  ? "text"
           : v.is<tenon::list>()  ? "list"
                                  : "object";
  }
  static std::string summary(std::set<std::string> types) {
    types.erase("null");
    if (types.contains("number"))
      types.erase("integer");
    return types.empty() ? "null" : types.size() == 1 ? *types.begin() : "mixed";
  }
  bool lets_in(policy p, const object& record) const {
    for (const auto& [name, v] : record) {
      const auto it = fields.find(name);
      if (!learnt || p == policy::widen || (it == fields.end() && p == policy::add))
        continue;
      if (it == fields.end())
        return false;
      auto with = it->second;
      with.insert(type_of(v));
      const auto was = summary(it->second), is = summary(with);
      if (was != is && was != "null" && !(p == policy::add && was == "integer" && is == "number"))
        return false;
    }
    return true;
  }
  void take(const std::string& key, const std::string& text) {
    const auto record = read_json(text);
    for (const auto& [name, v] : *record->as<object>())
      fields[name].insert(type_of(v));
    rows[key] = text;
  }
};

std::string random_record(std::mt19937_64& random) {
  const char* values[]{"null", "true", "7", "1.5", "\"x\"", "{\"a\":[1]}", "[]"};
  std::string text = "{\"id\":" + std::to_string(random() % 12);
  for (const char name : {'a', 'b', 'c', 'd'})
    if (random() % 3 != 0) // mostly integers, else everything is mixed soon
      text += std::string{",\""} + name + "\":" + (random() % 6 ? "7" : values[random() % 7]);
  if (random() % 40 == 0)
    text += ",\"new" + std::to_string(random() % 5) + "\":1";
  return text + '}';
}

TEST(drift, loses_no_record_and_knows_the_schema_of_what_is_stored_under_every_policy) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  for (const auto p : {policy::widen, policy::add, policy::quarantine, policy::fail})
    for (int round = 0; round < 25; ++round) {
      feeding f{p};
      naive model;
      for (int pages = 0; pages < 20; ++pages) {
        std::map<std::string, std::string> brought; // one record a key
        for (auto left = random() % 8 + 1; left > 0; --left) {
          auto record = random_record(random);
          brought[write_json(*read_json(record)->find("id"))] = record;
        }
        std::vector<std::string> records;
        std::map<std::string, std::string> welcome;
        for (const auto& [key, text] : brought) {
          records.push_back(text);
          const auto read = read_json(text);
          if (model.lets_in(p, *read->as<object>()))
            welcome.emplace(key, text);
        }
        const bool last = random() % 3 == 0;
        const auto answer = f.store(records, last);
        if (p == policy::fail && welcome.size() < brought.size()) {
          ASSERT_FALSE(answer.stopped.empty());
          ASSERT_EQ(answer.stored + answer.unchanged + answer.dead_lettered, 0u);
          continue;
        }
        ASSERT_TRUE(answer.stopped.empty());
        ASSERT_EQ(answer.stored + answer.unchanged + answer.dead_lettered, records.size());
        ASSERT_EQ(answer.dead_lettered, brought.size() - welcome.size());
        for (const auto& [key, text] : welcome)
          model.take(key, text);
        model.learnt |= last && !model.fields.empty();
        std::map<std::string, std::string> expected, schema;
        for (const auto& [name, types] : model.fields)
          expected[name] = naive::summary(types);
        const auto known = f.schema();
        for (const auto& one : known.schema.fields)
          if (one.type != type::absent)
            schema[one.name] = name_of(one.type);
        ASSERT_EQ(schema, expected);
        ASSERT_EQ(f.contents(), model.rows);
      }
    }
}

} // namespace
