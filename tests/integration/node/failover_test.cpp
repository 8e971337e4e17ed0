// Three nodes as processes that are one cluster: every partition comes to have three replicas, any
// node takes any request, and when one is killed the others go on with all that was acknowledged.
#include "tests/support/running_node.hpp"

#include <csignal>
#include <future>

namespace {

using namespace tenon;
using namespace tenon::tests;
using nodes::cli::list_at;
using nodes::cli::text_at;

class cluster_of_three : public running_node {
protected:
  static constexpr auto all = "/api/v1/cluster";
  static constexpr std::int64_t partitions = 4;

  /// Nodes that are killed are expected to.
  bool ends_within(std::chrono::milliseconds most) override {
    (void)nodes_[0].process->ends_within(most);
    return false;
  }

  struct member {
    std::string name;
    std::optional<started_program> process;
    std::optional<nodes::cli::api> api;
  };

  /// As it was when it ran before, or with a token for the first time.
  void start(member& m, const words& more = {}) {
    words arguments{"node", "--data", (directory_ / m.name).string(), "--name", m.name};
    for (const char* option : {"--http", "--cluster-address"})
      arguments.insert(arguments.end(), {option, "127.0.0.1:0"});
    arguments.insert(arguments.end(), {"--allow-network", "127.0.0.0/8"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    m.process.emplace("tenon", arguments, node_environment());
    const auto server = nodes::cli::parse_server(m.process->first_line());
    ASSERT_TRUE(server) << m.process->errors();
    m.api.emplace(nodes::cli::http_client{{*server, owner_key}}, "default");
  }

  void found() {
    start(nodes_[0], {"--partitions", std::to_string(partitions)});
    const auto made = first().post(std::string{all} + "/init", object{{"name", "prod"}});
    ASSERT_TRUE(made) << made.why.why;
    for (auto* m : {&nodes_[1], &nodes_[2]}) {
      const auto token =
          first().post(std::string{all} + "/tokens", object{{"lives_ms", std::int64_t{60'000}}});
      ASSERT_TRUE(token) << token.why.why;
      door_ = text_at(token.body, "address");
      start(*m, {"--join", door_, "--token", text_at(token.body, "token")});
    }
    await("every partition to have three replicas", [&] {
      const auto seen = first().get(all);
      return seen && std::ranges::all_of(list_at(seen.body, "members"), [](const value& m) {
               return number(m, "holds") == partitions;
             });
    });
    api_ = nodes_[0].api;
  }
  nodes::cli::api& first() { return *nodes_[0].api; }

  /// Whether it was acknowledged.
  static bool make(const nodes::cli::api& through, const std::string& name) {
    const object one{{"kind", "collection"}, {"name", name}, {"spec", object{}}};
    const auto applied =
        through.post(through.path({"apply"}), object{{"resources", list{value{one}}}});
    return applied && *applied.body.find("failed") == value{false};
  }

  /// Makes collections through all nodes in turn until told to end: those that were acknowledged.
  std::set<std::string> make_through_all(const std::string& prefix,
                                         const std::atomic<bool>& until) {
    const std::array through{*nodes_[0].api, *nodes_[1].api, *nodes_[2].api};
    std::set<std::string> there;
    for (std::size_t i = 0; !until; ++i)
      if (const auto name = prefix + std::to_string(i); make(through[i % through.size()], name))
        there.insert(name);
    return there;
  }

  void expect_all_know(const std::set<std::string>& names) {
    for (auto& m : nodes_)
      for (const auto& name : names)
        EXPECT_TRUE(m.api->get(m.api->path({"collections", name})))
            << name << " was acknowledged, and " << m.name << " does not know it";
  }

  std::array<member, 3> nodes_{member{"one", {}, {}}, member{"two", {}, {}},
                               member{"three", {}, {}}};
  std::string door_;
};

TEST_F(cluster_of_three, loses_nothing_that_was_acknowledged_when_nodes_are_killed) {
  found();
  std::set<std::string> there;
  for (auto& killed : nodes_) {
    std::atomic<bool> until{false};
    auto writer =
        std::async(std::launch::async, [&] { return make_through_all(killed.name + "-", until); });
    auto& other = &killed == &nodes_[2] ? nodes_[0] : nodes_[2];
    auto makes = [&, number = 0](int more) mutable {
      for (; more > 0; --more)
        await("one to be made", [&] {
          const auto name = "seen-" + killed.name + std::to_string(++number);
          return make(*other.api, name) && there.insert(name).second;
        });
    };
    makes(5);
    ::kill(killed.process->pid(), SIGKILL);
    killed.process->wait();
    makes(10);
    until = true;
    const auto made = writer.get();
    there.insert(made.begin(), made.end());
    start(killed, {"--join", door_});
    await("all to be ready", [&] {
      return std::ranges::all_of(nodes_, [](member& m) { return bool{m.api->get("/readyz")}; });
    });
  }
  EXPECT_GT(there.size(), 10u);
  expect_all_know(there);
}

TEST_F(cluster_of_three, goes_on_with_a_sync_whose_node_is_killed) {
  constexpr std::int64_t records = 20'000;
  start_vendor({"--generate", std::to_string(records), "--page-size", "100", "--latency", "5ms"});
  found();
  apply(subscription{.url = vendor()}.resources());
  start_run("gen");
  await_run("gen", "some pages", [](const value& run) { return number(run, "read") > 1'000; });
  // Whoever has the sync has read most: kill each node but the one that is asked, one at a time.
  for (auto* m : {&nodes_[1], &nodes_[2]}) {
    const auto before = number(latest("gen"), "read");
    ::kill(m->process->pid(), SIGKILL);
    m->process->wait();
    await_run("gen", "it to go on",
              [&](const value& run) { return over(run) || number(run, "read") > before; });
    start(*m, {"--join", door_});
    await("it to be back", [&] { return bool{m->api->get("/readyz")}; });
  }
  const auto run = await_run("gen", "its end", over);
  EXPECT_EQ(state(run), "succeeded") << write_json(run);
  EXPECT_EQ(contents("gen").size(), static_cast<std::size_t>(records));
}

} // namespace
