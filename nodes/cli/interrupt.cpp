#include "nodes/cli/interrupt.hpp"

#include <poll.h>

#include <algorithm>
#include <ctime>

namespace tenon::nodes::cli {
namespace {

volatile std::sig_atomic_t pressed = 0;

void mark(int) {
  pressed = 1;
}

} // namespace

// SIGINT is blocked but for the wait itself, so a press between the question and the wait is not
// lost: ppoll opens the mask and waits in one step.
interrupt_watch::interrupt_watch() {
  pressed = 0;
  struct sigaction marking {};
  marking.sa_handler = mark;
  sigemptyset(&marking.sa_mask);
  sigaction(SIGINT, &marking, &before_);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGINT);
  pthread_sigmask(SIG_BLOCK, &blocked, &mask_before_);
}

interrupt_watch::~interrupt_watch() {
  sigaction(SIGINT, &before_, nullptr);
  pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

bool interrupt_watch::interrupted() const {
  wait(span{0});
  return pressed != 0;
}

bool interrupt_watch::wait(span s) const {
  if (pressed == 0) {
    const auto ms = std::max<span::rep>(0, s.count());
    const timespec time{.tv_sec = static_cast<time_t>(ms / 1000),
                        .tv_nsec = static_cast<long>(ms % 1000) * 1'000'000};
    auto open = mask_before_;
    sigdelset(&open, SIGINT);
    ::ppoll(nullptr, 0, &time, &open);
  }
  return pressed != 0;
}

} // namespace tenon::nodes::cli
