// Becoming a member: a token and the address of one are turned into a data directory that says who
// this node is. Before the node starts, once; nothing is left behind when it is refused.
#pragma once

#include "nodes/cluster/letters.hpp"
#include "runtime/clock.hpp"
#include "runtime/sealing/sealing.hpp"

#include <filesystem>

namespace tenon::nodes::cluster {

struct join_wish {
  std::filesystem::path data; // new or empty
  std::string address;        // "host:port" of a member
  std::string token;          // a secret
  std::string cluster;        // its name; empty: whichever made the token
  protocols::cluster::node node{};
  bool replaces = false;
  bool has_master_key = false;
};

/// Whether the directory says already who the node is: it need not join again.
bool is_member(const std::filesystem::path& data);

/// Blocks, and no longer than a door is patient. The token is in no failure.
result<void> join(const join_wish&, const runtime::clock&);

} // namespace tenon::nodes::cluster
