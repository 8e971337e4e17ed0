#include "tests/conformance/subjects/destinations/catalog.hpp"
#include "tests/support/made_database.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tenon::tests::conformance::subjects::destinations {

place sqlite() {
  const auto directory = std::make_shared<temporary_directory>();
  const auto file = *directory / "t.db";
  const auto db =
      std::make_shared<made_database>(file, std::string{"CREATE TABLE t"} + some_columns);
  const auto now = [db, directory] {
    contents all;
    db->each("SELECT id, ifnull(v, '') || '|' || ifnull(n, '') FROM t",
             [&](const auto& row) { all[std::stoll(row[0])] = row[1]; });
    return all;
  };
  return {offered({directory->path()}),
          {{"file", "t.db"}, {"table", "t"}, {"key", "id"}},
          now,
          [file] { std::filesystem::remove(file); }};
}

} // namespace tenon::tests::conformance::subjects::destinations
