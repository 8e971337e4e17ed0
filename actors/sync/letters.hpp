// What a source keeps of something that it cannot read: bytes for a person to see, and words with
// which it reads them again when what was wrong is mended. The words say first what the bytes are,
// "csv", so that no other kind of source takes them for its own, and then what is needed beside
// them: a file's header, a message's properties.
#pragma once

#include "protocols/failure.hpp"
#include "protocols/letter.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tenon::actors {

inline constexpr std::size_t max_letter_bytes = 64u << 10;

struct unread {
  std::string reason;
  std::string_view bytes;
  blob again; // the words; empty: the bytes are not all of it
};

/// As much as a letter has room for. What is cut cannot be read again, and the reason says that it
/// is cut.
unread fitting(unread);

blob words_for_again(std::string_view what, std::string_view more = {});

/// What is needed beside the bytes, if they are what is asked for.
std::optional<std::string_view> needed_for(const protocols::letter_types::kept&,
                                           std::string_view what);

/// The source has become one of another kind since.
failure of_another_kind(const protocols::letter_types::kept&);

} // namespace tenon::actors
