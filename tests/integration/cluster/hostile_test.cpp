#include "cluster/link/introduction.hpp"
#include "tests/integration/cluster/linked_node.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace tenon::tests {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using cluster::bearer;

class strangers : public testing::Test {
protected:
  tcp::socket reach(linked_node& node) {
    tcp::socket socket{io_};
    socket.connect({asio::ip::address_v4::loopback(), node->port()});
    return socket;
  }
  /// Until the node closes the connection; how many bytes it said before.
  static std::size_t read_out(tcp::socket& socket) {
    std::array<char, 4'096> bytes;
    boost::system::error_code e;
    std::size_t count = 0;
    while (!e)
      count += socket.read_some(asio::buffer(bytes), e);
    return count;
  }
  /// A connection to the node as n2, after both hellos.
  link::acquaintance befriend(linked_node& node, const cluster::credentials& own,
                              std::uint16_t newest = link::newest_version) {
    std::optional<result<link::acquaintance>> got;
    const dated_clock clock{today};
    const auto security = link::secure(own).value();
    link::dial(
        {io_, clock, security, "c1"}, node.address(), "n1",
        [&](const link::hello*) {
          link::hello said;
          said.oldest = newest;
          said.newest = newest;
          said.cluster = "c1";
          said.node = "n2";
          said.epoch = 1;
          return said;
        },
        [&](result<link::acquaintance> how) { got = std::move(how); });
    run_until([&] { return got.has_value(); });
    if (!*got) {
      why_ = got->error();
      return {nullptr, link::frame_reader{link::checking::none}, {}, {}, {}, false};
    }
    return *std::move(*got);
  }
  void write(link::wire& wire, const std::string& bytes) {
    bool done = false;
    wire.write(bytes, {}, [&](auto, auto) { done = true; });
    run_until([&] { return done; });
  }

  void run_until(const std::function<bool()>& done) {
    io_.restart();
    while (!done() && io_.run_one() > 0) {
    }
  }

  asio::io_context io_;
  std::optional<failure> why_;
};

TEST(introduction, of_a_node_of_another_authority_is_refused) {
  linked_node a{"n1", certify(make_authority(), "n1")}, b{"n2", certify(make_authority(), "n2")};
  a->set_peer("n2", b.address());
  const auto why = a.trouble_with("n2");
  EXPECT_EQ(why.code, code::unauthenticated);
  EXPECT_NE(why.why.find("not made by this cluster's authority"), std::string::npos) << why.why;
  EXPECT_NE(why.where.find("127.0.0.1:"), std::string::npos);
  EXPECT_NE(why.remedy.find("join"), std::string::npos);
}

TEST(introduction, of_a_node_of_another_cluster_is_refused_even_where_its_authority_is_trusted) {
  const auto ours = make_authority(), theirs = make_authority("c2");
  auto a_holds = certify(ours, "n1"), b_holds = certify(theirs, "n2");
  a_holds.trusted += theirs.certificate;
  b_holds.trusted += ours.certificate;
  linked_node a{"n1", a_holds};
  linked_node b{"n2", b_holds, [](auto& o) { o.cluster = "c2"; }};
  ASSERT_FALSE(b.refused);
  a->set_peer("n2", b.address());
  const auto why = a.trouble_with("n2");
  EXPECT_EQ(why.code, code::unauthenticated);
  EXPECT_NE(why.why.find("of cluster c2, and this is c1"), std::string::npos) << why.why;
}

TEST(introduction, of_a_node_where_another_was_expected_is_refused) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")}, b{"n2", certify(ours, "n2")};
  a->set_peer("n3", b.address());
  const auto why = a.trouble_with("n3");
  EXPECT_EQ(why.code, code::unauthenticated);
  EXPECT_NE(why.why.find("node n2 answers where node n3 was expected"), std::string::npos);
}

