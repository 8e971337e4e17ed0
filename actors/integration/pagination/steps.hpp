// What the pagers share: when to stop, and how to notice that a server leads nowhere.
#pragma once

#include "actors/integration/pagination/pager.hpp"

namespace tenon::actors::connectors {

/// `stop:` of a manifest: any of these ends the stream.
struct stop_rules {
  bool missing = false;              // no next cursor, or an empty one
  bool empty = false;                // no records
  bool below_size = false;           // `short`: fewer records than asked for
  bool total = false;                // as many read as the server says there are
  std::optional<json_path> unless{}; // `false:<path>`: what is there is not true
};

/// `allowed` are the names that make sense for the kind; what is left out is decided by the pager.
stop_rules compile_stop(const std::vector<std::string>& stop, const std::string& where,
                        const std::vector<std::string>& allowed, problems&);

/// Whether a rule that every kind knows ends here.
bool ends(const stop_rules&, const page_answer&);

/// The whole number at `path`, also when it is written as a text.
std::optional<std::int64_t> number_at(const page_answer&, const json_path& path);

/// Brent's way to notice a circle with two remembered values: the mark moves at powers of two, and
/// a cursor that equals it closes a circle. Refuses such a cursor, otherwise adds what is to be
/// remembered to `next`.
result<void> check_circle(std::string_view cursor, const object& position, object& next);

/// Refuses a page that equals the one before; otherwise remembers it in `next`.
result<void> check_repeat(const page_answer&, const object& position, object& next,
                          std::string_view parameter);

/// How many records a page has: as the position says, or as usual.
std::int64_t size_at(const object& position, std::int64_t usual);
/// The position, for pages of so many; of the usual size it says nothing.
object with_size(object position, std::int64_t wanted, const pager::size&);
/// `size` and `most`, the largest that a platform takes, which is the size if nobody says.
pager::size take_size(form&, std::int64_t fallback);

/// What a request says at a place; nothing when it says nothing.
std::optional<std::string> said_at(const platform_request&, const place&);
/// The same as a whole number; `malformed` when it is none.
result<std::optional<std::size_t>> number_said_at(const platform_request&, const place&);
/// What a record says at a path, as text.
std::string text_at(const value& record, const json_path&);

/// The members of a position, zero or "" when it has none of that name.
std::int64_t number_of(const object& position, std::string_view name);
std::string text_of(const object& position, std::string_view name);

} // namespace tenon::actors::connectors
