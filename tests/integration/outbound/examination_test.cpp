// What a connection is like, from real handshakes.
#include "runtime/outbound/examination.hpp"

#include "runtime/tasks/workers.hpp"
#include "tests/integration/outbound/certificates.hpp"
#include "tests/integration/outbound/loopback_server.hpp"
#include "tests/integration/outbound/outside.hpp"

#include <filesystem>
#include <fstream>

namespace tenon::tests {
namespace {

using namespace std::chrono_literals;
using outbound::examination;
using outbound::phase_of;

void keep_answering(peer& p, unsigned) {
  while (!p.request().empty())
    p.answer("secret");
}

class examining : public testing::Test {
protected:
  examining() {
    std::ofstream{file_} << authority_.pem();
    options_.ca_files = {file_.string()};
    options_.lookup = [](const std::string& host) -> result<std::vector<outbound::address>> {
      if (host == "nowhere.example.com")
        return failure{code::not_found, "there is no host nowhere.example.com", "lookup"};
      return std::vector{*outbound::parse_address("127.0.0.1")};
    };
  }
  ~examining() override { std::filesystem::remove(file_); }

  examination examine(const std::string& url) {
    outside out{options_};
    runtime::workers workers{{.threads = 1}};
    std::promise<examination> seen;
    auto look = [](outbound::client& c, std::string where) -> runtime::task<result<examination>> {
      outbound::limits bounds;
      bounds.connect = 5s;
      co_return co_await c.examine(std::move(where), std::move(bounds));
    };
    const auto begun =
        runtime::start<examination>(workers, look(*out.client, url), [&](result<examination> e) {
          seen.set_value(e ? *e : examination{});
        });
    EXPECT_TRUE(begun);
    return seen.get_future().get();
  }

  examination examine_server(const certificate::wanted& w, bool trusted = true,
                             const std::string& host = "api.example.com") {
    const certificate shown{w, trusted ? &authority_ : nullptr};
    auto context = shown.serving();
    loopback_server server{keep_answering, &context};
    return examine("https://" + host + ':' + std::to_string(server.port()));
  }

  std::filesystem::path file_ =
      std::filesystem::temp_directory_path() /
      ("tenon-ca-" + std::to_string(::getpid()) + '-' +
       testing::UnitTest::GetInstance()->current_test_info()->name() + ".pem");
  const certificate authority_{{.name = "Test Authority", .authority = true}};
  outbound::client_options options_ = to_loopback();
};

moment now() {
  return std::chrono::time_point_cast<span>(std::chrono::system_clock::now());
}

TEST_F(examining, shows_address_protocol_and_certificate_of_a_good_server) {
  const auto e = examine_server(
      {.name = "api", .subjects = "DNS:api.example.com", .valid_until = 40 * 86'400});
  ASSERT_FALSE(e.trouble) << e.trouble->why;
  EXPECT_TRUE(e.tls);
  ASSERT_EQ(e.addresses.size(), 1u);
  EXPECT_EQ(to_text(*e.reached), "127.0.0.1");
  EXPECT_EQ(e.protocol, "TLSv1.3");
  EXPECT_FALSE(e.cipher.empty());
  ASSERT_TRUE(e.shown);
  EXPECT_EQ(e.shown->issuer, "Test Authority");
  EXPECT_EQ(e.shown->names, "api.example.com");
  EXPECT_NEAR(static_cast<double>((e.shown->valid_until - now()).count()), 40 * 86'400'000.0,
              60'000.0);
  EXPECT_LT(e.shown->valid_from, now());
}

TEST_F(examining, shows_the_certificate_that_it_refuses_and_why) {
  const auto expired = examine_server({.name = "api",
                                       .subjects = "DNS:api.example.com",
                                       .valid_from = -7200,
                                       .valid_until = -3600});
  ASSERT_TRUE(expired.trouble && expired.shown);
  EXPECT_NE(expired.trouble->why.find("has expired"), std::string::npos) << expired.trouble->why;
  EXPECT_LT(expired.shown->valid_until, now());
  const auto own = examine_server({.name = "api", .subjects = "DNS:api.example.com"}, false);
  ASSERT_TRUE(own.trouble && own.shown);
  EXPECT_NE(own.trouble->why.find("is self-signed"), std::string::npos) << own.trouble->why;
  const auto other = examine_server({.name = "api", .subjects = "DNS:www.example.com"});
  ASSERT_TRUE(other.trouble && other.shown);
  EXPECT_EQ(other.shown->names, "www.example.com");
  EXPECT_EQ(phase_of(*other.trouble), outbound::phase::tls);
}

TEST_F(examining, says_how_far_it_came_where_nobody_answers) {
  const auto nowhere = examine("https://nowhere.example.com");
  ASSERT_TRUE(nowhere.trouble);
  EXPECT_EQ(phase_of(*nowhere.trouble), outbound::phase::lookup);
  EXPECT_TRUE(nowhere.addresses.empty());
  std::uint16_t port = 0;
  {
    loopback_server gone{keep_answering};
    port = gone.port();
  }
  const auto closed = examine("http://api.example.com:" + std::to_string(port));
  ASSERT_TRUE(closed.trouble);
  EXPECT_EQ(phase_of(*closed.trouble), outbound::phase::connect);
  EXPECT_EQ(closed.addresses.size(), 1u);
  EXPECT_FALSE(closed.reached);
  EXPECT_TRUE(examine("no address").trouble);
}

TEST_F(examining, tells_no_addresses_where_it_may_not_go) {
  options_.policy.allowed.clear();
  const auto inside = examine("http://api.example.com:9");
  ASSERT_TRUE(inside.trouble);
  EXPECT_EQ(inside.trouble->code, code::forbidden);
  EXPECT_EQ(phase_of(*inside.trouble), outbound::phase::guard);
  EXPECT_TRUE(inside.addresses.empty());
  EXPECT_FALSE(inside.reached);
}

TEST_F(examining, sends_no_request_and_keeps_no_connection) {
  std::atomic<int> asked = 0;
  loopback_server server{[&](peer& p, unsigned) {
    while (!p.request().empty()) {
      ++asked;
      p.answer("secret");
    }
  }};
  const auto e = examine("http://api.example.com:" + std::to_string(server.port()));
  EXPECT_FALSE(e.trouble);
  EXPECT_FALSE(e.tls);
  EXPECT_FALSE(e.shown);
  EXPECT_EQ(asked, 0);
}

} // namespace
} // namespace tenon::tests
