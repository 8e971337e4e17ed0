#include "actors/sync/sources/singer/child.hpp"

#include "actors/sync/sources/singer/guard.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tenon::actors::singer {
namespace {

constexpr int silence_ms = 5'000; // of a program that has closed its output
constexpr std::size_t piece_bytes = 64u << 10;

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

/// Neither end is where the guard finds its own.
bool make_pipe(std::array<int, 2>& ends) {
  constexpr int above = guard_lock + 1;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return false;
  for (int& fd : ends) {
    const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, above);
    if (moved < 0)
      return false;
    ::close(std::exchange(fd, moved));
  }
  return true;
}

/// What the guard is to have open, as numbers of ours.
struct opened {
  int out;
  int errors;
  int life;
  int lock;
};

/// Starts the guard; or why not, as errno says it.
int spawn(std::vector<std::string>& words, std::vector<std::string>& around, const opened& ours,
          pid_t& guard) {
  const int lock = ::fcntl(ours.lock, F_DUPFD_CLOEXEC, guard_lock + 1);
  if (lock < 0)
    return errno;
  const auto arguments = pointers(words), environment = pointers(around);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, ours.out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, ours.errors, STDERR_FILENO);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_adddup2(&files, ours.life, guard_life);
  ::posix_spawn_file_actions_adddup2(&files, lock, guard_lock);
  ::posix_spawn_file_actions_addclosefrom_np(&files, guard_lock + 1);
  const int wrong = ::posix_spawn(&guard, "/proc/self/exe", &files, nullptr, arguments.data(),
                                  environment.data());
  ::posix_spawn_file_actions_destroy(&files);
  ::close(lock);
  if (wrong != 0)
    guard = -1;
  return wrong;
}

} // namespace

result<std::unique_ptr<child>> child::start(const command& how, workplace where) {
  std::unique_ptr<child> made{new child};
  const auto directory = where.path().string();
  std::vector<std::string> words{guard_name, directory, how.program.string()};
  words.insert(words.end(), how.arguments.begin(), how.arguments.end());
  std::vector<std::string> around{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + directory,
                                  "TMPDIR=" + directory, "LANG=C.UTF-8", "PYTHONUNBUFFERED=1"};
  std::array<int, 2> out{-1, -1}, errors{-1, -1}, life{-1, -1};
  int wrong = 0;
  for (auto* pipe : {&out, &errors, &life})
    wrong = wrong == 0 && !make_pipe(*pipe) ? errno : wrong;
  if (wrong == 0)
    wrong = spawn(words, around, {out[1], errors[1], life[0], where.lock()}, made->guard_);
  for (int* fd : {&out[1], &errors[1], &life[0]})
    close_if(*fd);
  made->out_ = out[0];
  made->errors_ = errors[0];
  made->life_ = life[1];
  if (wrong != 0)
    return failure{code::unavailable,
                   std::string{"no process can be made: "} + std::strerror(wrong)};
  where.hand_on();
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
