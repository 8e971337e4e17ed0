// A node is killed again and again while it syncs from an API that fails now and then, lets tokens
// expire and limits the rate. What it holds in the end is what an undisturbed run brings, and the
// platform has nothing to complain about.
#include "nodes/cli/api.hpp"
#include "protocols/json.hpp"
#include "tests/support/started_program.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <thread>

namespace {

using namespace tenon;
using nodes::cli::api;
using tests::started_program;

constexpr auto owner_key = "tn_owner01_0123456789abcdef0123456789";
constexpr double token_life_ms = 2000;

/// For shorter and longer runs.
int setting(const char* name, int otherwise) {
  const char* said = std::getenv(name);
  return said ? std::atoi(said) : otherwise;
}
const int records = setting("TENON_RECORDS", 200'000);
const int kills = setting("TENON_KILLS", 50);

constexpr auto manifest = R"({"connector": "gen", "version": 1, "base": "{{conn.base_url}}",
  "params": {"base_url": {"title": "address"}, "client_id": {"title": "id"},
             "client_secret": {"title": "secret", "secret": true}},
  "auth": {"oauth2_client": {"token": "{{conn.base_url}}/oauth/token",
           "client_id": "{{conn.client_id}}", "client_secret": "{{secret.client_secret}}"}},
  "limits": {"buckets": [{"kind": "sliding", "rate": "300/1s"}]},
  "errors": [{"when": {"status": 429}, "do": "wait", "wait": "header retry-after"},
             {"when": {"status": 401}, "do": "refresh_auth", "max": 1}],
  "streams": {"records": {"request": {"get": "/records", "query": {"limit": 200}},
              "page": {"cursor": {"from": "next", "to": "after", "where": "query"}},
              "records": "data", "key": "id"}}})";

class killed_node : public ::testing::Test {
protected:
  void SetUp() override {
    ::setenv("TENON_OWNER_KEY", owner_key, 1);
    ::setenv("XDG_RUNTIME_DIR", directory_.path().c_str(), 1); // for the node's pointer
    vendor_.emplace("paged_api", std::vector<std::string>{
                                     "--generate", std::to_string(records), "--record-bytes", "400",
                                     "--client", "me:secret12345", "--token-ttl", "2s", "--faults",
                                     "429=1%,500=1%,cut=1%", "--seed", "7", "--rate", "300/1s",
                                     "--ledger", (directory_ / "ledger").string()});
    ASSERT_TRUE(vendor_->first_line().starts_with("http://"));
  }

  void start_node() {
    node_.emplace("tenon",
                  std::vector<std::string>{"node", "--data", (directory_ / "data").string(),
                                           "--http", "127.0.0.1:0", "--allow-network",
                                           "127.0.0.0/8", "--log-level", "error"});
    const auto server = nodes::cli::parse_server(node_->first_line());
    ASSERT_TRUE(server) << node_->first_line();
    api_.emplace(nodes::cli::http_client{{*server, owner_key}}, "default");
  }

  void apply() {
    const auto sync = [](const char* name) {
      const object from{{"connector", object{{"integration", "gen"}, {"stream", "records"}}}};
      return object{{"kind", "sync"},
                    {"name", name},
                    {"spec", object{{"from", from}, {"into", name}, {"retries", 20}}}};
    };
    const object config{{"base_url", vendor_->first_line()}, {"client_id", "me"}};
    const list resources{
        object{{"kind", "connector"}, {"name", "gen"}, {"spec", *read_json(manifest)}},
        object{{"kind", "credential"},
               {"name", "gen"},
               {"spec", object{{"secrets", object{{"client_secret", "secret12345"}}}}}},
        object{{"kind", "integration"},
               {"name", "gen"},
               {"spec", object{{"connector", "gen"}, {"config", config}, {"credential", "gen"}}}},
        sync("disturbed"), sync("calm")};
    const auto applied = api_->post(api_->path({"apply"}), object{{"resources", resources}});
    ASSERT_TRUE(applied) << applied.why.why;
    ASSERT_EQ(*applied.body.find("failed"), value{false}) << write_json(applied.body);
  }

