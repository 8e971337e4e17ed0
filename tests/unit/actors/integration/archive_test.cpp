// Archives as common programs write them: made with Python's zipfile and tarfile, and told below by
// their bytes.
#include "actors/integration/decode/archive.hpp"
#include "actors/integration/decode/gzip.hpp"
#include "protocols/base64.hpp"
#include "runtime/outbound/gzip.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t enough = 1u << 20;

std::string bytes(std::string_view base64) {
  const auto read = read_base64(base64);
  EXPECT_TRUE(read);
  return read.value_or("");
}

std::string unzipped(std::string_view base64) {
  std::string all;
  runtime::outbound::inflater unpacking;
  const auto done = unpacking.add(bytes(base64), [&](std::string_view piece) -> result<void> {
    all += piece;
    return {};
  });
  EXPECT_TRUE(done && unpacking.complete());
  return all;
}

constexpr std::string_view zip{
    "UEsDBBQAAAAIAAAAIQDq0Uf6EAAAABMAAAAGAAAAYS5qc29ui65WykxRsjKs1YEwjGpjAVBLAwQUAAAAAAAA"
    "ACEAKbtMDQIAAAACAAAABgAAAGIuanNvbltdUEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAACAAAAYy9QSwME"
    "FAAAAAgAAAAhAMKwVp4PAAAADQAAAAgAAABjL2MuanNvbotWqFbKTFGyMq5ViOUCAFBLAQIUAxQAAAAIAAAA"
    "IQDq0Uf6EAAAABMAAAAGAAAAAAAAAAAAAACAAQAAAABhLmpzb25QSwECFAMUAAAAAAAAACEAKbtMDQIAAAAC"
    "AAAABgAAAAAAAAAAAAAAgAE0AAAAYi5qc29uUEsBAhQDFAAAAAAAAAAhAAAAAAAAAAAAAAAAAAIAAAAAAAAA"
    "AAAAAIABWgAAAGMvUEsBAhQDFAAAAAgAAAAhAMKwVp4PAAAADQAAAAgAAAAAAAAAAAAAAIABegAAAGMvYy5q"
    "c29uUEsFBgAAAAAEAAQAzgAAAK8AAAAAAA=="};

constexpr std::string_view tar_gz{
    "H4sIAAAAAAACA0vUyyrOz2OgKTAAAjMTEzANBOi0gYGRMYINFjc3MDVmUDBgoAMoLS5JLAJayTAyQXS1UmaK"
    "kpVhrQ6EYVQbyzAKRg5IGgz538AIM/8bjuZ/uuT/0ew+okGyPu3tIJz/0dlmhmYmDAqmo/mfDvGfTPMagGD8"
    "G5qil//GQGq0/KdH+a8AafcZ1yrEco0Wh6NgFIyCUTBiAABFEC8GABIAAA=="};

constexpr std::string_view locked{
    "UEsDBBQAAAAIAAAAIQDq0Uf6EAAAABMAAAAGAAAAYS5qc29ui65WykxRsjKs1YEwjGpjAVBLAwQUAAAAAAAA"
    "ACEAKbtMDQIAAAACAAAABgAAAGIuanNvbltdUEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAACAAAAYy9QSwME"
    "FAAAAAgAAAAhAMKwVp4PAAAADQAAAAgAAABjL2MuanNvbotWqFbKTFGyMq5ViOUCAFBLAQIUAxQAAQAIAAAA"
    "IQDq0Uf6EAAAABMAAAAGAAAAAAAAAAAAAACAAQAAAABhLmpzb25QSwECFAMUAAAAAAAAACEAKbtMDQIAAAAC"
    "AAAABgAAAAAAAAAAAAAAgAE0AAAAYi5qc29uUEsBAhQDFAAAAAAAAAAhAAAAAAAAAAAAAAAAAAIAAAAAAAAA"
    "AAAAAIABWgAAAGMvUEsBAhQDFAAAAAgAAAAhAMKwVp4PAAAADQAAAAgAAAAAAAAAAAAAAIABegAAAGMvYy5q"
    "c29uUEsFBgAAAAAEAAQAzgAAAK8AAAAAAA=="};

