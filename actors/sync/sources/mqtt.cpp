#include "actors/sync/sources/mqtt.hpp"

#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/mqtt/page.hpp"
#include "actors/sync/sources/relational/kept.hpp"
#include "protocols/json.hpp"

#include <random>

namespace tenon::actors {
namespace {

using namespace mqtt;

/// Unique for each connection, and in the order of their beginnings.
std::string fresh_epoch() {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%012llx%08x",
                static_cast<unsigned long long>(now.count()), std::random_device{}());
  return text.data();
}

class mqtt_kind final : public source_kind {
public:
  explicit mqtt_kind(relational::database_options o) : options_{std::move(o)} {}

  std::string_view name() const override { return "mqtt"; }

  result<void> check(const object& written) const override {
    const auto o = read_options({}, written);
    return o ? result<void>{} : o.error();
  }

  result<std::unique_ptr<source>> open(const identity& sync, const object& written) override {
    auto o = read_options(sync, written);
    if (!o)
      return std::move(o).error();
    const auto server = o->server.at;
    auto again = [o = *o](const protocols::letter_types::kept& letter) {
      return read_again(o, letter);
    };
    auto forget = [o = *o, outside = options_](const relational::login& who,
                                               const std::stop_token& stop) {
      return session::forget(o, who, outside, stop);
    };
    // A session is one sync's, and with other options it is entered again.
    const auto whose = to_string(sync) + write_json(written);
    auto read = [o = *std::move(o), outside = options_, whose,
                 sessions = sessions_](const relational::login& who, const page_request& wanted,
                                       const std::stop_token& stop) -> result<source_page> {
      const auto before = read_cursor(wanted.cursor);
      if (!before)
        return before.error();
      return relational::read_on(
          *sessions, whose + relational::key_of(o.server.at, who),
          [&] { return session::open(o, who, outside, *before, fresh_epoch(), stop); },
          [&](session& there) {
            there.use(stop);
            return read_page(there, o, wanted);
          });
    };
    return relational::server_source(
        options_, server, mqtt::options, sync,
        {.read = std::move(read), .forget = std::move(forget), .from_letter = std::move(again)});
  }

private:
  const relational::database_options options_;
  const std::shared_ptr<relational::kept<session>> sessions_ =
      std::make_shared<relational::kept<session>>();
};

} // namespace

std::unique_ptr<source_kind> mqtt_source(relational::database_options o) {
  return std::make_unique<mqtt_kind>(std::move(o));
}

} // namespace tenon::actors

namespace tenon::actors::sources {

std::unique_ptr<source_kind> mqtt(const surroundings& s) {
  return mqtt_source(relational::options_within(s, s.brokers));
}

} // namespace tenon::actors::sources
