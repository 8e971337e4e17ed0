#include "tests/conformance/subjects/lasting.hpp"
#include "tests/conformance/subjects/sources/catalog.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/taps.hpp"

namespace tenon::tests::conformance::subjects::sources {

std::vector<subject> singer() {
  const lasting<taps> scripts;
  const auto open = [scripts] {
    auto s = offered();
    s.taps = {{"numbers", (*scripts).numbers()}};
    return opened("singer", s,
                  {{"tap", "numbers"},
                   {"stream", "numbers"},
                   {"config", object{{"to", 95}}},
                   {"page_size", 20}});
  };
  return {{"singer_by_state", open},
          {"singer_from_a_cursor", open, R"({"state":{"at":30},"version":null})"}};
}

} // namespace tenon::tests::conformance::subjects::sources
