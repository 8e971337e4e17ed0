// A real HTTP server for tests of clients: one thread, one connection at a time, answers from a
// function of the test, which also may break the connection. Over TLS when given a certificate.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace tenon::tests {

struct canned_request {
  std::string method;
  std::string target;
  std::string authorization;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};

  /// The first of that name as it was sent, or "".
  std::string header(std::string_view name) const;
};

struct canned_answer {
  unsigned status = 200;
  std::string body = "{}";
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
  std::optional<std::string> raw{}; // these bytes instead of all of the above
};

class canned_server {
public:
  using answers = std::function<canned_answer(const canned_request&)>;

  explicit canned_server(answers, boost::asio::ssl::context* tls = nullptr);
  ~canned_server();
  canned_server(const canned_server&) = delete;
  canned_server& operator=(const canned_server&) = delete;

  std::string url() const;
  std::vector<canned_request> requests() const;

private:
  class listener;
  std::unique_ptr<listener> listener_;
};

} // namespace tenon::tests
