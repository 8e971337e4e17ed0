// The packets of MQTT 5 (OASIS standard, 2019) that a subscriber needs, as bytes and back. None of
// the client libraries at hand lets a subscriber decide when it acknowledges: they do it before or
// as soon as the application has seen a message, and here it has to be stored first.
#pragma once

#include "protocols/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::actors::mqtt {

enum class packet_kind : std::uint8_t {
  connect = 1,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq,
  pingresp,
  disconnect,
  auth
};

struct packet {
  packet_kind kind{};
  std::uint8_t flags = 0;
  std::string body;           // after the fixed header
  std::uint32_t cut_from = 0; // its size, when only the beginning was kept; else 0
};

/// Finds packets in bytes as they come. Of a packet that is too large only the beginning is kept.
/// The broker is told no largest size instead: it would drop what is larger without a word, and
/// here that is to be a letter.
class packet_reader {
public:
  static constexpr std::size_t most_bytes = 8u << 20;
  static constexpr std::size_t kept_of_larger = 192u << 10;

  void feed(std::string_view bytes) { bytes_ += bytes; }
  /// Nothing until a whole one is there; `malformed` for what is no MQTT.
  result<std::optional<packet>> next();

private:
  std::string bytes_;
  std::size_t at_ = 0;
  std::optional<packet> larger_; // what is being skipped
  std::size_t to_skip_ = 0;
};

struct connect_words {
  std::string client_id;
  std::string user;
  std::string password;
  std::uint16_t keep_alive_seconds = 0;
  std::uint32_t session_seconds = 0;
  std::uint16_t receive_maximum = 0;
  bool clean_start = false; // an earlier session ends
};

std::string connect_packet(const connect_words&);
std::string subscribe_packet(std::uint16_t id, const std::vector<std::string>& filters,
                             bool retained);
std::string unsubscribe_packet(std::uint16_t id, const std::vector<std::string>& filters);
std::string puback_packet(std::uint16_t id);
std::string ping_packet();
std::string disconnect_packet();

struct message {
  std::uint16_t id = 0; // 0: QoS 0, which nobody acknowledges
  bool again = false;   // it was delivered before
  bool retained = false;
  std::string topic;
  std::string payload;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> properties;
  /// The packet's size, when the payload is only its beginning; if the properties do not end within
  /// what was kept, there are none of them and no payload.
  std::uint32_t cut_from = 0;

  bool operator==(const message&) const = default;
};

struct connected {
  bool session_present = false;
  std::uint8_t reason = 0;
  std::string words; // of the broker
  std::uint8_t most_qos = 2;
};

/// Reasons, one for each filter; or of the whole.
struct acknowledged {
  std::uint16_t id = 0;
  std::vector<std::uint8_t> reasons;
};

result<connected> read_connack(const packet&);
result<message> read_publish(const packet&);
result<acknowledged> read_suback(const packet&); // and UNSUBACK
/// Why the broker ends the connection.
std::uint8_t read_disconnect(const packet&);

/// A filter of topics, as the standard allows it.
bool is_filter(std::string_view);

} // namespace tenon::actors::mqtt
