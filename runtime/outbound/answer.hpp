// Reading an answer, as a pure core that is given bytes: the head with its rules on framing, and
// the body into one final allocation, inflated on the way where it is gzip, never beyond its limit.
#pragma once

#include "runtime/outbound/gzip.hpp"
#include "runtime/outbound/message.hpp"

#include <functional>
#include <memory>
#include <span>

namespace tenon::runtime::outbound {

inline constexpr std::uint32_t max_answer_head_bytes = 64 * 1024;
inline constexpr std::size_t max_answer_fields = 256;

/// How the end of a body is told.
enum class framing : std::uint8_t { none, length, chunked, until_end };

struct answer_head {
  unsigned status = 0;
  outbound::headers headers;
  outbound::framing framing = framing::none;
  std::uint64_t length = 0; // when that is the framing
  bool keep_alive = false;  // as far as the server is concerned
  bool gzip = false;
};

/// Where the bytes of a body go: piece by piece to whoever wants them, or into one blob.
using on_chunk = std::function<result<void>(std::string_view)>;

class answer_body {
public:
  /// `too_large` at once when the declared length is beyond the limit.
  static result<answer_body> expect(const answer_head&, std::size_t limit, on_chunk = {});

  /// The part of the final allocation that is still to be filled, when the bytes can be read right
  /// into it; empty when they have to be given to `add`.
  std::span<char> direct() { return {fixed_.get() + size_, fixed_ ? fixed_size_ - size_ : 0}; }
  void filled(std::size_t bytes) { size_ += bytes; }

  result<void> add(std::string_view bytes);

  /// `unavailable` when it was gzip and its end is missing.
  result<blob> finish();

private:
  result<void> take(std::string_view decoded);

  std::size_t limit_ = 0;
  on_chunk on_chunk_;
  std::size_t size_ = 0; // decoded
  std::shared_ptr<char[]> fixed_;
  std::size_t fixed_size_ = 0;
  std::string growing_;
  std::optional<inflater> gzip_;
};

/// One answer. Interim ones (100, 103) are passed over.
class answer_reader {
public:
  explicit answer_reader(std::string_view method);
  answer_reader(answer_reader&&) noexcept;
  ~answer_reader();

  /// How many of the bytes were taken; the others, with more behind them, are to be given again.
  /// `unavailable` when this is not proper HTTP/1.
  result<std::size_t> put_head(std::string_view bytes);
  bool has_head() const;
  answer_head& head();

  /// For a chunked body, after the head, the same way.
  result<std::size_t> put_chunks(std::string_view bytes, answer_body&);
  bool ended() const;

private:
  class parser;
  bool to_head_; // an answer to HEAD has the framing of a body and no body
  unsigned interim_ = 0;
  std::unique_ptr<parser> parser_;
};

} // namespace tenon::runtime::outbound
