// A secret goes in once and is seen again only by the platform it is for: it is in no file, no log
// line, no metric and no answer. And what is measured is what Prometheus understands.
#include "tests/support/raw_client.hpp"
#include "tests/support/running_node.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

class kept_secret : public running_node {
protected:
  static constexpr auto canary = "canary-5f2c9d81b7e64a03";
  static constexpr auto token = "tok_"; // how the vendor's tokens begin

  /// Everything that the node lets anybody with the owner's key see.
  std::string everything_told() {
    std::string all;
    for (const std::string target :
         {"/metrics", "/openapi.json", "/readyz?verbose", "/api/v1/actors",
          "/api/v1/default/credentials", "/api/v1/default/credentials/gen",
          "/api/v1/default/integrations/gen", "/api/v1/default/connectors/gen",
          "/api/v1/default/syncs/gen", "/api/v1/default/syncs/gen/runs",
          "/api/v1/default/actors/credential/gen", "/api/v1/default/actors/integration/gen",
          "/api/v1/default/actors/connector/gen", "/api/v1/default/actors/sync/gen",
          "/api/v1/default/actors/collection/gen", "/api/v1/default/actors/quota/gen",
          "/api/v1/default/dead-letters", "/api/v1/default/records/gen?limit=1000",
          "/api/v1/default/records/gen/letters"}) {
      raw_client client{port()};
      client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + owner_key +
                  "\r\n\r\n");
      const auto answer = client.response();
      EXPECT_TRUE(answer.status == 200 || answer.status == 404) << target << answer.head;
      all += target + '\n' + answer.head + answer.body + '\n';
    }
    return all;
  }
  static void expect_nowhere(const std::string& text, const std::string& where) {
    for (const auto* secret : {canary, token}) {
      const auto at = text.find(secret);
      EXPECT_EQ(at, std::string::npos)
          << secret << " is in " << where << ": " << text.substr(at < 200 ? 0 : at - 200, 400);
    }
  }
  void expect_in_no_file() {
    std::size_t files = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator{directory_.path()})
      if (file.is_regular_file() && file.path().filename() != "ledger") {
        expect_nowhere(contents_of(file), file.path().string());
        ++files;
      }
    EXPECT_GE(files, 4u) << "the journal, the state, the keys";
  }
};

TEST_F(kept_secret, is_in_no_file_no_log_no_metric_and_no_answer) {
  start_vendor({"--generate", "2000", "--page-size", "100", "--client", std::string{"me:"} + canary,
                "--token-ttl", "1s"});
  start_node({"--log-level", "debug"});
  const auto applied = api_->post(
      api_->path({"apply"}),
      object{{"resources", subscription{.url = vendor()}.with_oauth("me", canary).resources()}});
  ASSERT_TRUE(applied);
  expect_nowhere(write_json(applied.body), "the answer to apply");
  const auto done = run("gen");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  expect_nowhere(everything_told(), "an answer");
  expect_in_no_file();
  EXPECT_EQ(node_->terminate(), 0);
  expect_in_no_file();
  expect_nowhere(node_->errors(), "the log");
}

TEST_F(kept_secret, that_a_vendor_repeats_in_its_refusal_is_covered) {
  const canned_server vendor{[](const canned_request& r) -> canned_answer {
    return {.status = 403, .body = R"({"error":{"message":"not for )" + r.authorization + "\"}}"};
  }};
  start_node({"--log-level", "debug"});
  apply(subscription{.url = vendor.url()}.with_key(canary).resources());
  const auto refused = run("gen");
  expect_failed(refused, "403: not for Bearer ***", "records", "Give the account");
  expect_nowhere(everything_told(), "an answer");
  EXPECT_EQ(node_->terminate(), 0);
  expect_in_no_file();
  expect_nowhere(node_->errors(), "the log");
}

TEST_F(kept_secret, metrics_of_a_node_that_has_synced_are_what_prometheus_understands) {
  start_vendor({"--generate", "500", "--page-size", "100", "--client", "me:right", "--rate",
                "50/1s", "--faults", "500=5%"});
  start_node();
  apply(subscription{.url = vendor(),
                     .limits = R"({"buckets": [{"kind": "sliding", "rate": "50/1s"}]})"}
            .with_oauth("me", "right")
            .resources());
  EXPECT_EQ(state(run("gen")), "succeeded");
  EXPECT_EQ(metric("tenon_sync_pages_total"), 5);
  const auto file = (directory_ / "metrics").string();
  std::ofstream{file} << metrics();
  const auto said = (directory_ / "said").string();
  EXPECT_EQ(std::system(("promtool check metrics < " + file + " > " + said + " 2>&1").c_str()), 0)
      << contents_of(said);
  EXPECT_EQ(contents_of(said), "");
}

} // namespace
