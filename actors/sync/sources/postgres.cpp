#include "actors/sync/sources/postgres.hpp"

#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/postgres/changes.hpp"
#include "actors/sync/sources/relational/kept.hpp"

namespace tenon::actors {
namespace postgres {

const relational::option_names options{
    "postgres",
    "a PostgreSQL source",
    "{postgres: {url: postgres://host/database, credential: …, table: …, key: …}}",
    {"url", "credential", "sslmode", "ca", "table", "key", "columns", "cursor", "deleted", "where",
     "lookback", "page_size", "changes"},
    20'000};

} // namespace postgres

namespace {

using namespace postgres;

class reader {
public:
  reader(relational::database_options o, source_options s, identity sync,
         std::shared_ptr<relational::kept<session>> sessions, std::shared_ptr<kept_streams> streams)
      : database_{std::move(o)}, source_{std::move(s)}, sessions_{std::move(sessions)},
        streams_{std::move(streams)} {
    if (source_.changes)
      names_ = named(*source_.changes, sync);
  }

  result<source_page> read(const relational::login& who, const page_request& wanted,
                           const std::stop_token& stop) const {
    return on_session(who, stop, [&](session& db) { return read_in(db, who, wanted, stop); });
  }

  /// The row itself, from the table, whichever way it came.
  result<source_page> read_again(const relational::login& who,
                                 const protocols::letter_types::kept& letter,
                                 const std::stop_token& stop) const {
    return on_session(who, stop, [&](session& db) -> result<source_page> {
      const auto table = describe_table(db, source_.rows);
      if (!table)
        return table.error();
      table_reader there{db, *table, source_.rows};
      return relational::read_row(there, table->table, source_.rows, postgres::options, letter);
    });
  }

  /// A slot that nobody reads would hold the server's log for ever. A publication that a person has
  /// named is theirs.
  result<void> forget(const relational::login& who, const std::stop_token& stop) const {
    if (!source_.changes)
      return {};
    streams_->drop(address() + '/' + names_.slot);
    auto db = session::open({source_.server, who}, database_, stop);
    if (!db)
      return std::move(db).error();
    return end_slot(**db, names_, source_.changes->publication.empty());
  }

private:
  template <class Read> result<source_page>
  on_session(const relational::login& who, const std::stop_token& stop, Read read) const {
    return relational::read_on(
        *sessions_, relational::key_of(source_.server, who),
        [&] {
          return session::open({source_.server, who}, database_, stop);
        },
        [&](session& db) {
          db.use(stop);
          return read(db);
        });
  }

  result<source_page> read_in(session& db, const relational::login& who, const page_request& wanted,
                              const std::stop_token& stop) const {
    if (source_.changes) {
      const auto open = [&] { return session::open({source_.server, who, true}, database_, stop); };
      const capture c{db, source_, names_, *streams_, address(), open, stop};
      return read_with_changes(c, wanted);
    }
    const auto table = describe_table(db, source_.rows);
    if (!table)
      return table.error();
    table_reader there{db, *table, source_.rows};
    return relational::read_page(there, table->table, source_.rows, postgres::options, wanted);
  }

  std::string address() const {
    return source_.server.host + ':' + std::to_string(source_.server.port);
  }

  const relational::database_options database_;
  const source_options source_;
  change_options names_;
  const std::shared_ptr<relational::kept<session>> sessions_;
  const std::shared_ptr<kept_streams> streams_;
};

class postgres_kind final : public source_kind {
public:
  explicit postgres_kind(relational::database_options o) : options_{std::move(o)} {}

  std::string_view name() const override { return "postgres"; }

  result<void> check(const object& written) const override {
    const auto o = read_options(written);
    return o ? result<void>{} : o.error();
  }

  result<std::unique_ptr<source>> open(const identity& sync, const object& written) override {
    auto o = read_options(written);
    if (!o)
      return std::move(o).error();
    const auto server = o->server;
    auto made = std::make_shared<const reader>(options_, *std::move(o), sync, sessions_, streams_);
    auto read = [made](const relational::login& who, const page_request& wanted,
                       const std::stop_token& stop) { return made->read(who, wanted, stop); };
    auto forget = [made](const relational::login& who, const std::stop_token& stop) {
      return made->forget(who, stop);
    };
    auto again = [made](const relational::login& who, const protocols::letter_types::kept& letter,
                        const std::stop_token& stop) {
      return made->read_again(who, letter, stop);
    };
    return relational::server_source(
        options_, server, postgres::options, sync,
        {.read = std::move(read), .forget = std::move(forget), .from_server = std::move(again)});
  }

private:
  const relational::database_options options_;
  const std::shared_ptr<relational::kept<session>> sessions_ =
      std::make_shared<relational::kept<session>>();
  const std::shared_ptr<kept_streams> streams_ = std::make_shared<kept_streams>();
};

} // namespace

std::unique_ptr<source_kind> postgres_source(relational::database_options o) {
  return std::make_unique<postgres_kind>(std::move(o));
}

} // namespace tenon::actors

namespace tenon::actors::sources {

std::unique_ptr<source_kind> postgres(const surroundings& s) {
  return postgres_source(relational::options_within(s, s.databases));
}

} // namespace tenon::actors::sources
