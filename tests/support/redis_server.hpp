// A real Redis server of a test program's own, on loopback, with TLS offered on a second port, and
// a client to say things to it. It ends with the program.
#pragma once

#include "tests/support/self_signed.hpp"
#include "tests/support/server_files.hpp"
#include "tests/support/started_program.hpp"
#include "tests/support/until.hpp"

#include <hiredis/hiredis.h>

#include <csignal>
#include <memory>
#include <optional>

namespace tenon::tests {

class redis_server {
public:
  static constexpr auto password = "a secret of the test";

  redis_server() {
    certificate.write_key(directory_ / "server.key");
    start();
  }
  ~redis_server() { stop(); }

  void start() {
    const auto in = [this](const char* name) { return (directory_ / name).string(); };
    std::vector<std::string> arguments{"-c", "echo begun; exec \"$@\" >/dev/null 2>&1", "sh"};
    arguments.insert(arguments.end(), {"/usr/bin/redis-server",
                                       "--bind",
                                       "127.0.0.1",
                                       "--port",
                                       std::to_string(port_),
                                       "--tls-port",
                                       std::to_string(tls_port_),
                                       "--tls-cert-file",
                                       certificate.file().string(),
                                       "--tls-key-file",
                                       in("server.key"),
                                       "--tls-ca-cert-file",
                                       certificate.file().string(),
                                       "--tls-auth-clients",
                                       "no",
                                       "--dir",
                                       directory_.path().string(),
                                       "--logfile",
                                       in("log"),
                                       "--save",
                                       "",
                                       "--appendonly",
                                       "yes",
                                       "--appendfsync",
                                       "no",
                                       "--requirepass",
                                       password});
    running_.emplace("/bin/sh", arguments);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!connect()) {
      if (running_->ends_within(std::chrono::milliseconds{20}) ||
          std::chrono::steady_clock::now() > end)
        throw std::runtime_error{"Redis does not start; see " + in("log")};
    }
  }
  /// As if its process were killed.
  void stop() {
    if (!running_)
      return;
    ::kill(running_->pid(), SIGKILL);
    running_->wait();
    running_.reset();
  }

  std::string url(int database = 0) const {
    return "redis://127.0.0.1:" + std::to_string(port_) + '/' + std::to_string(database);
  }
  std::string tls_url() const { return "rediss://127.0.0.1:" + std::to_string(tls_port_); }

  using connection = std::unique_ptr<redisContext, decltype(&redisFree)>;
  /// Null unless it answers.
  connection connect() const {
    connection c{redisConnect("127.0.0.1", port_), &redisFree};
    if (!c || c->err != 0)
      return {nullptr, &redisFree};
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> let_in{
        static_cast<redisReply*>(redisCommand(c.get(), "AUTH %s", password)), &freeReplyObject};
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> there{
        static_cast<redisReply*>(redisCommand(c.get(), "DBSIZE")), &freeReplyObject};
    const bool answers = there && there->type == REDIS_REPLY_INTEGER;
    return answers ? std::move(c) : connection{nullptr, &redisFree};
  }

  const self_signed certificate{"127.0.0.1"};

private:
  temporary_directory directory_;
  std::uint16_t port_ = free_port();
  std::uint16_t tls_port_ = free_port();
  std::optional<started_program> running_;
};

class redis_client {
public:
  explicit redis_client(const redis_server& s) : held_{s.connect()} {
    if (!held_)
      throw std::runtime_error{"no connection to Redis"};
  }

  /// What it answers, if that is a text or a number.
  std::string run(const std::vector<std::string>& words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const auto& w : words) {
      texts.push_back(w.data());
      sizes.push_back(w.size());
    }
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> said{
        static_cast<redisReply*>(redisCommandArgv(held_.get(), static_cast<int>(texts.size()),
                                                  texts.data(), sizes.data())),
        &freeReplyObject};
    if (!said || said->type == REDIS_REPLY_ERROR)
      throw std::runtime_error{words.front() + ": " + (said ? said->str : held_->errstr)};
    if (said->type == REDIS_REPLY_INTEGER)
      return std::to_string(said->integer);
    return said->str ? std::string{said->str, said->len} : "";
  }
  /// "1-0", "2-0", … each with its number in a field `v`.
  void add(const std::string& stream, int from, int to) {
    for (int i = from; i <= to; ++i)
      run({"XADD", stream, std::to_string(i) + "-0", "v", std::to_string(i)});
  }

private:
  redis_server::connection held_;
};

} // namespace tenon::tests
