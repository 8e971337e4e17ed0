#include "tests/conformance/subjects/destinations/catalog.hpp"

#include <sstream>

namespace tenon::tests::conformance::subjects::destinations {

std::string fresh_name() {
  static int made = 0;
  return "t" + std::to_string(++made);
}

contents contents_of(const std::string& lines) {
  contents all;
  std::istringstream text{lines};
  for (std::string line; std::getline(text, line, '\x1e');)
    if (const auto at = line.find('='); at != line.npos)
      all[std::stoll(line.substr(0, at))] = line.substr(at + 1);
  return all;
}

} // namespace tenon::tests::conformance::subjects::destinations
