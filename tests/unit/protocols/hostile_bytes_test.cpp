// Whatever the bytes: a value or `malformed`, within bounds.
#include "protocols/codec.hpp"
#include "tests/golden/specimen.hpp"
#include "tests/unit/protocols/every_type.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::protocols {

namespace {

blob bytes_of(const std::vector<std::uint64_t>& words) {
  return blob::copy_of({reinterpret_cast<const char*>(words.data()), words.size() * 8});
}

/// A message of one segment: the table, then the words.
blob message_of(std::vector<std::uint64_t> words) {
  words.insert(words.begin(), std::uint64_t{words.size()} << 32);
  return bytes_of(words);
}

// Pointers, as the encoding writes them: offsets count words from behind the pointer.
std::uint64_t struct_pointer(std::uint32_t offset, std::uint64_t data, std::uint64_t pointers) {
  return std::uint64_t{offset} << 2 | data << 32 | pointers << 48;
}
constexpr std::uint64_t of_bytes = 2, of_pointers = 6, of_structs = 7;
std::uint64_t list_pointer(std::uint32_t offset, std::uint64_t elements, std::uint64_t count) {
  return 1 | std::uint64_t{offset} << 2 | elements << 32 | count << 35;
}

/// The members of `lists`, by their place in the schema.
constexpr std::size_t names = 4, texts = 7, list_members = 12;

/// `lists` with one member, which points to what follows.
std::vector<std::uint64_t> lists_with(std::size_t member, std::uint64_t pointer) {
  std::vector<std::uint64_t> words{struct_pointer(0, 0, list_members)};
  words.resize(1 + list_members);
  words[1 + member] = pointer;
  return words;
}
std::uint32_t behind(std::size_t member) {
  return static_cast<std::uint32_t>(list_members - member - 1);
}

void expect_malformed(const blob& bytes, std::string_view why) {
  const auto read = decode<specimen::lists>(bytes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, code::malformed);
  EXPECT_EQ(read.error().where, "specimen.lists");
  EXPECT_NE(read.error().why.find(why), std::string::npos) << read.error().why;
}

TEST(hostile_bytes, never_crash_when_cut_off_anywhere) {
  for (const auto& type : every_type())
    for (const auto& specimen : type.specimens())
      for (std::size_t size = 0; size < specimen.bytes.size(); ++size) {
        const auto cut = blob::copy_of(specimen.bytes.view().substr(0, size));
        const auto read = type.recode(cut);
        ASSERT_FALSE(read) << specimen.name << " cut to " << size;
        ASSERT_EQ(read.error().code, code::malformed);
        ASSERT_EQ(read.error().where, type.type_name);
      }
}

TEST(hostile_bytes, never_crash_with_any_bit_flipped) {
  for (const auto& type : every_type())
    for (const auto& specimen : type.specimens()) {
      auto text = specimen.bytes.text();
      for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
        const auto read = type.recode(blob::copy_of(text));
        ASSERT_TRUE(read || read.error().code == code::malformed) << specimen.name << ' ' << bit;
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
      }
    }
}

TEST(hostile_bytes, are_malformed_when_anything_follows_the_message) {
  const auto bytes = encode(specimen::lists{});
  expect_malformed(blob::copy_of(bytes.text() + std::string(8, '\0')), "bytes follow");
}

TEST(hostile_bytes, are_malformed_when_larger_than_a_message_may_be) {
  expect_malformed(blob::from(std::string(max_message_bytes + 8, '\0')), "64 MiB");
}

TEST(hostile_bytes, are_malformed_when_there_are_none) {
  expect_malformed(blob{}, "whole number of words");
}

TEST(hostile_bytes, cannot_claim_more_segments_than_they_hold) {
  expect_malformed(bytes_of({0x00000001'00ffffffu, 0}), "");
}

TEST(hostile_bytes, cannot_make_a_long_list_of_structs_without_bytes) {
  auto words = lists_with(texts, list_pointer(behind(texts), of_structs, 0));
  words.push_back(struct_pointer((1u << 29) - 1, 0, 0)); // the tag: 2^29 - 1 elements of no words
  expect_malformed(message_of(words), "");
}

TEST(hostile_bytes, cannot_make_a_list_that_is_far_larger_in_memory) {
  // As many elements without bytes as the traversal limit lets through.
  constexpr std::uint32_t padding = 4096, elements = 2 * padding;
  static_assert(elements * sizeof(specimen::everything) > 64 * 8 * padding + (1u << 20));
  std::vector<std::uint64_t> words{struct_pointer(0, 0, 1), list_pointer(0, of_structs, 0),
                                   struct_pointer(elements, 0, 0)};
  words.resize(words.size() + padding);
  const auto read = decode<specimen::book>(message_of(words));
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().why.find("far larger than its bytes"), std::string::npos);

  words[2] = struct_pointer(elements / 16, 0, 0);
  EXPECT_TRUE(decode<specimen::book>(message_of(words))) << "within the budget";
}

TEST(hostile_bytes, cannot_have_a_text_read_again_and_again) {
  constexpr std::uint32_t count = 4096, text_words = 8192;
  auto words = lists_with(names, list_pointer(behind(names), of_pointers, count));
  for (std::uint32_t i = 0; i < count; ++i)
    words.push_back(list_pointer(count - i - 1, of_bytes, text_words * 8));
  words.resize(words.size() + text_words);
  expect_malformed(message_of(words), "");
}

TEST(hostile_bytes, cannot_send_the_reader_in_circles) {
  // Far pointers into their own segment, at themselves.
  expect_malformed(message_of({2 | 0u << 3}), "");
  expect_malformed(message_of({2 | 4 | 0u << 3, 2}), "");
  // A list of lists whose elements are the list itself.
  auto words = lists_with(8, list_pointer(behind(8), of_pointers, 1));
  words.push_back(1 | std::uint64_t{0xfffffffeu} << 2 | of_pointers << 32 | 1ull << 35);
  words.back() &= ~(std::uint64_t{3} << 32 << 30);
  EXPECT_FALSE(decode<specimen::lists>(message_of(words)));
}

TEST(hostile_bytes, are_malformed_when_they_name_what_this_version_does_not_know) {
  auto shape = encode(specimen::shape{specimen::circle{}}).text();
  // Behind the table and the root pointer: the discriminant, then the radius of the circle.
  ASSERT_EQ(shape[2 * 8], 1);
  shape[2 * 8] = 99;
  const auto unknown = decode<specimen::shape>(blob::copy_of(shape));
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().why.find("does not know"), std::string::npos) << unknown.error().why;

  auto words = lists_with(6, list_pointer(behind(6), 3, 1));
  words.push_back(99);
  expect_malformed(message_of(words), "does not know");
}

} // namespace

} // namespace tenon::protocols
