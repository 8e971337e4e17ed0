// The vendor's manners of cutting lists into pages, its changes, and what it shows of the Chinook
// database, whose sums are known.
#include "tests/integration/paged_api/vendor_client.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace {

using namespace tenon::tests;
using tenon::list;
using tenon::value;

std::vector<std::string> chinook(std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"--db", chinook_file()});
  return more;
}

std::int64_t number(const value& v, std::string_view key) {
  const auto* n = v.find(key);
  return n == nullptr || n->as<std::int64_t>() == nullptr ? -1 : *n->as<std::int64_t>();
}
std::string text(const value& v, std::string_view key) {
  const auto* t = v.find(key);
  return t == nullptr || t->as<std::string>() == nullptr ? "" : *t->as<std::string>();
}
list rows(const value& v, std::string_view key) {
  const auto* l = v.find(key);
  return l == nullptr || l->as<list>() == nullptr ? list{} : *l->as<list>();
}

// Walks a cursor pager from `target` to its end.
list walk(vendor_process& vendor, const std::string& target) {
  list all;
  std::string after;
  for (int page = 0; page < 10'000; ++page) {
    const auto got = vendor.get(target + (after.empty() ? "" : "&after=" + after)).json();
    for (const auto& row : rows(got, "data"))
      all.push_back(row);
    after = text(got, "next");
    if (after.empty())
      return all;
  }
  ADD_FAILURE() << "the pages do not end";
  return all;
}

std::set<std::int64_t> keys(const list& all, std::string_view member) {
  std::set<std::int64_t> found;
  for (const auto& row : all)
    found.insert(number(row, member));
  return found;
}

TEST(paged_api, says_where_it_listens_and_ends_cleanly_when_told) {
  vendor_process vendor{chinook()};
  EXPECT_EQ(vendor.base(), "http://127.0.0.1:" + vendor.port());
  EXPECT_EQ(vendor.get("/customers").status, 200u);
  EXPECT_EQ(vendor.program().terminate(), 0);
}

TEST(paged_api, cursor_pages_hold_every_customer_once) {
  vendor_process vendor{chinook()};
  const auto all = walk(vendor, "/customers?limit=7");
  EXPECT_EQ(all.size(), 59u);
  EXPECT_EQ(keys(all, "customer_id").size(), 59u);
}

TEST(paged_api, numbered_pages_hold_every_invoice_and_the_known_sums) {
  vendor_process vendor{chinook()};
  std::map<std::string, double> by_country;
  double total = 0;
  std::set<std::int64_t> seen;
  for (std::int64_t page = 1, pages = 1; page <= pages; ++page) {
    const auto got = vendor.get("/invoices?size=50&page=" + std::to_string(page)).json();
    pages = number(got, "pages");
    EXPECT_EQ(number(got, "total"), 412);
    for (const auto& row : rows(got, "items")) {
      seen.insert(number(row, "invoice_id"));
      total += *row.find("total")->as<double>();
      by_country[text(row, "billing_country")] += *row.find("total")->as<double>();
    }
  }
  EXPECT_EQ(seen.size(), 412u);
  EXPECT_EQ(std::lround(total * 100), 232860);
  EXPECT_EQ(std::lround(by_country["USA"] * 100), 52306);
  EXPECT_EQ(std::lround(by_country["Canada"] * 100), 30396);
  EXPECT_EQ(std::lround(by_country["France"] * 100), 19510);
  EXPECT_TRUE(rows(vendor.get("/invoices?page=99").json(), "items").empty());
}

TEST(paged_api, offset_pages_hold_every_invoice_line) {
  vendor_process vendor{chinook()};
  std::set<std::int64_t> seen;
  for (std::size_t offset = 0; offset < 2240; offset += 200)
    for (const auto& row :
         rows(vendor.get("/invoice_lines?limit=200&offset=" + std::to_string(offset)).json(),
              "rows"))
      seen.insert(number(row, "invoice_line_id"));
  EXPECT_EQ(seen.size(), 2240u);
}

TEST(paged_api, links_lead_through_every_track) {
  vendor_process vendor{chinook()};
  std::set<std::int64_t> seen;
  std::string target = "/tracks?page_size=150";
  for (int step = 0; step < 100; ++step) {
    const auto got = vendor.get(target);
    const auto document = got.json();
    ASSERT_TRUE(document.is<list>());
    for (const auto& row : *document.as<list>())
      seen.insert(number(row, "track_id"));
    const auto link = got.header("Link");
    if (link.empty())
      break;
    EXPECT_TRUE(link.starts_with('<' + vendor.base() + "/tracks?")) << link;
    EXPECT_TRUE(link.ends_with(">; rel=\"next\"")) << link;
    target = link.substr(1 + vendor.base().size(), link.find('>') - 1 - vendor.base().size());
  }
  EXPECT_EQ(seen.size(), 3503u);
}

