// When both sides of a pair change one record. A pair is a feed and the outlet that writes to where
// the feed reads (its `except`); until that outlet begins, one without a name stands for it, if the
// feed has a policy. Between a change here and its delivery there, the feed may bring
// another one. To tell news from an echo of what was here before, it is known at every moment what
// the other side has of a row:
//
//     what is kept for it         if the row has moved on since it knew it: put when the row moves,
//                                 or by the outlet, when what it delivered is not the newest
//     the row as it is            if the feed wrote it last, or the outlet has delivered it
//     nothing                     else
//
//     brought = row ──▶ both agree         brought = known ──▶ no news: what is here is on its way
//     row = known ──▶ accepted             neither ──▶ a conflict: the feed's policy decides
#pragma once

#include "actors/collection.hpp"
#include "actors/collection/rows.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tenon::actors::collections {

namespace conflict = protocols::conflict_types;

/// Kept for an outlet, by the row's key: 'b' what its other side has, 'k' a conflict that waits,
/// 'm' when its other side had the row, for a sweep.
inline std::string slot_key(char kind, std::uint8_t slot, std::string_view key) {
  return std::string{kind, static_cast<char>(slot)} += key;
}

constexpr std::size_t max_outlets = 64;

inline protocols::outlet_types::place beginning(const protocols::collection::state& s) {
  return {.rows = true, .sequence = s.sequence};
}

/// A new one, at the beginning; it has no name yet.
protocols::collection::outlet outlet_for(const protocols::collection::state&,
                                         std::string_view except);

/// The outlet that writes to where this feed reads; null: nothing is delivered there.
const protocols::collection::outlet* counterpart_of(const protocols::collection::state&,
                                                    std::string_view feed);

conflict::side side_of(const protocols::row_types::record*);
bool same(const conflict::side&, const conflict::side&);

/// What the outlet's other side has of a row, and what it may have.
conflict::kept known_to(const collection::state&, const protocols::collection::outlet&,
                        std::string_view key, const protocols::row_types::record*);

std::optional<conflict::parked>
parked_for(const collection::state&, const protocols::collection::outlet&, std::string_view key);

enum class fate : std::uint8_t {
  unchanged, // the row stays as it is, and is delivered if it has not been
  accepted,  // the row becomes what was brought
  made,      // the row becomes `row`, which both sides have to be told
  sent_again // the row stays, and is delivered once more
};

/// Whether the row has been delivered to the outlet's side since then: what its feed had read of
/// the row until then is gone there.
bool overwritten_since(const collection::state&, const protocols::collection::outlet&,
                       std::string_view key, const protocols::row_types::record* row, moment read);

struct settlement {
  fate what = fate::unchanged;
  bool contested = false;             // both sides had changed it
  bool news = false;                  // the other side has `brought`: to be kept beside the row
  bool parked = false;                // until a person decides
  protocols::row_types::record row{}; // of `made`
};

/// What becomes of a record that a feed with a counterpart brings. `row` is null when there is
/// none.
settlement settle(const collection::state&, const protocols::collection::outlet& counterpart,
                  const protocols::collection::incoming& brought,
                  const protocols::row_types::record* row, conflict::policy, moment now);

/// The same for a page that had been read before the row was delivered over it: it tells what its
/// side was then. What that side had anyway is no news; what somebody had changed there and we have
/// overwritten is a conflict, and whatever becomes of it, that side has to be told.
settlement settle_late(const collection::state&, const protocols::collection::outlet& counterpart,
                       const protocols::collection::incoming& brought,
                       const protocols::row_types::record& row, conflict::policy, moment now);

/// Before a row becomes another: what each other side has of it is kept, if it has the row as it
/// is, and that its feed calls it so, if it does. What is kept for the side of `feed`, which brings
/// the change, is not needed any more.
void row_moves(collection::state&, std::string_view key, const protocols::row_types::record* before,
               std::string_view feed);

/// What a feed's side has of rows that are something else; `written` is when we began to write it
/// there, zero if we did not.
void keep_known(collection::state&, const protocols::collection::outlet& counterpart,
                const conflict::known&, moment written = {});

/// The outlet is done with a row, in a page whose writing began and ended then.
void settle_sent(collection::state&, const protocols::collection::outlet&, const conflict::sent&,
                 moment begun, moment ended);

/// Whether a feed's full refresh may take the row for gone: the refresh, which began with that run
/// and then, has not seen it, nor was it delivered there meanwhile.
bool is_missed(const collection::state&, const protocols::collection::outlet& counterpart,
               std::string_view key, const protocols::row_types::record& row, std::uint64_t since,
               moment since_at);
/// A full refresh has seen a row that something else has changed last.
void mark_seen(collection::state&, const protocols::collection::outlet& counterpart,
               std::string_view key, std::uint64_t run);

/// Its counterpart is another one from now on, or it is gone.
void forget_sides(collection::state&, const protocols::collection::outlet&);

} // namespace tenon::actors::collections
