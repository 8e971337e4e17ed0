// A real MariaDB server of a test program's own, on loopback, with TLS offered, and a client to say
// things to it. It ends with the program.
#pragma once

#include "tests/support/self_signed.hpp"
#include "tests/support/server_files.hpp"
#include "tests/support/started_program.hpp"

#include <mysql.h>

#include <fstream>
#include <memory>
#include <optional>

namespace tenon::tests {

class mariadb_server {
public:
  static constexpr auto user = "tenon";
  static constexpr auto password = "a secret of the test";

  mariadb_server() {
    if (::geteuid() == 0)
      must_run("chown 65534:65534 " + directory_.path().string());
    prepare_once("mariadb-template", data(), [](const auto& empty) {
      must_run(in_one_line(as_nobody()) +
               "mariadb-install-db --no-defaults --auth-root-authentication-method=normal "
               "--skip-test-db --innodb-log-file-size=8M --datadir=" +
               empty.string());
    });
    std::filesystem::copy_file(certificate.file(), directory_ / "server.crt");
    certificate.write_key(directory_ / "server.key");
    std::ofstream{directory_ / "init.sql"}
        << "CREATE OR REPLACE USER '" << user << "'@'%' IDENTIFIED BY '" << password
        << "';\nGRANT ALL ON *.* TO '" << user << "'@'%' WITH GRANT OPTION;\n"
        << "CREATE DATABASE IF NOT EXISTS shop CHARACTER SET utf8mb4;\n";
    if (::geteuid() == 0)
      must_run("chown 65534:65534 " + (directory_ / "server.key").string());
    start();
  }
  ~mariadb_server() { stop(); }

  void start() {
    const auto in = [this](const char* name) { return (directory_ / name).string(); };
    auto words = as_nobody();
    words.insert(words.end(),
                 {"/usr/sbin/mariadbd", "--no-defaults", "--datadir=" + data().string(),
                  "--port=" + std::to_string(port_), "--bind-address=127.0.0.1",
                  "--socket=" + in("socket"), "--pid-file=" + in("pid"), "--log-error=" + in("log"),
                  "--init-file=" + in("init.sql"), "--ssl-cert=" + in("server.crt"),
                  "--ssl-key=" + in("server.key"), "--innodb-flush-log-at-trx-commit=2",
                  "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M",
                  "--default-time-zone=+05:30", "--max-allowed-packet=64M", "--skip-name-resolve",
                  // A server that starts deletes what looks like its own temporary tables there.
                  "--tmpdir=" + directory_.path().string()});
    std::vector<std::string> arguments{"-c", "echo begun; exec \"$@\" >/dev/null 2>&1", "sh"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    running_.emplace("/bin/sh", arguments);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!connect("shop", user, password)) {
      if (running_->ends_within(std::chrono::milliseconds{20}) ||
          std::chrono::steady_clock::now() > end)
        throw std::runtime_error{"MariaDB does not start; see " + in("log")};
    }
  }
  /// As if its power were cut.
  void stop() {
    if (!running_)
      return;
    ::kill(running_->pid(), SIGKILL);
    running_->wait();
    running_.reset();
  }

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& database = "shop") const {
    return "mariadb://127.0.0.1:" + std::to_string(port_) + '/' + database;
  }

  using connection = std::unique_ptr<MYSQL, decltype(&mysql_close)>;
  connection connect(const std::string& database, const std::string& who,
                     const std::string& secret) const {
    connection m{mysql_init(nullptr), &mysql_close};
    mysql_options(m.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (!mysql_real_connect(m.get(), "127.0.0.1", who.c_str(), secret.c_str(), database.c_str(),
                            port_, nullptr, CLIENT_MULTI_STATEMENTS))
      m.reset();
    return m;
  }

  const self_signed certificate{"127.0.0.1"};

private:
  std::filesystem::path data() const { return directory_ / "data"; }

  temporary_directory directory_;
  std::uint16_t port_ = free_port();
  std::optional<started_program> running_;
};

class mariadb_client {
public:
  explicit mariadb_client(const mariadb_server& s, const std::string& database = "shop")
      : held_{s.connect(database, mariadb_server::user, mariadb_server::password)} {
    if (!held_)
      throw std::runtime_error{"no connection to MariaDB"};
  }

  /// The first field of the first row of the last statement, "" without one.
  std::string run(const std::string& sql) {
    auto* const m = held_.get();
    if (mysql_real_query(m, sql.data(), sql.size()) != 0)
      throw std::runtime_error{sql + ": " + mysql_error(m)};
    std::string first;
    for (int more = 0; more == 0; more = mysql_next_result(m)) {
      const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> rows{mysql_store_result(m),
                                                                          &mysql_free_result};
      auto* const row = rows ? mysql_fetch_row(rows.get()) : nullptr;
      first = row && row[0] ? row[0] : "";
    }
    if (mysql_errno(m) != 0)
      throw std::runtime_error{sql + ": " + mysql_error(m)};
    return first;
  }

private:
  mariadb_server::connection held_;
};

} // namespace tenon::tests
