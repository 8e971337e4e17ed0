#include "runtime/telemetry/log.hpp"

#include "protocols/json.hpp"
#include "runtime/telemetry/trace.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>

namespace tenon::runtime::log {
namespace {

using sink = std::function<void(level, std::string_view, std::string_view)>;

// The one piece of state that is reachable from everywhere: a log that had to be handed to every
// value and decision would not be used.
std::atomic<level> lowest{level::info};
std::mutex writing;
sink& current_sink() {
  static sink s;
  return s;
}

void write(level l, std::string_view name, std::string_view event, fields fs) {
  if (l < lowest.load(std::memory_order_relaxed))
    return;
  const auto now = std::chrono::time_point_cast<span>(std::chrono::system_clock::now());
  std::string line{"{\"time\":"};
  write_json(value{now}, line);
  line += ",\"level\":\"";
  line += name;
  line += "\",\"event\":";
  write_json_text(event, line);
  for (const auto& [key, v] : fs) {
    line += ',';
    write_json_text(key, line);
    line += ':';
    write_json(v, line);
  }
  if (const auto& trace = current_trace()) {
    line += ",\"trace\":\"";
    line += trace_id(trace);
    line += '"';
  }
  line += '}';
  const std::lock_guard guard{writing};
  if (auto& s = current_sink()) {
    s(l, event, line);
    return;
  }
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

} // namespace

void debug(std::string_view event, fields f) {
  write(level::debug, "debug", event, f);
}
void info(std::string_view event, fields f) {
  write(level::info, "info", event, f);
}
void warn(std::string_view event, fields f) {
  write(level::warn, "warn", event, f);
}
void error(std::string_view event, fields f) {
  write(level::error, "error", event, f);
}

bool writes(level l) {
  return l >= lowest.load(std::memory_order_relaxed);
}

void set_level(level l) {
  lowest = l;
}

void set_sink(sink s) {
  const std::lock_guard guard{writing};
  current_sink() = std::move(s);
}

} // namespace tenon::runtime::log
