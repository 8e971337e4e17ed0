// A run of a sync as a person watches it: one line while it goes, one sentence when it has ended.
// Pure: numbers and a width in, text out.
#pragma once

#include "nodes/cli/look.hpp"
#include "protocols/value.hpp"

#include <optional>

namespace tenon::nodes::cli {

struct run_report {
  std::int64_t run = 0;
  std::string state; // running, succeeded, failed, cancelled, paused
  std::int64_t read = 0;
  std::int64_t stored = 0;
  std::int64_t unchanged = 0;
  std::int64_t filtered = 0;
  std::int64_t dead_lettered = 0;
  std::int64_t conflicts = 0;
  std::int64_t deleted = 0;
  std::int64_t bytes = 0;
  std::optional<std::int64_t> expected;
  std::optional<span> took;   // between started_at and ended_at
  std::optional<failure> why; // of one that failed

  bool ended() const { return state == "succeeded" || state == "failed" || state == "cancelled"; }
};

/// Absent when the server's answer is not a run.
std::optional<run_report> read_run(const value&);

/// Records per second, smoothed over a few seconds so that the number can be read.
class pace {
public:
  /// `read` records so far, `at` on any clock that only grows.
  void observe(std::int64_t read, span at);
  double rate() const { return rate_; } // 0 until known
  /// Until `expected` is reached; absent while nothing can be said.
  std::optional<span> left(std::int64_t read, std::optional<std::int64_t> expected) const;

private:
  std::optional<span> last_at_;
  std::int64_t last_read_ = 0;
  double rate_ = 0;
  bool known_ = false;
};

/// `name  ━━━━━━━╸────  62 %  12,400 of 20,000  3,200/s  2.4 s left`, in at most the look's width:
/// what matters least is left out first.
std::string progress_line(std::string_view name, const run_report&, const pace&, span elapsed,
                          const look&);

/// `✓ name  20,000 read, 20.5 MB, in 6.2 s (3,226/s): 19,600 stored, 400 unchanged`, with a
/// newline.
std::string summary_line(std::string_view name, const run_report&, span elapsed, const look&);

} // namespace tenon::nodes::cli
