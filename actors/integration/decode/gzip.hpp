// Bodies that are packed by themselves, as files are; what is only sent as gzip, the client
// unpacks. Which of gzip, zip and tar.gz it is, the body says itself; files that an archive has in
// it are one body (actors/integration/decode/archive.hpp).
#pragma once

#include "protocols/blob.hpp"
#include "protocols/failure.hpp"

namespace tenon::actors::connectors {

/// The body itself when it is not packed. `too_large` beyond what a body may have.
result<blob> unpacked(const blob& body);

} // namespace tenon::actors::connectors
