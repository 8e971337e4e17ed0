// A program of this build, run as a process of its own for a test: its first line of output is
// waited for, and it ends with the test. Programs lie beside the test's own executable.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace tenon::tests {

class started_program {
public:
  using words = std::vector<std::string>;

  /// `environment` ("NAME=value") comes before this process's own.
  started_program(const std::string& name, const words& arguments, words environment = {});
  ~started_program();
  started_program(const started_program&) = delete;
  started_program& operator=(const started_program&) = delete;

  /// "" when it ended without one.
  const std::string& first_line() const { return first_line_; }
  pid_t pid() const { return pid_; }

  /// Whether it has ended; waits for that, but no longer than told.
  bool ends_within(std::chrono::milliseconds patience) const;

  /// SIGTERM; the exit code, or 128 and the signal that ended it.
  int terminate();
  int wait();
  /// Everything on standard error so far.
  std::string errors() const;
  /// The rest of what it says; until it has ended.
  std::string rest_of_output() const;

private:
  std::string line();

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  int alive_ = -1;
  std::string first_line_;
};

} // namespace tenon::tests
