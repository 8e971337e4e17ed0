// A node as people run it — the program itself on a free port, asked over its API — with a vendor
// played beside it. A test says what is wrong with the world, runs a sync, and looks at what the
// node makes of it. Everything that takes time is awaited, never slept for.
#pragma once

#include "nodes/cli/api.hpp"
#include "nodes/cli/members.hpp"
#include "protocols/json.hpp"
#include "tests/support/canned_server.hpp"
#include "tests/support/started_program.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace tenon::tests {

using words = started_program::words;

/// A connector with one stream, `records`, an account at it, and a sync into a collection: all four
/// have one name. The texts are JSON, as somebody would write them.
struct subscription {
  std::string url;
  std::string name = "gen";
  std::string auth = R"({"none": {}})";
  std::string params = "{}"; // beside base_url
  std::string limits = "{}";
  std::string rules = "[]";
  std::string request = R"({"get": "/records", "query": {"limit": 200}})";
  object config{}; // beside base_url
  object secrets{};
  std::string keep; // of the sync
  int retries = 3;

  list resources() const {
    const auto read = [](const std::string& text) {
      auto v = read_json(text);
      EXPECT_TRUE(v) << text << ": " << v.error().why;
      return *std::move(v);
    };
    auto asked = read(params);
    asked.as<object>()->append("base_url", object{{"title", "address"}});
    const object stream{{"request", read(request)},
                        {"page", read(R"({"cursor": {"from": "next", "to": "after"}})")},
                        {"records", "data"},
                        {"key", "id"}};
    const object manifest{{"connector", name},           {"version", 1},
                          {"base", "{{conn.base_url}}"}, {"params", std::move(asked)},
                          {"auth", read(auth)},          {"limits", read(limits)},
                          {"errors", read(rules)},       {"streams", object{{"records", stream}}}};
    auto filled = config;
    filled["base_url"] = url;
    object account{{"connector", name}, {"config", std::move(filled)}};
    list all{resource("connector", manifest)};
    if (!secrets.empty()) {
      all.push_back(resource("credential", object{{"secrets", secrets}}));
      account["credential"] = name;
    }
    all.push_back(resource("integration", std::move(account)));
    const object from{{"connector", object{{"integration", name}, {"stream", "records"}}}};
    all.push_back(resource(
        "sync", object{{"from", from}, {"into", name}, {"keep", keep}, {"retries", retries}}));
    return all;
  }

  object resource(const char* kind, object spec) const {
    return {{"kind", kind}, {"name", name}, {"spec", std::move(spec)}};
  }

  /// With a token of the vendor's, fetched for a client's id and secret.
  subscription with_oauth(const std::string& id, const std::string& secret) const {
    auto made = *this;
    made.auth = R"({"oauth2_client": {"token": "{{conn.base_url}}/oauth/token",
      "client_id": "{{conn.client_id}}", "client_secret": "{{secret.client_secret}}"}})";
    made.params = R"({"client_id": {"title": "id"},
                      "client_secret": {"title": "the client's secret", "secret": true}})";
    made.config["client_id"] = id;
    made.secrets["client_secret"] = secret;
    return made;
  }
  subscription with_key(const std::string& key) const {
    auto made = *this;
    made.auth = R"({"key": {"in": "header", "name": "Authorization", "prefix": "Bearer ",
                            "value": "{{secret.key}}"}})";
    made.params = R"({"key": {"title": "the API key", "secret": true}})";
    made.secrets["key"] = key;
    return made;
  }
};

class running_node : public ::testing::Test {
protected:
  static constexpr auto owner_key = "tn_owner01_0123456789abcdef0123456789";
  static constexpr std::chrono::seconds patience{120}; // on a machine that does much else

  std::filesystem::path data() const { return directory_ / "data"; }

  void start_vendor(const words& arguments) {
    vendor_.emplace("paged_api", arguments);
    ASSERT_TRUE(vendor_->first_line().starts_with("http://")) << vendor_->errors();
  }
  std::string vendor() const { return vendor_->first_line(); }

