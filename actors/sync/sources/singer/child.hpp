// A program in a process group of its own, whose output is read here. Between it and us stands a
// guard (guard.hpp): a process that does nothing but wait, and that kills all that the program has
// begun, and removes its directory, when the program has ended, when it is told to, and when we are
// gone, however we went. That the program would hear of our end by itself cannot be relied upon:
// PR_SET_PDEATHSIG is about a thread and one child alone.
#pragma once

#include "actors/sync/sources/singer/workplace.hpp"
#include "protocols/failure.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <vector>

namespace tenon::actors::singer {

struct command {
  std::filesystem::path program;
  std::vector<std::string> arguments;
};

class child {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Runs it there.
  static result<std::unique_ptr<child>> start(const command&, workplace);
  /// Ends it, if it runs.
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  struct news {
    std::string output;
    std::string errors;
    bool over = false; // no more of either will come
    bool any() const { return over || !output.empty() || !errors.empty(); }
  };
  /// Waits for something, until then or until it is stopped.
  news read(time_point until, const std::stop_token&);

  /// Once all is read: the exit code, or 128 and the signal that ended it. A program that goes on
  /// without anything to say is ended.
  int wait();

private:
  child() = default;

  int guard_ = -1; // process
  int out_ = -1;
  int errors_ = -1;
  int life_ = -1; // closed: it is to end
};

} // namespace tenon::actors::singer
