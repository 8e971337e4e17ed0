// What a sync makes of what is measured, where its pages and runs come to an end. Pure.
#pragma once

#include "actors/sync/tuning/tuning.hpp"
#include "protocols/resource.hpp"

namespace tenon::actors::tuning {

struct tuned_page {
  std::optional<tuning::change> change{};
  settings next{}; // of the page after it
};
tuned_page after_page(const protocols::sync::state& before, const protocols::sync::spec&,
                      const protocols::sync::moved&, moment now);

/// The page is the last of the run.
std::optional<pace> after_run(const protocols::sync::state& before, const protocols::sync::spec&,
                              const protocols::sync::moved&, moment now);

/// Whether it was begun by a schedule.
bool is_regular(const protocols::sync::run&);

/// What was measured is about another source, or within other bounds.
bool tunes_otherwise(const protocols::resource::record& before,
                     const protocols::resource::record& after);

} // namespace tenon::actors::tuning
