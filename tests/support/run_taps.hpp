// Taps that a test runs as a sync does: a kind of source whose taps are scripts of the test's own,
// and what those have written about themselves.
#pragma once

#include "actors/sync/sources/singer.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/source_reading.hpp"
#include "tests/support/taps.hpp"
#include "tests/support/until.hpp"

namespace tenon::actors {

class singer_taps : public ::testing::Test {
protected:
  using texts = std::vector<std::string>;
  using source_reading = tests::source_reading;

  singer_options usual() {
    return {.taps = {{"numbers", scripts.numbers()}},
            .secrets = tests::secrets({{"main", {{"token", "canary-91c2"}}}}),
            .blocking = blocking};
  }

  source_reading open(object more = {}) { return open_in(*kind, std::move(more)); }
  static source_reading open_in(source_kind& of, object more) {
    object o{{"tap", "numbers"}, {"stream", "numbers"}, {"config", object{{"to", 100}}}};
    for (const auto& [option, v] : more)
      o[option] = v;
    auto opened = of.open({"acme", "sync", "numbers"}, o);
    if (!opened)
      throw std::runtime_error{opened.error().where + ": " + opened.error().why};
    return source_reading{*std::move(opened)};
  }
  /// A kind with one tap more, which says this.
  std::unique_ptr<source_kind> with(const std::string& script) {
    auto o = usual();
    o.taps["own"] = scripts.make("tap-own", script);
    return singer_source(std::move(o));
  }
  source_reading open_own(const std::string& script, object more = {}) {
    kind = with(script);
    object o{{"tap", "own"}, {"key", "id"}};
    for (const auto& [option, v] : more)
      o[option] = v;
    return open(std::move(o));
  }

  static texts keys(const std::vector<source_page>& pages) {
    texts all;
    for (const auto& p : pages)
      for (const auto& r : p.records)
        all.push_back(r.key);
    return all;
  }
  static texts numbers(int from, int to) {
    texts all;
    for (int i = from; i <= to; ++i)
      all.push_back(std::to_string(i));
    return all;
  }

  /// What a script has written about itself.
  pid_t pid_in(const std::string& name) const {
    const auto text = tests::until(
        [&] {
          std::ifstream file{scripts.file(name)};
          return std::string{std::istreambuf_iterator<char>{file}, {}};
        },
        [](const std::string& said) { return said.ends_with('\n'); });
    return static_cast<pid_t>(std::stoi(text));
  }
  static bool runs(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text; // by an extraction, which bears that the process ends meanwhile
    std::getline(file, text, '\0');
    return !text.empty() && text.substr(text.rfind(')') + 2, 1) != "Z";
  }
  static bool ends(pid_t pid) {
    return !tests::until([&] { return runs(pid); }, [](bool still) { return !still; });
  }

  /// Has begun a process that has gone into a session of its own; both have said who they are.
  std::string script_with_a_stray() const {
    return "echo $$ >" + scripts.file("pid").string() + "\nsetsid sh -c 'echo $$ >" +
           scripts.file("other").string() + R"(; exec sleep 1000' &
yes '{"type":"RECORD","stream":"numbers","record":{"id":1}}'
)";
  }
  static void abandon(source& from) {
    runtime::workers tasks{{.threads = 1}};
    const auto give_up = [](class source& s) -> runtime::task<void> {
      const page_request none;
      (void)co_await s.abandon(none);
    };
    ASSERT_TRUE(runtime::start(tasks, give_up(from)));
  }

  tests::taps scripts;
  runtime::workers blocking{{.threads = 2}};
  std::unique_ptr<source_kind> kind = singer_source(usual());
};

} // namespace tenon::actors
