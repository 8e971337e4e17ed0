// The API keys of a node, in a file of its data directory: only their hashes. The first start makes
// the owner's key, which is shown once.
#pragma once

#include "nodes/edge/key_ring.hpp"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace tenon::nodes {

/// Answers from memory; what changes is in the file first.
class kept_keys final : public edge::key_store, public edge::key_ring {
public:
  /// `wanted` (from the environment) becomes the owner's key when it is not empty; it must look
  /// like `tn_<id>_<secret>`.
  static result<std::unique_ptr<kept_keys>> open(const std::filesystem::path& data,
                                                 const std::string& wanted);

  /// The owner's key in full, when it was made just now.
  const std::string& fresh() const { return fresh_; }

  std::optional<edge::stored_key> find(std::string_view id) const override;
  std::uint64_t changes() const override { return known_.changes(); }

  result<edge::issued_key> issue(std::string tenant, edge::role, std::string title,
                                 std::optional<moment> expires) override;
  std::vector<edge::stored_key> of(std::string_view tenant) const override;
  result<void> revoke(std::string_view tenant, std::string_view id) override;

private:
  explicit kept_keys(std::filesystem::path file) : file_{std::move(file)} {}
  result<void> read();
  result<void> keep(std::vector<edge::stored_key> all); // writes, then makes it known

  const std::filesystem::path file_;
  std::string fresh_;
  mutable std::mutex guard_;          // of all_, held while the file is written
  std::vector<edge::stored_key> all_; // in the order they were made
  edge::remembered_keys known_;       // the same, for io threads: never waits for the disk
};

} // namespace tenon::nodes
