#include "tests/conformance/subjects/files.hpp"

namespace tenon::tests::conformance::subjects::sources {

std::vector<subject> json() {
  return files_of({.name = "json",
                   .options = {{"records", "data.items"}},
                   .head = "{\"data\":{\"items\":[",
                   .tail = "]},\"more\":[]}",
                   .between = " ,\n",
                   .record = [](const std::string& id) { return "{\"id\": " + id + "}"; }});
}

} // namespace tenon::tests::conformance::subjects::sources
