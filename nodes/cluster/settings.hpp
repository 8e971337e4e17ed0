// What an operator says of a node's part in a cluster.
#pragma once

#include "protocols/moment.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace tenon::nodes::cluster {

struct steward_settings {
  std::filesystem::path data; // the node's data directory
  std::string host;           // an address of this machine, for the cluster; empty: alone for ever
  std::uint16_t port = 0;     // 0: a free one, another at each start
  std::string advertised{};   // "host:port" for the others; empty: the above
  std::string name{};
  std::string zone{};
  bool worker = true;
  std::string version{};
  std::uint64_t boot = 0;
  std::uint16_t partitions = 16;
  std::string seed{};                      // a member's address, beside those that are known
  span settling = std::chrono::seconds{3}; // for which a start waits to be heard by the council
};

} // namespace tenon::nodes::cluster
