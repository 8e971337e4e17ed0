// Messages whose answers a test can look at.
#pragma once

#include "cluster/forwarding/parcel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace tenon::tests {

namespace forwarding = cluster::forwarding;
using forwarding::node_id;
using forwarding::partition_number;
using forwarding::steady_point;
namespace words = forwarding::words;

inline constexpr steady_point start{std::chrono::hours{1}};
inline constexpr partition_number partitions = 4;

/// An identity of this partition.
inline identity someone_in(partition_number p, int which = 0) {
  for (int i = 0;; ++i) {
    identity id{"acme", "sync", "s" + std::to_string(i)};
    if (placement_of(id) % partitions == p && which-- == 0)
      return id;
  }
}

/// What came back; every message must have exactly one.
using answers = std::shared_ptr<std::vector<result<blob>>>;

inline answers no_answers() {
  return std::make_shared<std::vector<result<blob>>>();
}

inline std::unique_ptr<runtime::envelope> message(const answers& to, std::string command = "hello",
                                                  steady_point expires = start + span{1000}) {
  auto e = std::make_unique<runtime::envelope>();
  e->command = blob::from(std::move(command));
  e->expires = expires;
  e->answer = runtime::answer_once{[to](result<blob> r) { to->push_back(std::move(r)); }};
  return e;
}

inline std::unique_ptr<runtime::envelope> durable_message(const answers& to,
                                                          std::uint64_t number = 7) {
  auto e = message(to, "durable", steady_point::max());
  e->from = std::make_unique<runtime::envelope::origin>("acme/sync/sender", number);
  return e;
}

inline std::unique_ptr<runtime::envelope> outcome_of_call(std::uint64_t number = 9) {
  auto e = std::make_unique<runtime::envelope>();
  e->command = blob::from("outcome");
  e->settles = number;
  return e;
}

/// Of a message with one answer: its code, and "answered" when it is no failure.
inline std::string fate(const answers& all) {
  if (all->size() != 1)
    return std::to_string(all->size()) + " answers";
  return all->front() ? "answered" : std::string{name_of(all->front().error().code)};
}

} // namespace tenon::tests
