#include "actors/sync/letters.hpp"

namespace tenon::actors {

unread fitting(unread u) {
  if (u.bytes.size() > max_letter_bytes) {
    u.reason += "; here are its first 64 KiB";
    u.bytes = u.bytes.substr(0, max_letter_bytes);
    u.again = {};
  } else if (u.again.size() > max_letter_bytes) {
    u.reason += "; what it takes to read it again has more than 64 KiB, and is not kept";
    u.again = {};
  }
  return u;
}

blob words_for_again(std::string_view what, std::string_view more) {
  auto words = std::string{what} + '\n';
  return blob::from(std::move(words.append(more)));
}

std::optional<std::string_view> needed_for(const protocols::letter_types::kept& letter,
                                           std::string_view what) {
  const auto words = letter.again.view();
  const auto end = words.find('\n');
  if (end == words.npos || words.substr(0, end) != what)
    return std::nullopt;
  return words.substr(end + 1);
}

failure of_another_kind(const protocols::letter_types::kept& letter) {
  const auto words = letter.again.view();
  return {code::conflict,
          "the bytes of " + letter.place + " were kept by a source of another kind (" +
              std::string{words.substr(0, words.find('\n'))} + ")",
          "number",
          "Replay the letter while the sync " + letter.feed +
              " reads from the kind of source that it came from, or discard it."};
}

} // namespace tenon::actors
