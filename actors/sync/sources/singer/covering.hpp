// Takes a tap's secrets out of what it says, before a person sees it: in its errors, and in letters
// of what is no message. Covered is each text and number among them, as it is and as JSON writes
// it, and each line of a text that has several. What has fewer than four characters is in every
// other word, and stays.
#pragma once

#include "protocols/value.hpp"

#include <string>
#include <vector>

namespace tenon::actors::singer {

class covering {
public:
  covering() = default;
  explicit covering(const object& secrets);

  std::string operator()(std::string text) const;

private:
  std::vector<std::string> words_; // the longest first: one may be within another
};

} // namespace tenon::actors::singer
