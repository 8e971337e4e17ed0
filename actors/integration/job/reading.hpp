// What the answers about a job mean: that it was made, is being worked on, is done, or has failed.
#pragma once

#include "actors/integration/interpreter.hpp"

namespace tenon::actors::connectors {

/// The answer to `create`.
page_outcome read_created(const reading&, const json_text&, const position&, const progress&,
                          moment now);

/// The answer to `find`: a page that knows the job which is ours, or a verdict that asks for
/// patience; nothing when there is none, or the platform does not say. `names` has the words of
/// `when`, but for `item`.
std::optional<page_outcome> find_job(const reading&, const job::listing&, scope names,
                                     const http_request&, const http_response&, const position&,
                                     const progress&, moment now);

/// The answer to `poll`.
page_outcome read_state(const reading&, const json_text&, const position&, const progress&,
                        moment now);

/// A refusal that says that the job, or the file that it has made, is not there any more. A file's
/// address is asked for again, a few times; without the job, a later run makes another.
page_outcome without_job(const reading&, const http_response&, verdict, const position&,
                         const progress&);

} // namespace tenon::actors::connectors