  words node_words(const words& more = {}) const {
    words all{"node",        "--data",          data().string(), "--http",
              "127.0.0.1:0", "--allow-network", "127.0.0.0/8"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  words node_environment(words more = {}) const {
    more.push_back(std::string{"TENON_OWNER_KEY="} + owner_key);
    more.push_back("XDG_RUNTIME_DIR=" + directory_.path().string()); // for the node's pointer
    return more;
  }
  void launch_node(const words& arguments = {}, const words& environment = {}) {
    node_.emplace("tenon", node_words(arguments), node_environment(environment));
  }
  void start_node(const words& arguments = {}, const words& environment = {}) {
    launch_node(arguments, environment);
    const auto server = nodes::cli::parse_server(node_->first_line());
    ASSERT_TRUE(server) << node_->errors();
    api_.emplace(nodes::cli::http_client{{*server, owner_key}}, "default");
  }
  /// A node that must not start: what it says about that.
  std::string refused_start(const words& arguments = {}, const words& environment = {}) {
    launch_node(arguments, environment);
    EXPECT_EQ(node_->first_line(), "");
    EXPECT_EQ(node_->wait(), 1);
    return node_->errors();
  }

  std::uint16_t port() const { return static_cast<std::uint16_t>(std::stoi(api_->server().port)); }
  /// The most bytes of memory that the node has held at once.
  std::size_t peak_memory() const {
    std::ifstream status{"/proc/" + std::to_string(node_->pid()) + "/status"};
    std::string name;
    std::size_t kilobytes = 0;
    while (status >> name && name != "VmHWM:") {
    }
    status >> kilobytes;
    return kilobytes * 1024;
  }

  void apply(const list& resources) {
    const auto applied = api_->post(api_->path({"apply"}), object{{"resources", resources}});
    ASSERT_TRUE(applied) << applied.why.why;
    ASSERT_EQ(*applied.body.find("failed"), value{false}) << write_json(applied.body);
  }
  /// A collection by each name; those that the node said are there now.
  std::set<std::string> make_collections(const std::string& prefix,
                                         const std::atomic<bool>& until) {
    const auto mine = *api_;
    std::set<std::string> there;
    for (int i = 0; !until; ++i) {
      const auto name = prefix + std::to_string(i);
      const object one{{"kind", "collection"}, {"name", name}, {"spec", object{}}};
      const auto applied = mine.post(mine.path({"apply"}), object{{"resources", list{value{one}}}});
      if (!applied)
        return there;
      if (*applied.body.find("failed") == value{false})
        there.insert(name);
    }
    return there;
  }
  void expect_collections(const std::set<std::string>& names) {
    for (const auto& name : names)
      EXPECT_TRUE(api_->get(api_->path({"collections", name}))) << name << " was acknowledged";
  }

  void start_run(const std::string& sync) {
    const auto started = api_->post(api_->path({"syncs", sync, "runs"}), object{});
    ASSERT_TRUE(started) << started.why.why;
  }

  value get(std::initializer_list<std::string_view> names) {
    auto got = api_->get(api_->path(names));
    EXPECT_TRUE(got) << got.why.why;
    return got.body;
  }
  value latest(const std::string& sync) { return get({"syncs", sync, "runs", "latest"}); }

  /// Asks again and again until it holds.
  template <class Holds> void await(const char* what, Holds holds) {
    const auto end = std::chrono::steady_clock::now() + patience;
    const auto failures = [] {
      return ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
    };
    for (const auto before = failures(); !holds() && failures() == before;) {
      if (std::chrono::steady_clock::now() > end)
        FAIL() << "in vain: " << what;
      if (node_->ends_within(std::chrono::milliseconds{5}))
        FAIL() << "the node ended while this was awaited: " << what << '\n' << node_->errors();
    }
  }
  template <class Holds> value await_run(const std::string& sync, const char* what, Holds holds) {
    value run;
    await(what, [&] {
      run = latest(sync);
      return holds(run);
    });
    return run;
  }
  static bool over(const value& run) {
    const auto state = nodes::cli::text_at(run, "state");
    return state == "succeeded" || state == "failed" || state == "cancelled";
  }
  /// Starts a run and sees it to its end.
  value run(const std::string& sync) {
    start_run(sync);
    return await_run(sync, "the run's end", over);
  }

  static std::int64_t number(const value& of, std::string_view name) {
    return nodes::cli::number_at(of, name).value_or(-1);
  }
  static std::string state(const value& run) { return nodes::cli::text_at(run, "state"); }
  /// "detail", "field" or "remedy" of why a run failed.
  static std::string why(const value& run, std::string_view part = "detail") {
    const auto* failure = run.find("failure");
    return failure ? nodes::cli::text_at(*failure, part) : "";
  }
  static void expect_says(const std::string& text, std::string_view part) {
    EXPECT_NE(text.find(part), std::string::npos) << '"' << part << "\" is not in: " << text;
  }
  /// The run failed, and says why, where and what to do.
  static void expect_failed(const value& run, std::string_view detail, std::string_view field,
                            std::string_view remedy) {
    EXPECT_EQ(state(run), "failed") << write_json(run);
    expect_says(why(run), detail);
    expect_says(why(run, "field"), field);
    expect_says(why(run, "remedy"), remedy);
  }
  /// No record was dropped without a word.
  static void expect_conserved(const value& run) {
    EXPECT_EQ(number(run, "read"), number(run, "stored") + number(run, "unchanged") +
                                       number(run, "filtered") + number(run, "dead_lettered"))
        << write_json(run);
  }

  std::map<std::string, std::string> contents(const std::string& collection) {
    std::map<std::string, std::string> all;
    const auto read =
        api_->each(api_->path({"records", collection}) + "?limit=1000", [&](const value& v) {
          all[nodes::cli::text_at(v, "key")] = write_json(*v.find("record"));
          return true;
        });
    EXPECT_TRUE(read) << read.why.why;
    return all;
  }

  /// The node takes a subscription at a healthy vendor, and what that sends comes in.
  void expect_serves() {
    const canned_server healthy{[](const canned_request&) -> canned_answer {
      return {.body = R"({"data":[{"id":1},{"id":2}],"next":null})"};
    }};
    apply(subscription{.url = healthy.url(), .name = "healthy"}.resources());
    const auto run = this->run("healthy");
    EXPECT_EQ(state(run), "succeeded") << write_json(run);
    EXPECT_EQ(number(run, "read"), 2);
    EXPECT_EQ(contents("healthy").size(), 2u);
  }

  static std::string contents_of(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  temporary_directory directory_;
  std::optional<started_program> vendor_;
  std::optional<started_program> node_;
  std::optional<nodes::cli::api> api_;
};

} // namespace tenon::tests
