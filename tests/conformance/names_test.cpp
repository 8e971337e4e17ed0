// Everything that people and machines call by a name is called in one way: what is listed by the
// build, what connectors have in them, what is measured, the routes of the API, the command line.
#include "actors/catalog.hpp"
#include "actors/sync/destinations/catalog.hpp"
#include "actors/sync/sources/catalog.hpp"
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/kinds.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"
#include "tests/support/driven_twin.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_node.hpp"

#include <CLI/CLI.hpp>

#include <regex>
#include <set>

namespace tenon::tests::conformance {
namespace {

/// "dead_letters": of resources, kinds, fields, labels.
bool is_snake(std::string_view name) {
  static const std::regex form{"[a-z][a-z0-9]*(_[a-z0-9]+)*"};
  return std::regex_match(name.begin(), name.end(), form);
}

/// "dead-letters": of paths and words of the command line.
bool is_kebab(std::string_view name) {
  static const std::regex form{"[a-z][a-z0-9]*(-[a-z0-9]+)*"};
  return std::regex_match(name.begin(), name.end(), form);
}

template <class All> void expect_snake(const All& all, const std::string& of) {
  std::set<std::string> seen;
  for (const auto& one : all) {
    EXPECT_TRUE(is_snake(one.name)) << of << ' ' << one.name;
    EXPECT_TRUE(seen.emplace(one.name).second) << of << " has two called " << one.name;
  }
}

TEST(names, of_what_the_build_lists_are_words_with_underscores) {
  expect_snake(actors::catalog(), "an actor:");
  expect_snake(actors::sources::catalog(), "a source:");
  expect_snake(actors::destinations::catalog(), "a destination:");
  std::set<std::string_view> kinds;
  for (const auto& kind : actors::catalog())
    kinds.insert(kind.name);
  for (const auto& kind : nodes::cli::kinds) {
    EXPECT_TRUE(kinds.contains(kind.one)) << "a resource is an actor: " << kind.one;
    EXPECT_NE(kind.one, kind.many);
  }
}

TEST(names, of_connectors_and_of_what_is_in_them_are_words_with_underscores) {
  for (const auto& name : actors::connectors::names()) {
    EXPECT_TRUE(is_snake(name)) << name;
    const auto m = actors::connectors::read_manifest(name);
    ASSERT_TRUE(m);
    expect_snake(m->parameters, name + "'s parameter");
    expect_snake(m->streams, name + "'s stream");
    expect_snake(m->actions, name + "'s action");
    expect_snake(m->hooks, name + "'s hook");
  }
}

/// The exposition's lines "# TYPE name sort" and "name{label="…"} …" by the rules of Prometheus.
void expect_canonical_metrics(const std::string& exposition) {
  static const std::set<std::string> units{"seconds", "bytes", "ratio"};
  static const std::regex no_unit{
      "_(ms|millis|milliseconds|us|micros|microseconds|ns|minutes|hours|"
      "days|kb|kib|mb|mib|kilobytes|megabytes|percent)(_|$)"};
  static const std::regex label{"[{,]([^=,{]+)=\""};
  std::istringstream text{exposition};
  std::size_t families = 0;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("# TYPE ")) {
      std::istringstream words{line.substr(7)};
      std::string name, sort;
      words >> name >> sort;
      ++families;
      EXPECT_TRUE(name.starts_with("tenon_") && is_snake(name)) << name;
      EXPECT_EQ(name.ends_with("_total"), sort == "counter") << name << " is a " << sort;
      EXPECT_FALSE(std::regex_search(name, no_unit)) << name << " is in no base unit";
      EXPECT_TRUE(sort != "histogram" || units.contains(name.substr(name.rfind('_') + 1)))
          << name << " says no unit";
    } else if (!line.starts_with('#')) {
      for (std::sregex_iterator it{line.begin(), line.end(), label}, end; it != end; ++it)
        EXPECT_TRUE(is_snake((*it)[1].str())) << line;
    } else {
      EXPECT_TRUE(line.starts_with("# HELP tenon_")) << line;
      EXPECT_TRUE(line.size() > line.find(' ', 7) + 10) << "it does not say what it is: " << line;
    }
  }
  EXPECT_GT(families, 10u);
}

