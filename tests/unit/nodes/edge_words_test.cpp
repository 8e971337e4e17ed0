// What the edge writes: problems, response heads, time-outs' wheel, the API description.
#include "nodes/edge/openapi.hpp"
#include "nodes/edge/problem.hpp"
#include "nodes/edge/wheel.hpp"
#include "nodes/edge/wire.hpp"
#include "protocols/json.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace {

using namespace tenon;
using namespace tenon::nodes;
using std::chrono::milliseconds;

std::string header(const edge::response& r, std::string_view name) {
  for (const auto& [key, v] : r.headers)
    if (key == name)
      return v;
  return "";
}

value document(const edge::response& r) {
  auto v = read_json(std::get<std::string>(r.body));
  EXPECT_TRUE(v);
  return *v;
}

TEST(edge_problem, gives_every_code_its_status) {
  const std::map<code, unsigned> statuses{
      {code::malformed, 400}, {code::unauthenticated, 401}, {code::forbidden, 403},
      {code::not_found, 404}, {code::conflict, 409},        {code::stale, 412},
      {code::too_large, 413}, {code::overloaded, 429},      {code::unavailable, 503},
      {code::timed_out, 504}, {code::uncertain, 409},       {code::internal, 500}};
  for (const auto& [c, status] : statuses) {
    const auto r = edge::problem_of(failure{c, "why"}, {}, {});
    EXPECT_EQ(r.status, status) << name_of(c);
    EXPECT_EQ(*document(r).find("type"), value{"urn:tenon:problem:" + std::string{name_of(c)}});
    EXPECT_NE(edge::reason_of(status), "");
  }
  EXPECT_EQ(edge::status_of(failure{code::malformed, "why", "spec.page"}), 422u);
}

TEST(edge_problem, says_where_what_to_do_and_how_long_to_wait) {
  const auto trace = runtime::new_trace(1, 2, 3);
  const auto r = edge::problem_of(
      failure{code::overloaded, "too \"much\"", "spec.a", "Wait.", milliseconds{1001}}, {0xabc},
      trace);
  const auto d = document(r);
  EXPECT_EQ(*d.find("detail"), value{"too \"much\""});
  EXPECT_EQ(*d.find("field"), value{"spec.a"});
  EXPECT_EQ(*d.find("remedy"), value{"Wait."});
  EXPECT_EQ(*d.find("request_id"), value{"0000000000000abc"});
  EXPECT_EQ(*d.find("trace_id"), value{"00000000000000010000000000000002"});
  EXPECT_EQ(header(r, "Retry-After"), "2");
  EXPECT_EQ(r.content_type, "application/problem+json");
  EXPECT_EQ(
      header(edge::problem_of(failure{code::unauthenticated, ""}, {}, {}), "WWW-Authenticate"),
      "Bearer realm=\"tenon\"");
}

