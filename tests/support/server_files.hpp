// What starting somebody else's server for a test takes: a free port, commands that must succeed, a
// user who is not root, and a data directory that is prepared once for all test programs of a build
// and copied for each.
#pragma once

#include "tests/support/temporary_directory.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tenon::tests {

/// Nobody listens there now; somebody may later, as with every port that is free.
inline std::uint16_t free_port() {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* const raw = reinterpret_cast<sockaddr*>(&at);
  if (::bind(s, raw, size) != 0 || ::getsockname(s, raw, &size) != 0)
    throw std::runtime_error{"no port is free"};
  ::close(s);
  return ntohs(at.sin_port);
}

inline void must_run(const std::string& command) {
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0)
    throw std::runtime_error{"this failed: " + command};
}

/// Before a command that refuses to be run by root.
inline std::vector<std::string> as_nobody() {
  if (::geteuid() != 0)
    return {};
  return {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
}

inline std::string in_one_line(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& w : words)
    line += w + ' ';
  return line;
}

/// A copy at `to` of what `make` makes in an empty directory, which belongs to nobody as well.
inline void prepare_once(const std::string& name, const std::filesystem::path& to,
                         const std::function<void(const std::filesystem::path&)>& make) {
  namespace fs = std::filesystem;
  const auto kept = fs::read_symlink("/proc/self/exe").parent_path() / name;
  if (!fs::exists(kept)) {
    const temporary_directory fresh;
    const auto data = fresh / "data";
    fs::create_directory(data);
    if (::geteuid() == 0)
      must_run("chown -R 65534:65534 " + fresh.path().string());
    make(data);
    // Whoever is first gives it its name; another that was as fast throws its own away.
    const auto own = kept.string() + '.' + std::to_string(::getpid());
    must_run("cp -a " + data.string() + ' ' + own);
    std::error_code taken;
    fs::rename(own, kept, taken);
    if (taken)
      fs::remove_all(own);
  }
  must_run("cp -a " + kept.string() + ' ' + to.string());
}

} // namespace tenon::tests
