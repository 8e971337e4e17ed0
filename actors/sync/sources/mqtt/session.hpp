// One connection to an MQTT broker, with the sync's session on it: what is delivered is kept here
// until it is known to be stored, and only then acknowledged. Every refusal is said in words.
#pragma once

#include "actors/sync/sources/mqtt/deliveries.hpp"
#include "actors/sync/sources/network/entries.hpp"
#include "actors/sync/sources/network/stream.hpp"
#include "runtime/expression/expression.hpp"

namespace tenon::actors::mqtt {

extern const relational::option_names options;

struct source_options {
  network::server server;
  std::vector<std::string> topics; // filters, sorted
  reading payload = reading::text;
  std::optional<runtime::expression::program> key;
  bool retained = true;
  std::string client_id;
  span session = std::chrono::days{7};
  span quiet = std::chrono::seconds{1};
  std::size_t page_size = 500;
};

result<source_options> read_options(const identity& sync, const object& written);

class session {
public:
  using time_point = network::stream::time_point;

  /// `before`: the topics of earlier runs; those that are not wanted any more are given up. `epoch`
  /// is unique for each connection.
  static result<std::unique_ptr<session>> open(const source_options&, const relational::login&,
                                               const relational::database_options&,
                                               const std::vector<std::string>& before,
                                               std::string epoch, std::stop_token);
  ~session();
  /// Ends what the broker keeps under this name, and whoever is connected under it.
  static result<void> forget(const source_options&, const relational::login&,
                             const relational::database_options&, std::stop_token);

  /// What comes until then is taken. Whether anything came.
  result<bool> take(time_point until);
  result<void> acknowledge(const std::vector<std::uint16_t>& ids);
  /// Until everything said so far has been heard by the broker.
  result<void> be_heard();

  deliveries& delivered() { return delivered_; }
  /// The broker knew nothing of an earlier session. Told once.
  bool take_newness() { return std::exchange(is_new_, false); }

  void use(std::stop_token stop) { bytes_->use(std::move(stop)); }
  bool reusable() const { return reusable_; }

private:
  session(std::unique_ptr<network::stream> bytes, std::string epoch, span limit)
      : bytes_{std::move(bytes)}, limit_{limit}, delivered_{std::move(epoch)} {}

  static result<std::unique_ptr<session>> connect(const source_options&,
                                                  const relational::database_options&,
                                                  std::string epoch, std::stop_token);
  result<connected> greet(const connect_words&);
  result<void> enter(const source_options&, const relational::login&,
                     const std::vector<std::string>& before);
  result<void> say(const std::string& packet);
  /// The next packet that is no message; those are kept.
  result<packet> await(packet_kind, const char* what);
  result<std::optional<packet>> next();
  result<bool> take_bytes(time_point until);
  /// Of what has come; whether a message or a packet was whole.
  result<bool> take_packets();
  time_point limit() const { return std::chrono::steady_clock::now() + limit_; }

  const std::unique_ptr<network::stream> bytes_;
  const span limit_; // of an answer
  packet_reader packets_;
  deliveries delivered_;
  bool came_ = false; // a message, since it was last asked
  bool is_new_ = false;
  bool reusable_ = true;
};

/// What a reason code means; `words` are the broker's own.
failure failure_of(std::uint8_t reason, const std::string& words);

} // namespace tenon::actors::mqtt
