// The bytes of every message type, kept for ever: tests/golden/<conversation>/<type>.hex has one
// line for each encoding that was ever released, the newest last. Old lines must decode, because
// journals hold such bytes; the last must be what is written today, so that no change of the bytes
// goes unnoticed.
//
// TENON_WRITE_GOLDEN=1 creates missing files and adds a line where a schema has grown. It never
// changes a line.
#include "protocols/catalog.hpp"
#include "tests/unit/protocols/every_type.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace tenon::protocols {

namespace {

const std::filesystem::path golden = "tests/golden";

std::filesystem::path file_of(const message_type& type, const message_type::specimen& specimen) {
  const auto conversation = type.type_name.substr(0, type.type_name.find('.'));
  return golden / conversation / (specimen.name + ".hex");
}

std::string to_hex(const blob& bytes) {
  std::string out;
  for (const char c : bytes.view())
    for (const int nibble : {c >> 4 & 15, c & 15})
      out += "0123456789abcdef"[nibble];
  return out;
}

blob from_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return blob::from(std::move(out));
}

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  return lines;
}

void write_missing(const std::filesystem::path& path, const std::string& today) {
  if (const auto lines = lines_of(path); !lines.empty() && lines.back() == today)
    return;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream{path, std::ios::app} << today << '\n';
}

TEST(golden_bytes, of_every_version_decode_and_the_last_are_what_is_written_today) {
  const bool write = std::getenv("TENON_WRITE_GOLDEN") != nullptr;
  for (const auto& type : every_type())
    for (const auto& specimen : type.specimens()) {
      const auto path = file_of(type, specimen);
      const auto today = to_hex(specimen.bytes);
      if (write)
        write_missing(path, today);
      const auto lines = lines_of(path);
      ASSERT_FALSE(lines.empty()) << path << " is missing: run with TENON_WRITE_GOLDEN=1";
      for (const auto& line : lines)
        EXPECT_TRUE(type.recode(from_hex(line))) << path << ": " << line << " does not decode";
      EXPECT_EQ(lines.back(), today) << path
                                     << ": the bytes have changed. If the schema has grown, "
                                        "run with TENON_WRITE_GOLDEN=1";
    }
}

TEST(golden_bytes, belong_to_a_type_that_still_exists) {
  std::set<std::filesystem::path> known;
  for (const auto& type : every_type())
    for (const auto& specimen : type.specimens())
      known.insert(file_of(type, specimen));
  for (const auto& entry : std::filesystem::recursive_directory_iterator{golden})
    if (entry.path().extension() == ".hex") {
      EXPECT_TRUE(known.contains(entry.path()))
          << entry.path() << " is of no type, and journals may hold such bytes";
    }
}

} // namespace

} // namespace tenon::protocols
