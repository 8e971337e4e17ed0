#include "runtime/outbound/guard.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tenon::runtime::outbound {
namespace {

address at(std::string_view text) {
  auto a = parse_address(text);
  EXPECT_TRUE(a) << text;
  return a ? *a : address{};
}

policy allowing(std::initializer_list<const char*> networks) {
  policy p;
  for (const auto* n : networks)
    p.allowed.push_back(*parse_network(n));
  return p;
}

TEST(address, is_read_and_written_in_its_canonical_form) {
  const std::pair<const char*, const char*> table[]{
      {"192.0.2.1", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
      {"::FFFF:a00:1", "::ffff:10.0.0.1"},
  };
  for (const auto& [text, canonical] : table)
    EXPECT_EQ(to_text(at(text)), canonical);
}

TEST(address, in_a_form_that_others_read_differently_is_malformed) {
  for (const auto* text : {"",           "1",          "127.1",       "127.0.1",
                           "2130706433", "0x7f000001", "0x7f.0.0.1",  "0177.0.0.1",
                           "127.0.0.01", "127.0.0.1.", "127.0.0.256", "1.2.3.4.5",
                           " 1.2.3.4",   "1.2.3.4 ",   "1.2.3.-4",    "fe80::1%eth0",
                           "[::1]",      ":::",        "1::2::3",     "::ffff:127.1",
                           "12345::",    "::1/128"})
    EXPECT_FALSE(parse_address(text)) << text;
  EXPECT_FALSE(parse_address(std::string_view{"127.0.0.1\0.x", 12}));
}

TEST(network, is_an_address_and_a_number_of_bits_that_fit_each_other) {
  for (const auto* text : {"10.0.0.0/8", "0.0.0.0/0", "192.0.2.1/32", "fd00::/8", "::/0"})
    EXPECT_EQ(to_text(*parse_network(text)), text);
  EXPECT_EQ(to_text(*parse_network("192.0.2.1")), "192.0.2.1/32");
  EXPECT_EQ(to_text(*parse_network("::1")), "::1/128");
  for (const auto* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "/8", "10/8",
                           "::/129", "10.0.0.1/8", "fd00::1/8", "10.0.0.0/ 8"})
    EXPECT_FALSE(parse_network(text)) << text;
  EXPECT_EQ(parse_network("10.1.2.3/8").error().remedy, "write 10.0.0.0/8 or a longer prefix");
}

TEST(network, contains_the_addresses_that_share_its_prefix_and_no_others) {
  const auto n = *parse_network("100.64.0.0/10");
  EXPECT_TRUE(contains(n, at("100.64.0.0")));
  EXPECT_TRUE(contains(n, at("100.127.255.255")));
  EXPECT_FALSE(contains(n, at("100.63.255.255")));
  EXPECT_FALSE(contains(n, at("100.128.0.0")));
  EXPECT_TRUE(contains(*parse_network("0.0.0.0/0"), at("9.9.9.9")));
  EXPECT_FALSE(contains(*parse_network("0.0.0.0/0"), at("::1")));
}

TEST(guard, lets_the_public_internet_pass) {
  for (const auto* text :
       {"1.1.1.1",         "8.8.8.8",          "9.255.255.255",   "11.0.0.0",
        "100.63.255.255",  "100.128.0.0",      "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0",      "172.15.255.255",  "172.32.0.0",
        "192.167.255.255", "192.169.0.0",      "223.255.255.255", "2606:4700::1111",
        "2a00:1450::200e", "64:ff9b::8.8.8.8", "2002:808:808::1", "::ffff:1.1.1.1"})
    EXPECT_TRUE(allowed(at(text), {}, "host")) << text;
}

TEST(guard, refuses_what_only_this_node_could_reach_in_every_form) {
  for (const auto* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.0.1",
                           "169.254.169.254",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.8",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "168.63.129.16",
                           "100.100.100.200",
                           "::",
                           "::1",
                           "::2",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "fc00::1",
                           "fdff::1",
                           "fd00:ec2::254",
                           "ff02::1",
                           "2001:db8::1",
                           "100::1",
                           "2001::1",
                           "64:ff9b:1::1",
                           "5f00::1",
                           "3fff::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::ffff:169.254.169.254",
                           "::127.0.0.1",
                           "::ffff:0:10.0.0.1",
                           "64:ff9b::10.0.0.1",
                           "64:ff9b::a9fe:a9fe",
                           "2002:7f00:1::",
                           "2002:a00:1::1",
                           "2002:a9fe:a9fe::"}) {
    const auto judged = allowed(at(text), {}, "host");
    ASSERT_FALSE(judged) << text;
    EXPECT_EQ(judged.error().code, code::forbidden);
    EXPECT_EQ(judged.error().where, "guard");
  }
}

