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

  list resources() const;

  object resource(const char* kind, object spec) const;

  /// With a token of the vendor's, fetched for a client's id and secret.
  subscription with_oauth(const std::string& id, const std::string& secret) const;
  subscription with_key(const std::string& key) const;
};

class running_node : public ::testing::Test {
protected:
  static constexpr auto owner_key = "tn_owner01_0123456789abcdef0123456789";
  static constexpr std::chrono::seconds patience{120}; // on a machine that does much else

  std::filesystem::path data() const { return directory_ / "data"; }

  void start_vendor(const words& arguments);
  std::string vendor() const { return vendor_->first_line(); }

  words node_words(const words& more = {}) const;
  words node_environment(words more = {}) const;
  void launch_node(const words& arguments = {}, const words& environment = {});
  void start_node(const words& arguments = {}, const words& environment = {});
  /// A node that must not start: what it says about that.
  std::string refused_start(const words& arguments = {}, const words& environment = {});

  std::uint16_t port() const { return static_cast<std::uint16_t>(std::stoi(api_->server().port)); }
  /// What it tells to whoever scrapes it: all of it, and one of them, with its labels.
  std::string metrics() const;
  double metric(const std::string& name) const;
  /// The most bytes of memory that the node has held at once.
  std::size_t peak_memory() const;

  void apply(const list& resources);
  /// A collection by each name; those that the node said are there now.
  std::set<std::string> make_collections(const std::string& prefix, const std::atomic<bool>& until);
  void expect_collections(const std::set<std::string>& names);

  void start_run(const std::string& sync);

  value get(std::initializer_list<std::string_view> names);
  value latest(const std::string& sync) { return get({"syncs", sync, "runs", "latest"}); }

  /// Whether the node, of which nobody expects it, ends within this time.
  virtual bool ends_within(std::chrono::milliseconds most) { return node_->ends_within(most); }
  /// Asks again and again until it holds.
  void await(const char* what, const std::function<bool()>& holds);
  value await_run(const std::string& sync, const char* what,
                  const std::function<bool(const value&)>& holds);
  static bool over(const value& run);
  /// Starts a run and sees it to its end.
  value run(const std::string& sync);

  static std::int64_t number(const value& of, std::string_view name) {
    return nodes::cli::number_at(of, name).value_or(-1);
  }
  static std::string state(const value& run) { return nodes::cli::text_at(run, "state"); }
  /// "detail", "field" or "remedy" of why a run failed.
  static std::string why(const value& run, std::string_view part = "detail");
  static void expect_says(const std::string& text, std::string_view part);
  /// The run failed, and says why, where and what to do.
  static void expect_failed(const value& run, std::string_view detail, std::string_view field,
                            std::string_view remedy);
  /// No record was dropped without a word.
  static void expect_conserved(const value& run);

  std::map<std::string, std::string> contents(const std::string& collection);

  /// The node takes a subscription at a healthy vendor, and what that sends comes in.
  void expect_serves();

  static std::string contents_of(const std::filesystem::path& file);

  temporary_directory directory_;
  std::optional<started_program> vendor_;
  std::optional<started_program> node_;
  std::optional<nodes::cli::api> api_;
};

} // namespace tenon::tests
