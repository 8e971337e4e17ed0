// The server's API as the commands use it: paths made of names, answers as documents, problems as
// failures with the exit code they end the program with.
#pragma once

#include "nodes/cli/exit_code.hpp"
#include "nodes/cli/http_client.hpp"
#include "protocols/value.hpp"

#include <functional>
#include <initializer_list>

namespace tenon::nodes::cli {

struct answer {
  exit_code code = exit_code::done;
  value body;    // null for an answer without content
  failure why{}; // when code is not done

  explicit operator bool() const { return code == exit_code::done; }
};

class api {
public:
  api(http_client client, std::string tenant)
      : client_{std::move(client)}, tenant_{std::move(tenant)} {}

  /// "/api/v1/<tenant>/<name>/…", every name percent-encoded.
  std::string path(std::initializer_list<std::string_view> names) const;

  answer get(std::string target) const { return ask({.target = std::move(target)}); }
  answer post(std::string target, const value& body) const;
  answer remove(std::string target) const {
    return ask({.method = "DELETE", .target = std::move(target)});
  }

  /// Walks a list page by page until `take` says stop or the list ends. The answer's body is null.
  answer each(const std::string& target, const std::function<bool(const value& item)>& take) const;

  const server_address& server() const { return client_.server(); }

private:
  answer ask(const http_request&) const;

  http_client client_;
  std::string tenant_;
};

/// Percent-encoding of everything but letters, digits, `-`, `.`, `_` and `~`.
std::string percent_encoded(std::string_view text);

} // namespace tenon::nodes::cli
