// An XML document as it streams by: one element of a path after the other, each as JSON. Expat
// reads it; this is the only place that knows the library.
#pragma once

#include "actors/formats/xml/element.hpp"
#include "actors/sync/sources/files/bytes/input.hpp"

namespace tenon::actors::files {

struct element_path {
  std::vector<std::string> names; // from the root
  std::set<std::string> lists;    // names that are lists even when there is one
};

inline constexpr std::size_t most_path_names = 16;

class xml_document {
public:
  /// The first `passed` elements are not shown.
  xml_document(input&, const element_path&, std::uint64_t passed);
  ~xml_document();

  /// The next element; false after the last, when all of the document is well formed.
  result<bool> next();
  /// The element, or why it is no record.
  const char* write(std::string& json) const;
  /// Of its beginning.
  std::uint64_t line() const;
  /// Behind it.
  std::uint64_t offset() const;

private:
  class parsing;
  std::unique_ptr<parsing> parsing_;
};

} // namespace tenon::actors::files
