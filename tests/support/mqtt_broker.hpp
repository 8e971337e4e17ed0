// A real MQTT broker of a test program's own, on loopback, with TLS offered on a second port, and
// somebody who publishes. It ends with the program.
#pragma once

#include "tests/support/self_signed.hpp"
#include "tests/support/server_files.hpp"
#include "tests/support/started_program.hpp"

#include <poll.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <optional>

namespace tenon::tests {

class mqtt_broker {
public:
  static constexpr auto user = "tenon";
  static constexpr auto password = "a secret of the test";

  mqtt_broker() {
    const auto in = [this](const char* name) { return (directory_ / name).string(); };
    certificate.write_key(directory_ / "server.key");
    std::filesystem::copy_file(certificate.file(), directory_ / "server.crt");
    must_run("mosquitto_passwd -b -c " + in("passwords") + " tenon '" + password + "'");
    must_run("mosquitto_passwd -b " + in("passwords") + " reader reads");
    std::ofstream{directory_ / "rights"} << "user tenon\ntopic readwrite #\n"
                                         << "user reader\ntopic read open/#\n";
    std::ofstream{directory_ / "configuration"}
        << "per_listener_settings false\nallow_anonymous false\npassword_file " << in("passwords")
        << "\nacl_file " << in("rights") << "\npersistence true\npersistence_location "
        << directory_.path().string() << "/\n"
        << "max_queued_messages 0\nlog_dest file " << in("log") << "\nlistener " << port_
        << " 127.0.0.1\nlistener " << tls_port_ << " 127.0.0.1\ncertfile " << in("server.crt")
        << "\nkeyfile " << in("server.key") << "\n";
    if (::geteuid() == 0)
      must_run("chown -R 65534:65534 " + directory_.path().string());
    start();
  }
  ~mqtt_broker() { stop(); }

  void start() {
    auto words = as_nobody();
    words.insert(words.end(),
                 {"/usr/sbin/mosquitto", "-c", (directory_ / "configuration").string()});
    std::vector<std::string> arguments{"-c", "echo begun; exec \"$@\" >/dev/null 2>&1", "sh"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    running_.emplace("/bin/sh", arguments);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!listens()) {
      if (running_->ends_within(std::chrono::milliseconds{20}) ||
          std::chrono::steady_clock::now() > end)
        throw std::runtime_error{"the broker does not start"};
    }
  }
  /// It saves its sessions. Told to end before it has quite begun, it forgets it: told until it
  /// ends.
  void stop() {
    if (!running_)
      return;
    do
      ::kill(running_->pid(), SIGTERM);
    while (!running_->ends_within(std::chrono::seconds{1}));
    running_->wait();
    running_.reset();
  }

  std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
  std::string tls_url() const { return "mqtts://127.0.0.1:" + std::to_string(tls_port_); }

  /// One message for each line of the text; acknowledged when this returns.
  void publish(const std::string& topic, const std::string& lines,
               const std::string& more = "-q 1") const {
    std::ofstream{directory_ / "lines", std::ios::binary} << lines;
    must_run("mosquitto_pub -V 5 -h 127.0.0.1 -p " + std::to_string(port_) + " -u tenon -P '" +
             password + "' -t '" + topic + "' " + more + " -l <" + (directory_ / "lines").string());
  }
  /// "from\n…to\n"
  void publish_numbers(const std::string& topic, int from, int to) const {
    std::string lines;
    for (int i = from; i <= to; ++i)
      lines += std::to_string(i) + '\n';
    publish(topic, lines);
  }
  /// The bytes of a file as one message.
  void publish_whole(const std::string& topic, const std::string& bytes) const {
    std::ofstream{directory_ / "whole", std::ios::binary} << bytes;
    must_run("mosquitto_pub -V 5 -h 127.0.0.1 -p " + std::to_string(port_) + " -u tenon -P '" +
             password + "' -q 1 -t '" + topic + "' -f " + (directory_ / "whole").string());
  }

  const self_signed certificate{"127.0.0.1"};

private:
  bool listens() const {
    const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port_);
    const bool there = ::connect(s, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    ::close(s);
    return there;
  }

  temporary_directory directory_;
  std::uint16_t port_ = free_port();
  std::uint16_t tls_port_ = free_port();
  std::optional<started_program> running_;
};

} // namespace tenon::tests
