// Pages of another size than a connector's usual one, and that no record is lost by changing it.
#include "tests/unit/actors/integration/sample.hpp"

#include "actors/integration/pagination/steps.hpp"
#include "protocols/json.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace tenon::actors::connectors {
namespace {

std::int64_t parameter(const std::string& url, const std::string& name, std::int64_t fallback) {
  for (const char mark : {'?', '&'})
    if (const auto found = url.find(mark + name + '='); found != url.npos)
      return std::stol(url.substr(found + name.size() + 2));
  return fallback;
}

/// A platform of so many records, by the three ways that say how many are wanted.
http_response serve(const std::string& url, std::int64_t all) {
  const auto size = parameter(url, "limit", -1);
  EXPECT_GE(size, 1) << url;
  auto from = parameter(url, "offset", 0);
  if (const auto page = parameter(url, "page", 0); page > 0)
    from = (page - 1) * size;
  if (const auto after = parameter(url, "after", -1); after >= 0)
    from = after + 1;
  std::string records;
  for (auto i = from; i < std::min(from + size, all); ++i)
    records += (records.empty() ? "" : ",") + std::string{"{\"id\":"} + std::to_string(i) + '}';
  return answer("{\"data\":[" + records + "],\"total\":" + std::to_string(all) + '}');
}

manifest manifest_with(const std::string& page) {
  return manifest_of(value_of_yaml(
      R"({"connector": "a", "base": "https://a.example/v1", "auth": {"none": {}},
          "streams": {"things": {"request": {"get": "/things"}, "records": "data", "key": "id",
            "page": )" +
      page + "}}}"));
}

class resized : public testing::TestWithParam<const char*> {};

TEST_P(resized, may_change_at_any_time_and_every_record_still_comes_once) {
  const auto m = manifest_with(GetParam());
  const auto c = connection_to(m);
  const auto& s = m.streams.front();
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random{seed};
  for (int times = 0; times < 50; ++times) {
    const auto all = static_cast<std::int64_t>(random() % 300);
    const reading r{m, s, c};
    auto place = *first_position(r, moment{});
    std::multiset<std::string> seen;
    for (int pages = 0; pages < 1000; ++pages) {
      place = sized(s, std::move(place), {}, static_cast<std::int64_t>(random() % 60));
      const auto size = size_of(s, place, {});
      ASSERT_TRUE(size && size->usual == 20 && size->most == 40);
      EXPECT_LE(size->now, 40);
      const auto kept = to_position(to_object(place));
      ASSERT_TRUE(kept && *kept == place);
      const auto request = page_request(r, place, {}, moment{});
      ASSERT_TRUE(request) << request.error().why;
      EXPECT_EQ(parameter(request->url, "limit", -1), size->now);
      const auto came = read_page(r, *request, serve(request->url, all), place, {}, moment{});
      const auto* p = std::get_if<page>(&came);
      ASSERT_TRUE(p) << std::get<verdict>(came).why.why;
      for (const auto& one : p->records)
        seen.insert(one.key);
      if (!p->next)
        break;
      place = *p->next;
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(all));
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size());
  }
}

INSTANTIATE_TEST_SUITE_P(
    pagers, resized,
    testing::Values(
        R"({"offset":{"limit":"limit","size":20,"most":40,"total":"total"}})",
        R"({"offset":{"limit":"limit","size":20,"most":40}})",
        R"({"number":{"limit":"limit","size":20,"most":40}})",
        R"({"keyset":{"field":"id","to":"after","limit":"limit","size":20,"most":40}})"));

TEST(resizing, of_what_a_token_leads_through_waits_for_the_next_beginning) {
  const auto m = manifest_with(
      R"({"cursor":{"from":"next","to":"after","limit":"limit","size":20,"most":40}})");
  const auto c = connection_to(m);
  const auto& s = m.streams.front();
  const reading r{m, s, c};
  auto place = sized(s, *first_position(r, moment{}), {}, 30);
  for (const std::string token : {"one", "two", "three"}) {
    const auto request = page_request(r, place, {}, moment{});
    ASSERT_TRUE(request) << request.error().why;
    EXPECT_EQ(parameter(request->url, "limit", -1), 30);
    const auto came = read_page(
        r, *request, answer(R"({"data":[{"id":1}],"next":")" + token + "\"}"), place, {}, moment{});
    const auto* p = std::get_if<page>(&came);
    ASSERT_TRUE(p && p->next);
    place = sized(s, *p->next, {}, 10);
  }
  EXPECT_EQ(size_of(s, place, {})->now, 30) << "the token may belong to the size";
  EXPECT_EQ(size_of(s, sized(s, *first_position(r, moment{}), {}, 10), {})->now, 10);
}

TEST(resizing, is_not_done_where_a_manifest_does_not_say_how) {
  const auto m = manifest_with(R"({"cursor":{"from":"next","to":"after"}})");
  const auto c = connection_to(m);
  const auto first = *first_position({m, m.streams.front(), c}, moment{});
  EXPECT_FALSE(size_of(m.streams.front(), first, {}));
  EXPECT_EQ(sized(m.streams.front(), first, {}, 7), first);
}

} // namespace
} // namespace tenon::actors::connectors
