// What a platform works on for a while before there is anything to read. A job is made, asked after
// until it is done, and then its result is read page by page:
//
//   jobs:
//     bulk_contacts:
//       create: {post: /jobs/query, body: {query: "… WHERE changed >= {{cursor}}"}}
//       id: id                     # where the answer to that has the job's id
//       find: {request: {get: /jobs/query}, items: records, id: id,   # of one whose id was lost
//              when: "state == 'InProgress' and query == sent.query"}
//       poll:
//         request: {get: "/jobs/query/{{job.id}}"}
//         state: state             # where the answer to that says how far it is
//         done: [JobComplete]
//         failed: [Failed, Aborted]
//         say: "{{body.errorMessage}}"        # of a job that has failed
//         progress: numberRecordsProcessed    # shown while it is waited for
//         keep: {file: output_file_id}        # then requests may say {{job.file}}
//         every: 5s..1m            # seldomer the longer it takes
//         timeout: 2h              # of the job, over as many runs as it takes
//       download: {request: {get: "/jobs/query/{{job.id}}/results"}, decode: csv, page: {…}}
//       abort: {patch: "/jobs/query/{{job.id}}", body: {state: Aborted}}
//
//   streams: {contacts: {job: bulk_contacts, key: Id, cursor: {…}}}
//
// A job may also carry records to the platform, as the `job` of an action. Then `create` knows
// `effect`, which names what is written, and the records as `items`, or as `lines` of JSON. Where
// they have to be there before it is made, `upload` brings them, and `create` says {{upload}}:
//
//       upload: {request: {post: /files, multipart: {…"{{lines}}"…}}, id: id}
//       download: {request: …, when: job.output != null,
//                  also: {request: {get: "/files/{{job.errors}}/content"}, when: job.errors !=
//                  null}}
//
// A download, also of what has become of records, is a `request`, or one file after another at the
// addresses that the last answer has at `url`. Those may lie with another company, one of `hosts`,
// which is shown no proof; `auth: none` shows none to the platform's own hosts either.
//
// The id of a job is a part of the stream's position before anybody asks after it: whatever breaks
// off, a job that is known is gone on with, and never made a second time. Only when the answer that
// would have told an id is lost, a job may be left behind that nobody asks after: one for each
// answer that was lost. Where the platform lists its jobs, `find` looks for that one before another
// is made: `when` is true of a job that is still worked on and was made by what `sent` says, the
// body of `create`.
//
// A run that fails keeps its job, because the next one goes on with it. Cancelling, rewinding or
// asking for everything anew drops it, and so does its time-out: then the platform is told with
// `abort`, once, whatever comes of that. A job that has failed, or that the platform does not know
// any more, fails the run with what the platform says, and the next run makes another.
#pragma once

#include "actors/integration/request.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::actors::connectors {

inline constexpr std::size_t max_jobs = 50;
inline constexpr std::size_t max_job_files = 1'000;
inline constexpr std::size_t max_job_bytes = 64u << 10; // of what is kept of one

struct stream;

struct job {
  std::string name;
  request_pattern create;
  json_path id;

  request_pattern poll;
  json_path state;
  std::vector<std::string> done;
  std::vector<std::string> failed;
  std::optional<program> say;
  std::optional<json_path> progress;
  std::vector<std::pair<std::string, json_path>> keep;
  span soonest{};
  span latest{};
  span timeout{};

  std::optional<json_path> files;         // their addresses; none: `download` has a request
  std::vector<std::string> hosts;         // where files may lie, beside the platform's own
  bool bare = false;                      // files are shown no proof wherever they lie
  std::shared_ptr<const stream> download; // how the result is read; the rest of it is empty

  std::optional<program> download_when; // there is something to read; else: whenever it is done
  std::optional<request_pattern> also;  // more of the same
  std::optional<program> also_when;

  std::optional<request_pattern> upload; // before it is made
  json_path upload_id;

  std::optional<request_pattern> abort;

  /// Jobs that are there already.
  struct listing {
    request_pattern request;
    json_path items;
    json_path id;
    std::optional<program> when;
  };
  std::optional<listing> find;

  /// How long until it is asked after again, so long after it was made.
  span pause(span since) const;
};

using jobs = std::vector<std::shared_ptr<const job>>;

/// The block `jobs` of a manifest.
jobs compile_jobs(const value*, const std::string& where, problems&);

} // namespace tenon::actors::connectors
