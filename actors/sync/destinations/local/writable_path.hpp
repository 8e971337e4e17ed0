// Which files of this machine syncs may write: those below directories that the node was started
// with for that. What may be read may not be written by this alone.
#pragma once

#include "actors/sync/sources/local/allowed_path.hpp"
#include "runtime/tasks/task.hpp"

#include <stop_token>

namespace tenon::actors {

struct written_files {
  allowed_roots roots;         // where files may be written
  runtime::executor& blocking; // where a page is written; it holds its thread
  std::stop_token closing{};   // the node's end
};

/// The same as allowed_path: what is meant is there already.
result<std::filesystem::path> writable_path(const std::string& written, const allowed_roots&,
                                            const std::string& option);

} // namespace tenon::actors
