#include "tests/support/paged_api/gate.hpp"

#include <array>
#include <cstdio>

namespace tenon::tests::paged_api {

std::optional<gate::grant> gate::issue(std::string_view id, std::string_view secret, nanos now) {
  if (rules_.client_id.empty() || id != rules_.client_id || secret != rules_.client_secret)
    return std::nullopt;
  std::erase_if(tokens_, [now](const auto& held) { return held.second.expires <= now; });
  std::array<char, 17> text;
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(random_()));
  grant given{.token = "tok_" + std::to_string(++issued_) + '_' + text.data(), .number = issued_};
  tokens_[given.token] = {issued_, now + rules_.token_ttl};
  return given;
}

std::optional<std::int64_t> gate::recognise(std::string_view credential, nanos now) {
  if (open() || (!rules_.key.empty() && credential == rules_.key))
    return 0;
  const auto held = tokens_.find(credential);
  if (held == tokens_.end() || held->second.expires <= now)
    return std::nullopt;
  return held->second.number;
}

gate::admission gate::admit(nanos now) {
  if (rules_.requests == 0)
    return {};
  while (!admitted_.empty() && admitted_.front() <= now - rules_.window)
    admitted_.pop_front();
  const bool admitted = admitted_.size() < rules_.requests;
  if (admitted)
    admitted_.push_back(now);
  const auto remaining = rules_.requests - admitted_.size();
  return {admitted, remaining, remaining > 0 ? 0 : admitted_.front() + rules_.window - now};
}

} // namespace tenon::tests::paged_api
