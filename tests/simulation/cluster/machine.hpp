// The state that a group's log makes: keys with the index of their last write, and a digest of all
// that was ever applied, so that two that differ once differ for ever.
#pragma once

#include "tests/simulation/cluster/checks.hpp"

#include <cstring>
#include <optional>
#include <string>

namespace tenon::tests::simulation {

struct command {
  std::uint64_t number = 0; // of the client's operation, never used twice
  std::uint64_t key = 0;

  blob bytes() const { return blob::copy_of({reinterpret_cast<const char*>(this), sizeof *this}); }
  static std::optional<command> of(const raft::entry& e) {
    if (e.kind != raft::kind::command || e.bytes.size() != sizeof(command))
      return std::nullopt;
    command c;
    std::memcpy(&c, e.bytes.data(), sizeof c);
    return c;
  }
};

struct machine {
  std::uint64_t applied = 0;
  std::uint64_t history = 0;
  std::map<std::uint64_t, std::uint64_t> written; // by key, the index

  void apply(std::uint64_t index, const raft::entry& e) {
    applied = index;
    history = mixed(mixed(history, index), digest_of(e));
    if (const auto c = command::of(e))
      written[c->key] = index;
  }
  std::uint64_t read(std::uint64_t key) const {
    const auto at = written.find(key);
    return at == written.end() ? 0 : at->second;
  }
};

} // namespace tenon::tests::simulation
