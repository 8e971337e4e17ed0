#include "nodes/node/local_words.hpp"

#include <charconv>
#include <cstdio>

namespace tenon::nodes {

int complain(const failure& f, cli::exit_code code) {
  std::fprintf(stderr, "tenon: %s%s%s\n", f.why.c_str(), f.where.empty() ? "" : " — ",
               f.where.c_str());
  if (!f.remedy.empty())
    std::fprintf(stderr, "       %s\n", f.remedy.c_str());
  return static_cast<int>(code);
}

result<std::pair<std::string, std::uint16_t>> parse_listen(const std::string& text,
                                                           const char* option) {
  const auto colon = text.rfind(':');
  std::uint16_t port = 0;
  const auto digits =
      colon == std::string::npos ? std::string_view{} : std::string_view{text}.substr(colon + 1);
  const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || wrong != std::errc{} || end != digits.data() + digits.size())
    return failure{code::malformed, text + " is no address and port", option,
                   "Write it like 127.0.0.1:7070."};
  auto address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  return std::pair{address, port};
}

sigset_t block_ending_signals() {
  sigset_t ends;
  sigemptyset(&ends);
  for (const int s : {SIGTERM, SIGINT})
    sigaddset(&ends, s);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  return ends;
}

} // namespace tenon::nodes
