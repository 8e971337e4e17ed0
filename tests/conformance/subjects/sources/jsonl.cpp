#include "tests/conformance/subjects/files.hpp"

namespace tenon::tests::conformance::subjects::sources {

std::vector<subject> jsonl() {
  return files_of(
      {.name = "jsonl", .record = [](const std::string& id) { return "{\"id\":" + id + "}\n\n"; }});
}

} // namespace tenon::tests::conformance::subjects::sources
