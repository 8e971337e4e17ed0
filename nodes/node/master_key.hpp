// With what a node seals its secrets: the master keys somebody gave it, or one of its own beside
// the data. A check that only the right keys open lies beside the data too and goes into every
// backup; the keys never do.
#pragma once

#include "runtime/sealing/sealing.hpp"

#include <filesystem>

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

} // namespace tenon::nodes
