#include "tests/support/paged_api/ledger.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace tenon::tests::paged_api {
namespace {

// A request target has no control characters; a quote or backslash in it is written as its
// percent-encoding, which means the same and needs no escape in JSON.
std::string plain(std::string_view target) {
  std::string out;
  for (const char c : target) {
    if (c == '"')
      out += "%22";
    else if (c == '\\')
      out += "%5C";
    else
      out += c;
  }
  return out;
}

} // namespace

ledger::ledger(const std::string& file) : file_{std::fopen(file.c_str(), "a")} {
  if (!file_)
    throw std::runtime_error{file + ": cannot be written: " + std::strerror(errno)};
}

void ledger::write(const entry& e) {
  if (!file_)
    return;
  std::fprintf(file_.get(), "{\"ms\":%.3f,\"path\":\"%s\",\"status\":%u,\"token\":%lld",
               static_cast<double>(e.at) / 1e6, plain(e.target).c_str(), e.status,
               static_cast<long long>(e.token));
  if (!e.fault.empty())
    std::fprintf(file_.get(), ",\"fault\":\"%.*s\"", static_cast<int>(e.fault.size()),
                 e.fault.data());
  if (e.grants != 0)
    std::fprintf(file_.get(), ",\"grants\":%lld", static_cast<long long>(e.grants));
  std::fputs("}\n", file_.get());
  std::fflush(file_.get());
}

} // namespace tenon::tests::paged_api
