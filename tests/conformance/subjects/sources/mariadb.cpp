#include "tests/conformance/subjects/lasting.hpp"
#include "tests/conformance/subjects/sources/catalog.hpp"
#include "tests/support/mariadb_server.hpp"
#include "tests/support/offered.hpp"

namespace tenon::tests::conformance::subjects::sources {
namespace {

std::unique_ptr<mariadb_server> filled_server() {
  auto s = std::make_unique<mariadb_server>();
  mariadb_client{*s}.run(
      "CREATE TABLE t (id int PRIMARY KEY, a varchar(9) NOT NULL, b date NOT NULL, at "
      "timestamp(6) NULL, UNIQUE (b, a)); SET time_zone = '+00:00'; INSERT INTO t SELECT seq, "
      "CONCAT('x', seq % 7), DATE '2026-01-01' + INTERVAL seq DAY, IF(seq % 10 > 0, TIMESTAMP "
      "'2026-01-01 00:00:00' + INTERVAL (seq DIV 3) HOUR, NULL) FROM seq_1_to_200");
  return s;
}

subject reading(const lasting<mariadb_server>& server, std::string name, const object& more,
                std::string cursor = {}) {
  const auto open = [server, more] {
    const object usual{{"url", (*server).url()},
                       {"credential", "main"},
                       {"table", "t"},
                       {"key", "id"},
                       {"page_size", 40}};
    return opened("mariadb", offered(), joined(usual, more));
  };
  return {std::move(name), open, std::move(cursor)};
}

} // namespace

std::vector<subject> mariadb() {
  const lasting<mariadb_server> server{filled_server};
  return {reading(server, "mariadb_by_key", {}),
          reading(server, "mariadb_by_two_keys", {{"key", list{"b", "a"}}}),
          reading(server, "mariadb_by_a_cursor_with_nulls", {{"cursor", "at"}},
                  R"({"column":"at","at":"2026-01-01 10:00:00"})")};
}

} // namespace tenon::tests::conformance::subjects::sources
