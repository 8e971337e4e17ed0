// Credentials for sources in tests, by name.
#pragma once

#include "actors/sync/sources/relational/server.hpp"

#include <map>

namespace tenon::tests {

inline runtime::task<result<object>> give_secrets(std::map<std::string, object> all,
                                                  identity credential) {
  const auto it = all.find(credential.name);
  if (it == all.end())
    co_return failure{code::not_found, "there is no such resource"};
  co_return it->second;
}

/// {"main": {"user": …, "password": …}}
inline actors::relational::secrets_of secrets(std::map<std::string, object> all) {
  return [all](identity credential) { return give_secrets(all, std::move(credential)); };
}

} // namespace tenon::tests
