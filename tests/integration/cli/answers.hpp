// Answers of the API as the tests of the client need them.
#pragma once

#include "tests/support/canned_server.hpp"
#include "tests/support/spoken.hpp"

namespace tenon::tests {

inline canned_answer problem(unsigned status, const std::string& name, const std::string& detail) {
  return {.status = status,
          .body = R"({"type":"urn:tenon:problem:)" + name + R"(","detail":")" + detail + "\"}",
          .type = "application/problem+json"};
}

inline spoken say_to(const canned_server& server, std::vector<std::string> arguments,
                     const speaking& how = {}) {
  arguments.insert(arguments.end(), {"--server", server.url(), "--key", "tn_test"});
  return say(arguments, how);
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace tenon::tests
