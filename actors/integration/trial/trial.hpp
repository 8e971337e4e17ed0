// Tries an integration out as somebody who sets it up would: does its address answer, is its
// certificate good, are the credentials accepted, may each stream be read, how much may be asked,
// and is it set up safely. Real requests, which count as those of a person and never write; the
// smallest page of each stream that its connector knows how to ask for.
//
// It ends within a minute: what there is no time for is said to be not tried.
#pragma once

#include "actors/integration/platform.hpp"
#include "actors/integration/trial/report.hpp"

namespace tenon::actors::connectors::trial {

/// A failure only where there is no such integration.
runtime::task<result<report>> try_out(platform&, identity integration);

} // namespace tenon::actors::connectors::trial
