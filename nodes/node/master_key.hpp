// With what a node seals its secrets: the master keys somebody gave it, or one of its own beside
// the data. A check that only the right keys open lies beside the data too and goes into every
// backup; the keys never do.
#pragma once

#include "runtime/sealing/sealing.hpp"

#include <filesystem>
#include <string>

namespace tenon::nodes {

/// The keys of `given` (a file; may be empty), of TENON_MASTER_KEY, of the passphrase in
/// TENON_MASTER_PASSPHRASE, and of `<data>/master.key`, together; the highest version seals. With
/// none of them, in a directory where nothing was sealed yet, `<data>/master.key` is made.
/// `unavailable` when something here is sealed with a key that is not among them.
result<runtime::sealing> open_master_keys(const std::filesystem::path& data,
                                          const std::filesystem::path& given, runtime::entropy&);

/// Takes along what tells the right keys from wrong ones, from a data directory to its backup or
/// back. Not the keys.
result<void> copy_key_check(const std::filesystem::path& from, const std::filesystem::path& to);

/// What another node of the same cluster needs to open what is sealed here: the node's own key,
/// where it has one, and what tells the right keys from wrong ones.
struct shared_master_key {
  std::string key{}; // a secret; empty when the keys are given to each node
  std::string check{};
  std::string rule{}; // of a passphrase
};
result<shared_master_key> shared_master_key_of(const std::filesystem::path& data);
result<void> keep(const std::filesystem::path& data, const shared_master_key&);

/// Whether somebody gave keys, by a file or the environment.
bool is_given_master_keys(const std::filesystem::path& given);

} // namespace tenon::nodes
