// What is read once is enough: three places are written to from one collection, and the platform
// is asked for each page one time; and pages that change while they are read cost no record.
#include "tests/support/made_database.hpp"
#include "tests/support/running_node.hpp"

#include <algorithm>
#include <charconv>
#include <mutex>

namespace {

using namespace tenon;
using namespace tenon::tests;

/// A list that is read by counting: ?offset=…&limit=….
class counted_list {
public:
  explicit counted_list(std::vector<int> ids) : ids_{std::move(ids)} {}

  std::string url() const { return server_.url(); }
  std::size_t asked() const { return server_.requests().size(); }
  void remove(int id) {
    const std::scoped_lock lock{guard_};
    std::erase(ids_, id);
  }
  /// When a page after the first is asked for the next time, it is gone already.
  void remove_between_pages(int id) {
    const std::scoped_lock lock{guard_};
    leaving_ = id;
  }

private:
  static std::size_t number(const std::string& target, std::string_view name) {
    const auto at = target.find(name);
    std::size_t read = 0;
    if (at != target.npos)
      std::from_chars(target.data() + at + name.size(), target.data() + target.size(), read);
    return read;
  }

  canned_answer answer(const canned_request& r) {
    const std::scoped_lock lock{guard_};
    const auto from = number(r.target, "offset="), limit = number(r.target, "limit=");
    if (from > 0 && leaving_)
      std::erase(ids_, *std::exchange(leaving_, std::nullopt));
    std::string rows;
    for (auto i = from; i < std::min(ids_.size(), from + limit); ++i)
      rows += (rows.empty() ? "" : ",") + (R"({"id":)" + std::to_string(ids_[i]) + "}");
    return {.body = R"({"data":[)" + rows + R"(],"total":)" + std::to_string(ids_.size()) + "}"};
  }

  std::mutex guard_;
  std::vector<int> ids_;
  std::optional<int> leaving_;
  canned_server server_{[this](const canned_request& r) { return answer(r); }};
};

class one_read : public running_node {
protected:
  static list resources_of(const counted_list& from) {
    auto all = subscription{.url = from.url(), .request = R"({"get": "/records"})"}.resources();
    auto& spec = *(*all.front().as<object>())["spec"].as<object>();
    auto& stream = *(*spec["streams"].as<object>())["records"].as<object>();
    stream["page"] = *read_json(R"({"offset": {"limit": "limit", "size": 2, "total": "total"}})");
    return all;
  }
  std::set<std::string> keys() {
    std::set<std::string> all;
    for (const auto& [key, record] : contents("gen"))
      all.insert(key);
    return all;
  }
  std::int64_t deleted_by_run() {
    const auto done = run("gen");
    EXPECT_EQ(state(done), "succeeded") << write_json(done);
    return number(done, "deleted");
  }
};

TEST_F(one_read, is_enough_for_three_places_that_are_written_to) {
  const counted_list platform{{1, 2, 3, 4, 5}};
  const auto files = directory_ / "files";
  std::filesystem::create_directories(files);
  const made_database db{files / "out.db",
                         "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER "
                         "PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY)"};
  start_node({"--allow-files", files.string(), "--allow-file-writes", files.string()});
  auto all = resources_of(platform);
  for (const auto* table : {"a", "b", "c"}) {
    const object from{{"collection", object{{"name", "gen"}}}};
    const object to{{"sqlite", object{{"file", "out.db"}, {"table", table}, {"key", "id"}}}};
    all.push_back(
        object{{"kind", "sync"}, {"name", table}, {"spec", object{{"from", from}, {"to", to}}}});
  }
  apply(all);
  EXPECT_EQ(state(run("gen")), "succeeded");
  const auto asked = platform.asked();
  EXPECT_EQ(asked, 3u) << "pages of two";
  for (const auto* table : {"a", "b", "c"}) {
    const auto done = run(table);
    EXPECT_EQ(state(done), "succeeded") << write_json(done);
    EXPECT_EQ(number(done, "stored"), 5) << write_json(done);
  }
  EXPECT_EQ(platform.asked(), asked) << "nobody asked it again";
}

TEST_F(one_read, skips_nobody_for_good_when_a_record_goes_between_two_pages) {
  counted_list platform{{1, 2, 3, 4, 5, 6}};
  start_node();
  apply(resources_of(platform));
  EXPECT_EQ(deleted_by_run(), 0);
  platform.remove_between_pages(1);
  EXPECT_EQ(deleted_by_run(), 0) << "3 came to where the first page had been: nobody saw it";
  EXPECT_TRUE(keys().contains("3"));
  EXPECT_EQ(deleted_by_run(), 0) << "now it has been seen, and 1 was missed once";
  EXPECT_EQ(deleted_by_run(), 1) << "1 was missed twice in a row";
  EXPECT_EQ(keys(), (std::set<std::string>{"2", "3", "4", "5", "6"}));
  platform.remove(6);
  platform.remove(5);
  EXPECT_EQ(deleted_by_run(), 0);
  EXPECT_EQ(deleted_by_run(), 2);
  platform.remove(4);
  platform.remove(3);
  EXPECT_EQ(deleted_by_run(), 2) << "one page shows all of it: nothing can be skipped";
}

} // namespace
