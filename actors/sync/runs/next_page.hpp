// What a run asks for next, as all who decide about runs see it.
#pragma once

#include "actors/resource/record.hpp"
#include "actors/sync/tuning/tuning.hpp"
#include "protocols/binding.hpp"
#include "protocols/ensure.hpp"
#include "protocols/json.hpp"
#include "protocols/sync.hpp"

namespace tenon::actors {

inline protocols::sync::spec spec_of(const protocols::sync::state& s) {
  auto spec = protocols::from_value<protocols::sync::spec>(spec_in(s.record), "spec");
  ensure(spec.has_value(), "a stored spec cannot be read");
  return *std::move(spec);
}

inline bool under_way(const protocols::sync::state& s) {
  return s.phase != protocols::sync::phase::idle;
}

inline protocols::sync::transfer next_transfer(const protocols::sync::state& s) {
  const bool first = s.run.pages == 0 && s.position.empty();
  return {.run = s.run.number,
          .page = s.run.pages,
          .spec = s.record.spec,
          .position = s.position,
          .cursor = !first       ? s.reached
                    : s.run.full ? ""
                                 : s.cursor,
          .full = s.run.full,
          .since = s.since,
          .attempt = s.attempt,
          .since_at = s.began_at,
          .failures = s.failures,
          .settings = tuning::chosen(s.tuning)};
}

/// The name of the kind of source, or of destination; empty when there is none.
inline std::string kind_in(const std::string& end) {
  const auto written = read_json(end);
  const auto* kinds = written ? written->as<object>() : nullptr;
  return kinds && kinds->size() == 1 ? kinds->begin()->first : "";
}

/// The collection that a sync writes from; empty when it does not write.
inline std::string collection_in(const std::string& from) {
  const auto written = read_json(from);
  const auto* options = written ? written->find("collection") : nullptr;
  const auto* name = options ? options->find("name") : nullptr;
  return name && name->is<std::string>() ? *name->as<std::string>() : "";
}

/// Whether they are of the same kind, and feed or follow the same collection.
inline bool same_ends(const protocols::sync::spec& a, const protocols::sync::spec& b) {
  return a.into == b.into && kind_in(a.from) == kind_in(b.from) &&
         collection_in(a.from) == collection_in(b.from);
}

/// What is kept elsewhere for the sync as it is.
inline protocols::sync::transfer forgotten(const protocols::sync::state& s) {
  return {.run = s.run.number, .spec = s.record.spec, .forget = true};
}

/// The position is about to be dropped: what the source waits for there is not wanted any more,
/// unless it is what is waited for next.
inline std::optional<protocols::sync::transfer> abandoned(const protocols::sync::state& s,
                                                          std::string_view next = {}) {
  if (s.waits_for.empty() || s.waits_for == next)
    return std::nullopt;
  return protocols::sync::transfer{.spec = s.record.spec, // and of no run
                                   .position = s.position,
                                   .cursor = s.reached,
                                   .abandon = true};
}

/// The decision so far, and that.
template <class Chained>
Chained abandoning(Chained so_far, const std::optional<protocols::sync::transfer>& t) {
  return t ? std::move(so_far).call(*t) : std::move(so_far);
}

/// After a page that was not the last.
inline protocols::sync::transfer next_transfer(const protocols::sync::state& s,
                                               const protocols::sync::moved& page) {
  auto next = next_transfer(s);
  ++next.page;
  next.position = page.position;
  next.cursor = page.cursor;
  next.attempt.clear();
  next.failures = 0;
  return next;
}

} // namespace tenon::actors
