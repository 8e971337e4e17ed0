#include "protocols/codec.hpp"

#include "protocols/breaker.hpp"
#include "protocols/catalog.hpp"
#include "protocols/ensure.hpp"
#include "protocols/specimen.hpp"
#include "tests/golden/specimen.hpp"
#include "tests/unit/protocols/every_type.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace tenon::protocols {

namespace {

template <class T> T filled() {
  T x{};
  specimens::set(x, "filled");
  return x;
}

template <class T> void expect_round_trip(const T& x) {
  const auto bytes = encode(x);
  const auto back = decode<T>(bytes);
  ASSERT_TRUE(back) << back.error().why;
  EXPECT_EQ(*back, x);
  EXPECT_EQ(encode(*back), bytes);
}

TEST(codec, reads_back_what_it_writes_for_every_type) {
  for (const auto& type : every_type())
    for (const auto& specimen : type.specimens()) {
      const auto again = type.recode(specimen.bytes);
      ASSERT_TRUE(again) << specimen.name << ": " << again.error().why;
      EXPECT_EQ(*again, specimen.bytes) << specimen.name;
    }
}

TEST(codec, reads_back_values_at_their_defaults) {
  expect_round_trip(breaker::state{});
  expect_round_trip(specimen::numbers{});
  expect_round_trip(specimen::texts{});
  expect_round_trip(specimen::absent{});
  expect_round_trip(specimen::lists{});
  expect_round_trip(specimen::everything{});
  expect_round_trip(specimen::empty{});
}

TEST(codec, reads_back_values_with_everything_set) {
  expect_round_trip(filled<specimen::everything>());
  expect_round_trip(specimen::command{specimen::delete_{.count = 3}});
  expect_round_trip(specimen::shape{breaker::policy{.failure_limit = 9}});
}

TEST(codec, keeps_present_and_empty_apart_from_absent) {
  expect_round_trip(specimen::absent{.note = "", .bytes = blob{}, .texts = specimen::texts{}});
  expect_round_trip(specimen::absent{.tags = std::vector<std::string>{},
                                     .pages = std::vector<specimen::shape>{}});
  const auto absent = decode<specimen::absent>(encode(specimen::absent{}));
  EXPECT_FALSE(absent->note);
  EXPECT_FALSE(absent->ended_at);
}

TEST(codec, keeps_empty_elements_of_lists) {
  expect_round_trip(specimen::lists{.names = {"", "a", ""},
                                    .blobs = {{}, blob::copy_of("x")},
                                    .table = {{}, {1, 2}, {}},
                                    .cube = {{}, {{}, {specimen::numbers{}}}},
                                    .rows = {{""}, {}}});
}

TEST(codec, keeps_text_as_it_is) {
  expect_round_trip(specimen::texts{.title = std::string{"a\0b\xff\xc0", 5}, .greeting = ""});
}

TEST(codec, starts_with_the_defaults_of_the_schema) {
  const specimen::numbers n{};
  EXPECT_TRUE(n.yes);
  EXPECT_EQ(n.tiny, -128);
  EXPECT_EQ(n.large, INT64_MIN);
  EXPECT_EQ(n.large_count, UINT64_MAX);
  EXPECT_EQ(n.ratio, 0.1);
  EXPECT_EQ(n.colour, specimen::colour::dark_green);
  EXPECT_EQ(n.born_at, moment{span{1000}});
  EXPECT_EQ(n.at, moment{});
  EXPECT_EQ(n.patience, span{30000});
  EXPECT_EQ(n.legacy_ms, 12u);
  EXPECT_EQ(specimen::texts{}.greeting, "hello \"you\"\n");
}

TEST(codec, takes_what_an_older_schema_did_not_have_at_its_default) {
  // A root struct of no words at all, behind the segment table.
  const std::uint64_t words[]{std::uint64_t{1} << 32, 0xfffffffc};
  const auto bytes = blob::copy_of({reinterpret_cast<const char*>(words), sizeof words});
  EXPECT_EQ(decode<specimen::numbers>(bytes).value(), specimen::numbers{});
  EXPECT_EQ(decode<specimen::everything>(bytes).value(), specimen::everything{});
  EXPECT_EQ(decode<specimen::shape>(bytes).value(), specimen::shape{specimen::nothing{}});
}

TEST(codec, gives_commands_their_replies_and_calls_their_outcomes) {
  static_assert(std::is_same_v<specimen::ask::reply, specimen::texts>);
  static_assert(std::is_same_v<specimen::delete_::reply, breaker::granted>);
  static_assert(std::is_same_v<specimen::arrived::reply, void>);
  static_assert(std::is_same_v<specimen::call::outcome, specimen::arrived>);
  static_assert(std::is_same_v<breaker::acquire::reply, breaker::granted>);
  EXPECT_EQ(specimen::call::name, "specimen.call");
  EXPECT_EQ(alternatives_of<specimen::command>::names[1].name, "delete");
}

TEST(codec, names_enumerators_and_finds_them_by_name) {
  EXPECT_EQ(name_of(specimen::colour::dark_green), "dark_green");
  EXPECT_EQ(name_of(specimen::colour::default_), "default");
  EXPECT_EQ(parse_name<specimen::colour>("default"), specimen::colour::default_);
  EXPECT_EQ(parse_name<specimen::colour>("Default"), std::nullopt);
}

TEST(codec, carries_the_documentation_along) {
  std::vector<field> fields;
  const specimen::texts x{};
  specimen::texts::each(x, [&](const field& f, const auto&) { fields.push_back(f); });
  ASSERT_EQ(fields.size(), 6u);
  EXPECT_EQ(fields[0].doc, "What it is called. Says \"so\" with a \\ in it, over two lines.\n"
                           "And a second paragraph.");
  EXPECT_TRUE(fields[0].required);
  EXPECT_TRUE(fields[2].secret);
  EXPECT_TRUE(fields[4].json);
  EXPECT_EQ(fields[5].name, "class");
  EXPECT_EQ(specimen::texts::type_doc, "Names and bytes.");
}

TEST(codec, writes_one_aligned_allocation_and_shares_it_with_what_is_decoded) {
  const specimen::record x{.sequence = 1, .offset = 2, .body = blob::copy_of("0123456789")};
  const auto bytes = encode(x);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes.data()) % 16, 0u);
  const auto back = decode<specimen::record>(bytes);
  EXPECT_GE(back->body.data(), bytes.data());
  EXPECT_LE(back->body.data() + back->body.size(), bytes.data() + bytes.size());
}

TEST(codec, reads_bytes_that_are_not_aligned) {
  const auto bytes = encode(filled<specimen::everything>());
  const auto shifted = blob::copy_of(" " + bytes.text());
  const auto back = decode<specimen::everything>(shifted.slice(shifted.view().substr(1)));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, filled<specimen::everything>());
}

TEST(codec, ends_as_a_bug_when_a_value_is_larger_than_a_message_may_be) {
  const specimen::record x{.body = blob::from(std::string(max_message_bytes, 'x'))};
  EXPECT_THROW(encode(x), broken);
}

TEST(codec, writes_a_message_of_exactly_the_largest_size) {
  // A segment table, the root pointer, and the record's two numbers and one pointer.
  const specimen::record x{.body = blob::from(std::string(max_message_bytes - 5 * 8, 'x'))};
  const auto bytes = encode(x);
  EXPECT_EQ(bytes.size(), max_message_bytes);
  EXPECT_TRUE(decode<specimen::record>(bytes));
}

} // namespace

} // namespace tenon::protocols
