// Writing, purely: what one call carries, and what its answer says about each record.
#include "actors/integration/writing.hpp"

#include "protocols/json.hpp"
#include "tests/unit/actors/integration/sample.hpp"

#include <span>

namespace tenon::actors::connectors {
namespace {

constexpr moment now = noon;

/// A platform with one action, of which the test says the rest.
class written {
public:
  explicit written(const std::string& action) {
    const auto text = "connector: {name: shop, title: Shop}\nversion: 1\n"
                      "base: https://api.example.com/v1\nauth: {none: {}}\n"
                      "errors:\n"
                      "  - {when: {status: 400}, do: fail, classify: invalid,"
                      " say: '{{body.message}}'}\n"
                      "  - {when: {status: 413}, do: split_batch, classify: invalid}\n"
                      "streams:\n  people: {request: {get: /people}, records: ., key: id}\n"
                      "actions:\n  put:\n" +
                      action;
    manifest_ = manifest_of(value_of_yaml(text));
    connection_ = connection_to(manifest_);
  }

  writing how() const { return {manifest_, manifest_.actions.front(), connection_}; }
  write_outcome read(const http_response& came, std::span<const outgoing_record> batch) const {
    return read_write(how(), {"POST", "https://api.example.com/v1/people", {}, {}}, came, batch, {},
                      now);
  }

private:
  manifest manifest_;
  connection connection_{};
};

std::vector<outgoing_record> people(std::size_t count, std::size_t bytes = 1) {
  std::vector<outgoing_record> all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto n = std::to_string(i);
    all.push_back({"k" + n,
                   blob::from(R"({"id":")" + n + R"(","name":")" + std::string(bytes, 'x') + "\"}"),
                   "acme/sync/to/" + n});
  }
  return all;
}

http_response said(unsigned status, std::string body) {
  return answer(std::move(body), status, {{"Content-Type", "application/json"}});
}

std::string flags(const write_outcome& came) {
  std::string all;
  if (const auto* items = std::get_if<item_outcomes>(&came))
    for (const auto& one : *items)
      all += one.written ? 'w' : '-';
  return all;
}

std::string why_of(const write_outcome& came, std::size_t index) {
  const auto* items = std::get_if<item_outcomes>(&came);
  return items == nullptr ? std::get<verdict>(came).why.why : items->at(index).why.why;
}

TEST(writing, maps_a_record_to_an_item_or_sends_it_as_it_is) {
  const written plain{"    mode: upsert\n    request: {post: /people}\n"};
  const written mapped{"    mode: upsert\n    request: {post: /people}\n"
                       "    map: {ref: '{{effect}}', known: '{{key}}', person: '{{record}}'}\n"};
  const auto one = people(1).front();
  EXPECT_EQ(write_json(*item_of(plain.how(), one, now)), R"({"id":"0","name":"x"})");
  EXPECT_EQ(write_json(*item_of(mapped.how(), one, now)),
            R"({"ref":"acme/sync/to/0","known":"k0","person":{"id":"0","name":"x"}})");
}

