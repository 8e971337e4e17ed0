// A node whose sync `in` makes letters in the collection `rows`, and the commands with which a
// person replays them.
#pragma once

#include "tests/support/running_node.hpp"
#include "tests/support/spoken.hpp"

namespace tenon::tests {

class replayed_letters : public running_node {
protected:
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(folder());
    std::ofstream{folder() / name, std::ios::binary} << text;
  }
  std::filesystem::path folder() const { return directory_ / "files"; }
  void start() {
    std::filesystem::create_directories(folder());
    start_node({"--allow-files", folder().string()});
  }

  /// The sync `in`, with these options of its source.
  void read_with(const char* kind, object options, object more = {}) {
    object spec{{"from", object{{kind, std::move(options)}}}, {"into", "rows"}};
    for (const auto& [name, v] : more)
      spec[name] = v;
    apply({object{{"kind", "sync"}, {"name", "in"}, {"spec", std::move(spec)}}});
  }
  value ran(int with_letters) {
    auto done = run("in");
    EXPECT_EQ(state(done), "succeeded") << write_json(done);
    EXPECT_EQ(number(done, "dead_lettered"), with_letters) << write_json(done);
    expect_conserved(done);
    return done;
  }

  void read_by_id(const char* kind, object options, object more = {}) {
    if (!options.find("key"))
      options["key"] = "id";
    read_with(kind, std::move(options), std::move(more));
  }
  spoken command(std::vector<std::string> arguments) {
    const auto server = "http://127.0.0.1:" + std::to_string(port());
    arguments.insert(arguments.end(), {"--server", server, "--key", owner_key});
    return say(arguments);
  }
  std::string replay(const std::string& number) {
    const auto said = command({"letters", "rows", "--replay", number});
    return said.out + said.err;
  }
  list kept() { return nodes::cli::list_at(get({"records", "rows", "letters"}), "items"); }
  using rows = std::map<std::string, std::string>;
};

} // namespace tenon::tests
