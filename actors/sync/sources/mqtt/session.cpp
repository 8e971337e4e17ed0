#include "actors/sync/sources/mqtt/session.hpp"

#include <algorithm>
#include <array>

namespace tenon::actors::mqtt {
namespace {

constexpr std::size_t piece_bytes = 64u << 10;
// A connection between two pages says nothing for half a minute at most.
constexpr std::uint16_t keep_alive_seconds = 90;
constexpr std::size_t most_unacknowledged = 65'535;
constexpr std::size_t most_held_bytes = 256u << 20;
constexpr std::size_t filters_at_once = 100;

failure timed_out() {
  return {code::timed_out, "the broker does not answer in time", options.place_of("url"),
          "It is tried again."};
}

/// Two pages are on their way to the collection, and the next one is already coming.
std::uint16_t receive_maximum(std::size_t page_size) {
  return static_cast<std::uint16_t>(std::min(3 * page_size + 20, most_unacknowledged));
}

std::vector<std::vector<std::string>> in_parts(const std::vector<std::string>& all) {
  std::vector<std::vector<std::string>> parts;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % filters_at_once == 0)
      parts.emplace_back();
    parts.back().push_back(all[i]);
  }
  return parts;
}

} // namespace

result<std::unique_ptr<session>> session::open(const source_options& s,
                                               const relational::login& who,
                                               const relational::database_options& o,
                                               const std::vector<std::string>& before,
                                               std::string epoch, std::stop_token stop) {
  auto made = connect(s, o, std::move(epoch), std::move(stop));
  if (!made)
    return std::move(made).error();
  if (auto entered = (*made)->enter(s, who, before); !entered)
    return std::move(entered).error();
  return made;
}

result<void> session::forget(const source_options& s, const relational::login& who,
                             const relational::database_options& o, std::stop_token stop) {
  auto made = connect(s, o, {}, std::move(stop));
  if (!made)
    return std::move(made).error();
  const connect_words words{.client_id = s.client_id,
                            .user = who.user,
                            .password = who.password,
                            .keep_alive_seconds = keep_alive_seconds,
                            .session_seconds = 0,
                            .receive_maximum = 1,
                            .clean_start = true};
  const auto connected = (*made)->greet(words);
  return connected ? result<void>{} : connected.error();
}

result<std::unique_ptr<session>> session::connect(const source_options& s,
                                                  const relational::database_options& o,
                                                  std::string epoch, std::stop_token stop) {
  auto bytes = network::stream::connect(s.server, o, options, std::move(stop));
  if (!bytes)
    return std::move(bytes).error();
  return std::unique_ptr<session>{
      new session{*std::move(bytes), std::move(epoch), o.statement_limit}};
}

session::~session() {
  // A broker that hears nothing waits for the keep-alive to pass; the session stays either way.
  (void)bytes_->write(disconnect_packet(), std::chrono::steady_clock::now());
}

/// CONNECT and what the broker answers; that it does not let us in is a failure.
result<connected> session::greet(const connect_words& words) {
  if (auto told = say(connect_packet(words)); !told)
    return std::move(told).error();
  const auto answered = await(packet_kind::connack, "CONNECT");
  if (!answered)
    return answered.error();
  auto connected = read_connack(*answered);
  constexpr std::uint8_t not_authorized = 0x87,
                         bad_password = 0x86; // brokers do not tell them apart
  if (connected && connected->reason != 0)
    return failure_of(connected->reason == not_authorized ? bad_password : connected->reason,
                      connected->words);
  return connected;
}

result<void> session::enter(const source_options& s, const relational::login& who,
                            const std::vector<std::string>& before) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(s.session).count();
  const connect_words words{.client_id = s.client_id,
                            .user = who.user,
                            .password = who.password,
                            .keep_alive_seconds = keep_alive_seconds,
                            .session_seconds = static_cast<std::uint32_t>(seconds),
                            .receive_maximum = receive_maximum(s.page_size)};
  const auto connected = greet(words);
  if (!connected)
    return connected.error();
  if (connected->most_qos == 0)
    return failure{code::malformed, "the broker acknowledges nothing (QoS 0)",
                   options.place_of("url"), "Read from a broker that offers QoS 1."};
  is_new_ = !connected->session_present && !before.empty();

  std::vector<std::string> unwanted;
  std::ranges::set_difference(before, s.topics, std::back_inserter(unwanted));
  std::uint16_t id = 0;
  if (connected->session_present)
    for (const auto& part : in_parts(unwanted)) {
      if (auto told = say(unsubscribe_packet(++id, part)); !told)
        return told;
      if (const auto done = await(packet_kind::unsuback, "UNSUBSCRIBE"); !done)
        return done.error();
    }
  for (const auto& part : in_parts(s.topics)) {
    if (auto told = say(subscribe_packet(++id, part, s.retained)); !told)
      return told;
    const auto done = await(packet_kind::suback, "SUBSCRIBE");
    if (!done)
      return done.error();
    const auto read = read_suback(*done);
    if (!read)
      return read.error();
    for (std::size_t i = 0; i < read->reasons.size() && i < part.size(); ++i) {
      if (read->reasons[i] == 1)
        continue;
      auto why = failure_of(read->reasons[i], part[i]);
      why.where = options.place_of("topics");
      return why;
    }
  }
  return {};
}

