// One line of the table that `./dev bench` prints at its end: printed at once, and kept in the file
// that TENON_FIGURES names, if it names one.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace tenon::tests {

inline void print_figure(const std::string& what, const std::string& goal,
                         const std::string& measured, const std::string& beside = "-") {
  std::printf("%s: %s (goal %s; beside: %s)\n", what.c_str(), measured.c_str(), goal.c_str(),
              beside.c_str());
  std::fflush(stdout);
  const char* const file = std::getenv("TENON_FIGURES");
  std::FILE* const kept = file ? std::fopen(file, "a") : nullptr;
  if (!kept)
    return;
  std::fprintf(kept, "%s\t%s\t%s\t%s\n", what.c_str(), goal.c_str(), measured.c_str(),
               beside.c_str());
  std::fclose(kept);
}

/// What this process has had of the processors so far. Unlike a rate, it hardly depends on who else
/// is at work on the machine.
inline double processor_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// "1,234,567"
inline std::string with_commas(double number) {
  auto text = std::to_string(static_cast<long long>(number + 0.5));
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

/// With so many digits after the point.
inline std::string fixed(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

} // namespace tenon::tests
