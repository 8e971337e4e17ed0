#include "tests/conformance/subjects/files.hpp"

namespace tenon::tests::conformance::subjects::sources {

std::vector<subject> xml() {
  return files_of(
      {.name = "xml",
       .options = {{"records", "/all/one"}},
       .head = "<all>\n",
       .tail = "</all>",
       .record = [](const std::string& id) { return "<one><id>" + id + "</id></one>\n"; }});
}

} // namespace tenon::tests::conformance::subjects::sources
