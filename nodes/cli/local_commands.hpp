// The commands that work on this machine instead of asking a server. Their options are the command
// line's, their bodies are the node's: main fills the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tenon::nodes::cli {

struct node_options {
  std::string data = "tenon-data";
  std::string http = "127.0.0.1:7070"; // address:port; port 0 takes a free one
  std::string port_file;               // where the port goes once it is bound
  std::string tls_certificate;         // PEM files; both or neither
  std::string tls_key;
  unsigned threads = 0; // 0: one per core
  std::string log_level = "info";
  std::vector<std::string> allow_networks;    // CIDR: private networks that integrations may call
  std::vector<std::string> allow_files;       // directories that syncs may read
  std::vector<std::string> allow_file_writes; // and those that they may write to
  std::vector<std::string> stdio;             // NAME=PROGRAM: taps that syncs may run
  std::string master_key;                     // a file; empty: the environment's or the node's own
  std::string public_url;                     // empty: where it listens
  std::size_t sync_concurrency = 32;
  std::size_t tenant_sync_concurrency = 24; // 0: as the node's
  unsigned partitions = 0;                  // 0: 16 at the first start, then what is there
  std::string version;                      // of this program

  std::string cluster_address;   // host:port, for other nodes; empty: none can come
  std::string cluster_advertise; // host:port as they see it; empty: the same
  std::string name;              // of the node; empty: the machine's
  std::string zone;
  bool edge_only = false;
  std::string join;    // host:port of a member
  std::string token;   // or TENON_JOIN_TOKEN
  std::string cluster; // the name of the one that is meant
  bool replace = false;
};

struct check_options {
  std::string data = "tenon-data";
  bool json = false;
};

struct backup_options {
  std::string data = "tenon-data";
  std::string to; // a folder that does not exist yet
  bool json = false;
};

struct restore_options {
  std::string from;
  std::string data = "tenon-data";
  bool json = false;
};

struct twin_options {
  std::string connector;            // a shipped one's name, or a file
  std::string http = "127.0.0.1:0"; // address:port; port 0 takes a free one
  std::uint64_t records = 0;        // 0: as `tests` says
  std::uint64_t token_seconds = 0;  // the same
  bool no_limits = false;
  std::string auth; // one of the connector's alternatives
};

/// Each returns the process's exit code (exit_code.hpp).
struct local_commands {
  std::function<int(const node_options&)> node;
  std::function<int(const check_options&)> check;
  std::function<int(const backup_options&)> backup;
  std::function<int(const restore_options&)> restore;
  std::function<int(const twin_options&)> twin;
};

} // namespace tenon::nodes::cli
