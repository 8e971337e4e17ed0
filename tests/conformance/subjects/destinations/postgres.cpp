#include "tests/conformance/subjects/destinations/catalog.hpp"
#include "tests/support/destination_writing.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/postgres_server.hpp"

namespace tenon::tests::conformance::subjects::destinations {

place postgres() {
  static const postgres_server server;
  static postgres_client db{server};
  const auto name = fresh_name();
  db.run("CREATE TABLE " + name + some_columns);
  const auto now = [name] {
    return contents_of(db.run("SELECT string_agg(id || '=' || coalesce(v, '') || '|' || "
                              "coalesce(n::text, ''), chr(30)) FROM " +
                              name));
  };
  return {offered(), table_options(server.url(), name), now,
          [name] { db.run("DROP TABLE " + name); }};
}

} // namespace tenon::tests::conformance::subjects::destinations
