#include "actors/sync/sources/mqtt/packets.hpp"

#include "protocols/utf8.hpp"

#include <algorithm>

namespace tenon::actors::mqtt {
namespace {

// Properties, by what follows their number.
constexpr std::string_view one_byte{"\x01\x17\x19\x24\x25\x28\x29\x2a"};
constexpr std::string_view two_bytes{"\x13\x21\x22\x23"};
constexpr std::string_view four_bytes{"\x02\x11\x18\x27"};
constexpr std::string_view text{"\x03\x08\x09\x12\x15\x16\x1a\x1c\x1f"}; // or binary
constexpr char variable = '\x0b';
constexpr char pair_of_texts = '\x26';

void put_number(std::string& onto, std::uint32_t n, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    onto += static_cast<char>(n >> (8 * i) & 0xff);
}

void put_variable(std::string& onto, std::size_t n) {
  do {
    auto byte = static_cast<unsigned char>(n & 0x7f);
    n >>= 7;
    onto += static_cast<char>(n > 0 ? byte | 0x80 : byte);
  } while (n > 0);
}

void put_text(std::string& onto, std::string_view t) {
  put_number(onto, static_cast<std::uint32_t>(t.size()), 2);
  onto += t;
}

std::string framed(packet_kind kind, std::uint8_t flags, std::string_view body) {
  std::string whole(1, static_cast<char>(static_cast<unsigned>(kind) << 4 | flags));
  put_variable(whole, body.size());
  return whole += body;
}

failure no_mqtt(const char* what) {
  return {code::malformed, std::string{"the broker says something that is no MQTT 5: "} + what};
}

/// Takes a body apart; after the first thing that is not there everything is empty.
class taking {
public:
  explicit taking(std::string_view from) : left_{from} {}

  bool right() const { return right_; }
  bool empty() const { return left_.empty(); }
  std::string_view rest() { return std::exchange(left_, {}); }

  std::string_view bytes(std::size_t n) {
    if (n > left_.size()) {
      right_ = false;
      left_ = {};
      return {};
    }
    const auto taken = left_.substr(0, n);
    left_.remove_prefix(n);
    return taken;
  }
  std::uint32_t number(std::size_t size) {
    std::uint32_t n = 0;
    for (const char c : bytes(size))
      n = n << 8 | static_cast<unsigned char>(c);
    return n;
  }
  std::string_view text() { return bytes(number(2)); }
  std::size_t variable_number() {
    std::size_t n = 0;
    for (int shift = 0; shift < 28; shift += 7) {
      const auto byte = number(1);
      n |= static_cast<std::size_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0)
        return n;
    }
    right_ = false;
    return 0;
  }

  /// Each property's number and first value; `number` or texts, by its kind.
  template <class Each> void properties(Each&& each) {
    taking all{bytes(variable_number())};
    while (right_ && !all.empty()) {
      const char id = static_cast<char>(all.number(1));
      if (one_byte.find(id) != one_byte.npos)
        each(id, all.number(1), {}, {});
      else if (two_bytes.find(id) != two_bytes.npos)
        each(id, all.number(2), {}, {});
      else if (four_bytes.find(id) != four_bytes.npos)
        each(id, all.number(4), {}, {});
      else if (mqtt::text.find(id) != mqtt::text.npos)
        each(id, 0, all.text(), {});
      else if (id == variable)
        each(id, static_cast<std::uint32_t>(all.variable_number()), {}, {});
      else if (id == pair_of_texts) {
        const auto name = all.text();
        each(id, 0, name, all.text());
      } else
        all.right_ = false;
      right_ = right_ && all.right_;
    }
  }

private:
  std::string_view left_;
  bool right_ = true;
};

} // namespace

result<std::optional<packet>> packet_reader::next() {
  if (larger_) {
    const auto n = std::min(to_skip_, bytes_.size() - at_);
    at_ += n;
    to_skip_ -= n;
    if (to_skip_ == 0)
      return std::exchange(larger_, std::nullopt);
  }
  if (at_ > 0 && (at_ == bytes_.size() || at_ > most_bytes / 8)) {
    bytes_.erase(0, at_);
    at_ = 0;
  }
  if (larger_)
    return std::optional<packet>{};
  const auto here = std::string_view{bytes_}.substr(at_);
  if (here.size() < 2)
    return std::optional<packet>{};
  std::size_t size = 0, header = 1;
  for (int shift = 0;; shift += 7, ++header) {
    if (shift == 28)
      return no_mqtt("a packet without a size");
    if (header == here.size())
      return std::optional<packet>{};
    const auto byte = static_cast<unsigned char>(here[header]);
    size |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0)
      break;
  }
  ++header;
  const auto first = static_cast<unsigned char>(here[0]);
  if (first >> 4 == 0)
    return no_mqtt("a packet without a kind");
  packet p{.kind = static_cast<packet_kind>(first >> 4),
           .flags = static_cast<std::uint8_t>(first & 0x0f)};
  const auto kept = size > most_bytes ? kept_of_larger : size;
  if (here.size() - header < kept)
    return std::optional<packet>{};
  p.body = here.substr(header, kept);
  at_ += header + kept;
  if (kept == size)
    return std::optional{std::move(p)};
  p.cut_from = static_cast<std::uint32_t>(size);
  larger_ = std::move(p);
  to_skip_ = size - kept;
  return next();
}

