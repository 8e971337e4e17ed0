#include "actors/sync/sources/singer/guard.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tenon::actors::singer {

const char guard_name[] = "tenon-tap-guard";

namespace {

constexpr int grace_ms = 1'000; // between being asked to end and being ended
constexpr std::size_t most_listed_bytes = 64u << 10;

void take_usual_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGALRM})
    ::signal(signal, SIG_DFL);
}

[[noreturn]] void become_the_program(char** words, char** environment, pid_t guard) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL); // of the guard, which has one thread
  if (::getppid() != guard)
    ::_exit(127);
  take_usual_signals();
  ::syscall(SYS_close_range, 3u, ~0u, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::umask(077);
  if (::chdir(words[0]) != 0)
    ::_exit(127);
  ::execve(words[1], words + 1, environment);
  ::_exit(127);
}

/// What the program has left behind, also what has gone into a session of its own: whoever loses
/// its parent becomes our child.
void end_those_left() {
  const auto list = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
  std::string text(most_listed_bytes, '\0');
  for (;;) {
    const int file = ::open(list.c_str(), O_RDONLY | O_CLOEXEC);
    const auto size = file < 0 ? -1 : ::read(file, text.data(), text.size());
    if (file >= 0)
      ::close(file);
    if (size <= 0)
      return;
    const char* at = text.data();
    const char* const end = at + size;
    while (at < end) {
      pid_t child = 0;
      const auto read = std::from_chars(at, end, child);
      if (read.ec == std::errc{} && child > 0) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
      }
      at = std::max(read.ptr, at + 1);
    }
  }
}

[[noreturn]] void stand_guard(char** words, char** environment) {
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  take_usual_signals();
  ::signal(SIGTERM, SIG_IGN); // whoever ends us by name ends the program by its own
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  const pid_t own = ::getpid();
  const pid_t program = ::fork();
  if (program == 0)
    become_the_program(words, environment, own);
  for (const int output : {STDOUT_FILENO, STDERR_FILENO})
    ::dup2(STDIN_FILENO, output);
  int status = 127 << 8;
  if (program > 0) {
    ::setpgid(program, program);
    const int ended = static_cast<int>(::syscall(SYS_pidfd_open, program, 0));
    // Of the pipe only its end is said.
    pollfd both[2]{{ended, POLLIN, 0}, {guard_life, 0, 0}};
    while (::poll(both, 2, -1) < 0 && errno == EINTR) {
    }
    if ((both[0].revents & POLLIN) == 0) {
      ::kill(-program, SIGTERM);
      ::poll(both, 1, grace_ms);
    }
    ::kill(-program, SIGKILL);
    ::waitpid(program, &status, 0);
    end_those_left();
  }
  std::error_code ignored;
  std::filesystem::remove_all(words[0], ignored);
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/// Before everything else, as the program's own beginnings are not needed; 101 is the first that a
/// program may have.
[[gnu::constructor(101)]] void stand_guard_if_asked(int count, char** words, char** environment) {
  if (count > 2 && std::string_view{words[0]} == guard_name)
    stand_guard(words + 1, environment);
}

} // namespace
} // namespace tenon::actors::singer
