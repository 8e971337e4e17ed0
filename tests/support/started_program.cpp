#include "tests/support/started_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>

namespace tenon::tests {
namespace {

std::vector<char*> pointers(started_program::words& all) {
  std::vector<char*> made;
  for (auto& word : all)
    made.push_back(word.data());
  made.push_back(nullptr);
  return made;
}

} // namespace

started_program::started_program(const std::string& name, const words& arguments,
                                 words environment) {
  // Once: a test that mounts something may see its own executable under another name.
  static const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  words said{(folder / name).string()};
  said.insert(said.end(), arguments.begin(), arguments.end());
  for (char** own = environ; *own; ++own)
    environment.emplace_back(*own);
  auto argv = pointers(said);
  auto envp = pointers(environment);
  std::array<int, 2> out{};
  // A file in memory and not a pipe: nobody reads it meanwhile, and the program must not wait.
  err_ = ::memfd_create("errors", MFD_CLOEXEC);
  if (err_ < 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
    return;
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err_, STDERR_FILENO);
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(out[1]);
  out_ = out[0];
  alive_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  first_line_ = line();
}

started_program::~started_program() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
  for (const int fd : {out_, err_, alive_})
    ::close(fd);
}

bool started_program::ends_within(std::chrono::milliseconds patience) const {
  pollfd watched{alive_, POLLIN, 0};
  return ::poll(&watched, 1, static_cast<int>(patience.count())) > 0;
}

int started_program::terminate() {
  ::kill(pid_, SIGTERM);
  return wait();
}

int started_program::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string started_program::errors() const {
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t n = 0;
       (n = ::pread(err_, piece.data(), piece.size(), static_cast<off_t>(text.size()))) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(n));
  return text;
}

std::string started_program::rest_of_output() const {
  std::string text;
  for (char c = 0; ::read(out_, &c, 1) == 1;)
    text += c;
  return text;
}

std::string started_program::line() {
  std::string text;
  for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';)
    text += c;
  return text;
}

} // namespace tenon::tests
