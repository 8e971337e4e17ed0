#include "cluster/link/greeting.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace tenon::cluster::link {
namespace {

hello of(const std::string& node) {
  hello h;
  h.oldest = 2;
  h.newest = 3;
  h.cluster = "c1";
  h.node = node;
  h.epoch = 5;
  return h;
}

frame read_back(const std::string& bytes) {
  frame_reader reader{checking::none};
  std::memcpy(reader.room().data(), bytes.data(), bytes.size());
  std::vector<frame> whole;
  EXPECT_TRUE(reader.filled(bytes.size(), whole));
  return whole.at(0);
}

TEST(greeting, agrees_on_the_newest_version_of_both_and_the_larger_epoch) {
  auto theirs = of("n2");
  theirs.oldest = 1;
  theirs.newest = 2;
  theirs.epoch = 7;
  const auto agreed = agree(of("n1"), theirs, "n2");
  ASSERT_TRUE(agreed) << agreed.error().why;
  EXPECT_EQ(agreed->version, 2);
  EXPECT_EQ(agreed->epoch, 7u);
  EXPECT_EQ(agree(theirs, of("n1"), std::nullopt)->epoch, 7u);
}

TEST(greeting, finds_no_version_when_one_node_is_too_old_and_says_which_to_upgrade) {
  auto theirs = of("n2");
  theirs.oldest = theirs.newest = 1;
  const auto agreed = agree(of("n1"), theirs, "n2");
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().code, code::conflict);
  EXPECT_NE(agreed.error().why.find("versions 2 to 3"), std::string::npos);
  EXPECT_NE(agreed.error().why.find("'n2' speaks 1 to 1"), std::string::npos);
  EXPECT_NE(agreed.error().remedy.find("Upgrade the older"), std::string::npos);
  EXPECT_FALSE(agree(theirs, of("n1"), "n1"));
}

TEST(greeting, is_refused_to_other_clusters_to_liars_and_to_oneself) {
  auto theirs = of("n2");
  theirs.cluster = "c2";
  EXPECT_EQ(agree(of("n1"), theirs, "n2").error().where, "hello.cluster");
  EXPECT_EQ(agree(of("n1"), of("n2"), "n3").error().code, code::forbidden);
  const auto self = agree(of("n1"), of("n1"), "n1");
  ASSERT_FALSE(self);
  EXPECT_NE(self.error().remedy.find("copy of a data directory"), std::string::npos);
}

TEST(greeting, crosses_the_wire_as_it_is) {
  auto said = of("n1");
  said.channel = channel::bulk;
  said.address = "n1.example:7400";
  said.boot = 99;
  const auto heard = read_greeting(read_back(to_frame(said, checking::none)));
  ASSERT_TRUE(heard) << heard.error().why;
  EXPECT_EQ(*heard, said);
}

TEST(greeting, that_is_a_refusal_tells_why_and_what_to_do) {
  const failure why{code::forbidden, "node n2 is no member", "", "Join it."};
  const auto heard = read_greeting(read_back(to_frame(why, checking::none)));
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code, code::forbidden);
  EXPECT_EQ(heard.error().why, "the peer refuses this node: node n2 is no member");
  EXPECT_EQ(heard.error().remedy, "Join it.");
}

TEST(greeting, comes_first) {
  const auto heard = read_greeting({frame_kind::payload, blob::from("x")});
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code, code::malformed);
  EXPECT_FALSE(read_greeting({frame_kind::hello, blob::from("garbage")}));
}

} // namespace
} // namespace tenon::cluster::link
