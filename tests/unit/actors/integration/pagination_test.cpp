// Every pager against a small server that splits its records into pages in every way.
#include "tests/unit/actors/integration/sample.hpp"

#include "protocols/json.hpp"

#include <functional>
#include <random>
#include <set>

namespace tenon::actors::connectors {
namespace {

/// A server that answers one way of paging, over records 1…n, with pages of changing size.
struct family {
  const char* name;
  const char* page; // of the manifest
  http_response (*serve)(const std::string& url, int records, std::mt19937_64& random);
};

std::string records_json(int from, int count) {
  std::string text;
  for (int i = from; i < from + count; ++i)
    text += (text.empty() ? "" : ",") + std::string{"{\"id\":"} + std::to_string(i) + "}";
  return "[" + text + "]";
}

int number_in(const std::string& url, const std::string& name, int fallback) {
  for (const char mark : {'?', '&'}) {
    const auto at = url.find(mark + name + '=');
    if (at != url.npos)
      return std::stoi(url.substr(at + name.size() + 2));
  }
  return fallback;
}

http_response by_cursor(const std::string& url, int records, std::mt19937_64& random) {
  const int from = number_in(url, "after", 0);
  const int count = std::min(static_cast<int>(random() % 7) + 1, records - from);
  const bool more = from + count < records;
  return answer("{\"data\":" + records_json(from, count) + ",\"next\":" +
                (more           ? '"' + std::to_string(from + count) + '"'
                 : random() % 2 ? "null"
                                : "\"\"") +
                "}");
}

http_response by_link(const std::string& url, int records, std::mt19937_64& random) {
  const int from = number_in(url, "token", 0);
  const int count = std::min(static_cast<int>(random() % 7) + 1, records - from);
  headers all;
  if (from + count < records)
    all = {{"link", "<http://h/first>; rel=\"first prev\", </v1/things?token=" +
                        std::to_string(from + count) + ">; title=\"a, <b>\"; rel=next"}};
  return answer("{\"data\":" + records_json(from, count) + "}", 200, all);
}

/// Gives fewer than it was asked for, as servers do that have a limit of their own.
http_response by_offset(const std::string& url, int records, std::mt19937_64& random) {
  const int from = number_in(url, "offset", -1);
  const int asked = number_in(url, "limit", -1);
  const int most = std::min(asked, static_cast<int>(random() % 7) + 1);
  const int count = std::max(0, std::min(most, records - from));
  return answer("{\"data\":" + records_json(from, count) + ",\"total\":" + std::to_string(records) +
                "}");
}

http_response by_number(const std::string& url, int records, std::mt19937_64&) {
  const int page = number_in(url, "page", -1);
  const int size = number_in(url, "size", -1);
  const int from = (page - 1) * size;
  return answer("{\"data\":" + records_json(from, std::clamp(records - from, 0, size)) +
                ",\"pages\":" + std::to_string((records + size - 1) / size) + "}");
}

http_response by_keyset(const std::string& url, int records, std::mt19937_64& random) {
  const int from = number_in(url, "after", -1) + 1;
  const int count = std::min(static_cast<int>(random() % 7) + 1, records - from);
  return answer("{\"data\":" + records_json(from, count) +
                ",\"more\":" + (from + count < records ? "true" : "false") +
                ",\"last\":" + std::to_string(from + count - 1) + "}");
}

const family families[]{
    {"cursor", "{cursor: {from: next, to: after}}", by_cursor},
    {"keyset_by_field", "{keyset: {field: id, to: after, more: more}}", by_keyset},
    {"keyset_by_last", "{keyset: {last_id: last, to: after, more: more}}", by_keyset},
    {"keyset_to_an_empty_page", "{keyset: {field: id, to: after}}", by_keyset},
    {"cursor_by_more", "{cursor: {from: next, to: after, more: more}}",
     [](const std::string& url, int records, std::mt19937_64& random) {
       auto came = by_cursor(url, records, random);
       auto text = came.body.text();
       const bool more =
           text.find("\"next\":null") == text.npos && text.find("\"next\":\"\"") == text.npos;
       text.insert(1, more ? "\"more\":true," : "\"more\":false,");
       return answer(text);
     }},
    {"link", "{link: header rel=next}", by_link},
    {"link_in_body", "{link: body links.next}",
     [](const std::string& url, int records, std::mt19937_64& random) {
       auto came = by_link(url, records, random);
       auto text = came.body.text();
       if (!came.headers.empty()) {
         const auto& link = came.headers.front().second;
         const auto open = link.find("</");
         text.insert(1, "\"links\":{\"next\":\"" +
                            link.substr(open + 1, link.find('>', open) - open - 1) + "\"},");
       }
       return answer(text);
     }},
    {"offset", "{offset: {offset: offset, limit: limit, size: 5}}", by_offset},
    {"offset_by_total", "{offset: {limit: limit, size: 5, total: total}}", by_offset},
    {"number", "{number: {page: page, limit: size, size: 4}}", by_number},
    {"number_by_total", "{number: {limit: size, size: 4, total_pages: pages}}", by_number},
};

manifest connector(std::string_view page, std::string_view more = "") {
  return manifest_of(value_of_yaml(
      "connector: c\nbase: http://h/v1\nstreams:\n  things:\n    request: {get: /things}\n"
      "    records: data\n    key: id\n    page: " +
      std::string{page} + "\n" + std::string{more}));
}

struct run {
  std::vector<std::string> keys;
  std::vector<object> positions; // before each page, as kept
  std::optional<failure> wrong;
};

using server = std::function<http_response(const std::string& url)>;

run read_all(const manifest& m, const server& serve, std::optional<position> from = {}) {
  const auto c = connection_to(m);
  const reading r{m, m.streams.front(), c};
  auto at = from ? *from : *first_position(r, noon);
  run done;
  for (;;) {
    done.positions.push_back(to_object(at));
    const auto request = page_request(r, at, {}, noon);
    if (!request) {
      done.wrong = request.error();
      return done;
    }
    auto outcome = read_page(r, *request, serve(request->url), at, {}, noon);
    if (const auto* verdict = std::get_if<connectors::verdict>(&outcome)) {
      done.wrong = verdict->why;
      return done;
    }
    const auto& page = std::get<connectors::page>(outcome);
    for (const auto& one : page.records)
      done.keys.push_back(one.key);
    if (!page.next)
      return done;
    at = *page.next;
  }
}

struct pagination : testing::TestWithParam<family> {};

TEST_P(pagination, gives_every_record_once_whatever_the_split_and_resumes_after_any_page) {
  const auto m = connector(GetParam().page);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random{seed};
    const int records = static_cast<int>(random() % 40);
    const server serve = [&](const std::string& url) {
      return GetParam().serve(url, records, random);
    };
    const auto whole = read_all(m, serve);
    ASSERT_FALSE(whole.wrong) << "seed " << seed << ": " << whole.wrong->why;
    ASSERT_EQ(whole.keys.size(), static_cast<std::size_t>(records)) << "seed " << seed;
    for (int i = 0; i < records; ++i)
      ASSERT_EQ(whole.keys[static_cast<std::size_t>(i)], std::to_string(i)) << "seed " << seed;
    for (const auto& kept : whole.positions) {
      const auto text = write_json(kept);
      const auto read = read_json(text);
      const auto at = to_position(*read->as<object>());
      ASSERT_TRUE(at) << text;
      const auto rest = read_all(m, serve, *at);
      ASSERT_FALSE(rest.wrong);
      const auto before = static_cast<std::size_t>(at->records);
      EXPECT_EQ(rest.keys,
                (std::vector<std::string>{whole.keys.begin() + static_cast<std::ptrdiff_t>(before),
                                          whole.keys.end()}))
          << "seed " << seed << " from " << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(every_pager, pagination, testing::ValuesIn(families),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST(pagers, are_each_proven_by_a_family) {
  for (const auto& kind : all_pagers()) {
    std::size_t proven = 0;
    for (const auto& one : families)
      proven += std::string_view{one.page}.starts_with("{" + std::string{kind.name}) ? 1 : 0;
    // What asks for bytes is proven with files, in decode_test.cpp.
    EXPECT_TRUE(proven > 0 || kind.name == "range") << kind.name;
    problems found;
    EXPECT_NE(kind.compile(value{}, "page." + std::string{kind.name}, {"nonsense"}, found),
              nullptr);
    EXPECT_FALSE(found.empty()) << kind.name << " takes anything for settings";
  }
}

/// Stops instead of reading for ever: how a server can lead nowhere, and what is said about it.
struct trap {
  const char* name;
  const char* page;
  http_response (*serve)(const std::string& url, int asked);
  const char* says;
};

const trap traps[]{
    {"a_cursor_that_points_to_itself", "{cursor: {from: next, to: after}}",
     [](const std::string&, int) { return answer(R"({"data":[{"id":1}],"next":"x"})"); },
     "leads in a circle"},
    {"a_circle_of_cursors", "{cursor: {from: next, to: after}}",
     [](const std::string&, int asked) {
       return answer(R"({"data":[],"next":")" + std::to_string(asked % 5) + "\"}");
     },
     "leads in a circle"},
    {"a_circle_that_is_entered_late", "{cursor: {from: next, to: after}}",
     [](const std::string&, int asked) {
       return answer(R"({"data":[],"next":)" +
                     std::to_string(asked < 100 ? asked : 100 + asked % 17) + "}");
     },
     "leads in a circle"},
    {"a_link_to_itself", "{link: body next}",
     [](const std::string& url, int) {
       return answer(R"({"data":[{"id":1}],"next":")" + url + "\"}");
     },
     "leads in a circle"},
    {"a_circle_of_links", "{link: body next}",
     [](const std::string&, int asked) {
       return answer(R"({"data":[],"next":"/v1/things?p=)" + std::to_string(asked % 3) + "\"}");
     },
     "leads in a circle"},
    {"a_server_that_ignores_the_offset", "{offset: {}}",
     [](const std::string&, int) { return answer(R"({"data":[{"id":1},{"id":2}]})"); },
     "the same page twice"},
    {"a_server_that_ignores_the_page", "{number: {total_pages: pages}}",
     [](const std::string&, int) { return answer(R"({"data":[{"id":1}],"pages":1000000})"); },
     "the same page twice"},
    {"a_link_to_another_host", "{link: body next}",
     [](const std::string&, int) {
       return answer(R"({"data":[],"next":"http://169.254.169.254/latest"})");
     },
     "not a host of this connector"},
    {"a_link_that_is_none", "{link: body next}",
     [](const std::string&, int) { return answer(R"({"data":[],"next":"http://a b/"})"); },
     "the next page's address is wrong"},
    {"a_link_of_a_wrong_type", "{link: body next}",
     [](const std::string&, int) { return answer(R"({"data":[],"next":7})"); }, "is no text"},
    {"a_cursor_that_is_an_object", "{cursor: {from: next, to: after}}",
     [](const std::string&, int) { return answer(R"({"data":[],"next":{"a":1}})"); },
     "is no text or number"},
    {"a_cursor_that_is_too_long", "{cursor: {from: next, to: after}}",
     [](const std::string&, int) {
       return answer(R"({"data":[],"next":")" + std::string(5000, 'x') + "\"}");
     },
     "has 5000 bytes"},
    {"more_without_a_cursor", "{cursor: {from: next, to: after, more: more}}",
     [](const std::string&, int) { return answer(R"({"data":[],"more":true})"); },
     "gives no cursor"},
    {"a_total_that_is_missing", "{offset: {total: total}}",
     [](const std::string&, int) { return answer(R"({"data":[{"id":1}]})"); },
     "no number at `total`"},
    {"pages_that_are_missing", "{number: {total_pages: pages}}",
     [](const std::string&, int) { return answer(R"({"data":[{"id":1}],"pages":"many"})"); },
     "no number at `pages`"},
};

struct pagers_are_not_led : testing::TestWithParam<trap> {};

TEST_P(pagers_are_not_led, into_a_trap) {
  const auto m = connector(GetParam().page);
  int asked = 0;
  const auto done = read_all(m, [&](const std::string& url) {
    EXPECT_LT(asked, 1000) << "it is led for ever";
    return asked < 1000 ? GetParam().serve(url, ++asked) : answer("", 404);
  });
  ASSERT_TRUE(done.wrong);
  EXPECT_NE(done.wrong->why.find(GetParam().says), std::string::npos) << done.wrong->why;
  EXPECT_TRUE(done.wrong->where.starts_with("things")) << done.wrong->where;
}

INSTANTIATE_TEST_SUITE_P(of_a_server, pagers_are_not_led, testing::ValuesIn(traps),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST(pagers, stop_where_the_manifest_says) {
  const auto pages_read = [](std::string_view page, std::string body) {
    const auto m = connector(page);
    const auto c = connection_to(m);
    const reading r{m, m.streams.front(), c};
    const auto at = *first_position(r, noon);
    const auto outcome =
        read_page(r, *page_request(r, at, {}, noon), answer(std::move(body)), at, {}, noon);
    return std::get<connectors::page>(outcome).next ? "goes on" : "ends";
  };
  const std::string full = R"({"data":[{"id":1},{"id":2}],"next":"x","more":true})";
  const std::string none = R"({"data":[],"next":"x","more":false})";
  EXPECT_STREQ(pages_read("{cursor: {from: next, to: after}}", none), "goes on");
  EXPECT_STREQ(pages_read("{cursor: {from: next, to: after}, stop: empty}", none), "ends");
  EXPECT_STREQ(pages_read("{cursor: {from: next, to: after}, stop: \"false:more\"}", none), "ends");
  EXPECT_STREQ(pages_read("{cursor: {from: next, to: after}, stop: [empty, \"false:more\"]}", full),
               "goes on");
  EXPECT_STREQ(pages_read("{offset: {size: 2}, stop: short}", full), "goes on");
  EXPECT_STREQ(pages_read("{offset: {size: 3}, stop: short}", full), "ends");
  EXPECT_STREQ(pages_read("{offset: {size: 3}}", full), "goes on");
  EXPECT_STREQ(pages_read("{number: {size: 3}, stop: short}", full), "ends");
  EXPECT_STREQ(pages_read("{number: {from: 0}}", none), "ends");
}

TEST(pagers, put_a_cursor_where_the_manifest_says) {
  const auto m = connector("{cursor: {from: next, to: paging.after, where: body}}");
  auto with_body = m;
  const auto c = connection_to(m);
  const reading r{m, m.streams.front(), c};
  const position at{{{"cursor", std::int64_t{7}}}, 1, 1, {}};
  const auto request = page_request(r, at, {}, noon);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->body.view(), R"({"paging":{"after":7}})");
  EXPECT_EQ(request->url, "http://h/v1/things");
}

TEST(pagers, stop_at_the_cap) {
  const auto m = connector("{offset: {}}", "    cap: {pages: 3}\n");
  int asked = 0;
  const auto done = read_all(m, [&](const std::string&) {
    return answer("{\"data\":[{\"id\":" + std::to_string(++asked) + "}]}");
  });
  ASSERT_TRUE(done.wrong);
  EXPECT_EQ(done.wrong->code, code::too_large);
  EXPECT_EQ(asked, 3);
}

} // namespace
} // namespace tenon::actors::connectors
