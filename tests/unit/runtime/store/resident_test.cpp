#include "runtime/store/resident.hpp"

#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace tenon::runtime::store {
namespace {

constexpr std::size_t bytes = std::size_t{32} << 20;

std::size_t mapped_and_in_memory() {
  std::ifstream statm{"/proc/self/statm"};
  std::size_t whole = 0, in_memory = 0, of_files = 0;
  statm >> whole >> in_memory >> of_files;
  return of_files * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(resident, lets_go_of_the_pages_of_a_file_and_they_read_the_same_afterwards) {
  tests::temporary_directory directory;
  const auto file = directory / "mapped";
  std::ofstream{file} << std::string(bytes, 'm');
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const auto* const map =
      static_cast<const char*>(::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0));
  const auto reads_well = [&] {
    return std::all_of(map, map + bytes, [](char c) { return c == 'm'; });
  };
  EXPECT_TRUE(reads_well());
  const auto before = mapped_and_in_memory();

  resident pages;
  pages.find(file);
  pages.let_go();
  EXPECT_LT(mapped_and_in_memory(), before - bytes / 2);
  EXPECT_TRUE(reads_well());

  ::munmap(const_cast<char*>(map), bytes);
  ::close(descriptor);
}

TEST(resident, has_nothing_to_let_go_of_a_file_that_is_not_mapped) {
  tests::temporary_directory directory;
  std::ofstream{directory / "file"} << "text";
  resident pages;
  pages.find(directory / "file");
  pages.let_go();
  pages.find(directory / "none");
  pages.look(std::chrono::steady_clock::now());
}

} // namespace
} // namespace tenon::runtime::store
