// What every connector that is shipped keeps to in a node as people run it, over HTTP, against its
// twin: the account passes its trial, every stream is read to its end and every action is done,
// once each though the node is killed meanwhile; and what it keeps secret is seen by the platform
// alone. The next connector is tested by being there.
#include "config/yaml.hpp"
#include "tests/conformance/waivers.hpp"
#include "tests/support/driven_twin.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_node.hpp"

#include <csignal>
#include <random>

namespace tenon::tests::conformance {
namespace {

using actors::connectors::manifest;
using actors::connectors::operation;
using actors::connectors::stream;
using actors::connectors::twin;
using actors::connectors::write_mode;

/// Which no text has by chance.
std::string canary() {
  static std::mt19937_64 random{std::random_device{}()};
  std::ostringstream text;
  text << "canary" << std::hex << random() << random();
  return text.str();
}

/// Words that say nothing of themselves: a key of a service is told by what stands in it.
std::string recognisable(const std::string& secret) {
  const auto first = secret.find('\n');
  return secret.starts_with("-----") ? secret.substr(first + 1, 60) : secret;
}

class node_and_platform : public running_node, public testing::WithParamInterface<std::string> {
protected:
  static constexpr int items = 3; // that each action is done with

  void SetUp() override {
    running_node::SetUp();
    const auto text = contents_of("config/connectors/" + GetParam() + ".yaml");
    auto read = config::read_yaml(text, GetParam());
    ASSERT_TRUE(read && !read->empty());
    auto& written = read->front().value;
    auto& tests = (*written.as<object>())["tests"];
    if (auto* secrets = tests.as<object>()->find("secrets"))
      for (auto& [name, content] : *secrets->as<object>())
        if (!content.as<std::string>()->starts_with("-----"))
          content = canary();
    hurry(written);
    auto checked = actors::connectors::check_manifest(written);
    ASSERT_TRUE(checked.manifest) << checked.errors.front().why;
    connector_ = std::make_shared<const manifest>(*std::move(checked.manifest));
    auto expected = twin::make(connector_, {.limits = false});
    ASSERT_TRUE(expected) << expected.error().where << ": " << expected.error().why;
    expected_.emplace(*std::move(expected));
    for (const auto& [name, content] : expected_->secrets())
      if (const auto* secret = content.as<std::string>())
        secrets_.push_back(recognisable(*secret));
    begin(written);
  }

