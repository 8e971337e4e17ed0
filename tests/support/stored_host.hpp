// A host over a real data directory, put together as a node does it: for benchmarks, where the disk
// and the clock must be real. What is hosted in memory is in hosted.hpp.
#pragma once

#include "runtime/hosting/host.hpp"
#include "runtime/store/data_directory.hpp"
#include "tests/support/sealing_keys.hpp"

#include <caf/actor_system_config.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

namespace tenon::tests {

class stored_host {
public:
  /// The directory is made when it is missing, and stays.
  stored_host(runtime::catalog kinds, const std::filesystem::path& directory,
              runtime::host_options options = {})
      : kinds_{std::move(kinds)} {
    config_.set("scheduler.policy", caf::atom("sharing"));
    config_.set("scheduler.max-threads",
                std::size_t{std::max(1u, std::thread::hardware_concurrency())});
    config_.set("scheduler.max-throughput", std::size_t{100});
    system_.emplace(config_);
    auto data = runtime::store::data_directory::open({.directory = directory}, meters_);
    ensure(data.has_value(), data ? "" : data.error().why);
    data_ = *std::move(data);
    host_.emplace(*system_, kinds_, data_->journal(), data_->state(), seal_, clock_, meters_,
                  options);
    host_->start();
  }
  ~stored_host() {
    host_->stop();
    host_.reset();
  }
  stored_host(const stored_host&) = delete;
  stored_host& operator=(const stored_host&) = delete;

  runtime::host* operator->() { return &*host_; }
  runtime::host& operator*() { return *host_; }
  runtime::store::data_directory& data() { return *data_; }

private:
  runtime::catalog kinds_;
  runtime::system_clock clock_;
  runtime::meters meters_;
  runtime::system_entropy random_;
  runtime::seal seal_{sealing_keys(), random_};
  caf::actor_system_config config_;
  std::unique_ptr<runtime::store::data_directory> data_; // outlived by the system's threads
  std::optional<caf::actor_system> system_;
  std::optional<runtime::host> host_;
};

} // namespace tenon::tests
