#include "actors/sync/sources/local/allowed_path.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

namespace fs = std::filesystem;

const std::string allow_remedy =
    "Start the node with `--allow-files DIR` for the directory of the file.";

bool below(const fs::path& file, const fs::path& root) {
  const auto [at_root, at_file] = std::ranges::mismatch(root, file);
  // A root that ends with a slash has an empty last part.
  return at_root == root.end() || at_root->empty();
}

failure outside(const std::string& written, const std::string& option) {
  return {code::forbidden, written + " is not in a directory that this node may read", option,
          allow_remedy};
}

} // namespace

result<fs::path> allowed_path(const std::string& written, const allowed_roots& roots,
                              const std::string& option) {
  if (roots.empty())
    return failure{code::forbidden, "this node reads no files", option, allow_remedy};
  bool absent = false, led_out = false;
  for (const auto& root : roots) {
    std::error_code wrong;
    const auto real_root = fs::canonical(root, wrong);
    if (wrong)
      continue;
    // An absolute path takes the place of the root.
    const auto file = fs::weakly_canonical(real_root / written, wrong);
    if (wrong || !below(file, real_root)) {
      led_out = led_out || fs::path{written}.is_relative();
      continue;
    }
    if (fs::status(file, wrong).type() != fs::file_type::not_found)
      return file;
    absent = true;
  }
  if (!absent || led_out)
    return outside(written, option);
  return failure{code::not_found, "there is no file " + written, option,
                 "Check the name; a relative one is looked up in the allowed directories."};
}

result<fs::path> allowed_find(const fs::path& found, const allowed_roots& roots,
                              const std::string& option) {
  std::error_code wrong;
  const auto file = fs::canonical(found, wrong);
  if (wrong)
    return failure{code::not_found, found.filename().string() + " is gone", option,
                   "It is looked for again."};
  for (const auto& root : roots)
    if (const auto real_root = fs::canonical(root, wrong); !wrong && below(file, real_root))
      return file;
  return outside(found.filename().string(), option);
}

} // namespace tenon::actors
