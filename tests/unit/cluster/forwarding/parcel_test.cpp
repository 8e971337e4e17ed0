// What one node says to another is what the other one hears, whatever it is.
#include "tests/support/random_value.hpp"
#include "tests/unit/cluster/forwarding/asks.hpp"

#include <random>

namespace tenon::tests {

namespace {

TEST(forwarding_parcel, carries_everything_that_an_envelope_says) {
  auto e = durable_message(no_answers(), 12);
  e->settles = 34;
  e->trace =
      runtime::parse_traceparent("00-0123456789abcdef8123456789abcdef-0011223344556677-01").value();
  e->expires = start + span{250};
  auto said = forwarding::in_words(3, "acme/sync/s1", *e, start);
  const auto there = start + std::chrono::hours{5};
  const auto heard = forwarding::envelope_of(std::move(said), there);
  EXPECT_EQ(heard->command, e->command);
  EXPECT_EQ(heard->expires, there + span{250});
  EXPECT_EQ(heard->from->sender, "acme/sync/sender");
  EXPECT_EQ(heard->from->number, 12u);
  EXPECT_EQ(heard->settles, 34u);
  EXPECT_EQ(heard->trace, e->trace);
}

TEST(forwarding_parcel, says_of_what_nobody_waits_for_that_nobody_waits) {
  auto e = outcome_of_call();
  const auto heard = forwarding::envelope_of(forwarding::in_words(0, "a/b/c", *e, start), start);
  EXPECT_EQ(heard->expires, steady_point::max());
  EXPECT_FALSE(heard->from);
  EXPECT_FALSE(heard->trace);
}

TEST(forwarding_parcel, gives_an_asker_whose_time_is_over_the_least_and_not_for_ever) {
  auto e = message(no_answers(), "late", start - span{5});
  EXPECT_EQ(forwarding::in_words(0, "a/b/c", *e, start).remaining_ms, 1u);
  e->expires = start + std::chrono::hours{24 * 365};
  EXPECT_EQ(forwarding::in_words(0, "a/b/c", *e, start).remaining_ms, 0xffffffffu);
  e->expires = start + std::chrono::microseconds{1500};
  EXPECT_EQ(forwarding::in_words(0, "a/b/c", *e, start).remaining_ms, 2u);
}

TEST(forwarding_parcel, carries_every_failure_with_all_that_it_says) {
  for (auto c = code::malformed; c <= code::internal;
       c = static_cast<code>(static_cast<int>(c) + 1)) {
    const failure f{c, "why", "where", "remedy", span{17}};
    EXPECT_EQ(forwarding::result_of(forwarding::in_words(f)), result<blob>{f});
  }
  const failure short_one{code::conflict, "no"};
  EXPECT_EQ(forwarding::result_of(forwarding::in_words(short_one)), result<blob>{short_one});
}

TEST(forwarding_parcel, keeps_no_frame_alive_for_something_small_in_it) {
  words::parcel parcel;
  parcel.asks.push_back({.to = "a/b/c", .command = blob::from("small")});
  parcel.asks.push_back({.to = "a/b/c", .command = blob::from(std::string(100'000, 'x'))});
  parcel.answers.push_back({1, words::replied{blob::from("small")}});
  const auto frame = protocols::encode(parcel);
  auto heard = protocols::decode<words::parcel>(frame).value();
  const auto within = [&](const blob& b) {
    return b.data() >= frame.data() && b.data() < frame.data() + frame.size();
  };
  EXPECT_FALSE(within(forwarding::envelope_of(std::move(heard.asks[0]), start)->command));
  EXPECT_TRUE(within(forwarding::envelope_of(std::move(heard.asks[1]), start)->command));
  EXPECT_FALSE(within(*forwarding::result_of(std::move(heard.answers[0].said))));
}

TEST(forwarding_parcel, takes_a_code_that_it_does_not_know_for_internal) {
  EXPECT_EQ(forwarding::result_of(words::refused{.code = "of the future"}).error().code,
            code::internal);
}

TEST(forwarding_parcel, says_of_a_reply_that_fits_into_no_frame_that_it_was_done) {
  const blob reply = blob::from(std::string(forwarding::most_bytes + 1, 'x'));
  const auto heard = forwarding::result_of(forwarding::in_words(reply));
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code, code::too_large);
  EXPECT_NE(heard.error().why.find("it was done"), std::string::npos);
  const blob largest = blob::from(std::string(forwarding::most_bytes, 'x'));
  EXPECT_TRUE(forwarding::result_of(forwarding::in_words(largest)));
}

TEST(forwarding_parcel, weighs_nothing_less_than_its_bytes_and_fits_into_a_frame) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_values values{seed, {}};
  for (int round = 0; round < 2000; ++round) {
    words::parcel parcel;
    std::size_t weight = 0;
    for (auto left = values.below(4); left > 0; --left) {
      parcel.asks.push_back(values.any<words::ask>());
      weight += forwarding::weight_of(parcel.asks.back());
    }
    for (auto left = values.below(4); left > 0; --left) {
      parcel.answers.push_back(values.any<words::answer>());
      weight += forwarding::weight_of(parcel.answers.back());
    }
    const auto bytes = protocols::encode(parcel);
    EXPECT_LE(bytes.size(), weight + 64);
    EXPECT_EQ(protocols::decode<words::parcel>(bytes).value(), parcel);
  }
  words::parcel largest;
  largest.asks.push_back({.to = std::string(230, 'x'),
                          .command = blob::from(std::string(forwarding::most_bytes, 'x')),
                          .sender = std::string(230, 'x')});
  EXPECT_LE(protocols::encode(largest).size(), cluster::link::most_frame_bytes);
}

} // namespace

} // namespace tenon::tests
