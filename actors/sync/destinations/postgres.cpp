#include "actors/sync/destinations/postgres.hpp"

#include "actors/sync/destinations/catalog.hpp"
#include "actors/sync/destinations/postgres/table.hpp"
#include "actors/sync/destinations/tables/kind.hpp"
#include "actors/sync/sources/relational/kept.hpp"

namespace tenon::actors {
namespace {

using postgres::session;
using postgres::writing_session;

// With more the journal's share of a page is no longer felt, only its memory.
constexpr std::uint32_t page_of_rows = 10'000;

const relational::option_names names{
    "postgres",
    "a PostgreSQL destination",
    "{postgres: {url: postgres://host/database, credential: …, table: …, key: …}}",
    {"url", "credential", "sslmode", "ca", "table", "key", "extra"}};

using sessions = relational::kept<writing_session>;

result<settled> write_on(writing_session& s, const tables::target& to, const delivery& d,
                         std::stop_token stop) {
  s.db->use(std::move(stop));
  const auto there = postgres::describe(*s.db, to, names);
  if (!there)
    return there.error();
  postgres::written table{s, *there};
  return tables::write_page(table, there->columns, names, d.changes);
}

} // namespace

std::unique_ptr<destination_kind> postgres_destination(relational::database_options o) {
  auto write = [o, all = std::make_shared<sessions>()](
                   const tables::target& to, const relational::login& who, const delivery& d,
                   const std::stop_token& stop) -> result<settled> {
    const auto open = [&]() -> result<std::unique_ptr<writing_session>> {
      auto made = session::open({.server = to.server, .who = who, .writes = true}, o, stop);
      if (!made)
        return std::move(made).error();
      return std::make_unique<writing_session>(writing_session{*std::move(made)});
    };
    return relational::read_on(*all, relational::key_of(to.server, who), open,
                               [&](writing_session& s) { return write_on(s, to, d, stop); });
  };
  return tables::table_destination(
      std::move(o),
      {names, {{"postgres", "postgresql"}, 5432}, page_of_rows, std::move(write), {}});
}

} // namespace tenon::actors

namespace tenon::actors::destinations {

std::unique_ptr<destination_kind> postgres(const surroundings& s) {
  return postgres_destination(relational::options_within(s, s.databases));
}

} // namespace tenon::actors::destinations
