#include "nodes/cli/resource_files.hpp"

#include "nodes/cli/kinds.hpp"
#include "nodes/cli/members.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

namespace tenon::nodes::cli {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t most_resources = 10'000;

std::string known_kinds() {
  std::string out;
  for (const auto& kind : kinds)
    out.append(out.empty() ? "" : ", ").append(kind.one);
  return out;
}

failure malformed_at(const config::positions& at, std::string_view path, std::string why,
                     std::string remedy) {
  return {.code = code::malformed,
          .why = std::move(why),
          .where = config::place(at, path),
          .remedy = std::move(remedy)};
}

// Whether a document names a resource; everything in its spec is the server's to judge.
std::optional<failure> fault_of(const config::document& d) {
  if (!d.value.is<object>())
    return malformed_at(d.positions, "",
                        "a resource is a map, not a " + std::string{d.value.type_name()},
                        "write kind, name and spec");
  for (const auto* member : {"kind", "name"})
    if (text_at(d.value, member).empty())
      return malformed_at(d.positions, member, std::string{member} + " is missing or not a text",
                          "every resource has kind, name and spec");
  const auto kind = text_at(d.value, "kind");
  const auto* known = find_kind(kind);
  if (known == nullptr || known->one != kind)
    return malformed_at(d.positions, "kind", "there is no kind \"" + kind + '"',
                        known == nullptr ? "the kinds are " + known_kinds()
                                         : "write \"" + std::string{known->one} + '"');
  return std::nullopt;
}

class reader {
public:
  void source(const std::string& name, std::istream& input) {
    std::error_code error;
    if (name == "-")
      text(slurp(input), "stdin");
    else if (fs::is_directory(name, error))
      folder(name);
    else
      file(name);
  }
  written_resources take() { return std::move(read_); }

private:
  void folder(const fs::path& path) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{path, error})
      if (const auto extension = entry.path().extension();
          extension == ".yaml" || extension == ".yml" || extension == ".json")
        files.push_back(entry.path());
    std::ranges::sort(files);
    if (error || files.empty())
      read_.wrong.push_back(
          {.code = code::not_found,
           .why = error ? error.message() : "the folder has no *.yaml, *.yml or *.json",
           .where = path.string(),
           .remedy = "name a file or a folder with resources"});
    for (const auto& each : files)
      file(each);
  }

  void file(const fs::path& path) {
    std::ifstream opened{path, std::ios::binary};
    if (!opened) {
      read_.wrong.push_back({.code = code::not_found,
                             .why = std::strerror(errno),
                             .where = path.string(),
                             .remedy = "check the path, or use `-f -` for standard input"});
      return;
    }
    text(slurp(opened), path.string());
  }

  // One byte beyond the limit is enough for the reader to say that it is too much.
  static std::string slurp(std::istream& from) {
    std::string text(config::yaml_limits{}.bytes + 1, '\0');
    from.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(from.gcount()));
    return text;
  }

  void text(const std::string& content, const std::string& name) {
    auto documents = config::read_yaml(content, name);
    if (!documents) {
      read_.wrong.push_back(documents.error());
      return;
    }
    for (auto& document : *documents)
      take_in(std::move(document));
  }

  void take_in(config::document&& d) {
    if (auto fault = fault_of(d)) {
      read_.wrong.push_back(std::move(*fault));
      return;
    }
    if (read_.resources.size() == most_resources) {
      if (!full_)
        read_.wrong.push_back({.code = code::too_large,
                               .why = "more than 10,000 resources at once",
                               .where = d.positions.file,
                               .remedy = "apply them in parts"});
      full_ = true;
      return;
    }
    written_resource r{std::move(d.value), std::move(d.positions)};
    const auto [first, fresh] =
        seen_.emplace(r.kind() + '/' + r.name(), config::place(r.positions, "name"));
    if (!fresh)
      read_.wrong.push_back(malformed_at(r.positions, "name",
                                         r.kind() + " \"" + r.name() + "\" is written twice",
                                         "the other one is at " + first->second));
    else
      read_.resources.push_back(std::move(r));
  }

  written_resources read_;
  std::map<std::string, std::string> seen_; // kind/name → place
  bool full_ = false;
};

} // namespace

std::string written_resource::kind() const {
  return text_at(value, "kind");
}
std::string written_resource::name() const {
  return text_at(value, "name");
}

written_resources read_resources(const std::vector<std::string>& sources, std::istream& input) {
  reader r;
  for (const auto& each : sources)
    r.source(each, input);
  return r.take();
}

} // namespace tenon::nodes::cli