TEST(writing, carries_as_many_records_as_the_count_and_the_bytes_allow_and_at_least_one) {
  const written w{"    mode: upsert\n    request: {post: /people}\n"
                  "    batch: {max: 3, max_bytes: 2000, body: people}\n"};
  EXPECT_EQ(batch_size(w.how(), people(2)), 2u);
  EXPECT_EQ(batch_size(w.how(), people(9)), 3u);
  EXPECT_EQ(batch_size(w.how(), people(9, 1'200)), 1u);
  EXPECT_EQ(batch_size(w.how(), people(9, 600)), 2u);
  EXPECT_EQ(batch_size(w.how(), people(1, 9'000)), 1u) << "one that is too large stands alone";
}

TEST(writing, names_a_call_in_the_header_by_its_record_and_a_batch_by_its_records) {
  const written one{"    mode: insert\n    request: {post: '/people/{{key}}'}\n"
                    "    idempotency: {header: Idempotency-Key}\n"};
  const written many{"    mode: insert\n    request: {post: /people, body: {dry: false}}\n"
                     "    batch: {max: 10, body: in.people}\n"
                     "    idempotency: {header: Idempotency-Key}\n"};
  const auto batch = people(2);
  const auto alone = write_request(one.how(), batch, now);
  ASSERT_TRUE(alone) << alone.error().why;
  EXPECT_EQ(alone->url, "https://api.example.com/v1/people/k0");
  EXPECT_EQ(alone->body.view(), R"({"id":"0","name":"x"})");
  EXPECT_EQ(find_header(alone->headers, "idempotency-key"), "acme/sync/to/0");
  const auto together = write_request(many.how(), batch, now);
  ASSERT_TRUE(together) << together.error().why;
  EXPECT_EQ(together->body.view(),
            R"({"dry":false,"in":{"people":[{"id":"0","name":"x"},{"id":"1","name":"x"}]}})");
  const auto again = write_request(many.how(), batch, now);
  EXPECT_EQ(find_header(together->headers, "idempotency-key"),
            find_header(again->headers, "idempotency-key"));
  const auto other = write_request(many.how(), std::span{batch}.first(1), now);
  EXPECT_NE(find_header(together->headers, "idempotency-key"),
            find_header(other->headers, "idempotency-key"));
}

TEST(writing, writes_json_lines_where_they_are_the_body) {
  const written w{"    mode: upsert\n    request: {post: /people}\n"
                  "    batch: {max: 10, as: jsonl}\n"};
  const auto made = write_request(w.how(), people(2), now);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->body.view(), "{\"id\":\"0\",\"name\":\"x\"}\n{\"id\":\"1\",\"name\":\"x\"}\n");
  EXPECT_EQ(find_header(made->headers, "content-type"), "application/jsonl");
}

TEST(writing, names_the_record_that_cannot_be_made_into_an_item) {
  const written w{"    mode: upsert\n    request: {post: /people}\n"
                  "    map: {n: '{{record.name * 2}}'}\n    batch: {max: 10, body: people}\n"};
  const auto made = write_request(w.how(), people(2), now);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().where.find("record k0"), std::string::npos) << made.error().where;
}

TEST(writing, understands_entries_in_the_order_of_the_records) {
  const written w{"    mode: upsert\n    request: {post: /people}\n"
                  "    batch: {max: 10, body: people, results: done, failed: result.error != null,"
                  " say: '{{result.error}}'}\n    returns: {id: '{{result.id}}'}\n"};
  const auto batch = people(3);
  const auto came =
      w.read(said(200, R"({"done":[{"id":1},{"error":"too long"},{"id":3}]})"), batch);
  EXPECT_EQ(flags(came), "w-w");
  EXPECT_EQ(why_of(came, 1), "too long");
  EXPECT_EQ(write_json(std::get<item_outcomes>(came)[2].returned), R"({"id":3})");
}

TEST(writing, understands_entries_by_their_key_and_takes_a_record_without_one_for_refused) {
  const written w{"    mode: upsert\n    request: {post: /people}\n"
                  "    batch: {max: 10, body: people, results: done, item_key: id,"
                  " result_key: for.id}\n"};
  const auto batch = people(3);
  const auto came = w.read(said(200, R"({"done":[{"for":{"id":"2"}},{"for":{"id":"0"}}]})"), batch);
  EXPECT_EQ(flags(came), "w-w");
}

TEST(writing, understands_a_second_list_of_those_that_were_refused) {
  const written w{"    mode: upsert\n    request: {post: /people}\n"
                  "    batch: {max: 10, body: people, results: done, item_key: id,"
                  " result_key: for, errors: errors, say: '{{result.message}}'}\n"};
  const auto batch = people(3);
  const auto came = w.read(
      said(207, R"({"done":[{"for":"0"}],"errors":[{"for":["1","2"],"message":"no"}]})"), batch);
  EXPECT_EQ(flags(came), "w--");
  EXPECT_EQ(why_of(came, 2), "no");
  // Nothing is said of a record: it was not refused.
  EXPECT_EQ(flags(w.read(said(200, R"({"errors":[{"for":"1","message":"no"}]})"), batch)), "w-w");
}

TEST(writing, does_not_guess_which_entry_is_whose) {
  const written w{"    mode: upsert\n    request: {post: /people}\n"
                  "    batch: {max: 10, body: people, results: done}\n"};
  const auto batch = people(3);
  const auto came = w.read(said(200, R"({"done":[{},{}]})"), batch);
  const auto* v = std::get_if<verdict>(&came);
  ASSERT_TRUE(v);
  EXPECT_EQ(v->then, action::fail);
  EXPECT_NE(v->why.why.find("2 entries"), std::string::npos) << v->why.why;
}

TEST(writing, halves_a_batch_that_is_refused_for_what_is_in_it_and_refuses_one_record) {
  const written w{"    mode: upsert\n    request: {post: /people}\n"
                  "    batch: {max: 10, body: people}\n"};
  const auto batch = people(2);
  for (const unsigned status : {400u, 413u}) {
    const auto came = w.read(said(status, R"({"message":"name is too long"})"), batch);
    ASSERT_TRUE(std::holds_alternative<verdict>(came)) << status;
    EXPECT_EQ(std::get<verdict>(came).then, action::split_batch) << status;
    const auto alone =
        w.read(said(status, R"({"message":"name is too long"})"), std::span{batch}.first(1));
    EXPECT_EQ(flags(alone), "-") << status;
    EXPECT_NE(why_of(alone, 0).find("name is too long"), std::string::npos) << why_of(alone, 0);
  }
}

TEST(writing, does_not_halve_what_is_refused_for_who_asks_or_when) {
  const written w{"    mode: upsert\n    request: {post: /people}\n"
                  "    batch: {max: 10, body: people}\n"};
  for (const unsigned status : {401u, 403u, 429u, 500u, 503u}) {
    const auto came = w.read(said(status, "{}"), people(2));
    ASSERT_TRUE(std::holds_alternative<verdict>(came)) << status;
    EXPECT_NE(std::get<verdict>(came).then, action::split_batch) << status;
    EXPECT_TRUE(std::holds_alternative<verdict>(w.read(said(status, "{}"), people(1)))) << status;
  }
}

TEST(writing, knows_what_was_returned_when_the_record_was_last_written) {
  const written w{"    mode: update\n    request: {patch: '/people/{{returned.at}}'}\n"
                  "    map: {ref: '{{returned.ref ?? key}}', who: '{{record.name}}'}\n"};
  auto one = people(1).front();
  one.returned = blob::from(R"({"at":"p 7"})");
  const auto request = write_request(w.how(), {&one, 1}, now);
  ASSERT_TRUE(request) << request.error().why;
  EXPECT_EQ(request->url, "https://api.example.com/v1/people/p%207");
  EXPECT_EQ(request->body.view(), R"({"ref":"k0","who":"x"})");
  one.returned = {};
  EXPECT_FALSE(write_request(w.how(), {&one, 1}, now)) << "nothing is written to no place";
}

TEST(writing, takes_what_is_gone_for_deleted_and_for_nothing_else) {
  const written erase{"    mode: delete\n    request: {delete: '/people/{{key}}'}\n"};
  const written update{"    mode: update\n    request: {patch: '/people/{{key}}'}\n"};
  for (const unsigned status : {404u, 410u}) {
    EXPECT_EQ(flags(erase.read(said(status, "{}"), people(1))), "w") << status;
    EXPECT_EQ(flags(update.read(said(status, "{}"), people(1))), "-") << status;
  }
}

TEST(writing, asks_whether_a_call_has_happened_and_does_not_take_trouble_for_a_no) {
  const written w{"    mode: insert\n    request: {post: /people}\n"
                  "    idempotency: {probe: {get: /people, query: {ref: '{{effect}}'},"
                  " matches: 'len(body.found) > 0', returns: {at: '{{body.found[0].id}}'}}}\n"};
  const auto one = people(1).front();
  const auto request = probe_request(w.how(), one, now);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "GET");
  EXPECT_EQ(request->url, "https://api.example.com/v1/people?ref=acme%2Fsync%2Fto%2F0");
  const auto says = [&](unsigned status, std::string body) {
    return read_probe(w.how(), said(status, std::move(body)), one, now);
  };
  const auto there = says(200, R"({"found":[{"id":7}]})");
  EXPECT_TRUE(there->written);
  EXPECT_EQ(write_json(there->returned), R"({"at":7})") << "as the lost answer would have said";
  const auto absent = says(200, R"({"found":[]})");
  EXPECT_FALSE(absent->written);
  EXPECT_TRUE(absent->returned.is_null());
  for (const unsigned status : {401u, 429u, 500u}) {
    const auto unknown = says(status, "{}");
    ASSERT_FALSE(unknown) << status;
    EXPECT_EQ(name_of(unknown.error().code), name_of(code::unavailable)) << status;
  }
}

TEST(writing, takes_what_is_not_found_for_a_no_where_the_probe_asks_for_the_record_itself) {
  const written w{"    mode: insert\n    request: {post: /people}\n"
                  "    idempotency: {probe: {get: '/people/{{key}}', matches: status == 200}}\n"};
  const auto one = people(1).front();
  EXPECT_FALSE(read_probe(w.how(), said(404, "{}"), one, now)->written);
  EXPECT_TRUE(read_probe(w.how(), said(200, R"({"id":"0"})"), one, now)->written);
}

} // namespace
} // namespace tenon::actors::connectors