  /// The platform and the node, with an account that has these secrets.
  void begin(const value& written) {
    const auto file = directory_ / "platform.json";
    std::ofstream{file} << write_json(written);
    twin_.emplace("tenon", words{"twin", file.string(), "--no-limits"});
    ASSERT_TRUE(twin_->first_line().starts_with("http://")) << twin_->errors();
    std::filesystem::create_directory(directory_ / "files");
    start();
  }
  void start() {
    start_node({"--log-level", "debug", "--allow-files", (directory_ / "files").string()});
  }
  void connect(const object& secrets) {
    object account{{"connector", GetParam()},
                   {"through", twin_->first_line()},
                   {"config", expected_->config()}};
    list all{named("connector", GetParam(), own_manifest_)};
    if (!secrets.empty()) {
      account["credential"] = GetParam();
      all.push_back(named("credential", GetParam(), object{{"secrets", secrets}}));
    }
    all.push_back(named("integration", GetParam(), std::move(account)));
    apply(all);
  }
  /// As the browser of a person does it who is sent to the platform, says yes and comes back.
  bool expect_consent() {
    const auto begun = api_->post(api_->path({"credentials", GetParam(), "connect"}),
                                  object{{"integration", GetParam()}});
    const auto there = begun ? nodes::cli::text_at(begun.body, "url") : "";
    EXPECT_TRUE(there.starts_with(twin_->first_line())) << begun.why.why << there;
    if (!there.starts_with(twin_->first_line()))
      return false; // nobody is sent to the platform itself from here
    const auto asked = opened(there);
    const auto at = asked.head.find("Location: ");
    EXPECT_EQ(asked.status, 302u) << asked.head << asked.body;
    if (at == std::string::npos)
      return false;
    const auto back = asked.head.substr(at + 10, asked.head.find('\r', at) - at - 10);
    const auto page = opened(back);
    EXPECT_EQ(page.status, 200u) << page.body;
    told_ += page.head + page.body;
    return page.status == 200;
  }
  static raw_response opened(const std::string& url) {
    const auto path = url.find('/', url.find("//") + 2);
    const auto port = url.rfind(':', path) + 1;
    raw_client browser{static_cast<std::uint16_t>(std::stoi(url.substr(port, path - port)))};
    browser.send("GET " + url.substr(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return browser.response();
  }
  static object named(const char* kind, const std::string& name, object spec) {
    return {{"kind", kind}, {"name", name}, {"spec", std::move(spec)}};
  }
  object reading(const stream& s, const std::string& into) const {
    const object from{{"integration", GetParam()}, {"stream", s.name}};
    return named("sync", into, {{"from", object{{"connector", from}}}, {"into", into}});
  }

  /// In the middle of what runs: the platform stands still, so that nothing ends in between.
  void kill_node_while(const std::vector<std::string>& syncs,
                       const std::function<bool(const value&)>& is_reached) {
    bool all_over = true;
    await("the runs' progress", [&] {
      all_over = true;
      bool reached = false;
      for (const auto& sync : syncs) {
        const auto run = latest(sync);
        all_over = all_over && over(run);
        reached = reached || is_reached(run);
      }
      return reached || all_over;
    });
    ::kill(twin_->pid(), SIGSTOP);
    ::kill(node_->pid(), SIGKILL);
    EXPECT_EQ(node_->wait(), 128 + SIGKILL);
    log_ += node_->errors();
    ::kill(twin_->pid(), SIGCONT);
    start();
  }
  /// With a request on its way that nobody hears the answer to, and then between two pages.
  void run_all(const std::vector<std::string>& syncs) {
    ::kill(twin_->pid(), SIGSTOP);
    for (const auto& sync : syncs)
      start_run(sync);
    kill_node_while(syncs, [](const value& run) { return state(run) == "running"; });
    kill_node_while(syncs, [](const value& run) { return number(run, "pages") > 0; });
    for (const auto& sync : syncs) {
      const auto run = await_run(sync, "the run's end", over);
      ASSERT_EQ(state(run), "succeeded") << sync << ": " << write_json(run);
      expect_conserved(run);
    }
  }

  bool expect_trial() {
    const started_program trial{
        "tenon", words{"integration", "test", GetParam(), "--server", node_->first_line()},
        node_environment()};
    const auto said = trial.first_line() + '\n' + trial.rest_of_output();
    told_ += said + trial.errors();
    const auto report = api_->post(api_->path({"integrations", GetParam(), "test"}), object{});
    EXPECT_EQ(number(report.body, "failed"), 0) << report.why.why << said;
    told_ += write_json(report.body);
    return number(report.body, "failed") == 0;
  }

  /// Every stream while the node is killed, and once more in peace: both found the same.
  void expect_read() {
    std::vector<std::string> syncs;
    list disturbed, undisturbed;
    for (const auto& s : connector_->streams) {
      disturbed.push_back(reading(s, s.name));
      undisturbed.push_back(reading(s, "calm_" + s.name));
      syncs.push_back(s.name);
    }
    apply(disturbed);
    run_all(syncs);
    apply(undisturbed);
    for (const auto& sync : syncs)
      start_run("calm_" + sync);
    for (const auto& sync : syncs) {
      const auto calm = await_run("calm_" + sync, "the run's end", over);
      EXPECT_EQ(state(calm), "succeeded") << sync << ": " << write_json(calm);
      const auto there = contents(sync), expected = contents("calm_" + sync);
      EXPECT_FALSE(there.empty()) << sync;
      EXPECT_TRUE(there == expected) << sync << " has " << there.size() << " records, and read in "
                                     << "peace " << expected.size();
      const auto run = latest(sync);
      EXPECT_EQ(number(run, "stored"), number(calm, "stored"))
          << sync << ": a record was stored twice: " << write_json(run);
    }
  }

  void expect_written() {
    std::vector<std::string> fillings, syncs, asked_after;
    list all;
    for (const auto& a : connector_->actions) {
      std::ofstream file{directory_ / "files" / (a.name + ".jsonl")};
      for (int i = 0; i < items; ++i) {
        auto record = expected_->record_for(a.name);
        (*record.as<object>())["tenon_key"] = "k" + std::to_string(i);
        file << write_json(record) << '\n';
      }
      fillings.push_back("fill_" + a.name);
      // The twin does not show what was written where a probe looks for it.
      (a.idempotency.probe ? asked_after : syncs).push_back("do_" + a.name);
      const object from{{"path", a.name + ".jsonl"}, {"key", "tenon_key"}};
      all.push_back(named("sync", fillings.back(),
                          {{"from", object{{"jsonl", from}}}, {"into", "to_" + a.name}}));
      const object to{{"integration", GetParam()}, {"action", a.name}};
      all.push_back(named("sync", "do_" + a.name,
                          {{"from", object{{"collection", object{{"name", "to_" + a.name}}}}},
                           {"to", object{{"connector", to}}}}));
    }
    if (all.empty())
      return;
    apply(all);
    for (const auto& filling : fillings)
      EXPECT_EQ(number(run(filling), "stored"), items) << filling;
    if (!syncs.empty())
      run_all(syncs);
    for (const auto& sync : asked_after)
      EXPECT_EQ(state(run(sync)), "succeeded") << sync;
    const auto written = nodes::cli::api{nodes::cli::http_client{
                                             {*nodes::cli::parse_server(twin_->first_line()), ""}},
                                         "default"}
                             .get("/_twin/written");
    ASSERT_TRUE(written) << written.why.why;
    for (const auto& a : connector_->actions)
      expect_done(a, latest("do_" + a.name), written.body.find(a.name));
  }
  /// What may be repeated is done; of the rest nothing twice, and a person is asked about what
  /// nobody knows.
  static void expect_done(const operation& a, const value& run, const value* written) {
    const auto times = written ? static_cast<int>(written->as<list>()->size()) : 0;
    if (a.mode == write_mode::update || a.mode == write_mode::erase) {
      // Nothing of these names is there: a letter says so, or it is gone already.
      EXPECT_EQ(number(run, "stored") + number(run, "dead_lettered"), items) << write_json(run);
      return;
    }
    if (a.idempotency.repeats()) {
      EXPECT_EQ(number(run, "stored"), items) << a.name << ": " << write_json(run);
      EXPECT_GE(times, a.idempotency.header.empty() ? items : 1) << a.name;
      return;
    }
    EXPECT_EQ(number(run, "stored") + number(run, "dead_lettered"), items) << write_json(run);
    EXPECT_LE(times, items) << a.name << ": something was done twice: " << write_json(run);
    EXPECT_GE(times, number(run, "stored")) << a.name << ": " << write_json(run);
  }

  std::string asked(const std::string& target) const {
    raw_client client{port()};
    client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + owner_key +
                "\r\n\r\n");
    const auto answer = client.response();
    return target + '\n' + answer.head + answer.body + '\n';
  }
  /// Everything that the node lets anybody with the owner's key see.
  std::string everything_told() {
    std::string all;
    for (const auto* target : {"/metrics", "/openapi.json", "/readyz?verbose"})
      all += asked(target);
    for (const auto& what : std::vector<std::string>{
             "connectors", "credentials", "integrations", "syncs", "collections", "dead-letters",
             "credentials/" + GetParam(), "integrations/" + GetParam(), "connectors/" + GetParam(),
             "integrations/" + GetParam() + "/health", "actors/credential/" + GetParam(),
             "actors/integration/" + GetParam(), "actors/quota/" + GetParam()})
      all += asked("/api/v1/default/" + what);
    const auto syncs = get({"syncs"});
    EXPECT_FALSE(nodes::cli::list_at(syncs, "items").empty());
    for (const auto& sync : nodes::cli::list_at(syncs, "items")) {
      const auto name = nodes::cli::text_at(sync, "name");
      for (const auto& what : std::vector<std::string>{
               "syncs/" + name, "syncs/" + name + "/runs", "actors/sync/" + name,
               "actors/collection/" + name, "records/" + name + "?limit=1000",
               "records/" + name + "/letters"})
        all += asked("/api/v1/default/" + what);
    }
    return all;
  }
  static void expect_nowhere(const std::vector<std::string>& secrets, const std::string& text,
                             const std::string& where) {
    for (const auto& secret : secrets) {
      const auto at = text.find(secret);
      EXPECT_EQ(at, std::string::npos)
          << secret << " is in " << where << ": " << text.substr(at < 200 ? 0 : at - 200, 400);
    }
  }
  void expect_untold(std::vector<std::string> secrets) {
    for (const auto* how_they_begin : {"twin-token-", "twin-refresh-", "twin-code-"})
      secrets.emplace_back(how_they_begin);
    const auto answers = everything_told();
    EXPECT_GT(answers.size(), 1'000u);
    expect_nowhere(secrets, answers, "an answer");
    expect_nowhere(secrets, told_, "the trial");
    EXPECT_EQ(node_->terminate(), 0);
    expect_nowhere(secrets, log_ + node_->errors(), "the log");
    std::size_t files = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator{data()})
      if (file.is_regular_file()) {
        expect_nowhere(secrets, contents_of(file), file.path().string());
        ++files;
      }
    EXPECT_GE(files, 4u) << "the journal, the state, the keys";
  }

  std::shared_ptr<const manifest> connector_;
  std::optional<twin> expected_; // the same platform, in this process
  std::optional<started_program> twin_;
  std::vector<std::string> secrets_;
  std::string log_;  // of nodes that were killed
  std::string told_; // to whoever tried the account

private:
  object own_manifest_; // as the node has it

  /// What a platform takes minutes for is done when it is looked after for the first time; and the
  /// node keeps to no limits, which takes minutes as well. Both are shown elsewhere.
  void hurry(value& written) {
    auto& all = *written.as<object>();
    if (auto* jobs = all.find("jobs"))
      for (auto& [name, job] : *jobs->as<object>()) {
        member(job, "poll")["every"] = "200ms..2s";
        member(*all.find("tests"), "jobs")[name] =
            polled_once(member(*all.find("tests"), "jobs"), name);
      }
    own_manifest_ = all;
    own_manifest_.erase("limits");
    own_manifest_.erase("tests"); // with the secrets
  }
  static object polled_once(const object& jobs, const std::string& name) {
    const auto* said = jobs.find(name);
    object one = said ? *said->as<object>() : object{};
    one["polls"] = 0;
    return one;
  }
  static object& member(value& of) {
    if (!of.is<object>())
      of = object{};
    return *of.as<object>();
  }
  static object& member(value& of, const std::string& name) { return member(member(of)[name]); }
};

class every_platform : public promising<node_and_platform> {};

TEST_P(every_platform, works_in_a_node_that_is_killed_and_keeps_its_secrets) {
  connect(expected_->secrets());
  if (connector_->auth->needs_person() && !expect_consent())
    return;
  if (!expect_trial())
    return;
  expect_read();
  expect_written();
  expect_untold(secrets_);
}

TEST_P(every_platform, that_refuses_what_is_wrong_is_not_repeated) {
  object wrong;
  std::vector<std::string> canaries;
  for (const auto& [name, content] : expected_->secrets())
    wrong[name] = canaries.emplace_back(canary());
  ASSERT_FALSE(wrong.empty()) << "it is open to anybody";
  connect(wrong);
  apply({reading(connector_->streams.front(), "any")});
  const auto refused = run("any");
  EXPECT_EQ(state(refused), "failed") << write_json(refused);
  EXPECT_FALSE(why(refused).empty());
  EXPECT_FALSE(why(refused, "remedy").empty()) << write_json(refused);
  const auto report = api_->post(api_->path({"integrations", GetParam(), "test"}), object{});
  ASSERT_TRUE(report) << report.why.why;
  EXPECT_GT(number(report.body, "failed"), 0) << write_json(report.body);
  told_ += write_json(report.body);
  expect_untold(canaries);
}

INSTANTIATE_TEST_SUITE_P(shipped, every_platform, testing::ValuesIn(actors::connectors::names()),
                         [](const auto& each) { return each.param; });

} // namespace
} // namespace tenon::tests::conformance
