// What a connection remembers of requests that are being received or answered.
#pragma once

#include "nodes/edge/http.hpp"
#include "nodes/edge/parser.hpp"
#include "nodes/edge/service.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <variant>

namespace tenon::nodes::edge {

/// One request that was handed over, until its answer is written.
struct slot {
  account who;
  bool http_1_0 = false;
  bool keep_alive = true;
  bool answered = false;
  std::variant<response, failure> said{};
};

/// The request whose body is being received.
struct upload {
  request asked;
  slot place;
  std::uint64_t length = 0; // of a body whose length was told
  std::uint64_t received = 0;
  std::uint64_t reserved = 0;
  std::shared_ptr<char[]> bytes;        // of a body whose length was told
  std::unique_ptr<chunked_body> chunks; // or null
  std::string decoded;
  std::chrono::steady_clock::time_point begun;
};

} // namespace tenon::nodes::edge
