#include "cluster/forwarding/parcel.hpp"

#include <algorithm>
#include <limits>

namespace tenon::cluster::forwarding {

namespace {

// What the fixed parts of each take, with what texts are rounded up by.
constexpr std::size_t ask_overhead = 136;
constexpr std::size_t answer_overhead = 120;
// What is small is copied out of its frame, so that what is kept for long does not keep the rest.
constexpr std::size_t copied_bytes = 32u << 10;

blob detached(blob bytes) {
  return bytes.size() > copied_bytes ? std::move(bytes) : blob::copy_of(bytes.view());
}

std::uint64_t number_in(const std::uint8_t* bytes) {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i)
    number = number << 8 | bytes[i];
  return number;
}

void put(std::uint64_t number, std::uint8_t* bytes) {
  for (int i = 7; i >= 0; --i, number >>= 8)
    bytes[i] = static_cast<std::uint8_t>(number);
}

/// Rounded up, because 0 would mean that the asker waits for ever.
std::uint32_t remaining_until(steady_point end, steady_point now) {
  if (end == steady_point::max())
    return 0;
  const auto left = std::chrono::ceil<span>(end - now).count();
  return static_cast<std::uint32_t>(
      std::clamp<span::rep>(left, 1, std::numeric_limits<std::uint32_t>::max()));
}

code code_named(std::string_view name) {
  for (auto c = code::malformed; c < code::internal;
       c = static_cast<code>(static_cast<std::uint8_t>(c) + 1))
    if (name_of(c) == name)
      return c;
  return code::internal;
}

} // namespace

words::ask in_words(partition_number partition, std::string to, const runtime::envelope& e,
                    steady_point now) {
  words::ask a;
  a.partition = partition;
  a.to = std::move(to);
  a.command = e.command;
  a.remaining_ms = remaining_until(e.expires, now);
  if (e.from) {
    a.sender = e.from->sender;
    a.sent = e.from->number;
  }
  a.settles = e.settles;
  if (e.trace) {
    a.trace_high = number_in(e.trace.trace.data());
    a.trace_low = number_in(e.trace.trace.data() + 8);
    a.trace_span = number_in(e.trace.span.data());
    a.trace_flags = e.trace.flags;
  }
  return a;
}

std::unique_ptr<runtime::envelope> envelope_of(words::ask&& a, steady_point now) {
  auto e = std::make_unique<runtime::envelope>();
  e->command = detached(std::move(a.command));
  if (a.remaining_ms > 0)
    e->expires = now + span{a.remaining_ms};
  if (!a.sender.empty())
    e->from = std::make_unique<runtime::envelope::origin>(std::move(a.sender), a.sent);
  e->settles = a.settles;
  if (a.trace_high != 0 || a.trace_low != 0) {
    put(a.trace_high, e->trace.trace.data());
    put(a.trace_low, e->trace.trace.data() + 8);
    put(a.trace_span, e->trace.span.data());
    e->trace.flags = a.trace_flags;
  }
  return e;
}

words::said in_words(const failure& f) {
  return words::refused{.code = std::string{name_of(f.code)},
                        .why = f.why,
                        .where = f.where,
                        .remedy = f.remedy,
                        .retry_after = f.retry_after};
}

words::said in_words(result<blob> r) {
  if (!r)
    return in_words(r.error());
  if (r->size() > most_bytes)
    return in_words(failure{code::too_large,
                            "it was done, and the answer of " + std::to_string(r->size()) +
                                " bytes is too large to go from node to node",
                            "answer", "Ask for less at a time."});
  return words::replied{.bytes = *std::move(r)};
}

result<blob> result_of(words::said&& said) {
  if (auto* const reply = std::get_if<words::replied>(&said))
    return detached(std::move(reply->bytes));
  if (auto* const no = std::get_if<words::refused>(&said))
    return failure{code_named(no->code), std::move(no->why), std::move(no->where),
                   std::move(no->remedy), no->retry_after};
  return failure{
      code::unavailable, "the actor is on another node now", {}, "Ask again.", span{100}};
}

std::size_t weight_of(const words::ask& a) {
  return ask_overhead + a.to.size() + a.command.size() + a.sender.size();
}

std::size_t weight_of(const words::answer& a) {
  if (const auto* const reply = std::get_if<words::replied>(&a.said))
    return answer_overhead + reply->bytes.size();
  if (const auto* const no = std::get_if<words::refused>(&a.said))
    return answer_overhead + no->code.size() + no->why.size() + no->where.size() +
           no->remedy.size();
  return answer_overhead;
}

} // namespace tenon::cluster::forwarding