// A zip of ten million zeros, once more packed to fit here.
constexpr std::string_view bomb_gz{
    "H4sIAAAAAAACA+3avwkCMRTH8ZdLTg4LbW4ARbjWAQSxEiFNGoewcYBrDNiL1XELWDuDtQOIhRuIG/gnsbBz"
    "gfD9hMfLeyP8eM5qU4pIEWoo58NkaioR37Siwqa+n1Tsfv86PoquAAAAAACAxPnrVscwQAbvy9wtAQAAAABA"
    "6lb93iJmAea5ue1mOekIAKRmnTmrslL/PxL75cPfoXY278SPCm8c+qiK0wdZKR2RaCYAAA=="};

TEST(archives, are_read_as_others_write_them) {
  const std::vector<std::string> expected{"[{\"id\":1},{\"id\":2}]", "[]", "[ {\"id\":3} ]\n"};
  const auto zipped = read_zip(bytes(zip), enough);
  ASSERT_TRUE(zipped) << zipped.error().why;
  EXPECT_EQ(*zipped, expected) << "deflated, stored, and a directory between them";
  const auto whole = unpacked(blob::from(bytes(tar_gz)));
  ASSERT_TRUE(whole) << whole.error().why;
  EXPECT_EQ(whole->view(), "[{\"id\":1},{\"id\":2}, {\"id\":3} ]");
  const auto same = unpacked(blob::from(bytes(zip)));
  ASSERT_TRUE(same);
  EXPECT_EQ(same->view(), whole->view());
}

TEST(archives, of_lines_are_one_below_the_other) {
  EXPECT_EQ(joined({"{\"a\":1}\n", "{\"a\":2}"}), "{\"a\":1}\n{\"a\":2}\n");
  EXPECT_EQ(joined({}), "");
  EXPECT_EQ(joined({"[]"}), "[]");
}

TEST(archives, that_are_bombs_are_refused_before_they_fill_the_memory) {
  const auto small = unzipped(bomb_gz);
  EXPECT_LT(small.size(), 20'000u);
  const auto read = read_zip(small, enough);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, code::too_large) << read.error().why;
  // It says that it is small, and is not.
  auto lying = small;
  const auto directory = lying.find("PK\x01\x02");
  ASSERT_NE(directory, lying.npos);
  lying.replace(directory + 24, 4, std::string{"\x10\0\0\0", 4});
  const auto caught = read_zip(lying, enough);
  ASSERT_FALSE(caught);
  EXPECT_EQ(caught.error().code, code::too_large) << caught.error().why;
}

TEST(archives, that_are_cut_off_or_changed_are_no_archives) {
  const auto good = bytes(zip);
  for (std::size_t size = 4; size < good.size(); ++size)
    EXPECT_FALSE(read_zip(std::string_view{good}.substr(0, size), enough)) << size;
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const auto whole = *read_zip(good, enough);
  std::size_t refused = 0;
  for (int times = 0; times < 5'000; ++times) {
    auto changed = good;
    for (auto left = random() % 4 + 1; left > 0; --left)
      changed[random() % changed.size()] = static_cast<char>(random());
    const auto read = read_zip(changed, enough); // whatever it is, it ends
    refused += !read;
  }
  EXPECT_GT(refused, 1'000u);
  EXPECT_EQ(read_zip(bytes(locked), enough).error().code, code::malformed);
}

TEST(archives, of_tapes_notice_what_was_changed) {
  auto plain = unzipped(tar_gz);
  ASSERT_TRUE(is_tar(plain));
  EXPECT_EQ(read_tar(plain, enough)->size(), 3u);
  EXPECT_FALSE(read_tar(std::string_view{plain}.substr(0, 600), enough)) << "cut off";
  EXPECT_EQ(read_tar(plain, 10).error().code, code::too_large);
  plain[130] = '7'; // another size
  EXPECT_FALSE(is_tar(plain));
  EXPECT_FALSE(read_tar(plain, enough));
}

} // namespace
} // namespace tenon::actors::connectors
