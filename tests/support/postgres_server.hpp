// A real PostgreSQL server of a test program's own, on loopback, with changes captured and TLS
// offered, and a client to say things to it. It ends with the program.
#pragma once

#include "tests/support/self_signed.hpp"
#include "tests/support/server_files.hpp"
#include "tests/support/started_program.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>

namespace tenon::tests {

class postgres_server {
public:
  static constexpr auto user = "tenon";
  static constexpr auto password = "a secret of the test";

  explicit postgres_server(std::vector<std::string> settings = {}) {
    if (::geteuid() == 0)
      must_run("chown 65534:65534 " + directory_.path().string());
    prepare_once("postgres-" + version() + "-template", data(), [](const auto& empty) {
      std::ofstream{empty.parent_path() / "password"} << password;
      must_run(in_one_line(as_nobody()) + bin() + "/initdb -N -U " + user +
               " -A scram-sha-256 -E UTF8 --locale=C.UTF-8 --wal-segsize=1 --pwfile=" +
               (empty.parent_path() / "password").string() + " -D " + empty.string());
    });
    std::filesystem::copy_file(certificate.file(), data() / "server.crt");
    certificate.write_key(data() / "server.key");
    must_run("chmod 600 " + (data() / "server.key").string());
    if (::geteuid() == 0)
      must_run("chown 65534:65534 " + (data() / "server.key").string() + ' ' +
               (data() / "server.crt").string());
    settings_ = {"listen_addresses=127.0.0.1",
                 "unix_socket_directories=",
                 "fsync=off",
                 "autovacuum=off",
                 "wal_level=logical",
                 "max_replication_slots=30",
                 "max_wal_senders=20",
                 "max_connections=60",
                 "ssl=on",
                 "timezone=Asia/Kolkata",
                 "logging_collector=on"};
    settings_.insert(settings_.end(), settings.begin(), settings.end());
    settings_.push_back("port=" + std::to_string(port_));
    start();
  }
  ~postgres_server() { stop(); }

  void start() {
    auto words = as_nobody();
    words.push_back(bin() + "/postgres");
    words.insert(words.end(), {"-D", data().string()});
    for (const auto& s : settings_)
      words.insert(words.end(), {"-c", s});
    // Its first words are awaited; from then on it writes into a file.
    std::vector<std::string> arguments{"-c", "exec \"$@\" 2>&1", "sh"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    running_.emplace("/bin/sh", arguments);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (PQping(settings_of("postgres", user, password).c_str()) != PQPING_OK) {
      if (running_->ends_within(std::chrono::milliseconds{20}) ||
          std::chrono::steady_clock::now() > end)
        throw std::runtime_error{"PostgreSQL does not start: " + running_->first_line()};
    }
  }
  /// As if its power were cut.
  void stop() {
    if (!running_)
      return;
    ::kill(running_->pid(), SIGQUIT);
    running_->wait();
    running_.reset();
  }

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& database = "postgres") const {
    return "postgres://127.0.0.1:" + std::to_string(port_) + '/' + database;
  }
  std::string settings_of(const std::string& database, const std::string& who,
                          const std::string& secret) const {
    return "host=127.0.0.1 port=" + std::to_string(port_) + " dbname=" + database + " user=" + who +
           " password='" + secret + "' client_encoding=UTF8 connect_timeout=10";
  }
  static std::string bin() { return "/usr/lib/postgresql/" + version() + "/bin"; }

  const self_signed certificate{"127.0.0.1"};

private:
  /// The newest that is installed.
  static std::string version() {
    std::string newest;
    for (const auto& each : std::filesystem::directory_iterator{"/usr/lib/postgresql"})
      newest = std::max(newest, each.path().filename().string());
    return newest;
  }
  std::filesystem::path data() const { return directory_ / "data"; }

  temporary_directory directory_;
  std::uint16_t port_ = free_port();
  std::vector<std::string> settings_;
  std::optional<started_program> running_;
};

class postgres_client {
public:
  explicit postgres_client(const postgres_server& s, const std::string& database = "postgres",
                           const std::string& user = postgres_server::user,
                           const std::string& password = postgres_server::password)
      : held_{PQconnectdb(s.settings_of(database, user, password).c_str()), &PQfinish} {
    if (PQstatus(held_.get()) != CONNECTION_OK)
      throw std::runtime_error{PQerrorMessage(held_.get())};
    PQsetNoticeProcessor(
        held_.get(), [](void*, const char*) {}, nullptr);
  }

  /// The first field of the first row of the last statement, "" without one.
  std::string run(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> r{PQexec(held_.get(), sql.c_str()),
                                                          &PQclear};
    const auto status = PQresultStatus(r.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      throw std::runtime_error{sql + ": " + PQerrorMessage(held_.get())};
    return PQntuples(r.get()) > 0 ? PQgetvalue(r.get(), 0, 0) : "";
  }

private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> held_;
};

} // namespace tenon::tests
