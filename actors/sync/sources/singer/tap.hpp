// A tap that runs: the files it is started with, what it has said and nobody has stored yet, and
// pages out of it. Those that nobody asks for any more are ended.
#pragma once

#include "actors/sync/source.hpp"
#include "actors/sync/sources/singer/assembly.hpp"
#include "actors/sync/sources/singer/child.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace tenon::actors::singer {

/// What a tap is started with.
struct launch {
  std::filesystem::path program;
  source_options options;
  object secrets;
  std::string sync; // for the log
  span page_limit;  // then a page has what is there

  /// Equal for two that would say the same.
  std::uint64_t shape() const;
};

class running_tap {
public:
  /// With the catalog that it finds, unless there is one, and from this state on.
  static result<std::unique_ptr<running_tap>>
  start(launch, const std::string& state, std::shared_ptr<void> seat, const std::stop_token&);

  /// Whether the page that is asked for is the next one, or the last one again.
  bool can_answer(const page_request&, std::uint64_t shape) const;
  result<source_page> page(const page_request&, const place& from, const known& before,
                           const std::stop_token&);
  /// Nothing more will come of it.
  bool spent() const { return spent_; }
  /// Its end was a failure, which has been told.
  bool ended_badly() const { return failed_ && told_; }

private:
  running_tap(launch l, std::shared_ptr<void> seat)
      : launch_{std::move(l)}, seat_{std::move(seat)} {}

  result<source_page> read_page(const page_request&, const place& from, const known& before,
                                const std::stop_token&);
  result<bool> fill(assembly&, const std::stop_token&);
  result<std::string> discover(const std::stop_token&);
  result<std::unique_ptr<child>> run(std::vector<std::string> arguments,
                                     const std::map<std::string, std::string>& files);
  void note_errors(std::string_view text);
  failure bad_end(int code) const;

  const launch launch_;
  const covering covered_{launch_.secrets};
  const std::shared_ptr<void> seat_;
  std::vector<connectors::json_path> key_;
  std::unique_ptr<child> child_;
  line_reader lines_, errors_;
  std::vector<std::string> last_errors_;
  std::chrono::steady_clock::time_point heard_ = std::chrono::steady_clock::now();
  bool over_ = false; // it says no more
  bool spent_ = false;
  std::optional<failure> failed_; // to be told, perhaps with the next page
  bool told_ = false;
  std::string asked_; // for the page before
  std::string at_;    // where that ended
  std::optional<source_page> given_;
};

/// Taps between two pages, and all that are alive.
class kept_taps {
public:
  kept_taps(std::size_t at_once, span idle_limit);
  ~kept_taps();

  /// Nothing when there are as many as there may be.
  std::shared_ptr<void> seat();
  /// Before a page is read, so that `drop` ends that also while there is no tap yet.
  std::stop_source begin(const identity& sync);
  std::unique_ptr<running_tap> take(const identity& sync);
  /// After that; null if there is none.
  void end(const identity& sync, const std::stop_source&, std::unique_ptr<running_tap>);
  /// It is not wanted any more.
  void drop(const identity& sync);

private:
  using clock = std::chrono::steady_clock;
  struct kept {
    std::unique_ptr<running_tap> tap;
    clock::time_point since;
  };
  void end_idle(const std::stop_token&);

  const span idle_limit_;
  const std::shared_ptr<std::atomic<std::size_t>> free_;
  std::mutex guard_;
  std::condition_variable_any changed_;
  std::map<identity, kept> idle_;
  std::map<identity, std::stop_source> used_;
  std::jthread reaper_; // the last: it ends first
};

} // namespace tenon::actors::singer
