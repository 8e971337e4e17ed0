// What a node offers to what syncs read from and write to: one struct for every kind, each of which
// takes what it needs. Threads are apart from each other by what they wait for, so that what is
// quiet holds up nobody else. What is referred to outlives every source and destination.
#pragma once

#include "protocols/identity.hpp"
#include "protocols/value.hpp"
#include "runtime/outbound/guard.hpp"
#include "runtime/tasks/task.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace tenon::actors {

namespace connectors {
class platform;
}

struct surroundings {
  connectors::platform* platform = nullptr; // the way to platforms; none: no connectors
  std::function<runtime::task<result<object>>(identity credential)> secrets{};
  runtime::outbound::policy policy{};                  // which addresses may be reached
  std::vector<std::filesystem::path> readable{};       // directories whose files may be read
  std::vector<std::filesystem::path> writable{};       // and be written
  std::map<std::string, std::filesystem::path> taps{}; // programs that may be run, by name
  std::size_t taps_at_once = 16;
  runtime::executor& files;     // where what waits for this machine's disks holds its thread
  runtime::executor& databases; // for servers
  runtime::executor& brokers;   // for messages that come when they come
  runtime::executor& tapping;   // for programs
  std::stop_token closing{};    // the node's end: what is being read is given up
};

} // namespace tenon::actors
