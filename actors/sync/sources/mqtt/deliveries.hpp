// Which of the messages that a broker delivers belong into a page, and which may be acknowledged:
// pure, from what was delivered on a connection and the words of the last page's position.
//
// A page is asked for while the page before it is being stored. So of two pages that were given,
// only the earlier one is known to be stored: its messages are acknowledged when a page is asked
// for, and the later one's are not. A position names the messages of both, by packet id and digest:
// when a connection breaks, the broker delivers them again under the same ids.
//
// An id is free for another message once it was acknowledged, and that is before the page which
// says so is known to be stored. If just then the connection breaks, and the broker had given the
// id to a message that says exactly the same, this one cannot be told from the first: it is taken
// for it, and not stored twice. Brokers that count their ids up do not come to that.
#pragma once

#include "actors/sync/sources/mqtt/packets.hpp"

#include <deque>

namespace tenon::actors::mqtt {

/// A message that was given in a page.
struct given {
  std::string epoch; // of the connection that it came on
  std::uint64_t number = 0;
  std::uint16_t id = 0;
  std::uint32_t digest = 0; // of what it says

  bool operator==(const given&) const = default;
};

/// What comes next.
enum class intent : std::uint8_t {
  read, // more messages
  look, // acknowledge what was given, and then see whether there are more
  end,  // acknowledge what was given; then the run is over
};

struct place {
  std::vector<given> stored; // known to be, and perhaps not acknowledged
  std::vector<given> last;   // of the last page
  intent next = intent::read;

  bool operator==(const place&) const = default;
};

std::string write_place(const place&);
result<place> read_place(const std::string&);

struct delivery {
  given as;
  mqtt::message message;

  /// Unique for each delivery.
  std::string key() const;
};

class deliveries {
public:
  /// `epoch` is unique for each connection.
  explicit deliveries(std::string epoch) : epoch_{std::move(epoch)} {}

  void arrived(message);
  /// Those of these that are here, which are so forgotten: their ids, to be acknowledged.
  std::vector<std::uint16_t> settle(const std::vector<given>& stored);
  /// The first that were not given before, in the order in which they came.
  std::vector<const delivery*> fresh(const std::vector<given>& before, std::size_t most) const;
  std::size_t bytes() const { return bytes_; } // that all of them take here

private:
  const std::string epoch_;
  std::uint64_t next_ = 0;
  std::size_t bytes_ = 0;
  std::deque<delivery> all_;
};

} // namespace tenon::actors::mqtt
