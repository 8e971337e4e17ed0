#include "runtime/telemetry/trace.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon::runtime;

const std::string example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(trace, reads_back_what_it_writes) {
  const auto c = parse_traceparent(example);
  ASSERT_TRUE(c);
  EXPECT_EQ(to_traceparent(*c), example);
  EXPECT_EQ(trace_id(*c), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(c->flags, 1);
}

TEST(trace, refuses_what_the_standard_refuses) {
  const auto changed = [](std::size_t at, char c) {
    auto text = example;
    text[at] = c;
    return text;
  };
  EXPECT_FALSE(parse_traceparent(""));
  EXPECT_FALSE(parse_traceparent(example.substr(0, 54)));
  EXPECT_FALSE(parse_traceparent(example + "-x"));
  EXPECT_FALSE(parse_traceparent(changed(4, 'A')));
  EXPECT_FALSE(parse_traceparent(changed(4, 'g')));
  EXPECT_FALSE(parse_traceparent(changed(2, '_')));
  EXPECT_FALSE(parse_traceparent(changed(35, '_')));
  EXPECT_FALSE(parse_traceparent(changed(52, '_')));
  EXPECT_FALSE(parse_traceparent("ff" + example.substr(2)));
  EXPECT_FALSE(parse_traceparent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  EXPECT_FALSE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
}

TEST(trace, reads_the_known_part_of_later_versions) {
  EXPECT_TRUE(parse_traceparent("cc" + example.substr(2)));
  EXPECT_TRUE(parse_traceparent("cc" + example.substr(2) + "-what-comes"));
  EXPECT_FALSE(parse_traceparent("cc" + example.substr(2) + "what-comes"));
}

TEST(trace, passes_on_no_flag_but_sampled) {
  auto c = *parse_traceparent(example);
  c.flags = 0xfe;
  EXPECT_TRUE(to_traceparent(c).ends_with("-00"));
}

TEST(trace, makes_ids_that_are_never_zero) {
  const auto c = new_trace(0, 0, 0);
  EXPECT_TRUE(parse_traceparent(to_traceparent(c)));
  EXPECT_TRUE(c);
  EXPECT_FALSE(trace_context{});
  const auto child = child_of(c, 7);
  EXPECT_EQ(child.trace, c.trace);
  EXPECT_NE(child.span, c.span);
}

} // namespace
