// Files as people put them into a directory, synced by a whole node.
#include "tests/support/running_node.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

class node_files : public running_node {
protected:
  std::filesystem::path folder() const { return directory_ / "files"; }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(folder());
    std::ofstream{folder() / name, std::ios::binary} << text;
  }
  void start_node_for_files() { start_node({"--allow-files", folder().string()}); }

  void apply_sync(object csv) {
    const object spec{{"from", object{{"csv", std::move(csv)}}}, {"into", "orders"}};
    apply({value{object{{"kind", "sync"}, {"name", "orders"}, {"spec", spec}}}});
  }
  value full_run() {
    const auto started =
        api_->post(api_->path({"syncs", "orders", "runs"}), object{{"full", true}});
    EXPECT_TRUE(started) << started.why.why;
    return await_run("orders", "the full run's end", over);
  }
};

TEST_F(node_files, put_into_a_directory_become_records_and_leave_with_a_whole_run_only) {
  write("1.csv", "id,v\n1,a\n2,b\n3,c\n");
  write("2.csv", "id,v\n4,d\n");
  start_node_for_files();
  apply_sync({{"path", "*.csv"}, {"key", "id"}});
  auto run = this->run("orders");
  EXPECT_EQ(state(run), "succeeded") << write_json(run);
  EXPECT_EQ(number(run, "stored"), 4);
  EXPECT_EQ(number(this->run("orders"), "read"), 0); // nothing has changed

  write("1.csv", "id,v\n1,a\n3,changed\n");
  run = this->run("orders");
  EXPECT_EQ(number(run, "read"), 2);
  EXPECT_EQ(number(run, "stored"), 1);
  EXPECT_EQ(number(run, "deleted"), 0);
  EXPECT_EQ(contents("orders").size(), 4u);

  write("2.csv", "id,v\n4,d\nbad\n");
  run = full_run();
  EXPECT_EQ(number(run, "dead_lettered"), 1);
  EXPECT_EQ(number(run, "deleted"), 0) << "whose row the letter was is not known";
  write("2.csv", "id,v\n4,d\n5,\"e\n");
  expect_failed(full_run(), "never closes", "2.csv:3", "quote: none");
  EXPECT_EQ(contents("orders").size(), 4u);
  write("2.csv", "id,v\n4,d\n5,e\n");
  run = full_run();
  EXPECT_EQ(state(run), "succeeded") << write_json(run);
  EXPECT_EQ(number(run, "deleted"), 1);
  EXPECT_EQ(contents("orders").size(), 4u);
  expect_conserved(run);
}

TEST_F(node_files, are_read_on_after_the_node_was_killed) {
  constexpr int rows = 30'000;
  std::string text{"id,v\n"};
  for (int i = 0; i < rows; ++i)
    text += std::to_string(i) + ",\"row " + std::to_string(i) + "\"\n";
  write("orders.csv", text);
  start_node_for_files();
  apply_sync({{"path", "orders.csv"}, {"key", "id"}, {"page_size", 50}});
  start_run("orders");
  const auto seen = await_run("orders", "some pages", [](const value& run) {
    return over(run) || number(run, "pages") >= 20;
  });
  ASSERT_FALSE(over(seen)) << write_json(seen);
  node_.reset(); // by force
  start_node_for_files();
  const auto done = await_run("orders", "the run's end", over);
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(number(done, "read"), rows);
  EXPECT_EQ(number(done, "stored"), rows);
  expect_conserved(done);
  EXPECT_EQ(contents("orders").size(), static_cast<std::size_t>(rows));
}

TEST_F(node_files, that_the_node_may_not_read_are_refused_when_the_sync_is_applied) {
  write("1.csv", "id\n1\n");
  start_node();
  const object spec{{"from", object{{"csv", object{{"path", "1.csv"}, {"key", "id"}}}}},
                    {"into", "orders"}};
  const value sync{object{{"kind", "sync"}, {"name", "orders"}, {"spec", spec}}};
  const auto applied = api_->post(api_->path({"apply"}), object{{"resources", list{sync}}});
  const auto said = applied ? write_json(applied.body) : applied.why.why;
  expect_says(said, "spec.from.csv.path");
  expect_says(said, "--allow-files DIR");
}

} // namespace
