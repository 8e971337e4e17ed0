// What one bucket of a quota has seen, and when it has room again. Pure arithmetic on whole
// numbers; promises, for any history of takes that were free to happen:
//
//     token        at most amount + L · amount / period in any stretch of length L
//     fixed        at most amount in each period that starts at a multiple of it
//     sliding      at most amount in any stretch of length period
//     concurrency  at most amount at a time, counting places that were never given back until
//                  their lease is over
//
// A clock that steps back costs waiting and never grants more; with `catch_up`, a period at most.
#pragma once

#include "protocols/quota.hpp"

namespace tenon::actors {

/// `malformed` unless the bucket keeps to the bounds in the schema.
result<void> check(const protocols::quota::bucket&, std::string_view where);

/// How long until one more may be taken; zero: now.
span wait_for(const protocols::quota::level&, moment now);

void take(protocols::quota::level&, std::uint64_t grant, moment at, span lease);

/// The bucket is described differently from now on. What was taken stays taken.
void reshape(protocols::quota::level&, const protocols::quota::bucket&);

/// It remembers takes that have not happened yet: the clock was set back.
bool is_ahead(const protocols::quota::level&, moment now);

/// As if all that it remembers from after `now` had happened now.
void catch_up(protocols::quota::level&, moment now);

/// Forgetting it and starting afresh would make no difference.
bool at_rest(const protocols::quota::level&, moment now);

bool holds(const protocols::quota::level&);

} // namespace tenon::actors
