// A program of this build, run as a process of its own for a test: its first line of output is
// waited for, and it ends with the test. Programs lie beside the test's own executable.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

namespace tenon::tests {

class started_program {
public:
  started_program(const std::string& name, const std::vector<std::string>& arguments) {
    const auto file = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
    std::vector<std::string> words{file.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (auto& word : words)
      argv.push_back(word.data());
    argv.push_back(nullptr);
    std::array<int, 2> out{};
    // A file in memory and not a pipe: nobody reads it meanwhile, and the program must not wait.
    err_ = ::memfd_create("errors", MFD_CLOEXEC);
    if (::pipe2(out.data(), O_CLOEXEC) != 0 || err_ < 0)
      return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      ::dup2(err_, STDERR_FILENO);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(out[1]);
    out_ = out[0];
    first_line_ = line();
  }
  ~started_program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
    ::close(out_);
    ::close(err_);
  }
  started_program(const started_program&) = delete;
  started_program& operator=(const started_program&) = delete;

  /// "" when it ended without one.
  const std::string& first_line() const { return first_line_; }

  /// SIGTERM; the exit code, or 128 and the signal that ended it.
  int terminate() {
    ::kill(pid_, SIGTERM);
    return wait();
  }
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  pid_t pid() const { return pid_; }
  /// Everything on standard error so far.
  std::string errors() {
    std::string text;
    std::array<char, 4096> piece;
    for (ssize_t n = 0;
         (n = ::pread(err_, piece.data(), piece.size(), static_cast<off_t>(text.size()))) > 0;)
      text.append(piece.data(), static_cast<std::size_t>(n));
    return text;
  }

private:
  std::string line() {
    std::string text;
    for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';)
      text += c;
    return text;
  }

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string first_line_;
};

} // namespace tenon::tests
