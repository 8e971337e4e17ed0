#include "tests/integration/cluster/line.hpp"
#include "tests/integration/cluster/linked_node.hpp"

#include <random>

namespace tenon::tests {
namespace {

using std::chrono::steady_clock;

TEST(link, carries_frames_both_ways_on_both_channels) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")}, b{"n2", certify(ours, "n2")};
  introduce(a, "n1", b, "n2");
  b.echoes = true;
  const std::string large(3u << 20, 'x');
  ASSERT_TRUE(a->send("n2", channel::control, link::topic::raft, blob::from("small")));
  ASSERT_TRUE(a->send("n2", channel::control, link::topic::ask, blob{}));
  ASSERT_TRUE(a->send("n2", channel::bulk, link::topic::state, blob::copy_of(large)));
  ASSERT_TRUE(becomes([&] { return a.count() == 3; }));
  std::vector<std::string> control, bulk;
  for (const auto& f : a.frames()) {
    (f.channel == channel::control ? control : bulk).push_back(f.bytes);
    EXPECT_EQ(f.topic, f.channel == channel::bulk ? link::topic::state
                       : f.bytes.empty()          ? link::topic::ask
                                                  : link::topic::raft);
  }
  EXPECT_EQ(control, (std::vector<std::string>{"small", ""}));
  ASSERT_EQ(bulk.size(), 1u);
  EXPECT_TRUE(bulk[0] == large);
}

TEST(link, carries_the_largest_frame_though_the_window_is_smaller_and_plain_ones_as_well) {
  for (const bool plain : {false, true}) {
    const auto ours = make_authority();
    const auto own = [&](const char* name) {
      return plain ? std::nullopt : std::optional{certify(ours, name)};
    };
    linked_node a{"n1", own("n1")}, b{"n2", own("n2")};
    introduce(a, "n1", b, "n2");
    b.echoes = true;
    std::mt19937 random{7};
    std::string large(link::most_frame_bytes, '\0');
    for (auto& c : large)
      c = static_cast<char>(random());
    const auto bytes = blob::from(std::string{large});
    for (int i = 0; i < 2; ++i)
      ASSERT_TRUE(becomes(
          [&] { return a->send("n2", channel::bulk, link::topic::ask, bytes).has_value(); }));
    ASSERT_TRUE(becomes([&] { return a.count() == 2; }));
    for (const auto& f : a.frames())
      EXPECT_TRUE(f.bytes == large);
  }
}

TEST(link, counts_what_it_carries) {
  linked_node a{"n1", std::nullopt}, b{"n2", std::nullopt};
  introduce(a, "n1", b, "n2");
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(a->send("n2", channel::bulk, link::topic::ask, blob::from("x")));
  const auto says = [](linked_node& node, const std::string& line) {
    return becomes([&] { return node.metrics().find(line) != std::string::npos; });
  };
  EXPECT_TRUE(says(a, "tenon_link_frames_total{channel=\"bulk\",direction=\"out\"} 3"));
  EXPECT_TRUE(says(b, "tenon_link_frames_total{channel=\"bulk\",direction=\"in\"} 3"));
  EXPECT_TRUE(says(a, "tenon_link_peers_up 1"));
  const auto seen = a.of("n2").bulk;
  EXPECT_EQ(seen.frames_out, 3u);
  EXPECT_EQ(seen.bytes_out, 3 * (1 + link::frame_header_bytes));
}

TEST(link, connects_three_nodes_each_with_each_and_tells_how_far_they_are) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")}, b{"n2", certify(ours, "n2")},
      c{"n3", certify(ours, "n3")};
  introduce(a, "n1", b, "n2");
  introduce(b, "n2", c, "n3");
  introduce(a, "n1", c, "n3");
  ASSERT_TRUE(a->send("n3", channel::control, link::topic::ask, blob::from("from a")));
  ASSERT_TRUE(b->send("n3", channel::control, link::topic::ask, blob::from("from b")));
  ASSERT_TRUE(becomes([&] { return c.count() == 2; }));
  for (const auto& f : c.frames())
    EXPECT_EQ(f.bytes, f.node == "n1" ? "from a" : "from b");
  EXPECT_TRUE(becomes([&] { return a.of("n2").round_trip && a.of("n3").round_trip; }));
  const auto nobody = a->send("n9", channel::control, link::topic::ask, blob::from("x"));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, code::not_found);
  const auto large =
      a->send("n2", channel::bulk, link::topic::ask, blob::from(std::string((16u << 20) + 1, 'x')));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, code::too_large);
}

TEST(link, tells_at_once_when_a_peer_ends_and_connects_again_when_it_is_back) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")};
  std::uint64_t before = 0;
  std::uint16_t port = 0;
  {
    linked_node b{"n2", certify(ours, "n2")};
    introduce(a, "n1", b, "n2");
    before = a.of("n2").control.epoch;
    port = b->port();
  }
  const auto ended = steady_clock::now();
  ASSERT_TRUE(becomes([&] { return !a.of("n2").up; }));
  EXPECT_LT(steady_clock::now() - ended, std::chrono::milliseconds{500}); // silence takes a second
  EXPECT_TRUE(
      becomes([&] { return a.changes().back() == "down n2: the peer closed the connection"; }));
  const auto refused = a->send("n2", channel::control, link::topic::ask, blob::from("x"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::unavailable);
  linked_node again{"n2", certify(ours, "n2"), [&](auto& o) { o.port = port; }};
  ASSERT_FALSE(again.refused) << again.refused->why;
  again->set_peer("n1", a.address());
  ASSERT_TRUE(becomes([&] { return a.sees("n2") && again.sees("n1"); }));
  EXPECT_GT(a.of("n2").control.epoch, before);
  EXPECT_EQ(a.of("n2").control.epoch, again.of("n1").control.epoch);
}

