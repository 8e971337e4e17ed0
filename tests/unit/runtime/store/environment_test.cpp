#include "runtime/store/environment.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace tenon;
using namespace tenon::runtime::store;

class small_map : public testing::Test {
protected:
  small_map() { open(); }

  void open() {
    file_.reset();
    std::filesystem::remove(directory_ / "file.mdb");
    auto opened = environment::open({.file = directory_ / "file.mdb", .map_bytes = 1 << 18}, {"a"});
    ASSERT_TRUE(opened);
    file_ = std::move(opened).value();
  }
  static void put(write_transaction& to, const std::string& key) {
    if (char* at = to.put(0, key, 1'900))
      std::memset(at, 'v', 1'900);
  }
  std::size_t rows() const {
    std::size_t found = 0;
    const auto snapshot = file_->read();
    auto at = snapshot.walk(0);
    for (bool more = at.first(); more; more = at.next())
      ++found;
    return found;
  }

  tests::temporary_directory directory_;
  std::unique_ptr<environment> file_;
};

/// Where exactly it is full nobody can say, so it is tried with more and more that is put before.
TEST_F(small_map, grows_when_it_is_full_whether_something_is_put_or_erased) {
  int while_putting = 0;
  int while_erasing = 0;
  for (int more = 0; more < 40; ++more) {
    open();
    file_->write([&](write_transaction& to) {
      for (int i = 0; i < 30; ++i)
        put(to, "a" + std::to_string(1'000 + i));
    });
    file_->write([&](write_transaction& to) {
      for (int i = 0; i < more; ++i)
        put(to, "b" + std::to_string(1'000 + i));
      const bool full = to.full();
      while_putting += full;
      auto at = to.walk(0);
      for (bool found = at.seek("a"); found && at.key()[0] == 'a'; found = at.next())
        at.erase();
      while_erasing += to.full() && !full;
    });
    ASSERT_EQ(rows(), static_cast<std::size_t>(more));
  }
  EXPECT_GT(while_putting, 0);
  EXPECT_GT(while_erasing, 0);
}

TEST_F(small_map, is_written_by_several_threads_one_at_a_time_also_when_it_grows) {
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w)
    writers.emplace_back([&, w] {
      for (int i = 0; i < 60; ++i)
        file_->write(
            [&](write_transaction& to) { put(to, std::to_string(w) + "/" + std::to_string(i)); });
    });
  for (auto& w : writers)
    w.join();
  EXPECT_EQ(rows(), 180u);
}

} // namespace
