// What a feed's records are called at their source, when they are called something else here, as
// with a sync's `key`. It is kept both ways, because a source that tells of a deletion says its own
// key alone, and because a record that gets another name leaves its row, unless somebody else has
// got that name meanwhile.
//
// A feed may get its `key` when it has long stored records under their own. As long as such a row
// is the feed's, that is its name there; once another feed changes it, this is kept.
#pragma once

#include "actors/collection.hpp"

namespace tenon::actors::collections {

/// Of what is called something else here: both names.
inline constexpr std::size_t max_name_bytes = 240;

struct named {
  protocols::collection::store page;             // each record under its key here
  std::vector<protocols::row_types::name> names; // what is to be kept
  std::uint64_t unknown = 0; // deletions of what was never here; words that were not the last
};

bool needs_names(const protocols::collection::store&);
named with_names(const collection::state&, const protocols::collection::store&);
/// The same of a page without names: what it says to be gone, of what is called so there.
std::vector<protocols::row_types::name> own_names_gone(const collection::state&,
                                                       const protocols::collection::store&);

/// What the source's record is called here, if that is kept.
std::optional<std::string> name_here(const collection::state&, std::string_view feed,
                                     std::string_view origin);

/// Whether any of the feed's records is called something else here.
bool has_names(const collection::state&, std::string_view feed);
/// What the row is called at the feed's source, if that is kept.
std::optional<std::string> name_there(const collection::state&, std::string_view feed,
                                      std::string_view key);

/// Another changes a row that the feed has stored: it is called the same there, where nothing else
/// is kept.
void keep_own_name(collection::state&, std::string_view feed, std::string_view key);
/// The feed has changed it itself, or says that it is gone.
void forget_own_name(collection::state&, std::string_view feed, std::string_view key);

void keep_names(collection::state&, std::string_view feed,
                const std::vector<protocols::row_types::name>&);
/// The row is gone there, by our doing: what gets its key there next is another record.
void forget_name_there(collection::state&, std::string_view feed, std::string_view key);
void forget_names(collection::state&, std::string_view feed);

} // namespace tenon::actors::collections
