#include "nodes/edge/router.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon;
using namespace tenon::nodes;
using edge::method;

edge::route at(method m, std::string pattern) {
  return {.method = m,
          .pattern = std::move(pattern),
          .summary = "",
          .permission = "",
          .handle = [](edge::request&&, edge::reply&&) {}};
}

edge::router made(edge::route_list routes) {
  auto r = edge::router::compile(std::move(routes));
  EXPECT_TRUE(r) << r.error().why;
  return std::move(*r);
}

struct found {
  std::string pattern;
  edge::argument_view arguments;
  std::string allow;
  failure why;
};

found find(const edge::router& r, method m, std::string_view path, std::string_view query = {}) {
  found f;
  auto hit = r.find(m, path, query, f.arguments, f.allow);
  if (hit)
    f.pattern = (*hit)->route.pattern;
  else
    f.why = hit.error();
  return f;
}

const edge::router& example() {
  static const auto r =
      made({at(method::get, "/livez"), at(method::get, "/api/v1/{tenant}/{kinds}"),
            at(method::get, "/api/v1/{tenant}/{kinds}/{name}"),
            at(method::put, "/api/v1/{tenant}/{kinds}/{name}"),
            at(method::post, "/api/v1/{tenant}/syncs/{sync}/run"),
            at(method::get, "/api/v1/{tenant}/syncs"), at(method::get, "/console/{file...}")});
  return r;
}

TEST(edge_router, prefers_a_literal_segment_to_a_parameter) {
  EXPECT_EQ(find(example(), method::get, "/api/v1/acme/syncs").pattern, "/api/v1/{tenant}/syncs");
  EXPECT_EQ(find(example(), method::get, "/api/v1/acme/flows").pattern, "/api/v1/{tenant}/{kinds}");
}

TEST(edge_router, returns_from_a_literal_that_leads_nowhere) {
  const auto f = find(example(), method::get, "/api/v1/acme/syncs/customers");
  EXPECT_EQ(f.pattern, "/api/v1/{tenant}/{kinds}/{name}");
  EXPECT_EQ(f.arguments.path("tenant"), "acme");
  EXPECT_EQ(f.arguments.path("kinds"), "syncs");
  EXPECT_EQ(f.arguments.path("name"), "customers");
  EXPECT_EQ(f.arguments.path("nothing"), "");
}

TEST(edge_router, decodes_the_path_and_the_query) {
  const auto f =
      find(example(), method::get, "/api/v1/acme/flows/a%2Fb%20c", "q=x%26y+z&empty&plain=1&q=2");
  EXPECT_EQ(f.arguments.path("name"), "a/b c");
  EXPECT_EQ(f.arguments.query("q"), "x&y z");
  EXPECT_EQ(f.arguments.query("empty"), "");
  EXPECT_EQ(f.arguments.query("plain"), "1");
  EXPECT_EQ(f.arguments.query("absent"), std::nullopt);
  EXPECT_EQ(f.arguments.queries().size(), 4u);
}

TEST(edge_router, keeps_decoded_text_when_the_arguments_move) {
  auto f = find(example(), method::get, "/api/v1/acme/flows/%61", "q=%62");
  const auto moved = std::move(f.arguments);
  EXPECT_EQ(moved.path("name"), "a");
  EXPECT_EQ(moved.query("q"), "b");
}

TEST(edge_router, says_which_methods_a_path_answers) {
  const auto f = find(example(), method::delete_, "/api/v1/acme/flows/one");
  EXPECT_EQ(f.allow, "GET, HEAD, PUT, OPTIONS");
  EXPECT_EQ(f.why.code, code::not_found);
  EXPECT_EQ(find(example(), method::head, "/livez").pattern, "/livez");
}

