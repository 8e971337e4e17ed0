// A library for LD_PRELOAD that sets the wall clock of one process, while it runs: by as many
// seconds as the file TENON_CLOCK_SHIFT holds (an int64 in the machine's own order). The steady
// clock is left alone, as it is when somebody sets a machine's clock.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using gettime_call = int(clockid_t, timespec*);

std::int64_t shift() {
  static const auto* const seconds = [] {
    const char* file = std::getenv("TENON_CLOCK_SHIFT");
    const int descriptor = file ? ::open(file, O_RDONLY | O_CLOEXEC) : -1;
    void* mapped = descriptor < 0 ? MAP_FAILED
                                  : ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED,
                                           descriptor, 0);
    if (descriptor >= 0)
      ::close(descriptor);
    return mapped == MAP_FAILED ? nullptr : static_cast<std::atomic<std::int64_t>*>(mapped);
  }();
  return seconds ? seconds->load() : 0;
}

int real_gettime(clockid_t clock, timespec* at) {
  static auto* const call = reinterpret_cast<gettime_call*>(::dlsym(RTLD_NEXT, "clock_gettime"));
  return call(clock, at);
}

} // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* at) noexcept {
  const int result = real_gettime(clock, at);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    at->tv_sec += shift();
  return result;
}

int gettimeofday(timeval* at, void*) noexcept {
  timespec now{};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  *at = {now.tv_sec, now.tv_nsec / 1000};
  return result;
}

time_t time(time_t* at) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (at)
    *at = now.tv_sec;
  return now.tv_sec;
}

} // extern "C"
