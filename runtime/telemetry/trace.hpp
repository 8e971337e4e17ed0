// Where one piece of work belongs among all others: the W3C Trace Context (level 1) that enters
// with a request, travels in every envelope and timer, and leaves with every call outside. Pure:
// randomness is handed in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::runtime {

struct trace_context {
  std::array<std::uint8_t, 16> trace{}; // all zero means: none
  std::array<std::uint8_t, 8> span{};
  std::uint8_t flags = 0; // bit 0: sampled

  bool operator==(const trace_context&) const = default;
  explicit operator bool() const { return trace != std::array<std::uint8_t, 16>{}; }
};

/// Nothing unless the text is a `traceparent` to the letter: lower-case hex, no zero ids, version
/// 00 with exactly its four parts, or a later version that starts with them.
std::optional<trace_context> parse_traceparent(std::string_view text);

/// "00-<trace>-<span>-<flags>", 55 characters.
std::string to_traceparent(const trace_context&);

/// The 32 hex digits of the trace alone, for logs and problem documents.
std::string trace_id(const trace_context&);

/// A new trace of its own, not sampled. The random numbers must not all be zero; zero ids are
/// mended, because the standard forbids them.
trace_context new_trace(std::uint64_t high, std::uint64_t low, std::uint64_t span);

/// The same trace, one step further down.
trace_context child_of(const trace_context& parent, std::uint64_t span);

/// What this thread is working on: logs and questions to actors pick it up. Lasts for a scope.
class trace_scope {
public:
  explicit trace_scope(const trace_context&);
  ~trace_scope();
  trace_scope(const trace_scope&) = delete;
  trace_scope& operator=(const trace_scope&) = delete;

private:
  trace_context before_;
};
const trace_context& current_trace();

} // namespace tenon::runtime
