// A PostgreSQL server, a schema that is new for each test, and sources that read from it.
#pragma once

#include "actors/sync/sources/postgres.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/source_reading.hpp"

namespace tenon::actors {

using tests::lines;
using tests::source_reading;
using texts = std::vector<std::string>;

class postgres_reading : public ::testing::Test {
protected:
  static tests::postgres_server& server() {
    static tests::postgres_server only;
    return only;
  }

  static relational::database_options usual(runtime::executor& blocking) {
    relational::database_options o{
        tests::secrets({{"main", {{"user", "tenon"}, {"password", "a secret of the test"}}},
                        {"wrong", {{"user", "tenon"}, {"password", "hunter2"}}},
                        {"reader", {{"user", "reader"}, {"password", "reads"}}}}),
        blocking};
    o.policy.allowed.push_back(*runtime::outbound::parse_network("127.0.0.0/8"));
    return o;
  }

  postgres_reading() {
    db.run("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public;");
    db.run("SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE active; "
           "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    db.run("DO $$ DECLARE p text; BEGIN FOR p IN SELECT pubname FROM pg_publication LOOP EXECUTE "
           "format('DROP PUBLICATION %I', p); END LOOP; END $$");
  }

  object options(object more = {}) const {
    object o{{"url", server().url()}, {"credential", "main"}, {"table", "t"}, {"key", "id"}};
    for (const auto& [option, v] : more)
      o[option] = v;
    return o;
  }
  source_reading open(object more = {}) { return open_in(*kind, std::move(more)); }
  source_reading open_in(source_kind& of, object more) {
    auto opened = of.open(sync, options(std::move(more)));
    if (!opened)
      throw std::runtime_error{opened.error().where + ": " + opened.error().why};
    return source_reading{*std::move(opened)};
  }
  static texts keys(const std::vector<source_page>& pages) {
    texts all;
    for (const auto& p : pages) {
      for (const auto& r : p.records)
        all.push_back(r.key + (r.deleted ? " deleted" : ""));
      for (const auto& l : p.letters)
        all.push_back("! " + l.place + ": " + l.reason);
    }
    return all;
  }

  const identity sync{"acme", "sync", "rows"};
  tests::postgres_client db{server()};
  runtime::workers blocking{{.threads = 2}};
  std::unique_ptr<source_kind> kind = postgres_source(usual(blocking));
};

} // namespace tenon::actors