class measured_names : public running_node {
protected:
  void expect_understood(const std::string& exposition) const {
    const auto file = (directory_ / "metrics").string();
    const auto said = (directory_ / "said").string();
    std::ofstream{file} << exposition;
    EXPECT_EQ(std::system(("promtool check metrics < " + file + " > " + said + " 2>&1").c_str()), 0)
        << contents_of(said);
    EXPECT_EQ(contents_of(said), "");
  }
};

TEST_F(measured_names, say_whose_they_are_their_unit_and_whether_they_only_grow) {
  runtime::meters meters;
  std::vector<std::shared_ptr<void>> kept;
  for (const auto& kind : actors::catalog())
    kept.push_back(kind.make_metrics(meters));
  expect_canonical_metrics(meters.exposition());
  expect_understood(meters.exposition());

  start_vendor({"--generate", "100", "--page-size", "50"});
  start_node();
  apply(subscription{.url = vendor()}.resources());
  EXPECT_EQ(state(run("gen")), "succeeded");
  raw_client client{port()};
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto scraped = client.response();
  ASSERT_EQ(scraped.status, 200u);
  expect_says(scraped.body, "tenon_sync_pages_total 2");
  expect_canonical_metrics(scraped.body);
  expect_understood(scraped.body);
}

/// "/api/v1/{tenant}/dead-letters/{name}"
void expect_canonical_path(const std::string& pattern) {
  ASSERT_TRUE(pattern.starts_with('/')) << pattern;
  std::istringstream path{pattern.substr(1)};
  for (std::string part; std::getline(path, part, '/');) {
    const bool is_parameter = part.starts_with('{') && part.ends_with('}');
    const auto word =
        is_parameter ? part.substr(1, part.size() - 2) : part.substr(0, part.rfind('.'));
    EXPECT_TRUE(is_parameter ? is_snake(word) : is_kebab(word)) << pattern;
  }
}

TEST_F(measured_names, of_routes_are_words_with_hyphens_and_of_parameters_with_underscores) {
  start_node();
  raw_client client{port()};
  client.send("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto described = read_json(client.response().body);
  ASSERT_TRUE(described) << described.error().why;
  const auto& paths = *described->find("paths")->as<object>();
  EXPECT_GT(paths.size(), 30u);
  for (const auto& [pattern, methods] : paths) {
    expect_canonical_path(pattern);
    for (const auto& [method, operation] : *methods.as<object>()) {
      if (!operation.is<object>())
        continue; // what all methods have in common
      EXPECT_FALSE(nodes::cli::text_at(operation, "summary").empty()) << method << ' ' << pattern;
      for (const auto& p : nodes::cli::list_at(operation, "parameters"))
        EXPECT_TRUE(nodes::cli::text_at(p, "in") == "header" ||
                    is_snake(nodes::cli::text_at(p, "name")))
            << pattern << ' ' << write_json(p);
    }
  }
}

void expect_canonical_words(const CLI::App& command, const std::string& before) {
  for (const auto* inner : command.get_subcommands([](const CLI::App*) { return true; })) {
    const auto whole = before + ' ' + inner->get_name();
    EXPECT_TRUE(is_kebab(inner->get_name())) << whole;
    EXPECT_FALSE(inner->get_description().empty()) << whole;
    expect_canonical_words(*inner, whole);
  }
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames())
      EXPECT_TRUE(is_kebab(name)) << before << " --" << name;
    EXPECT_FALSE(option->get_description().empty()) << before << ' ' << option->get_name();
  }
}

TEST(names, of_commands_and_options_are_words_with_hyphens) {
  const nodes::cli::local_commands local;
  auto screen = nodes::cli::own_terminal(false);
  nodes::cli::shell shell{screen, local, {}};
  CLI::App program{"", "tenon"};
  for (const auto& each : nodes::cli::catalog()) {
    each.declare(nodes::cli::command_words{&program}, shell);
    std::string typed{each.file};
    std::ranges::replace(typed, '_', '-');
    EXPECT_NO_THROW(program.get_subcommand(typed)) << "the file's name is the command's: " << typed;
  }
  expect_canonical_words(program, "tenon");
}

} // namespace
} // namespace tenon::tests::conformance