TEST(introduction, of_an_expired_or_future_certificate_is_refused_by_the_others_clock) {
  // A date at which the authority is valid, too, and only the node's certificate is not.
  const auto early = cluster::make_authority("c1", "", today - std::chrono::hours{4'000}).value();
  for (const bool expired : {true, false}) {
    const auto date = expired ? today - std::chrono::hours{3'000} : today + std::chrono::hours{10};
    linked_node judge{"n1", certify(early, "n1")};
    linked_node other{"n2", certify(early, "n2", bearer::node, date), {}, date};
    ASSERT_FALSE(other.refused) << other.refused->why;
    judge->set_peer("n2", other.address());
    const auto why = judge.trouble_with("n2");
    EXPECT_EQ(why.code, code::unauthenticated);
    EXPECT_NE(why.why.find(expired ? "has expired" : "not valid yet"), std::string::npos)
        << why.why;
    EXPECT_NE(why.remedy.find("clocks"), std::string::npos);
  }
}

TEST(introduction, is_not_begun_with_credentials_that_every_peer_would_refuse) {
  const auto ours = make_authority();
  const linked_node client{"n1", certify(ours, "n1", bearer::client)};
  ASSERT_TRUE(client.refused);
  EXPECT_EQ(client.refused->code, code::forbidden);
  const linked_node expired{"n1", certify(ours, "n1"), {}, today + std::chrono::hours{24 * 91}};
  ASSERT_TRUE(expired.refused);
  EXPECT_NE(expired.refused->why.find("has expired at"), std::string::npos);
  const linked_node another{"n2", certify(ours, "n1")};
  ASSERT_TRUE(another.refused);
  const linked_node none{"n1", std::nullopt, [](auto& o) { o.plain = false; }};
  ASSERT_TRUE(none.refused);
  EXPECT_NE(none.refused->remedy.find("tenon cluster init"), std::string::npos);
  linked_node first{"n1", certify(ours, "n1")};
  const linked_node second{"n2", certify(ours, "n2"), [&](auto& o) { o.port = first->port(); }};
  ASSERT_TRUE(second.refused);
  EXPECT_EQ(second.refused->code, code::unavailable);
}

TEST_F(strangers, that_show_a_clients_certificate_or_none_get_no_further_than_the_handshake) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")};
  a.admits = true;
  befriend(a, certify(ours, "n2", bearer::client));
  ASSERT_TRUE(why_);
  EXPECT_EQ(why_->code, code::forbidden);
  EXPECT_NE(why_->why.find("that of a client, 'n2'"), std::string::npos) << why_->why;
  EXPECT_TRUE(a->peers().empty());

  asio::ssl::context nobody{asio::ssl::context::tlsv13};
  asio::ssl::stream<tcp::socket> stream{reach(a), nobody};
  boost::system::error_code e;
  stream.handshake(asio::ssl::stream_base::client, e);
  char byte = 0;
  if (!e)
    stream.read_some(asio::buffer(&byte, 1), e);
  EXPECT_NE(e.message().find("certificate required"), std::string::npos) << e.message();
  EXPECT_TRUE(a->peers().empty());
}

TEST_F(strangers, whose_certificate_is_of_another_authority_or_has_expired_hear_what_is_wrong) {
  const auto ours = cluster::make_authority("c1", "", today - std::chrono::hours{4'000}).value();
  linked_node a{"n1", certify(ours, "n1")};
  a.admits = true;
  auto foreign = certify(make_authority(), "n2");
  foreign.trusted = ours.certificate;
  befriend(a, foreign);
  ASSERT_TRUE(why_);
  EXPECT_EQ(why_->code, code::unauthenticated);
  EXPECT_NE(why_->why.find("does not trust the authority"), std::string::npos) << why_->why;
  const auto then = today - std::chrono::hours{3'000};
  befriend(a, certify(ours, "n2", bearer::node, then));
  EXPECT_NE(why_->why.find("certificate expired"), std::string::npos) << why_->why;
  EXPECT_TRUE(a->peers().empty());
}

TEST_F(strangers, that_speak_an_older_protocol_are_told_so) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1"), [](auto& o) { o.oldest = o.newest = 3; }};
  a.admits = true;
  befriend(a, certify(ours, "n2"), 2);
  ASSERT_TRUE(why_);
  EXPECT_EQ(why_->code, code::conflict);
  EXPECT_NE(why_->why.find("versions 3 to 3"), std::string::npos) << why_->why;
  EXPECT_NE(why_->remedy.find("Upgrade"), std::string::npos);
}

TEST_F(strangers, that_claim_a_frame_of_four_gigabytes_are_disconnected) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")};
  a.admits = true;
  const auto friendly = befriend(a, certify(ours, "n2"));
  ASSERT_TRUE(friendly.wire);
  ASSERT_TRUE(becomes([&] { return a.of("n2").up; }));
  write(*friendly.wire, std::string{"\xff\xff\xff\xff\x03\x01\0\0\0\0\0\0", 12});
  ASSERT_TRUE(becomes([&] { return !a.of("n2").up; }));
  EXPECT_NE(a.trouble_with("n2").why.find("claims 4294967295 bytes"), std::string::npos);
}

TEST_F(strangers, that_send_without_credit_are_disconnected) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1"), [](auto& o) { o.window = 1'000; }};
  a.admits = true;
  a.hold(true);
  const auto friendly = befriend(a, certify(ours, "n2"));
  ASSERT_TRUE(friendly.wire);
  std::string frames;
  for (int i = 0; i < 3; ++i) {
    link::put_header(frames, link::frame_kind::payload, std::string(900, 'x'), link::checking::none,
                     link::topic::raft);
    frames.append(900, 'x');
  }
  write(*friendly.wire, frames);
  ASSERT_TRUE(becomes([&] { return a.count() == 2 && !a.of("n2").up; }));
  EXPECT_NE(a.trouble_with("n2").why.find("sends more than it was allowed to"), std::string::npos);
}

TEST_F(strangers, that_speak_no_tls_or_nothing_are_cut_off_and_disturb_nobody) {
  const auto ours = make_authority();
  const auto quick = [](auto& o) { o.handshake = span{300}; };
  linked_node a{"n1", certify(ours, "n1"), quick}, b{"n2", certify(ours, "n2")};
  introduce(a, "n1", b, "n2");
  auto http = reach(a);
  asio::write(http, asio::buffer(std::string{"GET / HTTP/1.1\r\nHost: a\r\n\r\n"}));
  EXPECT_LT(read_out(http), 100u);
  auto garbage = reach(a);
  asio::write(garbage, asio::buffer(std::string(10'000, '\xa7')));
  EXPECT_LT(read_out(garbage), 100u);
  auto silent = reach(a);
  EXPECT_EQ(read_out(silent), 0u);
  b.echoes = true;
  ASSERT_TRUE(a->send("n2", channel::control, link::topic::ask, blob::from("still there")));
  EXPECT_TRUE(becomes([&] { return a.count() == 1; }));
  EXPECT_EQ(a.of("n2").control.connections, 1u);
}

TEST_F(strangers, are_let_in_only_so_many_at_a_time_before_they_said_who_they_are) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1"), [](auto& o) { o.most_strangers = 2; }};
  auto one = reach(a), two = reach(a), three = reach(a);
  EXPECT_EQ(read_out(three), 0u);
  one.close();
  two.close();
  linked_node b{"n2", certify(ours, "n2")};
  introduce(b, "n2", a, "n1");
}

TEST_F(strangers, that_accept_and_stay_silent_are_given_up_in_time) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1"), [](auto& o) { o.handshake = span{200}; }};
  tcp::acceptor mute{io_, {asio::ip::address_v4::loopback(), 0}};
  a->set_peer("n2", "127.0.0.1:" + std::to_string(mute.local_endpoint().port()));
  const auto why = a.trouble_with("n2");
  EXPECT_EQ(why.code, code::timed_out);
  EXPECT_NE(why.why.find("did not say who it is in 200ms"), std::string::npos);
}

TEST_F(strangers, that_answer_with_something_else_are_named_by_their_address) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")};
  tcp::acceptor other{io_, {asio::ip::address_v4::loopback(), 0}};
  const auto address = "127.0.0.1:" + std::to_string(other.local_endpoint().port());
  a->set_peer("n2", address);
  auto met = other.accept();
  asio::write(met, asio::buffer(std::string{"HTTP/1.1 400 Bad Request\r\n\r\n"}));
  const auto why = a.trouble_with("n2");
  EXPECT_EQ(why.code, code::malformed);
  EXPECT_EQ(why.why, "the peer does not speak TLS 1.3");
  EXPECT_NE(why.where.find(address), std::string::npos);
}

TEST(introduction, is_not_tried_with_what_is_no_address) {
  const auto ours = make_authority();
  linked_node a{"n1", certify(ours, "n1")};
  a->set_peer("n2", "nowhere");
  EXPECT_EQ(a.trouble_with("n2").code, code::malformed);
  using parts = std::pair<std::string, std::string>;
  EXPECT_EQ(link::parts_of_address("a.b:1"), (parts{"a.b", "1"}));
  EXPECT_EQ(link::parts_of_address("[::1]:65535"), (parts{"::1", "65535"}));
  for (const auto* bad : {"", ":", "a:", ":1", "a:0", "a:65536", "a:1x", "::1:1", "[]:1", "[a:1"})
    EXPECT_FALSE(link::parts_of_address(bad)) << bad;
}

} // namespace
} // namespace tenon::tests