TEST(edge_wire, writes_a_head_and_a_small_body) {
  std::string out;
  edge::write_response(edge::response::json("{}", 201), {.date = "today", .id = {1}}, out);
  EXPECT_EQ(out, "HTTP/1.1 201 Created\r\nDate: today\r\nX-Request-Id: 0000000000000001\r\n"
                 "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                 "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(edge_wire, leaves_the_body_out_for_head_and_no_content) {
  std::string out;
  edge::write_response(edge::response::json("{}"), {.head_only = true}, out);
  EXPECT_NE(out.find("Content-Length: 2\r\n\r\n"), out.npos);
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
  out.clear();
  edge::write_response(edge::response{204}, {}, out);
  EXPECT_EQ(out.find("Content-"), out.find("Content-Type-Options"));
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
}

TEST(edge_wire, leaves_large_bodies_to_the_caller) {
  auto r = edge::response::json(std::string(100'000, 'a'));
  std::string out;
  edge::write_response(r, {}, out);
  EXPECT_TRUE(out.ends_with("Content-Length: 100000\r\n\r\n"));
  EXPECT_EQ(edge::body_beside(r, {})->size(), 100'000u);
}

TEST(edge_wire, refuses_to_split_responses) {
  const auto with = [](std::string name, std::string v) {
    edge::response r;
    r.headers.emplace_back(std::move(name), std::move(v));
    return edge::is_writable(r);
  };
  EXPECT_TRUE(with("Location", "/next"));
  EXPECT_FALSE(with("Location", "/next\r\nSet-Cookie: sid=evil"));
  EXPECT_FALSE(with("Location", "/next\nSet-Cookie: sid=evil"));
  EXPECT_FALSE(with("X", std::string("a\0b", 3)));
  EXPECT_FALSE(with("Bad Name", "v"));
  EXPECT_FALSE(with("", "v"));
  EXPECT_FALSE(with("content-length", "5"));
  EXPECT_FALSE(with("Transfer-Encoding", "chunked"));
  EXPECT_FALSE(edge::is_writable(edge::response{100}));
}

TEST(edge_wire, dates_as_the_standard_writes_them) {
  EXPECT_EQ(edge::http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(edge_wheel, looks_at_everything_in_time_and_never_later_than_a_tick) {
  std::mt19937_64 random{7};
  const edge::wheel::time start{};
  edge::wheel w{milliseconds{10}, 64, start};
  std::map<std::uint64_t, std::uint64_t> due;
  auto now = start;
  std::size_t looked = 0;
  for (std::uint64_t id = 0; id < 2000; ++id) {
    const auto at = now + milliseconds{random() % 5000};
    due[id] = w.tick_of(at);
    w.add(id, due[id]);
    now += milliseconds{random() % 7};
    w.advance(now, [&](std::uint64_t seen, std::uint64_t tick) {
      if (tick < due[seen]) {
        w.add(seen, due[seen]); // too far away at first
        return;
      }
      EXPECT_EQ(tick, due[seen]);
      ++looked;
    });
  }
  for (int i = 0; i < 1000; ++i)
    w.advance(now += milliseconds{10}, [&](std::uint64_t seen, std::uint64_t tick) {
      tick < due[seen] ? void(w.add(seen, due[seen])) : void(++looked);
    });
  EXPECT_EQ(looked, 2000u);
}

TEST(edge_openapi, describes_a_route_as_it_is) {
  edge::route r{.method = edge::method::put,
                .pattern = "/api/v1/{tenant}/files/{path...}",
                .summary = "Stores.",
                .permission = "file:write",
                .handle = [](edge::request&&, edge::reply&&) {}};
  r.parameters = {{.name = "dry", .in = edge::place::query, .description = "Only checks."}};
  r.request_schema = object{{"type", "object"}};
  r.success = 201;
  r.refusals = {code::conflict, code::uncertain};
  const auto d = edge::describe({r});
  const auto* put = d.find("paths")->find("/api/v1/{tenant}/files/{path}")->find("put");
  ASSERT_NE(put, nullptr);
  EXPECT_EQ(*put->find("operationId"), value{"put_api_v1_tenant_files_path"});
  EXPECT_EQ(put->find("parameters")->as<list>()->size(), 3u);
  const auto* responses = put->find("responses");
  for (const auto* status : {"201", "401", "403", "409", "413", "422", "429", "500", "503"})
    EXPECT_NE(responses->find(status), nullptr) << status;
  const auto* shared =
      responses->find("409")->find("content")->find("application/problem+json")->find("examples");
  EXPECT_NE(shared->find("conflict"), nullptr);
  EXPECT_NE(shared->find("uncertain"), nullptr);
  EXPECT_NE(d.find("components")->find("schemas")->find("put_api_v1_tenant_files_path_request"),
            nullptr);
}

TEST(edge_openapi, leaves_out_what_is_not_part_of_the_api) {
  edge::route r{.method = edge::method::get,
                .pattern = "/console/{file...}",
                .summary = "",
                .permission = "",
                .handle = [](edge::request&&, edge::reply&&) {}};
  r.documented = false;
  EXPECT_TRUE(edge::describe({r}).find("paths")->as<object>()->empty());
}

} // namespace
