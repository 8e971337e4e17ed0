#include "runtime/telemetry/trace.hpp"

#include <utility>

#include <algorithm>
#include <span>

namespace tenon::runtime {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

int digit_of(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool read_hex(std::string_view text, std::span<std::uint8_t> onto) {
  for (std::size_t i = 0; i < onto.size(); ++i) {
    const int high = digit_of(text[2 * i]);
    const int low = digit_of(text[2 * i + 1]);
    if (high < 0 || low < 0)
      return false;
    onto[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

void write_hex(std::span<const std::uint8_t> bytes, std::string& onto) {
  for (const auto b : bytes) {
    onto += digits[b >> 4];
    onto += digits[b & 15];
  }
}

void spread(std::uint64_t number, std::span<std::uint8_t> onto) {
  for (std::size_t i = 0; i < 8; ++i)
    onto[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
}

bool all_zero(std::span<const std::uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](auto b) { return b == 0; });
}

} // namespace

std::optional<trace_context> parse_traceparent(std::string_view text) {
  constexpr std::size_t length = 55;
  if (text.size() < length || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return std::nullopt;
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  trace_context c;
  if (!read_hex(text, version) || !read_hex(text.substr(3), c.trace) ||
      !read_hex(text.substr(36), c.span) || !read_hex(text.substr(53), flags))
    return std::nullopt;
  if (version[0] == 0xff || all_zero(c.trace) || all_zero(c.span))
    return std::nullopt;
  if (text.size() > length && (version[0] == 0 || text[length] != '-'))
    return std::nullopt;
  c.flags = flags[0];
  return c;
}

std::string to_traceparent(const trace_context& c) {
  std::string text{"00-"};
  text.reserve(55);
  write_hex(c.trace, text);
  text += '-';
  write_hex(c.span, text);
  text += '-';
  // Of the flags only "sampled" has a meaning in version 00; the others must not be passed on.
  text += (c.flags & 1) != 0 ? "01" : "00";
  return text;
}

std::string trace_id(const trace_context& c) {
  std::string text;
  text.reserve(32);
  write_hex(c.trace, text);
  return text;
}

trace_context new_trace(std::uint64_t high, std::uint64_t low, std::uint64_t span) {
  trace_context c;
  spread(high, c.trace);
  spread(high == 0 && low == 0 ? 1 : low, std::span{c.trace}.subspan(8));
  spread(span == 0 ? 1 : span, c.span);
  return c;
}

trace_context child_of(const trace_context& parent, std::uint64_t span) {
  trace_context c = parent;
  spread(span == 0 ? 1 : span, c.span);
  return c;
}

namespace {
thread_local trace_context working_on;
}

trace_scope::trace_scope(const trace_context& c) : before_{std::exchange(working_on, c)} {}

trace_scope::~trace_scope() {
  working_on = before_;
}

const trace_context& current_trace() {
  return working_on;
}

} // namespace tenon::runtime
