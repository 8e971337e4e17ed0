// A MariaDB server, a database that is new for each test, and sources that read from it.
#pragma once

#include "actors/sync/sources/mariadb.hpp"
#include "tests/support/mariadb_server.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/source_reading.hpp"

namespace tenon::actors {

using tests::lines;
using tests::source_reading;
using texts = std::vector<std::string>;

class mariadb_reading : public ::testing::Test {
protected:
  static tests::mariadb_server& server() {
    static tests::mariadb_server only;
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

  mariadb_reading() {
    db.run("DROP DATABASE shop; CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop");
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
    for (const auto& p : pages)
      for (const auto& r : p.records)
        all.push_back(r.key + (r.deleted ? " deleted" : ""));
    return all;
  }

  const identity sync{"acme", "sync", "rows"};
  tests::mariadb_client db{server()};
  runtime::workers blocking{{.threads = 2}};
  std::unique_ptr<source_kind> kind = mariadb_source(usual(blocking));
};

} // namespace tenon::actors
