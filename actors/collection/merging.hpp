// Two contents of one record, made from an earlier content, become one again: field by field. A
// field that one side changed is taken from it; of a field that both changed, the newest counts,
// and what one side changed and the other took away stays. Objects within the record are merged
// in the same way; lists and everything else are fields as a whole, kept byte for byte.
#pragma once

#include "protocols/collection.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::collections {

using origins = std::vector<protocols::row_types::origin>;

/// Where a row's fields come from: those that are not named, from its newest change.
struct written_by {
  std::string_view feed;
  moment at;
  const origins& others;

  const protocols::row_types::origin* find(std::string_view path) const;
};

struct merging {
  std::string content;
  origins fields; // where every field of it comes from
};

/// `ours` has been written as `by` says; `theirs` by `feed` at `at`. `earlier` is what theirs was
/// made from: first what both sides had, then what ours has been since, any of which theirs may
/// have been told. Contents that are not objects have no fields: the newer one counts.
merging merge(const std::vector<std::string_view>& earlier, std::string_view ours,
              const written_by& by, std::string_view theirs, std::string_view feed, moment at);

/// What stays true of the origins of `before` when it becomes `after`: those of the fields that are
/// the same in both.
origins kept_origins(std::string_view before, const written_by& by, std::string_view after);

} // namespace tenon::actors::collections
