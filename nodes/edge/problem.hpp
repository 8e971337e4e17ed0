// Failures as RFC 9457 problem documents. The type is stable and made of the failure's code; the
// detail is the sentence for a person; `field` and `remedy` say where and what to do.
#pragma once

#include "nodes/edge/http.hpp"
#include "protocols/failure.hpp"

namespace tenon::nodes::edge {

/// 400, 401, …: `malformed` is 422 when it names a field, because then the request was understood.
unsigned status_of(const failure&);

/// What a status is called: "Not Found"; "" for one that this edge never sends.
std::string_view reason_of(unsigned status);

/// The problem document, with Retry-After in whole seconds rounded up and WWW-Authenticate where
/// the status asks for them.
response problem_of(const failure&, const request_id&, const runtime::trace_context&);

/// A problem of the protocol itself, whose status says more than a code would: 405, 408, 431, ….
/// Its type is made of the status: "urn:tenon:problem:http_431".
response problem_of(unsigned status, std::string_view why, const request_id&,
                    const runtime::trace_context&);

/// "urn:tenon:problem:<name>".
std::string problem_type(std::string_view name);

} // namespace tenon::nodes::edge
