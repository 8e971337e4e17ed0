#include "actors/sync/sources/mariadb.hpp"

#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/mariadb/table.hpp"
#include "actors/sync/sources/relational/kept.hpp"

namespace tenon::actors {
namespace mariadb {

const relational::option_names options{
    "mariadb",
    "a MariaDB source",
    "{mariadb: {url: mariadb://host/database, credential: …, table: …, key: …}}",
    {"url", "credential", "sslmode", "ca", "table", "key", "columns", "cursor", "deleted", "where",
     "lookback", "page_size"},
    20'000};

} // namespace mariadb

namespace {

using namespace mariadb;

class mariadb_kind final : public source_kind {
public:
  explicit mariadb_kind(relational::database_options o) : options_{std::move(o)} {}

  std::string_view name() const override { return "mariadb"; }

  result<void> check(const object& written) const override {
    const auto o = read_options(written);
    return o ? result<void>{} : o.error();
  }

  result<std::unique_ptr<source>> open(const identity& sync, const object& written) override {
    auto o = read_options(written);
    if (!o)
      return std::move(o).error();
    const auto server = o->server;
    const auto rows = o->rows;
    const auto in_table = [o = *std::move(o), database = options_,
                           sessions = sessions_](const relational::login& who,
                                                 const std::stop_token& stop, const auto& work) {
      return relational::read_on(
          *sessions, relational::key_of(o.server, who),
          [&] { return session::open(o.server, who, database, stop); },
          [&](session& db) -> result<source_page> {
            db.use(stop);
            const auto table = describe_table(db, o);
            if (!table)
              return table.error();
            table_reader there{db, *table, o.rows};
            return work(there, table->table);
          });
    };
    auto read = [in_table, rows](const relational::login& who, const page_request& wanted,
                                 const std::stop_token& stop) {
      return in_table(who, stop, [&](table_reader& there, const relational::table& table) {
        return relational::read_page(there, table, rows, mariadb::options, wanted);
      });
    };
    auto again = [in_table, rows](const relational::login& who,
                                  const protocols::letter_types::kept& letter,
                                  const std::stop_token& stop) {
      return in_table(who, stop, [&](table_reader& there, const relational::table& table) {
        return relational::read_row(there, table, rows, mariadb::options, letter);
      });
    };
    return relational::server_source(options_, server, mariadb::options, sync,
                                     {.read = std::move(read), .from_server = std::move(again)});
  }

private:
  const relational::database_options options_;
  const std::shared_ptr<relational::kept<session>> sessions_ =
      std::make_shared<relational::kept<session>>();
};

} // namespace

std::unique_ptr<source_kind> mariadb_source(relational::database_options o) {
  return std::make_unique<mariadb_kind>(std::move(o));
}

} // namespace tenon::actors

namespace tenon::actors::sources {

std::unique_ptr<source_kind> mariadb(const surroundings& s) {
  return mariadb_source(relational::options_within(s, s.databases));
}

} // namespace tenon::actors::sources
