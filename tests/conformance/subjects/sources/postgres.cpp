#include "tests/conformance/subjects/lasting.hpp"
#include "tests/conformance/subjects/sources/catalog.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/source_reading.hpp"

namespace tenon::tests::conformance::subjects::sources {
namespace {

std::unique_ptr<postgres_server> filled_server() {
  auto s = std::make_unique<postgres_server>();
  postgres_client db{*s};
  db.run("CREATE TABLE t (id int PRIMARY KEY, a text, b date, at timestamptz, UNIQUE (b, a)); "
         "INSERT INTO t SELECT i, 'x' || i % 7, date '2026-01-01' + i, CASE WHEN i % 10 > 0 THEN "
         "timestamptz '2026-01-01Z' + i / 3 * interval '1 hour' END FROM generate_series(1, 200) "
         "i; ALTER TABLE t ALTER a SET NOT NULL, ALTER b SET NOT NULL; CREATE TABLE changing (id "
         "int PRIMARY KEY, v text)");
  return s;
}

using server = lasting<postgres_server>;

std::function<std::unique_ptr<actors::source>()> reading(const server& of, const object& more) {
  return [of, more] {
    const object usual{{"url", (*of).url()},
                       {"credential", "main"},
                       {"table", "t"},
                       {"key", "id"},
                       {"page_size", 40}};
    return opened("postgres", offered(), joined(usual, more));
  };
}

/// What one transaction changed after a first run.
subject changes(const server& of) {
  const auto open =
      reading(of, {{"table", "changing"}, {"changes", object{{"slot", "tenon_conformance"}}}});
  const auto find_cursor = [of, open] {
    static const auto cursor = [&] {
      postgres_client db{*of};
      db.run("INSERT INTO changing SELECT i, 'a' FROM generate_series(1, 50) i");
      auto told = source_reading{open()}.run().back().cursor;
      db.run(
          "BEGIN; DELETE FROM changing WHERE id % 10 = 0; UPDATE changing SET v = 'b' WHERE id % "
          "3 = 0; INSERT INTO changing SELECT i, 'c' FROM generate_series(51, 150) i; COMMIT");
      return told;
    }();
    return cursor;
  };
  return {"postgres_by_changes", open, {}, find_cursor};
}

} // namespace

std::vector<subject> postgres() {
  const server of{filled_server};
  return {{"postgres_by_key", reading(of, {})},
          {"postgres_by_two_keys", reading(of, {{"key", list{"b", "a"}}})},
          {"postgres_by_a_cursor_with_nulls", reading(of, {{"cursor", "at"}}),
           R"({"column":"at","at":"2026-01-01 10:00:00+00"})"},
          changes(of)};
}

} // namespace tenon::tests::conformance::subjects::sources