result<void> session::say(const std::string& packet) {
  auto told = bytes_->write(packet, limit());
  reusable_ = reusable_ && told;
  return told;
}

result<bool> session::take_bytes(time_point until) {
  std::array<char, piece_bytes> piece;
  const auto n = bytes_->read(piece.data(), piece.size(), until);
  if (!n) {
    reusable_ = false;
    return n.error();
  }
  packets_.feed({piece.data(), *n});
  return *n > 0;
}

result<std::optional<packet>> session::next() {
  for (;;) {
    auto p = packets_.next();
    if (!p || !*p) {
      reusable_ = reusable_ && p;
      return p;
    }
    if ((*p)->kind == packet_kind::disconnect) {
      reusable_ = false;
      return failure_of(read_disconnect(**p), {});
    }
    if ((*p)->kind != packet_kind::publish)
      return p;
    auto m = read_publish(**p);
    if (!m) {
      reusable_ = false;
      return std::move(m).error();
    }
    delivered_.arrived(*std::move(m));
    came_ = true;
    if (delivered_.bytes() > most_held_bytes) {
      reusable_ = false;
      return failure{code::too_large, "more than 256 MiB of messages are on their way at once",
                     options.place_of("page_size"), "Ask for fewer at once with page_size."};
    }
  }
}

result<packet> session::await(packet_kind kind, const char* what) {
  const auto until = limit();
  for (;;) {
    auto p = next();
    if (!p)
      return std::move(p).error();
    if (*p && (*p)->kind == kind)
      return **std::move(p);
    if (*p) {
      reusable_ = false;
      return failure{code::malformed, std::string{"the broker does not answer "} + what,
                     options.place_of("url"), "Check that it is an MQTT broker."};
    }
    const auto came = take_bytes(until);
    if (!came)
      return came.error();
    if (!*came) {
      reusable_ = false;
      return timed_out();
    }
  }
}

result<bool> session::take_packets() {
  for (bool any = false;; any = true) {
    const auto p = next();
    if (!p)
      return p.error();
    if (!*p)
      return any || std::exchange(came_, false);
  }
}

result<bool> session::take(time_point until) {
  const auto waiting = take_packets(); // behind an answer that was awaited
  if (!waiting || *waiting)
    return waiting;
  const auto came = take_bytes(until);
  if (!came || !*came)
    return came;
  const auto taken = take_packets();
  return taken ? result<bool>{true} : taken;
}

result<void> session::acknowledge(const std::vector<std::uint16_t>& ids) {
  std::string all;
  for (const auto id : ids)
    all += puback_packet(id);
  return all.empty() ? result<void>{} : say(all);
}

result<void> session::be_heard() {
  if (auto told = say(ping_packet()); !told)
    return told;
  auto heard = await(packet_kind::pingresp, "PINGREQ");
  return heard ? result<void>{} : std::move(heard).error();
}

failure failure_of(std::uint8_t reason, const std::string& words) {
  const auto told = [&](code c, std::string why, std::string_view option, std::string remedy) {
    return failure{c, words.empty() ? std::move(why) : why + ": " + words, options.place_of(option),
                   std::move(remedy)};
  };
  switch (reason) {
  case 0x04: // as versions before 5 say it
  case 0x05:
  case 0x86:
    return told(code::forbidden, "the broker does not let us in", "credential",
                "Check the credential's user and password.");
  case 0x87:
  case 0x8a:
    return told(code::forbidden, "the broker does not allow it", "credential",
                "Allow this user to connect, and to subscribe to these topics.");
  case 0x01:
  case 0x84:
    return told(code::malformed, "the broker does not speak MQTT 5", "url",
                "Update it, or write the address of another one.");
  case 0x02:
  case 0x85:
    return told(code::malformed, "the broker does not take our name", "client_id",
                "Write one that it knows.");
  case 0x8e:
    return told(code::unavailable, "somebody else has connected under our name", "client_id",
                "Give each sync, and each Tenon at this broker, a client_id of its own.");
  case 0x8f:
  case 0x9e:
  case 0xa1:
  case 0xa2:
    return told(code::malformed, "the broker does not offer such a subscription", "topics",
                "Write topics that it offers.");
  case 0x9c:
  case 0x9d:
    return told(code::malformed, "the broker says that another one is to be used", "url",
                "Write the other one's address.");
  case 0x00:
    if (!words.empty()) // the answer to a subscription
      return told(code::malformed, "the broker acknowledges nothing here (QoS 0)", "topics",
                  "Read from a broker that offers QoS 1.");
    [[fallthrough]];
  case 0x03:
  case 0x88:
  case 0x89:
  case 0x8b:
  case 0x8d:
  case 0x97:
  case 0x98:
  case 0x9f:
    return told(code::unavailable, "the broker cannot serve us now", "url", "It is tried again.");
  default:
    return told(code::internal, "the broker refused with " + std::to_string(reason), "url",
                "Look into the broker's log.");
  }
}

} // namespace tenon::actors::mqtt
