// Who may include whom: the table of folders, and the table of libraries.
#pragma once

#include "tests/unit/tidy/repository.hpp"

#include <map>
#include <optional>
#include <set>

namespace tenon::tests::tidy {

// Each folder and the folders it may include. Reading the table top to bottom is reading the
// architecture bottom to top; a cycle cannot be written in it without moving a row.
inline const std::map<std::string_view, std::set<std::string_view>> may_include{
    {"protocols", {}},
    {"config", {"protocols"}},
    {"runtime", {"protocols"}},
    {"cluster", {"protocols", "runtime"}},
    {"actors", {"protocols", "runtime"}},
    {"nodes", {"protocols", "config", "runtime", "cluster", "actors"}},
    {"tests", {"protocols", "config", "runtime", "cluster", "actors", "nodes"}},
};

// Parts of a folder that are nobody else's business, and who else may see them.
inline const std::map<std::string_view, std::vector<std::string_view>> closed{
    {"protocols/generator/", {"tests/"}}, // a program of its own
    {"actors/sync/sources/", {"actors/sync/destinations/", "nodes/", "tests/"}}, // one library each
    {"actors/sync/destinations/", {"nodes/", "tests/"}},
    {"runtime/store/", {"cluster/", "nodes/", "tests/"}}, // behind runtime/journal.hpp
};

struct library {
  std::string_view headers;                // how their names begin
  std::vector<std::string_view> seen_from; // paths begin so; tests may see every library
};

// The most particular row counts, so a library's dangerous part can have a row of its own.
inline const std::vector<library> libraries{
    {"capnp/", {"protocols/"}},
    {"kj/", {"protocols/"}},
    {"simdjson.h", {"protocols/"}}, // values and pages are read straight into our own types
    {"yaml-cpp/", {"config/"}},
    {"caf/", {"runtime/", "nodes/node/"}}, // where the one actor system is made
    {"caf/io/", {"cluster/"}}, // CAF's network: nobody speaks it unless nodes are to meet
    {"raft.h", {"cluster/raft/"}},
    {"lmdb.h", {"runtime/store/"}},
    {"prometheus/", {"runtime/"}},
    {"re2/", {"runtime/expression/"}},
    {"zlib.h", {"runtime/outbound/", "actors/sync/sources/files/bytes/"}},
    {"boost/", {"runtime/outbound/", "cluster/link/", "cluster/replication/", "nodes/"}},
    {"openssl/",
     {"runtime/outbound/", "runtime/expression/functions/", "runtime/sealing/", "runtime/signing/",
      "cluster/identity/", "cluster/link/", "actors/sync/sources/network/", "nodes/"}},
    {"sqlite3.h", {"actors/sync/sources/"}},
    {"zstd.h", {"actors/sync/sources/files/bytes/"}},
    {"expat.h", {"actors/sync/sources/xml/", "actors/formats/xml/"}},
    {"libpq-fe.h", {"actors/sync/sources/"}},
    {"mysql.h", {"actors/sync/sources/"}},
    {"hiredis/", {"actors/sync/sources/redis/"}},
    {"CLI/", {"nodes/cli/"}},
    {"gtest/", {}},
    {"benchmark/", {}},
};

// The operating system's headers, which every folder may include.
inline bool is_platform(std::string_view header) {
  static const std::set<std::string_view> single{"dlfcn.h",  "fcntl.h",  "fnmatch.h", "netdb.h",
                                                 "poll.h",   "signal.h", "spawn.h",   "termios.h",
                                                 "unistd.h", "pwd.h",    "pthread.h", "sched.h"};
  static const std::set<std::string_view> of_c{"stdbool.h", "stdint.h", "stdio.h", "stdlib.h",
                                               "string.h"};
  return single.contains(header) || of_c.contains(header) || header.starts_with("sys/") ||
         header.starts_with("netinet/") || header.starts_with("arpa/") ||
         header.starts_with("linux/");
}

struct inclusion {
  std::string header;
  bool angled = false;
};

/// What a line includes, if it includes.
inline std::optional<inclusion> inclusion_in(std::string_view line) {
  const auto skip = [&line](std::string_view word) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.starts_with(word))
      return false;
    line.remove_prefix(word.size());
    return true;
  };
  if (!skip("#") || !skip("include") || !skip(""))
    return std::nullopt;
  if (line.empty() || (line.front() != '<' && line.front() != '"'))
    return std::nullopt;
  const bool angled = line.front() == '<';
  const auto end = line.find(angled ? '>' : '"', 1);
  if (end == std::string_view::npos)
    return std::nullopt;
  return inclusion{std::string{line.substr(1, end - 1)}, angled};
}

inline bool begins_with_any(std::string_view path, const std::vector<std::string_view>& prefixes) {
  return std::ranges::any_of(prefixes, [&](auto prefix) { return path.starts_with(prefix); });
}

inline std::string_view top(std::string_view path) {
  return path.substr(0, path.find('/'));
}

inline std::optional<std::string> fault_of_own(std::string_view path, std::string_view header) {
  const auto row = may_include.find(top(path));
  if (row == may_include.end())
    return "the folder has no row in the table of folders";
  if (!may_include.contains(top(header)) || header.find("/") == std::string_view::npos)
    return "\"" + std::string{header} + "\" does not begin at the repository's root";
  if (top(header) != top(path) && !row->second.contains(top(header)))
    return std::string{top(path)} + " may not include " + std::string{top(header)};
  for (const auto& [part, friends] : closed)
    if (header.starts_with(part) && !path.starts_with(part) && !begins_with_any(path, friends))
      return std::string{part} + " is closed to " + std::string{top(path)};
  return std::nullopt;
}

inline std::optional<std::string> fault_of_library(std::string_view path, std::string_view header) {
  const bool standard = header.find_first_of("/.") == std::string_view::npos;
  if (standard || is_platform(header))
    return std::nullopt;
  const library* row = nullptr;
  for (const auto& each : libraries)
    if (header.starts_with(each.headers) && (!row || each.headers.size() > row->headers.size()))
      row = &each;
  if (!row)
    return "no row of the table of libraries says who may include <" + std::string{header} + '>';
  if (top(path) == "tests" || begins_with_any(path, row->seen_from))
    return std::nullopt;
  return "<" + std::string{header} + "> may not be seen here";
}

/// The rule of both tables.
inline complaints follows_the_tables(const source_file& file) {
  complaints wrong;
  for (std::size_t i = 0; i < file.lines.size(); ++i)
    if (const auto included = inclusion_in(file.lines[i]))
      if (auto fault = included->angled ? fault_of_library(file.path, included->header)
                                        : fault_of_own(file.path, included->header))
        wrong.push_back({i + 1, *std::move(fault)});
  return wrong;
}

} // namespace tenon::tests::tidy
