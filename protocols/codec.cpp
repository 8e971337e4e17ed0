#include "protocols/codec.hpp"

#include "protocols/ensure.hpp"
#include "protocols/frame.hpp"

#include <algorithm>
#include <capnp/serialize.h>
#include <cstring>
#include <kj/exception.h>

namespace tenon::protocols::wire {

namespace {

struct alignas(16) chunk {
  char bytes[16];
};

std::shared_ptr<void> allocate(std::size_t bytes) {
  return std::make_shared_for_overwrite<chunk[]>((bytes + sizeof(chunk) - 1) / sizeof(chunk));
}

bool aligned(const void* data) {
  return reinterpret_cast<std::uintptr_t>(data) % alignof(capnp::word) == 0;
}

blob aligned_copy(const blob& bytes) {
  auto owner = allocate(bytes.size());
  std::memcpy(owner.get(), bytes.data(), bytes.size());
  const void* data = owner.get();
  return {std::move(owner), data, bytes.size()};
}

/// What a message may cost to read. Every word is read once, so twice its size leaves room for
/// nothing but pointers that share a target; the constants let small messages be.
capnp::ReaderOptions limits_for(std::size_t bytes) {
  return {.traversalLimitInWords = bytes / sizeof(capnp::word) * 2 + 1024, .nestingLimit = 64};
}

/// Elements in memory are larger than on the wire: a text of no bytes takes 8 there and 32 here, an
/// absent optional struct 8 there and its whole size here. 64 is beyond any type that is one.
std::size_t budget_for(std::size_t bytes) {
  return std::min<std::size_t>(bytes * 64 + (1u << 20), 1u << 30);
}

failure malformed(std::string_view type, std::string_view why) {
  return {.code = code::malformed,
          .why = "the bytes are not a " + std::string{type} + ": " + std::string{why},
          .where = std::string{type},
          .remedy = "send what a node of the same or an earlier version encodes"};
}

} // namespace

frame_builder::frame_builder(std::size_t words, std::string_view type) : size_{words}, type_{type} {
  if ((words + 1) * sizeof(capnp::word) > max_message_bytes)
    ensure(false, std::string{type} + " is larger than a message may be");
  const auto bytes = (words + 1) * sizeof(capnp::word);
  owner_ = allocate(bytes);
  words_ = static_cast<capnp::word*>(owner_.get());
  std::memset(owner_.get(), 0, bytes);
}

kj::ArrayPtr<capnp::word> frame_builder::allocateSegment(kj::uint minimum) {
  // A second segment would mean that the size was computed wrongly, and a copy at the end.
  if (given_ || minimum > size_)
    ensure(false, std::string{type_} + " takes more words than were counted");
  given_ = true;
  return {words_ + 1, size_};
}

blob frame_builder::finish() && {
  const auto segments = getSegmentsForOutput();
  if (segments.size() != 1 || segments[0].size() != size_)
    ensure(false, std::string{type_} + " takes fewer words than were counted");
  const std::uint32_t table[]{0, static_cast<std::uint32_t>(size_)};
  std::memcpy(static_cast<void*>(words_), table, sizeof table);
  return {std::move(owner_), words_, (size_ + 1) * sizeof(capnp::word)};
}

result<void> read_frame(const blob& bytes, std::string_view type, void* into,
                        bool (*read)(capnp::MessageReader&, source&, void* into)) {
  if (bytes.size() > max_message_bytes)
    return malformed(type, "more than 64 MiB");
  if (bytes.size() % sizeof(capnp::word) != 0 || bytes.empty())
    return malformed(type, "not a whole number of words");
  if (!aligned(bytes.data()))
    return read_frame(aligned_copy(bytes), type, into, read);
  const auto* first = reinterpret_cast<const capnp::word*>(bytes.data());
  const auto words = bytes.size() / sizeof(capnp::word);
  try {
    capnp::FlatArrayMessageReader message{kj::ArrayPtr<const capnp::word>{first, words},
                                          limits_for(bytes.size())};
    if (message.getEnd() != first + words)
      return malformed(type, "bytes follow the message");
    source in{.frame = bytes, .budget = budget_for(bytes.size())};
    if (!read(message, in, into))
      return malformed(type, in.wrong);
    return {};
  } catch (const kj::Exception& problem) {
    return malformed(type, problem.getDescription().cStr());
  }
}

} // namespace tenon::protocols::wire
