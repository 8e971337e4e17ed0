// One node, put together by hand: what it consists of, in the order in which it starts, and the
// reverse in which it ends.
//
//     data directory → actors' host → outside (HTTP client, timers, workers) → cluster → edge
#pragma once

#include "nodes/cluster/settings.hpp"
#include "protocols/failure.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tenon::nodes {

struct node_settings {
  std::filesystem::path data;
  std::string address = "127.0.0.1";
  std::uint16_t port = 7070;
  unsigned threads = 0; // of actors and of the edge; 0: one for each core
  std::string tls_certificate;
  std::string tls_key;
  std::vector<std::string> allow_networks;              // CIDR: private networks that may be called
  std::vector<std::filesystem::path> allow_files;       // directories that syncs may read
  std::vector<std::filesystem::path> allow_file_writes; // and those that they may write to
  std::vector<std::string> stdio;                       // NAME=PROGRAM: taps that syncs may run
  std::filesystem::path master_key; // a file; empty: see nodes/node/master_key.hpp
  std::string public_url; // under which providers and people reach it; empty: where it listens
  std::size_t sync_concurrency = 32;        // pages of syncs at once
  std::size_t tenant_sync_concurrency = 24; // of one tenant; 0: as the node's
  std::string owner_key;             // instead of a drawn one; empty: drawn at the first start
  std::uint16_t partitions = 0;      // of a new data directory; 0: 16, or what it has
  cluster::steward_settings steward; // `data` and `partitions` are set by the node
};

class node {
public:
  static result<std::unique_ptr<node>> start(node_settings);
  /// Answers what is under way, saves everything, closes.
  ~node();

  std::uint16_t port() const;
  /// The owner's key, on the very first start only.
  const std::string& new_key() const;
  std::chrono::milliseconds start_time() const;

private:
  struct parts;
  explicit node(std::unique_ptr<parts>);
  std::unique_ptr<parts> parts_;
};

} // namespace tenon::nodes