TEST(link, is_made_again_after_it_was_cut_and_no_older_frame_comes_after_a_newer_one) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")}, b{"n2", certify(ours, "n2")};
  line to_a{a->port()}, to_b{b->port()};
  a->set_peer("n2", to_b.address());
  b->set_peer("n1", to_a.address());
  std::uint64_t sent = 0;
  for (int round = 0; round < 8; ++round) {
    ASSERT_TRUE(becomes([&] { return a.sees("n2") && b.sees("n1"); }));
    const auto before = a.of("n2").control.connections;
    for (auto n = 1 + random() % 200; n > 0; --n)
      if (a->send("n2", channel::control, link::topic::ask, blob::from(std::to_string(sent))))
        ++sent;
    const auto had = b.count();
    ASSERT_TRUE(becomes([&] {
      if (a->send("n2", channel::control, link::topic::ask, blob::from(std::to_string(sent))))
        ++sent;
      return b.count() > had;
    }));
    to_a.cut();
    to_b.cut();
    ASSERT_TRUE(becomes([&] { return a.of("n2").control.connections > before; }));
  }
  std::uint64_t epoch = 0;
  std::int64_t last = -1;
  for (const auto& f : b.frames()) {
    EXPECT_GE(f.epoch, epoch);
    EXPECT_GT(std::stoll(f.bytes), last);
    epoch = f.epoch;
    last = std::stoll(f.bytes);
  }
  EXPECT_GE(a.of("n2").control.connections, 8u);
}

TEST(link, of_two_that_dial_at_once_keeps_one_and_both_keep_the_same) {
  const auto ours = make_authority();
  const auto one = certify(ours, "n1"), other = certify(ours, "n2");
  for (int round = 0; round < 10; ++round) {
    const auto at_once = [](auto& o) { o.first_wait = span{1}; };
    linked_node a{"n1", one, at_once}, b{"n2", other, at_once};
    b->set_peer("n1", a.address());
    a->set_peer("n2", b.address());
    ASSERT_TRUE(becomes([&] {
      return a.sees("n2") && b.sees("n1") && a.of("n2").control.epoch == b.of("n1").control.epoch &&
             a.of("n2").bulk.epoch == b.of("n1").bulk.epoch;
    }));
    b.echoes = true;
    ASSERT_TRUE(becomes([&] {
      return a->send("n2", channel::control, link::topic::ask, blob::from("x")) && a.count() > 0;
    }));
  }
}

TEST(link, notices_a_peer_that_hangs_by_its_silence) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")}, b{"n2", certify(ours, "n2")};
  line to_b{b->port()};
  b->set_peer("n1", "");
  a->set_peer("n2", to_b.address());
  ASSERT_TRUE(becomes([&] { return a.sees("n2") && b.sees("n1"); }));
  const auto began = steady_clock::now();
  to_b.hang(true);
  ASSERT_TRUE(becomes([&] { return !a.of("n2").up && !b.of("n1").up; }));
  const auto took = steady_clock::now() - began;
  EXPECT_GT(took, std::chrono::milliseconds{700});
  EXPECT_LT(took, std::chrono::milliseconds{3'000});
  // Whichever notices first closes, and the other may see that before its own patience ends.
  const auto silence = [](const std::vector<std::string>& changes) {
    return changes.back().find("nothing was heard of the peer for too long") != std::string::npos;
  };
  EXPECT_TRUE(becomes([&] { return silence(a.changes()) || silence(b.changes()); }));
  to_b.cut();
  to_b.hang(false);
  EXPECT_TRUE(becomes([&] { return a.sees("n2") && b.sees("n1"); }));
}

TEST(link, follows_a_peer_to_its_new_address) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")};
  a->set_peer("n2", "127.0.0.1:1"); // where nobody is
  EXPECT_NE(a.trouble_with("n2").why.find("nobody listens there"), std::string::npos);
  linked_node b{"n2", certify(ours, "n2")};
  b->set_peer("n1", "");
  a->set_peer("n2", b.address());
  EXPECT_TRUE(becomes([&] { return a.sees("n2") && b.sees("n1"); }));
}

TEST(link, learns_from_a_hello_where_a_peer_can_be_reached) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")};
  a->set_peer("n2", "");
  linked_node b{"n2", certify(ours, "n2"), [](auto& o) { o.advertised = "127.0.0.2:7400"; }};
  b->set_peer("n1", a.address());
  EXPECT_TRUE(becomes([&] { return a.of("n2").address == "127.0.0.2:7400"; }));
}

TEST(link, lets_nobody_in_who_is_no_member_unless_it_is_asked_to) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")}, b{"n2", certify(ours, "n2")};
  b->set_peer("n1", a.address());
  const auto why = b.trouble_with("n1");
  EXPECT_EQ(why.code, code::forbidden);
  EXPECT_NE(why.why.find("node 'n2' is no member"), std::string::npos);
  EXPECT_FALSE(why.remedy.empty());
  a.admits = true;
  ASSERT_TRUE(becomes([&] { return a.sees("n2") && b.sees("n1"); }));
  a.admits = false;
  a->remove_peer("n2");
  ASSERT_TRUE(becomes([&] { return !b.of("n1").up && a->peers().empty(); }));
  EXPECT_TRUE(becomes(
      [&] { return b.of("n1").last_error->why.find("is no member") != std::string::npos; }));
}

} // namespace
} // namespace tenon::tests
