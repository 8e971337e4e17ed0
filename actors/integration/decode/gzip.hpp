// Bodies that are gzip by themselves, as files are; what is only sent as gzip, the client unpacks.
#pragma once

#include "protocols/blob.hpp"
#include "protocols/failure.hpp"

namespace tenon::actors::connectors {

/// The body itself when it is not packed. `too_large` beyond what a body may have.
result<blob> unpacked(const blob& body);

} // namespace tenon::actors::connectors
