#include "tests/integration/outbound/certificates.hpp"
#include "tests/integration/outbound/loopback_server.hpp"
#include "tests/integration/outbound/outside.hpp"

#include <filesystem>
#include <fstream>

namespace tenon::tests {
namespace {

using namespace std::chrono_literals;
using outbound::limits;
using outbound::response;

void keep_answering(peer& p, unsigned) {
  while (!p.request().empty())
    p.answer("secret");
}

/// Trusts one authority, made for the test; every name is this machine.
class tls : public testing::Test {
protected:
  tls() {
    std::ofstream{file_} << authority_.pem();
    options_.ca_files = {file_.string()};
    options_.lookup = [](const std::string&) -> result<std::vector<outbound::address>> {
      return std::vector{*outbound::parse_address("127.0.0.1")};
    };
  }
  ~tls() override { std::filesystem::remove(file_); }

  certificate issued(certificate::wanted w) { return certificate{w, &authority_}; }

  /// What a client says about a server with this certificate, asked for by this name.
  result<response> answer_of(const certificate& c, const std::string& host = "api.example.com",
                             int newest = TLS1_3_VERSION) {
    auto context = c.serving(newest);
    loopback_server server{keep_answering, &context};
    outside out{options_};
    return out.get("https://" + host + ':' + std::to_string(server.port()));
  }

  std::filesystem::path file_ =
      std::filesystem::temp_directory_path() /
      ("tenon-ca-" + std::to_string(::getpid()) + '-' +
       testing::UnitTest::GetInstance()->current_test_info()->name() + ".pem");
  const certificate authority_{{.name = "Test Authority", .authority = true}};
  outbound::client_options options_ = to_loopback();
};

void expect_refused(const result<response>& answer, std::string_view says) {
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, code::forbidden);
  EXPECT_EQ(answer.error().where, "tls");
  EXPECT_NE(answer.error().why.find(says), std::string::npos) << answer.error().why;
  EXPECT_FALSE(answer.error().remedy.empty());
}

TEST_F(tls, speaks_with_a_server_whose_certificate_is_good_and_keeps_the_connection) {
  auto context = issued({"api", "DNS:api.example.com"}).serving();
  loopback_server server{keep_answering, &context};
  outside out{options_};
  for (int i = 0; i < 3; ++i) {
    const auto answer = out.get("https://api.example.com:" + std::to_string(server.port()));
    ASSERT_TRUE(answer) << answer.error().why;
    EXPECT_EQ(answer->body.view(), "secret");
  }
  EXPECT_EQ(server.connections(), 1u);
}

TEST_F(tls, takes_an_address_that_the_certificate_names) {
  EXPECT_TRUE(answer_of(issued({"api", "IP:127.0.0.1"}), "127.0.0.1"));
  expect_refused(answer_of(issued({"api", "DNS:localhost"}), "127.0.0.1"), "is not for 127.0.0.1");
}

TEST_F(tls, takes_a_wildcard_for_one_part_of_a_name) {
  const auto wild = issued({"api", "DNS:*.example.com"});
  EXPECT_TRUE(answer_of(wild));
  expect_refused(answer_of(wild, "a.b.example.com"), "is not for a.b.example.com");
}

TEST_F(tls, refuses_an_expired_certificate) {
  expect_refused(answer_of(issued({"api", "DNS:api.example.com", -7200, -3600})),
                 "the certificate of api.example.com:");
  expect_refused(answer_of(issued({"api", "DNS:api.example.com", -7200, -3600})), "has expired");
}

TEST_F(tls, refuses_a_certificate_that_is_not_valid_yet) {
  expect_refused(answer_of(issued({"api", "DNS:api.example.com", 3600, 7200})), "is not valid yet");
}

TEST_F(tls, refuses_a_certificate_for_another_name_and_says_for_which_it_is) {
  expect_refused(answer_of(issued({"api", "DNS:www.example.com,DNS:example.com"})),
                 "is not for api.example.com but for www.example.com, example.com");
}

TEST_F(tls, refuses_a_certificate_that_signed_itself) {
  expect_refused(answer_of(certificate{{.name = "api", .subjects = "DNS:api.example.com"}}),
                 "is self-signed");
}

TEST_F(tls, refuses_an_authority_that_is_not_trusted) {
  const certificate stranger{{.name = "Stranger", .authority = true}};
  const certificate c{{.name = "api", .subjects = "DNS:api.example.com"}, &stranger};
  expect_refused(answer_of(c), "not trusted, 'Stranger'");
}

TEST_F(tls, refuses_versions_below_1_2) {
  const auto good = issued({"api", "DNS:api.example.com"});
  EXPECT_TRUE(answer_of(good, "api.example.com", TLS1_2_VERSION));
  const auto old = answer_of(good, "api.example.com", TLS1_1_VERSION);
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, code::unavailable);
  EXPECT_EQ(old.error().where, "tls");
}

TEST_F(tls, says_that_a_server_does_not_speak_it) {
  loopback_server server{[](peer& p, unsigned) { p.send("HTTP/1.1 400 Bad Request\r\n\r\n"); }};
  outside out{options_};
  const auto answer = out.get("https://127.0.0.1:" + std::to_string(server.port()));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, code::unavailable);
  EXPECT_EQ(answer.error().where, "tls");
}

TEST_F(tls, limits_the_time_of_the_handshake) {
  loopback_server silent{[](peer& p, unsigned) { p.wait_for_close(); }};
  outside out{options_};
  limits l;
  l.connect = 40ms;
  const auto port = std::to_string(silent.port());
  const auto answer = out.get("https://127.0.0.1:" + port, l);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().why,
            "the TLS handshake with 127.0.0.1:" + port + " took longer than 40ms");
}

TEST_F(tls, tells_a_cut_body_from_a_whole_one_when_no_length_was_given) {
  auto context = issued({"api", "DNS:api.example.com"}).serving();
  for (const bool proper : {true, false}) {
    loopback_server server{[&](peer& p, unsigned) {
                             p.request();
                             p.send("HTTP/1.1 200 OK\r\n\r\nall there is");
                             if (proper)
                               p.close_notify();
                           },
                           &context};
    outside out{options_};
    const auto answer = out.get("https://api.example.com:" + std::to_string(server.port()));
    EXPECT_EQ(answer.has_value(), proper) << (answer ? "" : answer.error().why);
  }
}

TEST_F(tls, does_not_follow_a_redirect_to_plain_http) {
  auto context = issued({"api", "DNS:api.example.com"}).serving();
  loopback_server server{[](peer& p, unsigned) {
                           p.request();
                           p.send("HTTP/1.1 302 Found\r\nLocation: http://api.example.com/\r\n"
                                  "Content-Length: 0\r\n\r\n");
                         },
                         &context};
  outside out{options_};
  const auto answer = out.get("https://api.example.com:" + std::to_string(server.port()));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, code::forbidden);
  EXPECT_NE(answer.error().why.find("from https to http"), std::string::npos);
}

TEST_F(tls, says_which_file_of_authorities_cannot_be_read) {
  runtime::meters meters;
  const auto made = outbound::client::make({.ca_files = {"/nowhere/ca.pem"}}, meters);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, code::malformed);
  EXPECT_EQ(made.error().where, "/nowhere/ca.pem");
}

} // namespace
} // namespace tenon::tests