TEST(guard, says_which_address_of_which_host_and_which_option_allows_it) {
  const auto plain = allowed(at("10.1.2.3"), {}, "app.example.com").error();
  EXPECT_EQ(plain.why, "app.example.com is at 10.1.2.3, a private address, which is not allowed");
  EXPECT_EQ(plain.remedy, "if calls there are meant to be made, start the node with "
                          "--allow-network 10.0.0.0/8");
  EXPECT_EQ(allowed(at("127.0.0.1"), {}, "127.0.0.1").error().why,
            "127.0.0.1 is a loopback address, which is not allowed");
  EXPECT_EQ(allowed(at("::ffff:10.1.2.3"), {}, "app").error().why,
            "app is at ::ffff:10.1.2.3, another form of 10.1.2.3, a private address, which is not "
            "allowed");
}

TEST(guard, lets_pass_what_the_operator_allows_and_nothing_else) {
  const auto p = allowing({"10.0.0.0/8", "fd00::/8"});
  EXPECT_TRUE(allowed(at("10.9.9.9"), p, "h"));
  EXPECT_TRUE(allowed(at("::ffff:10.9.9.9"), p, "h"));
  EXPECT_TRUE(allowed(at("fd00::1"), p, "h"));
  EXPECT_FALSE(allowed(at("192.168.0.1"), p, "h"));
  EXPECT_FALSE(allowed(at("fc00::1"), p, "h"));
}

TEST(guard, lets_metadata_pass_only_for_a_network_that_is_that_address_alone) {
  EXPECT_FALSE(allowed(at("169.254.169.254"), allowing({"169.254.0.0/16", "0.0.0.0/0"}), "h"));
  EXPECT_FALSE(allowed(at("fd00:ec2::254"), allowing({"fd00::/8"}), "h"));
  EXPECT_TRUE(allowed(at("169.254.169.254"), allowing({"169.254.169.254"}), "h"));
  EXPECT_TRUE(allowed(at("169.254.1.1"), allowing({"169.254.0.0/16"}), "h"));
}

TEST(guard, refuses_a_host_for_one_refused_address_of_many) {
  EXPECT_TRUE(allowed({at("1.1.1.1"), at("2606:4700::1111")}, {}, "h"));
  EXPECT_FALSE(allowed({at("1.1.1.1"), at("127.0.0.1")}, {}, "h"));
}

TEST(guard, judges_every_embedding_of_an_address_like_the_address) {
  std::mt19937 random{20261121};
  for (int i = 0; i < 20'000; ++i) {
    address v4;
    for (int b = 0; b < 4; ++b)
      v4.bytes[static_cast<std::size_t>(b)] = static_cast<std::uint8_t>(random());
    const auto dotted = to_text(v4);
    const bool pass = allowed(v4, {}, "h").has_value();
    for (const auto* prefix : {"::ffff:", "::ffff:0:", "64:ff9b::"})
      EXPECT_EQ(allowed(at(prefix + dotted), {}, "h").has_value(), pass) << prefix << dotted;
  }
}

} // namespace
} // namespace tenon::runtime::outbound