  value run_of(const std::string& sync) {
    const auto run = api_->get(api_->path({"syncs", sync, "runs", "latest"}));
    EXPECT_TRUE(run) << run.why.why;
    return run.body;
  }
  static std::int64_t number(const value& run, std::string_view name) {
    const auto* n = run.find(name);
    return n && n->is<std::int64_t>() ? *n->as<std::int64_t>() : -1;
  }
  static bool over(const value& run) {
    return run.find("state") && *run.find("state") != value{"running"};
  }

  /// Until the run has so many pages or is over.
  value await(const std::string& sync, std::int64_t pages) {
    for (;;) {
      auto run = run_of(sync);
      if (HasFailure() || over(run) || number(run, "pages") >= pages)
        return run;
      std::this_thread::yield();
    }
  }

  std::map<std::string, std::string> contents(const std::string& collection) {
    std::map<std::string, std::string> all;
    const auto read =
        api_->each(api_->path({"records", collection}) + "?limit=1000", [&](const value& v) {
          all[*v.find("key")->as<std::string>()] = write_json(*v.find("record"));
          return true;
        });
    EXPECT_TRUE(read) << read.why.why;
    return all;
  }

  /// What the platform wrote down: who got a token early, and who asked too often.
  void expect_a_well_behaved_client() {
    std::ifstream ledger{directory_ / "ledger"};
    double last_grant_ms = -1e9;
    int early = 0, grants = 0, over_the_rate = 0;
    for (std::string line; std::getline(ledger, line);) {
      const auto entry = read_json(line);
      ASSERT_TRUE(entry) << line;
      if (const auto* fault = entry->find("fault"); fault && *fault == value{"rate"})
        ++over_the_rate;
      if (!entry->find("grants"))
        continue;
      const double at = *entry->find("ms")->as<double>();
      // A tenth of its life before its end a token is renewed.
      early += at - last_grant_ms < token_life_ms * 0.9;
      last_grant_ms = at;
      ++grants;
    }
    EXPECT_EQ(over_the_rate, 0);
    EXPECT_GT(grants, 1);
    // Killed between the answer and writing it down, a node can only ask again; nobody else may.
    EXPECT_LE(early, kills) << "of " << grants;
    RecordProperty("grants", grants);
    RecordProperty("early_grants", early);
  }

  tests::temporary_directory directory_;
  std::optional<started_program> vendor_;
  std::optional<started_program> node_;
  std::optional<api> api_;
};

TEST_F(killed_node, holds_in_the_end_what_an_undisturbed_run_brings_and_counts_every_record_once) {
  std::mt19937 random{42};
  start_node();
  apply();
  ASSERT_TRUE(api_->post(api_->path({"syncs", "disturbed", "runs"}), object{}));
  std::int64_t reached = 0;
  for (int kill = 0; kill < kills && !HasFatalFailure(); ++kill) {
    const auto run = await("disturbed", reached + 1 + random() % 8);
    ASSERT_FALSE(over(run)) << write_json(run);
    reached = number(run, "pages");
    node_.reset(); // SIGKILL
    start_node();
    ASSERT_GE(number(run_of("disturbed"), "pages"), reached) << "what was told was lost";
  }
  const auto disturbed = await("disturbed", records);
  EXPECT_EQ(*disturbed.find("state"), value{"succeeded"}) << write_json(disturbed);
  EXPECT_EQ(number(disturbed, "read"), records);
  EXPECT_EQ(number(disturbed, "stored"), records);
  EXPECT_EQ(number(disturbed, "unchanged") + number(disturbed, "filtered") +
                number(disturbed, "dead_lettered"),
            0);

  ASSERT_TRUE(api_->post(api_->path({"syncs", "calm", "runs"}), object{}));
  const auto calm = await("calm", records);
  EXPECT_EQ(*calm.find("state"), value{"succeeded"}) << write_json(calm);
  const auto kept = contents("disturbed");
  EXPECT_EQ(kept.size(), static_cast<std::size_t>(records));
  EXPECT_TRUE(kept == contents("calm"));
  expect_a_well_behaved_client();
}

} // namespace
