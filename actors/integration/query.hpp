// How one query leads to the next. A stream is asked for in windows of time, in parts, and anew
// where a platform gives no more in answer to one query; the pages within a query are the pager's
// business.
#pragma once

#include "actors/integration/interpreter.hpp"

namespace tenon::actors::connectors {

/// The first place of the query that the position is in.
position query_from(const reading&, const position& at, const progress& so_far);

/// The pages of a query are at their end: what follows is the next file of its job, the next
/// window, the next part, or nothing.
result<void> end_of_query(const reading&, const position& at, moment now, page& into);

/// The platform gives no more in answer to this query: it is asked from the newest that was seen.
result<void> narrow(const reading&, const position& at, page& into);

/// The failure, told of the stream.
failure at_stream(const reading&, failure why);

} // namespace tenon::actors::connectors