std::string connect_packet(const connect_words& w) {
  std::string body;
  put_text(body, "MQTT");
  body += '\x05';
  body += static_cast<char>((w.user.empty() ? 0 : 0x80) | (w.password.empty() ? 0 : 0x40) |
                            (w.clean_start ? 0x02 : 0));
  put_number(body, w.keep_alive_seconds, 2);
  std::string properties{"\x11"};
  put_number(properties, w.session_seconds, 4);
  properties += '\x21';
  put_number(properties, w.receive_maximum, 2);
  put_variable(body, properties.size());
  body += properties;
  put_text(body, w.client_id);
  if (!w.user.empty())
    put_text(body, w.user);
  if (!w.password.empty())
    put_text(body, w.password);
  return framed(packet_kind::connect, 0, body);
}

std::string subscribe_packet(std::uint16_t id, const std::vector<std::string>& filters,
                             bool retained) {
  std::string body;
  put_number(body, id, 2);
  put_variable(body, 0);
  for (const auto& f : filters) {
    put_text(body, f);
    // QoS 1, retained as published, and what is retained only with a new subscription or never.
    body += static_cast<char>(0x01 | 0x08 | (retained ? 0x10 : 0x20));
  }
  return framed(packet_kind::subscribe, 2, body);
}

std::string unsubscribe_packet(std::uint16_t id, const std::vector<std::string>& filters) {
  std::string body;
  put_number(body, id, 2);
  put_variable(body, 0);
  for (const auto& f : filters)
    put_text(body, f);
  return framed(packet_kind::unsubscribe, 2, body);
}

std::string puback_packet(std::uint16_t id) {
  std::string body;
  put_number(body, id, 2);
  return framed(packet_kind::puback, 0, body);
}

std::string ping_packet() {
  return framed(packet_kind::pingreq, 0, {});
}

std::string disconnect_packet() {
  return framed(packet_kind::disconnect, 0, {});
}

result<connected> read_connack(const packet& p) {
  if (p.kind != packet_kind::connack || p.body.size() < 2)
    return no_mqtt("no answer to CONNECT");
  taking from{p.body};
  connected c;
  c.session_present = (from.number(1) & 1) != 0;
  c.reason = static_cast<std::uint8_t>(from.number(1));
  if (from.empty()) // an older version's refusal
    return c;
  from.properties([&](char id, std::uint32_t n, std::string_view t, std::string_view) {
    if (id == '\x1f')
      c.words = t;
    if (id == '\x24')
      c.most_qos = static_cast<std::uint8_t>(n);
  });
  if (!from.right())
    return no_mqtt("an answer to CONNECT that is cut off");
  return c;
}

result<message> read_publish(const packet& p) {
  taking from{p.body};
  const auto qos = p.flags >> 1 & 3;
  message m{.again = (p.flags & 8) != 0, .retained = (p.flags & 1) != 0, .cut_from = p.cut_from};
  m.topic = from.text();
  if (qos > 0)
    m.id = static_cast<std::uint16_t>(from.number(2));
  if (!from.right() || qos > 1 || (qos == 1 && m.id == 0) || m.topic.empty())
    return no_mqtt("a message that cannot be read");
  from.properties([&](char id, std::uint32_t, std::string_view t, std::string_view more) {
    if (id == '\x03')
      m.content_type = t;
    if (id == pair_of_texts)
      m.properties.emplace_back(t, more);
  });
  if (!from.right() && p.cut_from > 0) { // they do not end within what was kept
    m.content_type.clear();
    m.properties.clear();
    return m;
  }
  if (!from.right())
    return no_mqtt("the properties of a message that cannot be read");
  m.payload = from.rest();
  return m;
}

result<acknowledged> read_suback(const packet& p) {
  taking from{p.body};
  acknowledged a{.id = static_cast<std::uint16_t>(from.number(2)), .reasons = {}};
  from.properties([](char, std::uint32_t, std::string_view, std::string_view) {});
  if (!from.right())
    return no_mqtt("an answer to SUBSCRIBE that is cut off");
  for (const char c : from.rest())
    a.reasons.push_back(static_cast<std::uint8_t>(c));
  return a;
}

std::uint8_t read_disconnect(const packet& p) {
  return p.body.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(p.body.front());
}

bool is_filter(std::string_view f) {
  if (f.empty() || f.size() > 65'535 || !is_utf8(f) || f.find('\0') != f.npos)
    return false;
  while (!f.empty()) {
    const auto level = f.substr(0, f.find('/'));
    if (level.find_first_of("#+") != level.npos && level.size() > 1)
      return false;
    if (level == "#" && f.size() > 1)
      return false;
    f.remove_prefix(std::min(level.size() + 1, f.size()));
  }
  return true;
}

} // namespace tenon::actors::mqtt
