// What requests came to and how long their answers took, in counts of a fixed size: so many kinds
// of outcome, and a histogram of latency whose bounds never change. Pure.
#pragma once

#include "actors/integration/web/message.hpp"
#include "protocols/failure.hpp"
#include "protocols/health.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace tenon::actors::connectors::health {

using tally = protocols::health::tally;

/// Milliseconds up to which an answer counts there; one more count is of those above all.
inline constexpr std::array<span::rep, 28> latency_bounds{
    1,   2,   3,   5,    7,    10,   15,   20,   30,   50,    70,    100,   150,   200,
    300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000, 10000, 15000, 20000, 30000, 60000};

/// Counts one exchange; how long it took, when there was an answer.
void add(tally&, const result<http_response>&, span took);
void merge(tally& into, const tally& more);

std::uint64_t requests_in(const tally&);
std::uint64_t answered_in(const tally&);

/// All from then until then.
tally total(const std::vector<tally>&, moment from, moment until);

/// So long or less took that part of the answers; nothing without any.
std::optional<span> quantile(const tally&, double part);

} // namespace tenon::actors::connectors::health