TEST(edge_router, passes_by_a_literal_that_does_not_answer_the_method) {
  const auto r = made({at(method::get, "/{kinds}/{name}"), at(method::put, "/{kinds}/{name}"),
                       at(method::get, "/syncs/{name}"), at(method::post, "/{rest...}")});
  EXPECT_EQ(find(r, method::get, "/syncs/a").pattern, "/syncs/{name}");
  EXPECT_EQ(find(r, method::put, "/syncs/a").pattern, "/{kinds}/{name}");
  EXPECT_EQ(find(r, method::put, "/syncs/a").arguments.path("kinds"), "syncs");
  EXPECT_EQ(find(r, method::post, "/syncs/a").arguments.path("rest"), "syncs/a");
  EXPECT_EQ(find(r, method::delete_, "/syncs/a").allow, "GET, HEAD, POST, PUT, OPTIONS");
}

TEST(edge_router, finds_nothing_for_paths_that_are_nearly_right) {
  for (const auto* path : {"/", "/livez/", "/livezz", "/api/v1//syncs", "/api/v1/acme/syncs/",
                           "/api/v1/acme/syncs/a/b", "/api"}) {
    const auto f = find(example(), method::get, path);
    EXPECT_EQ(f.why.code, code::not_found) << path << ' ' << f.pattern;
    EXPECT_EQ(f.allow, "") << path;
  }
}

TEST(edge_router, refuses_dots_and_broken_encoding) {
  for (const auto* path :
       {"/api/../livez", "/./livez", "/api/v1/acme/flows/%2e%2E", "/api/v1/acme/flows/%",
        "/api/v1/acme/flows/%zz", "/api/v1/acme/flows/%00"})
    EXPECT_EQ(find(example(), method::get, path).why.code, code::malformed) << path;
  EXPECT_EQ(find(example(), method::get, "/livez", "a=%1").why.code, code::malformed);
  EXPECT_EQ(find(example(), method::get, "/api/v1/acme/flows/..a").pattern,
            "/api/v1/{tenant}/{kinds}/{name}");
}

TEST(edge_router, gives_the_rest_to_the_last_parameter) {
  EXPECT_EQ(find(example(), method::get, "/console/a/b.js").arguments.path("file"), "a/b.js");
  EXPECT_EQ(find(example(), method::get, "/console").arguments.path("file"), "");
}

TEST(edge_router, bounds_the_query) {
  std::string query;
  for (int i = 0; i < 65; ++i)
    query += "a=" + std::to_string(i) + '&';
  EXPECT_EQ(find(example(), method::get, "/livez", query).why.code, code::malformed);
}

TEST(edge_router, refuses_patterns_that_mean_nothing_or_the_same) {
  const auto refused = [](edge::route_list routes) {
    auto r = edge::router::compile(std::move(routes));
    return !r && r.error().code == code::malformed;
  };
  EXPECT_TRUE(refused({at(method::get, "no/slash")}));
  EXPECT_TRUE(refused({at(method::get, "/a{b}")}));
  EXPECT_TRUE(refused({at(method::get, "/{}")}));
  EXPECT_TRUE(refused({at(method::get, "/{a}/{a}")}));
  EXPECT_TRUE(refused({at(method::get, "/{rest...}/more")}));
  EXPECT_TRUE(refused({at(method::head, "/a")}));
  EXPECT_TRUE(refused({at(method::get, "/a//b")}));
  EXPECT_TRUE(refused({at(method::get, "/{a}"), at(method::get, "/{b}")}));
  EXPECT_TRUE(refused({at(method::get, "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}")}));
  EXPECT_FALSE(refused({at(method::get, "/{a}"), at(method::put, "/{b}")}));
}

TEST(edge_router, leaves_options_to_a_route_that_wants_them) {
  const auto r = made({at(method::post, "/hooks/{hook}"), at(method::options, "/hooks/{hook}"),
                       at(method::get, "/livez")});
  EXPECT_EQ(find(r, method::options, "/hooks/a").pattern, "/hooks/{hook}");
  EXPECT_EQ(find(r, method::put, "/hooks/a").allow, "POST, OPTIONS") << "each method once";
  EXPECT_EQ(find(r, method::options, "/livez").allow, "GET, HEAD, OPTIONS");
}

} // namespace
