// When the version of an API that a connector speaks comes to its end: what its manifest says, and
// what answers say (RFC 8594 `Sunset`, RFC 9745 `Deprecation`, and their links). The earliest
// holds.
#pragma once

#include "actors/integration/web/message.hpp"
#include "protocols/identity.hpp"
#include "protocols/moment.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace tenon::actors::connectors {

struct lifetime {
  std::string api_version;            // as the manifest names it; "": it does not
  std::optional<moment> sunset{};     // from then on, requests fail
  std::optional<moment> deprecated{}; // from then on, something newer should be used
  std::string more{};                 // where it is explained

  bool operator==(const lifetime&) const = default;
};

/// What is known after an answer; `known` is what was known before it.
lifetime after(lifetime known, const headers& answer, moment now);

/// Remembers, by integration, what has been told: some of a platform's answers say it and others do
/// not, and thousands of them are no news.
class sunset_watch {
public:
  /// What is to be told now, if anything.
  std::optional<lifetime> hear(const identity&, const lifetime& by_manifest, const headers& answer,
                               moment now);

private:
  struct known {
    lifetime by_manifest;
    lifetime now;
    moment told_at{};
  };
  std::mutex guard_;
  std::map<identity, known> all_; // as many as there are integrations
};

} // namespace tenon::actors::connectors
