#include "actors/sync/sources/redis.hpp"

#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/redis/page.hpp"
#include "actors/sync/sources/relational/kept.hpp"

namespace tenon::actors {
namespace {

using namespace redis;

class redis_kind final : public source_kind {
public:
  explicit redis_kind(relational::database_options o) : options_{std::move(o)} {}

  std::string_view name() const override { return "redis"; }

  result<void> check(const object& written) const override {
    const auto o = read_options(written);
    return o ? result<void>{} : o.error();
  }

  result<std::unique_ptr<source>> open(const identity& sync, const object& written) override {
    auto o = read_options(written);
    if (!o)
      return std::move(o).error();
    const auto server = o->server.at;
    auto again = [o = *o](const protocols::letter_types::kept& letter) {
      return read_again(o, letter);
    };
    auto read = [o = *std::move(o), outside = options_,
                 sessions = sessions_](const relational::login& who, const page_request& wanted,
                                       const std::stop_token& stop) {
      return relational::read_on(
          *sessions, relational::key_of(o.server.at, who) + (o.server.tls ? "tls" : ""),
          [&] { return session::open(o.server, who, outside, stop); },
          [&](session& db) {
            db.use(stop);
            return read_page(db, o, wanted);
          });
    };
    return relational::server_source(options_, server, redis::options, sync,
                                     {.read = std::move(read), .from_letter = std::move(again)});
  }

private:
  const relational::database_options options_;
  const std::shared_ptr<relational::kept<session>> sessions_ =
      std::make_shared<relational::kept<session>>();
};

} // namespace

std::unique_ptr<source_kind> redis_source(relational::database_options o) {
  return std::make_unique<redis_kind>(std::move(o));
}

} // namespace tenon::actors

namespace tenon::actors::sources {

std::unique_ptr<source_kind> redis(const surroundings& s) {
  return redis_source(relational::options_within(s, s.databases));
}

} // namespace tenon::actors::sources
