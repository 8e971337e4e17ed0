// Writing by a job of the platform, purely: records go into it together, and what it has made of
// each is read when it is done. Whoever drives it keeps the job's place before anything else is
// asked, so that a job that is known is gone on with, and never made a second time
// (actors/integration/job/job.hpp).
//
//     (upload) ──▶ create ──▶ poll until it is done ──▶ results, by the records' keys
//
// A job whose id was lost may be there. `find` looks for it; whether what is found is ours, its
// results say for sure: they hold our keys, or none of them.
#pragma once

#include "actors/integration/writing.hpp"

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tenon::actors::connectors {

/// How far the platform is.
struct job_state {
  job_place place;
  bool done = false;
  std::optional<failure> failed{};
  std::string shown{}; // for people
};

using batch_of_records = std::span<const outgoing_record>;

/// Names the job: that of its first record.
const std::string& effect_of_job(batch_of_records);

result<http_request> job_upload_request(const writing&, batch_of_records, moment now);
std::variant<std::string, verdict> read_job_upload(const writing&, const http_request&,
                                                   const http_response&, const position&,
                                                   moment now);

result<http_request> job_create_request(const writing&, batch_of_records, const std::string& upload,
                                        moment now);
std::variant<job_place, verdict> read_job_created(const writing&, const http_request&,
                                                  const http_response&, const position&,
                                                  moment now);

result<http_request> job_find_request(const writing&, batch_of_records, moment now);
/// Nothing when there is none but those in `others`.
std::variant<std::optional<job_place>, verdict>
read_job_found(const writing&, batch_of_records, const std::vector<std::string>& others,
               const http_request&, const http_response&, const position&, moment now);

result<http_request> job_state_request(const writing&, const job_place&, moment now);
std::variant<job_state, verdict> read_job_state(const writing&, const job_place&,
                                                const http_request&, const http_response&,
                                                const position&, moment now);

/// Of what it has made of the records. A file that lies with others is shown no proof.
struct result_request {
  http_request request;
  bool shows_proof = true;
};

/// What to read when it is done, in turn.
result<std::vector<result_request>> job_result_requests(const writing&, const job_place&,
                                                        moment now);
/// Adds what an answer says of the records; those of which nothing is said stay as they are.
/// `found` counts those of ours.
std::optional<verdict> read_job_results(const writing&, const http_request&, const http_response&,
                                        batch_of_records, const position&, moment now,
                                        item_outcomes& into, std::size_t& found);

/// That the platform stops working on it; nothing when it cannot be told.
result<std::optional<http_request>> job_abort_request(const writing&, const job_place&, moment now);

} // namespace tenon::actors::connectors
