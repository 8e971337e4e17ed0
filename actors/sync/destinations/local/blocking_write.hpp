// A page that is written by calls that hold their thread: on the executor that is made for it, and
// given up when the task is stopped or the node ends.
#pragma once

#include "actors/sync/destination.hpp"

#include <functional>
#include <stop_token>

namespace tenon::actors {

using blocking_write = std::function<result<settled>(const delivery&, std::stop_token)>;

/// `blocking` must outlive the task.
runtime::task<settled> write_page_on(runtime::executor& blocking, std::stop_token closing, delivery,
                                     blocking_write);

} // namespace tenon::actors
