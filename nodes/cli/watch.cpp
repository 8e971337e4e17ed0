#include "nodes/cli/watch.hpp"

#include "nodes/cli/interrupt.hpp"
#include "nodes/cli/progress.hpp"

#include <chrono>

namespace tenon::nodes::cli {
namespace {

span ticks() {
  return std::chrono::duration_cast<span>(std::chrono::steady_clock::now().time_since_epoch());
}

// The line being redrawn. It leaves the terminal as it found it: the line erased.
class live_line {
public:
  explicit live_line(terminal& screen, bool silent) : screen_{screen}, silent_{silent} {}
  ~live_line() { erase(); }
  live_line(const live_line&) = delete;
  live_line& operator=(const live_line&) = delete;

  bool redraws() const { return screen_.err_look.width != 0; }
  void show(const std::string& text) {
    if (silent_)
      return;
    if (redraws())
      screen_.err << '\r' << text << "\x1b[K" << std::flush;
    else if (text != last_)
      screen_.err << text << '\n' << std::flush;
    last_ = text;
  }
  void erase() {
    if (!silent_ && redraws() && !last_.empty())
      screen_.err << "\r\x1b[K" << std::flush;
    last_.clear();
  }

private:
  terminal& screen_;
  bool silent_;
  std::string last_;
};

exit_code ended(const shell& s, const std::string& sync, const run_report& run, const value& body,
                span elapsed) {
  const auto code = run.state == "succeeded" ? exit_code::done : exit_code::failed;
  if (s.printed_json(body))
    return code;
  s.screen.out << summary_line(sync, run, elapsed, s.screen.out_look) << std::flush;
  if (run.why)
    s.show(*run.why);
  return code;
}

} // namespace

exit_code watch_run(const shell& s, const api& server, const std::string& sync, std::int64_t number,
                    watch_pace pauses) {
  const interrupt_watch interrupt;
  const auto target = server.path({"syncs", sync, "runs", std::to_string(number)});
  const auto started = ticks();
  auto heard = started; // when the server last answered
  live_line line{s.screen, s.given.json};
  pace speed;
  for (;;) {
    const auto got = server.get(target);
    const auto now = ticks();
    const auto run = got ? read_run(got.body) : std::nullopt;
    if (run) {
      heard = now;
      speed.observe(run->read, now);
      if (run->ended()) {
        line.erase();
        return ended(s, sync, *run, got.body, now - started);
      }
      line.show(progress_line(sync, *run, speed, now - started, s.screen.err_look));
    } else if (got) {
      return s.report(failure{.code = code::internal,
                              .why = "the server's answer is not a run",
                              .where = target,
                              .remedy = "check that the client and the server have one version"});
    } else if (got.code != exit_code::unreachable || now - heard > pauses.patience) {
      line.erase();
      return s.report(got);
    } else {
      line.show(
          inked(s.screen.err_look, ink::caution, "the server does not answer; waiting for it"));
    }
    if (interrupt.wait(line.redraws() ? pauses.live : pauses.plain))
      break;
  }
  line.erase();
  s.screen.err << "run " << number << " goes on; `tenon sync status " << sync
               << "` shows it, `tenon sync cancel " << sync << "` ends it\n";
  return exit_code::interrupted;
}

} // namespace tenon::nodes::cli
