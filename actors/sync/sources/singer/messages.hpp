// What a tap says, line by line, and the lines themselves.
#pragma once

#include "actors/integration/page/json_text.hpp"
#include "protocols/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::singer {

/// Cuts output into lines. Of one that is too long only the beginning is kept.
class line_reader {
public:
  static constexpr std::size_t most_bytes = 16u << 20;
  static constexpr std::size_t kept_of_longer = 128u << 10;

  struct line {
    std::string text;
    bool cut = false;
  };

  void feed(std::string_view bytes) { bytes_ += bytes; }
  std::optional<line> next();
  /// What came after the last end of a line, once there is no more.
  std::optional<line> rest();

private:
  std::string bytes_;
  std::size_t at_ = 0;
  std::size_t looked_at_ = 0;         // there is no end of a line before
  std::optional<std::string> longer_; // what is being skipped
};

enum class message_kind : std::uint8_t { schema, record, state, activate_version, other };

/// Slices of the line.
struct message {
  message_kind kind = message_kind::other;
  std::string type;
  std::string stream;
  std::string_view content{};     // the record, or the state's value
  std::vector<std::string> key{}; // of a schema
  std::optional<std::int64_t> version{};
  bool deleted = false;
};

/// Whether the tap says of the record that it is gone where it came from.
bool is_deleted(const connectors::json_text&, std::string_view record);

/// `malformed` for what is none.
result<message> read_message(std::string_view line);

} // namespace tenon::actors::singer
