// Files of any format, for the kinds that read them: three of them, plain and packed, with a letter
// in the second.
#pragma once

#include "tests/conformance/subjects/sources/catalog.hpp"

namespace tenon::tests::conformance::subjects {

/// One record in a format, and what stands around them all.
struct file_format {
  std::string name;
  object options{};
  std::string head{}, tail{}, between{};
  std::function<std::string(const std::string& id)> record;
};

std::vector<sources::subject> files_of(const file_format&);

} // namespace tenon::tests::conformance::subjects
