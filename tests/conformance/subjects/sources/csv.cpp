#include "tests/conformance/subjects/files.hpp"

namespace tenon::tests::conformance::subjects::sources {

std::vector<subject> csv() {
  return files_of({.name = "csv", .head = "id,text\n", .record = [](const std::string& id) {
                     return id + ",\"a\nb\"\n";
                   }});
}

} // namespace tenon::tests::conformance::subjects::sources
