// The files that a job has made: where they lie, whether they may be asked for, and whether a proof
// is shown there.
#pragma once

#include "actors/integration/interpreter.hpp"

namespace tenon::actors::connectors {

/// Keeps the addresses that an answer has; how many bytes they have together.
std::size_t keep_files(const json_text&, const job&, job_place&);

/// For the file that is next. `forbidden` where it lies with nobody whom the connector knows.
result<draft> draft_for_file(const manifest&, const connection&, const job&, const job_place&);
result<http_request> finish_for_file(const manifest&, const job&, draft);

/// Others are shown nothing that they could ask the platform with.
bool shows_proof(const manifest&, const connection&, const job&, const job_place&);

} // namespace tenon::actors::connectors
