#include "tests/conformance/subjects/destinations/catalog.hpp"
#include "tests/support/destination_writing.hpp"
#include "tests/support/mariadb_server.hpp"
#include "tests/support/offered.hpp"

namespace tenon::tests::conformance::subjects::destinations {

place mariadb() {
  static const mariadb_server server;
  static mariadb_client db{server};
  const auto name = fresh_name();
  db.run("CREATE TABLE " + name + some_columns + "; SET SESSION group_concat_max_len = 100000000");
  const auto now = [name] {
    return contents_of(db.run("SELECT GROUP_CONCAT(CONCAT(id, '=', IFNULL(v, ''), '|', IFNULL(n, "
                              "'')) SEPARATOR '\x1e') FROM " +
                              name));
  };
  return {offered(), table_options(server.url(), name), now,
          [name] { db.run("DROP TABLE " + name); }};
}

} // namespace tenon::tests::conformance::subjects::destinations
