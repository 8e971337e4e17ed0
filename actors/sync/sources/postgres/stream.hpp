// The changes of a replication slot as they come: one connection in streaming mode, which stands
// somewhere in the log. It can be begun anew at any place that was not confirmed yet, so losing it
// loses nothing; kept between two pages it saves the server from reading its log again.
#pragma once

#include "actors/sync/sources/postgres/pgoutput.hpp"
#include "actors/sync/sources/postgres/session.hpp"

#include <map>

namespace tenon::actors::postgres {

/// Where a reading of changes stands: after every transaction that ended before `at`, and after so
/// many changes of the next one.
struct standing {
  pgoutput::position at = 0;
  std::uint64_t within = 0;
  bool operator==(const standing&) const = default;
};

class stream {
public:
  static result<std::unique_ptr<stream>> open(std::unique_ptr<session>, const std::string& slot,
                                              const std::string& publication, standing);

  struct change {
    session::message bytes; // what the texts of the change point into
    std::size_t size = 0;
    std::variant<pgoutput::row_change, pgoutput::truncated> is;
  };
  /// The next change of a row, or none: the server has nothing more before `until`. `stale` on what
  /// only a fresh reading of the table can answer.
  result<std::optional<change>> next(pgoutput::position until, std::stop_token);

  /// The server may forget what is before.
  result<void> confirm(pgoutput::position);

  /// Where it stands after the change that was last given, or put back.
  const standing& where() const { return where_; }
  /// The change that was last given is given again.
  void put_back(change);
  const pgoutput::relation* find(unsigned number) const;

private:
  explicit stream(std::unique_ptr<session> s) : session_{std::move(s)} {}

  result<void> tell(bool ask);
  result<std::optional<change>> take(session::message, std::size_t);

  std::unique_ptr<session> session_;
  std::map<unsigned, pgoutput::relation> relations_;
  standing where_;
  std::uint64_t to_skip_ = 0;
  std::uint64_t index_ = 0; // of the change in its transaction
  bool within_ = false;     // a transaction
  pgoutput::position confirmed_ = 0;
  pgoutput::position reached_ = 0; // by the server
  std::optional<change> back_;
};

} // namespace tenon::actors::postgres
