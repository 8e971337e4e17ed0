#include "tests/support/running_node.hpp"

#include <cmath>
#include <sstream>

namespace tenon::tests {

list subscription::resources() const {
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

object subscription::resource(const char* kind, object spec) const {
  return {{"kind", kind}, {"name", name}, {"spec", std::move(spec)}};
}

subscription subscription::with_oauth(const std::string& id, const std::string& secret) const {
  auto made = *this;
  made.auth = R"({"oauth2_client": {"token": "{{conn.base_url}}/oauth/token",
    "client_id": "{{conn.client_id}}", "client_secret": "{{secret.client_secret}}"}})";
  made.params = R"({"client_id": {"title": "id"},
                    "client_secret": {"title": "the client's secret", "secret": true}})";
  made.config["client_id"] = id;
  made.secrets["client_secret"] = secret;
  return made;
}

subscription subscription::with_key(const std::string& key) const {
  auto made = *this;
  made.auth = R"({"key": {"in": "header", "name": "Authorization", "prefix": "Bearer ",
                          "value": "{{secret.key}}"}})";
  made.params = R"({"key": {"title": "the API key", "secret": true}})";
  made.secrets["key"] = key;
  return made;
}

void running_node::start_vendor(const words& arguments) {
  vendor_.emplace("paged_api", arguments);
  ASSERT_TRUE(vendor_->first_line().starts_with("http://")) << vendor_->errors();
}

words running_node::node_words(const words& more) const {
  words all{"node",        "--data",          data().string(), "--http",
            "127.0.0.1:0", "--allow-network", "127.0.0.0/8"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

words running_node::node_environment(words more) const {
  more.push_back(std::string{"TENON_OWNER_KEY="} + owner_key);
  more.push_back("XDG_RUNTIME_DIR=" + directory_.path().string()); // for the node's pointer
  return more;
}

void running_node::launch_node(const words& arguments, const words& environment) {
  node_.emplace("tenon", node_words(arguments), node_environment(environment));
}

void running_node::start_node(const words& arguments, const words& environment) {
  launch_node(arguments, environment);
  const auto server = nodes::cli::parse_server(node_->first_line());
  ASSERT_TRUE(server) << node_->errors();
  api_.emplace(nodes::cli::http_client{{*server, owner_key}}, "default");
}

std::string running_node::refused_start(const words& arguments, const words& environment) {
  launch_node(arguments, environment);
  EXPECT_EQ(node_->first_line(), "");
  EXPECT_EQ(node_->wait(), 1);
  return node_->errors();
}

std::string running_node::metrics() const {
  const nodes::cli::http_client anybody{{api_->server(), ""}};
  auto scraped = anybody.send({.target = "/metrics"});
  EXPECT_TRUE(scraped) << scraped.error().why;
  EXPECT_EQ(scraped ? scraped->status : 0, 200u);
  return scraped ? std::move(scraped->body) : "";
}

double running_node::metric(const std::string& name) const {
  const auto all = '\n' + metrics();
  const auto at = all.find('\n' + name + ' ');
  EXPECT_NE(at, std::string::npos) << name;
  return at == std::string::npos ? NAN : std::stod(all.substr(at + name.size() + 2));
}

std::size_t running_node::peak_memory() const {
  std::ifstream status{"/proc/" + std::to_string(node_->pid()) + "/status"};
  std::string name;
  std::size_t kilobytes = 0;
  while (status >> name && name != "VmHWM:") {
  }
  status >> kilobytes;
  return kilobytes * 1024;
}

void running_node::apply(const list& resources) {
  const auto applied = api_->post(api_->path({"apply"}), object{{"resources", resources}});
  ASSERT_TRUE(applied) << applied.why.why;
  ASSERT_EQ(*applied.body.find("failed"), value{false}) << write_json(applied.body);
}

void running_node::expect_collections(const std::set<std::string>& names) {
  for (const auto& name : names)
    EXPECT_TRUE(api_->get(api_->path({"collections", name}))) << name << " was acknowledged";
}

void running_node::start_run(const std::string& sync) {
  const auto started = api_->post(api_->path({"syncs", sync, "runs"}), object{});
  ASSERT_TRUE(started) << started.why.why;
}

value running_node::get(std::initializer_list<std::string_view> names) {
  auto got = api_->get(api_->path(names));
  EXPECT_TRUE(got) << got.why.why;
  return got.body;
}

bool running_node::over(const value& run) {
  const auto state = nodes::cli::text_at(run, "state");
  return state == "succeeded" || state == "failed" || state == "cancelled";
}

value running_node::run(const std::string& sync) {
  start_run(sync);
  return await_run(sync, "the run's end", over);
}

std::string running_node::why(const value& run, std::string_view part) {
  const auto* failure = run.find("failure");
  return failure ? nodes::cli::text_at(*failure, part) : "";
}

void running_node::expect_says(const std::string& text, std::string_view part) {
  EXPECT_NE(text.find(part), std::string::npos) << '"' << part << "\" is not in: " << text;
}

void running_node::expect_conserved(const value& run) {
  EXPECT_EQ(number(run, "read"), number(run, "stored") + number(run, "unchanged") +
                                     number(run, "filtered") + number(run, "dead_lettered"))
      << write_json(run);
}

void running_node::expect_serves() {
  const canned_server healthy{[](const canned_request&) -> canned_answer {
    return {.body = R"({"data":[{"id":1},{"id":2}],"next":null})"};
  }};
  apply(subscription{.url = healthy.url(), .name = "healthy"}.resources());
  const auto run = this->run("healthy");
  EXPECT_EQ(state(run), "succeeded") << write_json(run);
  EXPECT_EQ(number(run, "read"), 2);
  EXPECT_EQ(contents("healthy").size(), 2u);
}

std::string running_node::contents_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::set<std::string> running_node::make_collections(const std::string& prefix,
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

void running_node::await(const char* what, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + patience;
  const auto failures = [] {
    return ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
  };
  for (const auto before = failures(); !holds() && failures() == before;) {
    if (std::chrono::steady_clock::now() > end)
      FAIL() << "in vain: " << what;
    if (ends_within(std::chrono::milliseconds{5}))
      FAIL() << "the node ended while this was awaited: " << what << '\n' << node_->errors();
  }
}

value running_node::await_run(const std::string& sync, const char* what,
                              const std::function<bool(const value&)>& holds) {
  value run;
  await(what, [&] {
    run = latest(sync);
    return holds(run);
  });
  return run;
}

void running_node::expect_failed(const value& run, std::string_view detail, std::string_view field,
                                 std::string_view remedy) {
  EXPECT_EQ(state(run), "failed") << write_json(run);
  expect_says(why(run), detail);
  expect_says(why(run, "field"), field);
  expect_says(why(run, "remedy"), remedy);
}

std::map<std::string, std::string> running_node::contents(const std::string& collection) {
  std::map<std::string, std::string> all;
  const auto read =
      api_->each(api_->path({"records", collection}) + "?limit=1000", [&](const value& v) {
        all[nodes::cli::text_at(v, "key")] = write_json(*v.find("record"));
        return true;
      });
  EXPECT_TRUE(read || read.why.code == code::not_found) << read.why.why; // nothing was stored yet
  return all;
}

} // namespace tenon::tests
