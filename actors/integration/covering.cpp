// What platforms repeat of our proofs is covered before anybody sees it.
#include "actors/integration/platform.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

/// Also a part of it, from its beginning: messages are cut to a length.
void cover(const std::string& secret, std::string& text) {
  constexpr std::size_t shortest = 6; // what is shorter is in too many words
  constexpr std::size_t telling = 8;
  if (secret.size() < shortest)
    return;
  const auto begins = std::string_view{secret}.substr(0, telling);
  for (auto at = text.find(begins); at != text.npos; at = text.find(begins, at + 3)) {
    const auto rest = std::string_view{text}.substr(at);
    const auto same = std::ranges::mismatch(rest, secret).in1 - rest.begin();
    text.replace(at, static_cast<std::size_t>(same), "***");
  }
}

failure covered(failure f, const holding& h) {
  for (const auto* secret : {&h.token, &h.refresh_token, &h.csrf})
    cover(*secret, f.why);
  for (std::string_view rest = h.cookies; !rest.empty();) {
    const auto end = std::min(rest.find("; "), rest.size());
    const auto one = rest.substr(0, end);
    cover(std::string{one.substr(std::min(one.find('=') + 1, one.size()))}, f.why);
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return f;
}

} // namespace

failure covered(failure f, const session& s) {
  if (const auto* secrets = s.connection.secrets.as<object>())
    for (const auto& [name, secret] : *secrets)
      if (const auto* text = secret.as<std::string>())
        cover(*text, f.why);
  return s.held ? covered(std::move(f), *s.held) : f;
}

failure covered(failure f, const acquisition& a) {
  cover(a.code, f.why);
  cover(a.verifier, f.why);
  return covered(covered(std::move(f), a.before), a.made);
}

} // namespace tenon::actors::connectors
