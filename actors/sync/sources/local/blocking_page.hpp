// A page that is read by calls that hold their thread: on the executor that is made for it, and
// with its failure in the words of a source. What may pass is tried again; what is stale is read
// from the beginning.
#pragma once

#include "actors/sync/source.hpp"

#include <functional>
#include <stop_token>

namespace tenon::actors {

using blocking_read = std::function<result<source_page>(std::stop_token)>;

/// `blocking` must outlive the task.
runtime::task<page_or_trouble> read_page_on(runtime::executor& blocking, blocking_read);
/// The same with a failure as it is.
runtime::task<result<source_page>> read_on(runtime::executor& blocking, blocking_read);

} // namespace tenon::actors
