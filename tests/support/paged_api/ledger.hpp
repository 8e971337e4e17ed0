// What was asked and what was answered: one JSON line per request of data or tokens, written before
// the answer goes out, so a test that has its answer finds the line.
//
//   {"ms":12.345,"path":"/customers?limit=2","status":200,"token":1,"fault":"cut"}
//
// ms is time on the vendor's own steady clock since its start. A line of /oauth/token that granted
// one also has "grants": how many tokens were granted so far.
#pragma once

#include "tests/support/paged_api/gate.hpp"

#include <cstdio>
#include <memory>

namespace tenon::tests::paged_api {

class ledger {
public:
  ledger() = default;
  /// Throws std::runtime_error when the file cannot be written.
  explicit ledger(const std::string& file);

  struct entry {
    nanos at = 0;
    std::string_view target;
    unsigned status = 0;
    std::int64_t token = 0;
    std::string_view fault; // empty: none; "rate": over the limit
    std::int64_t grants = 0;
  };
  void write(const entry&);

private:
  struct closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  std::unique_ptr<std::FILE, closer> file_;
};

} // namespace tenon::tests::paged_api
