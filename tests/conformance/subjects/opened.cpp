#include "tests/conformance/subjects/sources/catalog.hpp"
#include "tests/support/offered.hpp"

namespace tenon::tests::conformance::subjects::sources {

std::unique_ptr<actors::source> opened(std::string_view kind, const actors::surroundings& s,
                                       const object& options) {
  const auto made = source_kind_of(kind, s);
  const auto checked = made->check(options);
  if (!checked)
    throw std::runtime_error{checked.error().where + ": " + checked.error().why};
  auto source = made->open({"acme", "sync", "any"}, options);
  if (!source)
    throw std::runtime_error{source.error().where + ": " + source.error().why};
  return *std::move(source);
}

object joined(object options, const object& more) {
  for (const auto& [name, v] : more)
    options[name] = v;
  return options;
}

} // namespace tenon::tests::conformance::subjects::sources