TEST(paged_api, serves_what_changed_since_and_what_is_gone) {
  vendor_process vendor{chinook()};
  const std::string since = "/customers?limit=2&updated_since=2025-01-01T00:00:00Z";
  EXPECT_TRUE(walk(vendor, since).empty());
  EXPECT_EQ(vendor
                .post("/admin/touch",
                      R"({"table":"customers","keys":[5,6,5],"set":{"city":"Oslo","vip":true}})")
                .status,
            200u);
  EXPECT_EQ(vendor.post("/admin/touch", R"({"table":"customers","key":60,"set":{"city":"Bergen"}})")
                .status,
            200u);
  EXPECT_EQ(vendor.post("/admin/delete", R"({"table":"customers","key":7})").status, 200u);
  const auto changed = walk(vendor, since);
  ASSERT_EQ(changed.size(), 4u);
  EXPECT_EQ(number(changed[0], "customer_id"), 6);
  EXPECT_EQ(number(changed[1], "customer_id"), 5); // touched twice: served once, at its last place
  EXPECT_EQ(text(changed[1], "city"), "Oslo");
  EXPECT_EQ(*changed[1].find("vip"), value{true});
  EXPECT_EQ(number(changed[2], "customer_id"), 60);
  EXPECT_EQ(number(changed[3], "customer_id"), 7);
  EXPECT_EQ(*changed[3].find("deleted"), value{true});
  EXPECT_EQ(*changed[2].find("deleted"), value{false});
  EXPECT_EQ(walk(vendor, "/customers?limit=9").size(), 60u);
  EXPECT_EQ(vendor.post("/admin/delete", R"({"table":"customers","key":999})").status, 404u);
  EXPECT_EQ(vendor.post("/admin/touch", R"({"table":"nothing","key":1,"set":{}})").status, 400u);
  EXPECT_EQ(vendor.post("/admin/touch", "no json").status, 400u);
}

TEST(paged_api, misses_no_change_that_happens_while_somebody_reads) {
  vendor_process vendor{chinook()};
  const auto first = vendor.get("/customers?limit=40").json();
  auto seen = keys(rows(first, "data"), "customer_id");
  const auto moved = number(rows(first, "data")[3], "customer_id");
  vendor.post("/admin/touch", R"({"table":"customers","key":)" + std::to_string(moved) +
                                  R"(,"set":{"city":"Oslo"}})");
  bool again = false;
  for (const auto& row : walk(vendor, "/customers?limit=40&after=" + text(first, "next"))) {
    seen.insert(number(row, "customer_id"));
    again = again || (number(row, "customer_id") == moved && text(row, "city") == "Oslo");
  }
  EXPECT_TRUE(again);
  EXPECT_EQ(seen.size(), 59u);
}

TEST(paged_api, makes_up_the_same_records_from_the_same_seed_in_exactly_the_size_asked_for) {
  const std::vector<std::string> asked{"--generate", "1234",   "--record-bytes",
                                       "700",        "--seed", "7"};
  vendor_process one{asked};
  vendor_process two{asked};
  vendor_process other{{"--generate", "1234", "--record-bytes", "700", "--seed", "8"}};
  const std::string last = "/records_by_number?size=1&page=1234";
  EXPECT_EQ(one.get(last).body, two.get(last).body);
  EXPECT_NE(one.get(last).body, other.get(last).body);
  for (const auto* target :
       {"/records_by_number?size=1&page=1", "/records_by_number?size=1&page=1234"}) {
    const auto body = one.get(target).body;
    EXPECT_EQ(body.rfind("}]") + 1 - (body.find("[{") + 1), 700u);
  }
  EXPECT_EQ(keys(walk(one, "/records?limit=200"), "id").size(), 1234u);
}

TEST(paged_api, tells_changes_by_their_sequence) {
  vendor_process vendor{{"--generate", "500"}};
  auto got = vendor.get("/changes?since_seq=498&limit=1").json();
  EXPECT_EQ(number(got, "last_seq"), 499);
  EXPECT_EQ(*got.find("more"), value{true});
  vendor.post("/admin/touch", R"({"table":"records","key":3,"set":{"score":1}})");
  got = vendor.get("/changes?since_seq=500").json();
  ASSERT_EQ(rows(got, "data").size(), 1u);
  EXPECT_EQ(number(rows(got, "data")[0], "id"), 3);
  EXPECT_EQ(number(rows(got, "data")[0], "score"), 1);
  EXPECT_EQ(number(got, "last_seq"), 501);
  EXPECT_EQ(*got.find("more"), value{false});
}

TEST(paged_api, refuses_what_makes_no_sense) {
  vendor_process vendor{chinook({"--page-size", "50"})};
  for (const auto* target : {"/customers?limit=0", "/customers?limit=x", "/customers?after=!!",
                             "/customers?after=YzE%3D%3D%3D!", "/customers?updated_since=yesterday",
                             "/invoices?page=0", "/tracks?page_token=?", "/invoices?size=-1"})
    EXPECT_EQ(vendor.get(target).status, 400u) << target;
  EXPECT_EQ(vendor.get("/artists").status, 404u);
  EXPECT_EQ(vendor.get("/records").status, 404u); // not generated here
  EXPECT_EQ(vendor.post("/customers", "{}").status, 405u);
  EXPECT_EQ(rows(vendor.get("/customers?limit=5000").json(), "data").size(), 50u);
}

TEST(paged_api, explains_a_wrong_command_line) {
  const auto wrong = [](const std::vector<std::string>& arguments) {
    started_program program{"paged_api", arguments};
    EXPECT_NE(program.wait(), 0);
    return program.errors();
  };
  EXPECT_NE(wrong({}).find("--db FILE or --generate N"), std::string::npos);
  EXPECT_NE(wrong({"--db", "/nowhere.sqlite"}).find("/nowhere.sqlite"), std::string::npos);
  EXPECT_NE(wrong({"--generate", "1", "--rate", "50"}).find("as in 50/1s"), std::string::npos);
  EXPECT_NE(wrong({"--generate", "1", "--faults", "429"}).find("429=2%"), std::string::npos);
  EXPECT_NE(wrong({"--generate", "1", "--faults", "cut=60%,slow=50%"}).find("more than 100%"),
            std::string::npos);
}

} // namespace
