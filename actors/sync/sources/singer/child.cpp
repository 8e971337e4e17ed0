#include "actors/sync/sources/singer/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tenon::actors::singer {
namespace {

constexpr int grace_ms = 1'000;   // between being asked to end and being ended
constexpr int silence_ms = 5'000; // of a program that has closed its output
constexpr std::size_t piece_bytes = 64u << 10;

/// All that is needed after a fork, where nothing may be allocated.
struct prepared {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<std::string> files;
  std::string directory;
  int out;
  int errors;
  int life;
};

void close_all_but(std::array<int, 3> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned from = 3;
  for (const int fd : kept) {
    const auto next = static_cast<unsigned>(fd);
    if (next > from)
      ::syscall(SYS_close_range, from, next - 1, 0);
    from = std::max(from, next + 1);
  }
  ::syscall(SYS_close_range, from, ~0u, 0);
}

void take_usual_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGALRM})
    ::signal(signal, SIG_DFL);
}

[[noreturn]] void become_the_program(const prepared& p, pid_t guard) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL); // of the guard, which has one thread
  if (::getppid() != guard)
    ::_exit(127);
  take_usual_signals();
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(p.out, STDOUT_FILENO);
  ::dup2(p.errors, STDERR_FILENO);
  ::syscall(SYS_close_range, 3u, ~0u, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::umask(077);
  if (::chdir(p.directory.c_str()) != 0)
    ::_exit(127);
  ::execve(p.arguments[0], p.arguments.data(), p.environment.data());
  ::_exit(127);
}

[[noreturn]] void guard(const prepared& p) {
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::dup2(nothing, fd);
  close_all_but({p.out, p.errors, p.life});
  take_usual_signals();
  ::signal(SIGTERM, SIG_IGN); // whoever ends us by name ends the program by its own
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  const pid_t own = ::getpid();
  const pid_t program = ::_Fork(); // which is allowed here, as little else is
  if (program == 0)
    become_the_program(p, own);
  ::close(p.out);
  ::close(p.errors);
  int status = 127 << 8;
  if (program > 0) {
    ::setpgid(program, program);
    const int ended = static_cast<int>(::syscall(SYS_pidfd_open, program, 0));
    pollfd both[2]{{ended, POLLIN, 0}, {p.life, 0, 0}}; // the pipe says only that it was closed
    while (::poll(both, 2, -1) < 0 && errno == EINTR) {
    }
    if ((both[0].revents & POLLIN) == 0) {
      ::kill(-program, SIGTERM);
      ::poll(both, 1, grace_ms);
    }
    ::kill(-program, SIGKILL);
    ::waitpid(program, &status, 0);
  }
  for (const auto& file : p.files)
    ::unlink(file.c_str());
  ::rmdir(p.directory.c_str());
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

std::vector<char*> pointers(std::vector<std::string>& all) {
  std::vector<char*> made;
  for (auto& word : all)
    made.push_back(word.data());
  made.push_back(nullptr);
  return made;
}

/// What there is now, up to a piece; whether it has ended.
bool take(int from, std::string& into) {
  std::array<char, piece_bytes> piece;
  const auto n = ::read(from, piece.data(), piece.size());
  if (n > 0)
    into.append(piece.data(), static_cast<std::size_t>(n));
  return n == 0;
}

void close_if(int& fd) {
  if (fd >= 0)
    ::close(fd);
  fd = -1;
}

} // namespace

result<std::unique_ptr<child>> child::start(command c) {
  std::unique_ptr<child> made{new child{std::move(c)}};
  const auto& how = made->command_;
  std::vector<std::string> words{how.program.string()};
  words.insert(words.end(), how.arguments.begin(), how.arguments.end());
  std::vector<std::string> around{
      "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + how.directory.string(),
      "TMPDIR=" + how.directory.string(), "LANG=C.UTF-8", "PYTHONUNBUFFERED=1"};
  prepared p{pointers(words), pointers(around), {}, how.directory.string(), -1, -1, -1};
  for (const auto& file : how.files)
    p.files.push_back((how.directory / file).string());
  std::array<int, 2> out{-1, -1}, errors{-1, -1}, life{-1, -1};
  const auto failed = [&] {
    failure why{code::unavailable, std::string{"no process can be made: "} + std::strerror(errno)};
    for (auto* pipe : {&out, &errors, &life})
      for (int& fd : *pipe)
        close_if(fd);
    return why;
  };
  for (auto* pipe : {&out, &errors, &life})
    if (::pipe2(pipe->data(), O_CLOEXEC) != 0)
      return failed();
  p.out = out[1];
  p.errors = errors[1];
  p.life = life[0];
  made->guard_ = ::fork();
  if (made->guard_ == 0)
    guard(p);
  if (made->guard_ < 0)
    return failed();
  ::close(out[1]);
  ::close(errors[1]);
  ::close(life[0]);
  made->out_ = out[0];
  made->errors_ = errors[0];
  made->life_ = life[1];
  for (const int fd : {out[0], errors[0]})
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return made;
}

child::~child() {
  close_if(life_);
  close_if(out_);
  close_if(errors_);
  if (guard_ > 0)
    ::waitpid(guard_, nullptr, 0);
}

child::news child::read(time_point until, const std::stop_token& stop) {
  news n;
  n.over = out_ < 0 && errors_ < 0;
  const int stopped = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  {
    const std::stop_callback when_stopped{stop, [stopped] { ::eventfd_write(stopped, 1); }};
    while (!n.any()) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      std::array<pollfd, 3> watched{
          {{out_, POLLIN, 0}, {errors_, POLLIN, 0}, {stopped, POLLIN, 0}}};
      const int ready = ::poll(watched.data(), watched.size(),
                               static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
      if (ready == 0 || watched[2].revents != 0)
        break;
      if (ready < 0)
        continue;
      if (watched[0].revents != 0 && take(out_, n.output))
        close_if(out_);
      if (watched[1].revents != 0 && take(errors_, n.errors))
        close_if(errors_);
      n.over = out_ < 0 && errors_ < 0;
    }
  }
  ::close(stopped);
  return n;
}

int child::wait() {
  const int ended = static_cast<int>(::syscall(SYS_pidfd_open, guard_, 0));
  pollfd watched{ended, POLLIN, 0};
  ::poll(&watched, 1, silence_ms);
  ::close(ended);
  close_if(life_);
  int status = 0;
  ::waitpid(guard_, &status, 0);
  guard_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace tenon::actors::singer
