#include "tests/integration/cluster/linked_node.hpp"

namespace tenon::tests {
namespace {

constexpr std::size_t piece = 64u << 10;

blob a_piece() {
  return blob::copy_of(std::string(piece, 'x'));
}

/// Sends until it is refused; how many pieces were taken.
std::size_t fill(linked_node& from, const std::string& to, channel which, failure& why) {
  for (std::size_t sent = 0; sent < 10'000; ++sent)
    if (auto taken = from->send(to, which, link::topic::ask, a_piece()); !taken) {
      why = taken.error();
      return sent;
    }
  return 10'000;
}

TEST(slow_peer, is_refused_more_while_others_go_on_and_recovers) {
  const auto ours = make_authority();
  const auto small = [](auto& o) {
    o.window = 1 << 20;
    o.queue = 2u << 20;
  };
  linked_node a{"n1", certify(ours, "n1"), small}, slow{"n2", certify(ours, "n2"), small},
      quick{"n3", certify(ours, "n3"), small};
  introduce(a, "n1", slow, "n2");
  introduce(a, "n1", quick, "n3");
  slow.hold(true);
  failure why;
  auto sent = fill(a, "n2", channel::bulk, why);
  constexpr std::size_t window_full = (1u << 20) / piece;
  ASSERT_TRUE(becomes([&] { return slow.count() == window_full; }));
  sent += fill(a, "n2", channel::bulk, why);
  EXPECT_EQ(why.code, code::overloaded);
  EXPECT_TRUE(why.retry_after);
  EXPECT_EQ(slow.count(), window_full);
  EXPECT_GT(a.of("n2").bulk.queued, (2u << 20) - 2 * piece);
  EXPECT_LE(a.of("n2").bulk.queued, 2u << 20);
  EXPECT_GT(a.of("n2").bulk.refused, 0u);
  // Neither its own control channel nor another peer is held up.
  quick.echoes = slow.echoes = true;
  ASSERT_TRUE(a->send("n2", channel::control, link::topic::ask, blob::from("urgent")));
  ASSERT_TRUE(a->send("n3", channel::bulk, link::topic::ask, blob::from("other")));
  ASSERT_TRUE(becomes([&] { return a.count() == 2; }));
  slow.echoes = false;
  slow.hold(false);
  ASSERT_TRUE(becomes([&] { return slow.count() == sent + 1 && a.of("n2").bulk.queued == 0; }));
  EXPECT_TRUE(a->send("n2", channel::bulk, link::topic::ask, a_piece()));
  EXPECT_EQ(a.of("n2").bulk.connections, 1u);
}

TEST(slow_peer, that_takes_nothing_for_too_long_loses_its_bulk_connection_and_stays_up) {
  const auto ours = make_authority();
  const auto hasty = [](auto& o) {
    o.window = 256 << 10;
    o.patience = span{300};
  };
  linked_node a{"n1", certify(ours, "n1"), hasty}, slow{"n2", certify(ours, "n2"), hasty};
  introduce(a, "n1", slow, "n2");
  slow.hold(true);
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(a->send("n2", channel::bulk, link::topic::ask, a_piece()));
  ASSERT_TRUE(becomes([&] { return a.of("n2").last_error.has_value(); }));
  EXPECT_EQ(a.of("n2").last_error->code, code::overloaded);
  EXPECT_TRUE(a.of("n2").up);
  EXPECT_EQ(a.changes(), std::vector<std::string>{"up n2"});
  slow.hold(false);
  ASSERT_TRUE(becomes([&] { return a.sees("n2") && a.of("n2").bulk.connections > 1; }));
  const auto before = slow.count();
  EXPECT_TRUE(a->send("n2", channel::bulk, link::topic::ask, a_piece()));
  EXPECT_TRUE(becomes([&] { return slow.count() > before; }));
}

TEST(rotation, shows_new_certificates_to_new_connections_and_drops_none_that_stands) {
  const auto ours = make_authority(), next = make_authority();
  linked_node a{"n1", certify(ours, "n1")}, b{"n2", certify(ours, "n2")};
  introduce(a, "n1", b, "n2");
  b.echoes = true;
  std::atomic<bool> stop = false;
  std::atomic<std::size_t> sent = 0;
  std::thread traffic{[&] {
    while (!stop)
      if (a->send("n2", channel::control, link::topic::ask, blob::from(std::to_string(sent))))
        ++sent;
      else
        std::this_thread::yield();
  }};
  // Both authorities are trusted while one takes the other's place.
  for (const auto& [node, name] : {std::pair{&a, "n1"}, std::pair{&b, "n2"}}) {
    auto fresh = certify(next, name);
    fresh.trusted += ours.certificate;
    const auto renewed = (*node)->renew(fresh);
    EXPECT_TRUE(renewed) << renewed.error().why;
  }
  const auto so_far = a.count();
  EXPECT_TRUE(becomes([&] { return a.count() > so_far + 1'000; }));
  stop = true;
  traffic.join();
  EXPECT_TRUE(becomes([&] { return a.count() == sent; }));
  EXPECT_EQ(a.of("n2").control.connections, 1u);
  EXPECT_EQ(a.of("n2").bulk.connections, 1u);
  // Who trusts the next authority alone can only be met with the new certificates.
  linked_node c{"n3", certify(next, "n3")};
  introduce(a, "n1", c, "n3");
  introduce(b, "n2", c, "n3");
}

TEST(rotation, refuses_certificates_that_peers_would_refuse_and_keeps_the_old) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")};
  EXPECT_FALSE(a->renew(certify(ours, "n2")));
  EXPECT_FALSE(a->renew(certify(ours, "n1", cluster::bearer::client)));
  EXPECT_FALSE(a->renew(certify(ours, "n1", cluster::bearer::node, today + std::chrono::hours{9})));
  linked_node b{"n2", certify(ours, "n2")};
  introduce(a, "n1", b, "n2");
}

} // namespace
} // namespace tenon::tests
