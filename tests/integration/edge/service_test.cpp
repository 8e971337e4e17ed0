// The edge as a service: what it says about keys, limits, errors and itself, where it listens, and
// TLS.
#include "nodes/edge/environment.hpp"
#include "protocols/json.hpp"
#include "tests/support/served_edge.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <fstream>

namespace {

using namespace tenon;
using namespace tenon::nodes;

class edge_service : public tests::served_edge {
protected:
  std::string key(edge::role r, std::string tenant = "acme") {
    std::array<std::uint8_t, 40> randomness{};
    randomness.fill(++seed_);
    const auto issued = edge::issue_key(std::move(tenant), r, std::nullopt, randomness);
    keys.add(issued.kept);
    return "Authorization: Bearer " + issued.text + "\r\n";
  }

private:
  std::uint8_t seed_ = 0;
};

TEST_F(edge_service, lets_in_who_has_a_key_with_the_permission_in_the_tenant) {
  serve();
  const auto viewer = key(edge::role::viewer);
  EXPECT_EQ(ask(get("/api/v1/acme/syncs/a", viewer)).body, "\"acme/acme\"");
  EXPECT_EQ(ask(get("/api/v1/zeta/syncs/a", viewer)).status, 403u);
  const auto anonymous = ask(get("/api/v1/acme/syncs/a"));
  EXPECT_EQ(anonymous.status, 401u);
  EXPECT_TRUE(anonymous.says("WWW-Authenticate: Bearer"));
  EXPECT_EQ(ask(get("/api/v1/zeta/syncs/a", key(edge::role::viewer, "*"))).body, "\"*/zeta\"");
}

TEST_F(edge_service, takes_the_permission_s_kind_from_the_path) {
  serve();
  const auto put = [&](std::string_view path, std::string_view fields) {
    auto bytes = post(path, "{}", fields);
    return ask("PUT" + bytes.substr(4)).status;
  };
  EXPECT_EQ(put("/api/v1/acme/flows/a", key(edge::role::developer)), 200u);
  EXPECT_EQ(put("/api/v1/acme/keys/a", key(edge::role::developer)), 403u);
  EXPECT_EQ(put("/api/v1/acme/keys/a", key(edge::role::admin)), 200u);
}

TEST_F(edge_service, refuses_a_body_from_a_stranger_before_reading_it) {
  serve();
  auto c = client();
  c.send("PUT /api/v1/acme/syncs/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n"
         "Expect: 100-continue\r\n\r\n");
  const auto r = c.response();
  EXPECT_EQ(r.status, 401u);
  EXPECT_TRUE(r.says("Connection: close"));
}

TEST_F(edge_service, limits_a_tenant_and_says_when_to_come_back) {
  serve({}, {0.5, 2, 10});
  const auto viewer = key(edge::role::viewer);
  EXPECT_EQ(ask(get("/api/v1/acme/syncs/a", viewer)).status, 200u);
  EXPECT_EQ(ask(get("/api/v1/acme/syncs/a", viewer)).status, 200u);
  const auto refused = ask(get("/api/v1/acme/syncs/a", viewer));
  EXPECT_EQ(refused.status, 429u);
  EXPECT_TRUE(refused.says("Retry-After: 2"));
  EXPECT_EQ(ask(get("/api/v1/zeta/syncs/a", key(edge::role::viewer, "zeta"))).status, 200u);
}

TEST_F(edge_service, names_the_methods_of_a_path) {
  serve();
  const auto refused = ask("DELETE /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(refused.status, 405u);
  EXPECT_TRUE(refused.says("Allow: POST, OPTIONS\r\n"));
  const auto told = ask("OPTIONS /now/a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(told.status, 204u);
  EXPECT_TRUE(told.says("Allow: GET, HEAD, OPTIONS\r\n"));
  EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status, 204u);
  EXPECT_EQ(ask("BREW /echo HTTP/1.1\r\nHost: a\r\n\r\n").status, 405u);
}

TEST_F(edge_service, tells_problems_with_request_and_trace) {
  serve();
  const auto r = ask(
      get("/nowhere", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"));
  EXPECT_EQ(r.status, 404u);
  const auto d = read_json(r.body);
  ASSERT_TRUE(d);
  EXPECT_EQ(*d->find("trace_id"), value{"4bf92f3577b34da6a3ce929d0e0e4736"});
  EXPECT_TRUE(r.says("X-Request-Id: " + *d->find("request_id")->as<std::string>()));
}

TEST_F(edge_service, counts_requests_by_route_before_the_answer_leaves) {
  serve();
  ask(get("/now/a"));
  ask(get("/nowhere"));
  const auto text = meters.exposition();
  EXPECT_NE(text.find("tenon_edge_requests_total{method=\"GET\",route=\"/now/{name}\","
                      "status=\"2xx\"} 1"),
            text.npos);
  EXPECT_NE(text.find("tenon_edge_requests_total{method=\"any\",route=\"none\",status=\"4xx\"} 1"),
            text.npos);
  EXPECT_NE(text.find("tenon_edge_request_seconds_count{method=\"GET\",route=\"/now/{name}\"} 1"),
            text.npos);
}

struct settled final : edge::readiness {
  bool holds = true;
  std::vector<edge::condition> conditions() const override {
    return {{"journal", true}, {"partitions", holds, holds ? "" : "3 of 16 have no leader"}};
  }
};

TEST(edge_built_in, tells_health_metrics_and_its_own_description) {
  runtime::meters meters;
  const runtime::system_clock clock;
  edge::remembered_keys keys;
  settled ready;
  auto gateway =
      edge::gateway::make(edge::routes::all({meters, ready}), {clock, keys, meters}, {}, 1);
  ASSERT_TRUE(gateway) << gateway.error().why;
  auto server = edge::server::open({.port = 0}, **gateway, meters);
  ASSERT_TRUE(server) << server.error().why;
  const auto ask = [&](const std::string& path) {
    tests::raw_client c{(*server)->port()};
    c.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return c.response();
  };
  EXPECT_EQ(ask("/livez").status, 200u);
  EXPECT_EQ(ask("/readyz").body, R"({"status":"ready"})");
  ready.holds = false;
  EXPECT_EQ(ask("/readyz").status, 503u);
  EXPECT_NE(ask("/readyz?verbose").body.find("3 of 16 have no leader"), std::string::npos);
  const auto metrics = ask("/metrics");
  EXPECT_NE(metrics.body.find("tenon_edge_connections"), std::string::npos);
  EXPECT_TRUE(metrics.says("text/plain; version=0.0.4"));
  const auto described = read_json(ask("/openapi.json").body);
  ASSERT_TRUE(described);
  EXPECT_EQ(*described->find("openapi"), value{"3.1.0"});
  EXPECT_NE(described->find("paths")->find("/openapi.json"), nullptr);
}

TEST(edge_listening, says_clearly_why_it_cannot) {
  runtime::meters meters;
  const runtime::system_clock clock;
  edge::remembered_keys keys;
  auto gateway = edge::gateway::make({}, {clock, keys, meters}, {}, 2);
  const auto opened = [&](edge::options o) { return edge::server::open(o, **gateway, meters); };
  auto first = opened({.port = 0});
  ASSERT_TRUE(first);
  for (const unsigned threads : {1u, 2u}) {
    const auto taken = opened({.port = (*first)->port(), .threads = threads});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, code::conflict);
    EXPECT_EQ(taken.error().where, "edge.port");
  }
  auto several = opened({.port = 0, .threads = 2});
  ASSERT_TRUE(several);
  EXPECT_FALSE(opened({.port = (*several)->port(), .threads = 2}));
  EXPECT_EQ(opened({.address = "192.0.2.1", .port = 0}).error().where, "edge.address");
  EXPECT_EQ(opened({.address = "nowhere", .port = 0}).error().code, code::malformed);
  EXPECT_EQ(opened({.port = 0, .threads = 0}).error().where, "edge.threads");
  EXPECT_EQ(opened({.port = 0, .tls = edge::certificate_files{"/absent.pem", "/absent.key"}})
                .error()
                .where,
            "edge.tls.certificate");
}

/// A client that does not check whom it talks to: the certificate was made a moment ago.
std::string ask_securely(std::uint16_t port, const std::string& bytes, int most_version,
                         boost::system::error_code& e) {
  namespace net = boost::asio;
  net::io_context loop;
  net::ssl::context context{net::ssl::context::tls_client};
  SSL_CTX_set_max_proto_version(context.native_handle(), most_version);
  SSL_CTX_set_security_level(context.native_handle(), 0);
  net::ssl::stream<net::ip::tcp::socket> s{loop, context};
  s.lowest_layer().connect({net::ip::address_v4::loopback(), port}, e);
  if (!e)
    s.handshake(net::ssl::stream_base::client, e);
  if (e)
    return {};
  net::write(s, net::buffer(bytes), e);
  std::string all;
  net::read(s, net::dynamic_buffer(all), e);
  return all;
}

TEST_F(edge_service, speaks_tls_from_1_2_on) {
  const tests::temporary_directory folder;
  const std::string certificate = (folder.path() / "cert.pem").string();
  const std::string key = (folder.path() / "key.pem").string();
  const auto command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
      " -subj /CN=localhost -out " +
      certificate + " -keyout " + key + " 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  edge::options o;
  o.tls = edge::certificate_files{certificate, key};
  o.header = span{300};
  o.tick = span{20};
  serve(o);
  const auto bytes =
      post("/echo", std::string(100'000, 'b')) + get("/stream/10/10000", "Connection: close\r\n");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    boost::system::error_code e;
    const auto all = ask_securely(server->port(), bytes, version, e);
    EXPECT_EQ(e, boost::asio::error::eof) << e.message(); // a goodbye, not a cut
    EXPECT_GT(all.size(), 200'000u);
    EXPECT_TRUE(all.ends_with("end\n\r\n0\r\n\r\n"));
  }
  boost::system::error_code old;
  EXPECT_EQ(ask_securely(server->port(), bytes, TLS1_1_VERSION, old), "");
  EXPECT_TRUE(old);
  auto plain = client();
  plain.send(get("/now/a"));
  EXPECT_EQ(plain.response().status, 0u);
  auto silent = client();
  EXPECT_TRUE(silent.ends());
}

TEST(edge_listening, says_which_tls_file_is_wrong) {
  const tests::temporary_directory folder;
  const std::string text = (folder.path() / "text.pem").string();
  std::ofstream{text} << "not a certificate";
  runtime::meters meters;
  const runtime::system_clock clock;
  edge::remembered_keys keys;
  auto gateway = edge::gateway::make({}, {clock, keys, meters}, {}, 1);
  const auto refused = edge::server::open({.port = 0, .tls = edge::certificate_files{text, text}},
                                          **gateway, meters);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().why.find(text), std::string::npos);
  EXPECT_FALSE(refused.error().remedy.empty());
}

} // namespace
