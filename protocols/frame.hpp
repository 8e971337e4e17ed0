// What generated codecs are built from: a frame builder that encodes in place, and the bounded way
// into bytes from outside. Only generated code and codec.cpp include this; everyone else says
// encode and decode (protocols/codec.hpp).
#pragma once

#include "protocols/blob.hpp"
#include "protocols/codec.hpp"
#include "protocols/field.hpp"

#include <capnp/message.h>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tenon::protocols::wire {

/// Builds one message of a size known beforehand, in the one allocation that becomes the blob: word
/// 0 is the segment table, which Cap'n Proto needs only at the end, and the segment follows.
class frame_builder final : public capnp::MessageBuilder {
public:
  /// `words`: exactly what the message takes, the root pointer included.
  frame_builder(std::size_t words, std::string_view type);

  blob finish() &&;

private:
  kj::ArrayPtr<capnp::word> allocateSegment(kj::uint minimum) override;

  std::shared_ptr<void> owner_;
  capnp::word* words_; // 1 + size_ of them, 16-byte aligned
  std::size_t size_;
  std::string_view type_;
  bool given_ = false;
};

/// The bytes being decoded, and what decoding them may still cost.
struct source {
  const blob& frame;
  std::size_t budget;       // bytes that elements of lists may still take in memory
  std::string_view wrong{}; // what was wrong, when reading answered false

  /// Whether `count` elements of `each` bytes are within the budget. A list of structs that the
  /// sender declared smaller than ours, even empty, costs few bytes and many elements.
  bool affords(std::size_t count, std::size_t each) {
    if (count > budget / each)
      return refuse("its lists are far larger than its bytes");
    budget -= count * each;
    return true;
  }
  bool refuse(std::string_view why) {
    wrong = why;
    return false;
  }
};

/// Runs `read` on the message in `bytes`; every way in which it can go wrong becomes `malformed`,
/// naming the type.
result<void> read_frame(const blob& bytes, std::string_view type, void* into,
                        bool (*read)(capnp::MessageReader&, source&, void* into));

/// `beyond`: the words of what the root struct points to.
template <class Wire, class T>
blob encode_as(const T& from, std::size_t beyond, std::string_view type) {
  constexpr auto root = Wire::_capnpPrivate::dataWordSize + Wire::_capnpPrivate::pointerCount;
  frame_builder builder{1 + root + beyond, type};
  write(builder.template initRoot<Wire>(), from);
  return std::move(builder).finish();
}

template <class Wire, class T> result<T> decode_as(const blob& bytes, std::string_view type) {
  result<T> into{T{}};
  const auto done =
      read_frame(bytes, type, &*into, [](capnp::MessageReader& message, source& in, void* place) {
        return read(message.getRoot<Wire>(), in, *static_cast<T*>(place));
      });
  if (!done)
    into = done.error();
  return into;
}

/// Words that a text, bytes, or a list of `bits` per element take behind their pointer.
constexpr std::size_t words_of_text(std::size_t size) {
  return (size + 1 + 7) / 8;
}
constexpr std::size_t words_of_list(std::size_t count, std::size_t bits) {
  return (count * bits + 63) / 64;
}

inline capnp::Text::Reader as_text(const std::string& text) {
  return {text.data(), text.size()};
}
inline capnp::Data::Reader as_data(const blob& bytes) {
  return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}
inline std::string text_of(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}
template <class Wire, class Enumeration> bool read_name(Wire from, source& in, Enumeration& into) {
  into = static_cast<Enumeration>(from);
  return static_cast<std::size_t>(from) < names_of<Enumeration>::names.size() ||
         in.refuse("it holds a name that this version does not know");
}
inline blob slice_of(const source& in, capnp::Data::Reader bytes) {
  return in.frame.slice({reinterpret_cast<const char*>(bytes.begin()), bytes.size()});
}

} // namespace tenon::protocols::wire
