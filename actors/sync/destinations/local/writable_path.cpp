#include "actors/sync/destinations/local/writable_path.hpp"

namespace tenon::actors {

result<std::filesystem::path> writable_path(const std::string& written, const allowed_roots& roots,
                                            const std::string& option) {
  auto found = allowed_path(written, roots, option);
  if (!found && found.error().code == code::forbidden)
    return failure{code::forbidden,
                   roots.empty() ? "this node writes no files"
                                 : written + " is not in a directory that this node may write to",
                   option,
                   "Start the node with `--allow-file-writes DIR` for the directory of the file."};
  return found;
}

} // namespace tenon::actors
