#include "protocols/json.hpp"
#include "tests/conformance/subjects/destinations/catalog.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/source_reading.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tenon::tests::conformance::subjects::destinations {
namespace {

void take(const actors::source_page& page, contents& all) {
  EXPECT_TRUE(page.letters.empty());
  for (const auto& r : page.records) {
    const auto record = read_json(r.content.view());
    const auto id = std::stoll(*record->find("id")->as<std::string>());
    const auto* v = record->find("v");
    const auto* n = record->find("n");
    if (*record->find("gone") == value{"true"})
      all.erase(id);
    else
      all[id] = (v && v->is<std::string>() ? *v->as<std::string>() : "") + '|' +
                (n && !n->is_null() ? write_json(*n) : "");
  }
}

} // namespace

/// What whoever reads its files in their order knows at the end.
place csv() {
  const auto directory = std::make_shared<temporary_directory>();
  const auto below = *directory / "out";
  std::filesystem::create_directory(below);
  const auto now = [directory, below] {
    contents all;
    if (std::filesystem::is_empty(below))
      return all;
    const auto kind = source_kind_of("csv", offered({directory->path()}));
    const object types{{"n", "integer"}};
    const object options{{"path", "out/*.csv"}, {"key", "id"}, {"types", types}};
    auto opened = kind->open({"acme", "sync", "any"}, options);
    for (const auto& page : source_reading{*std::move(opened)}.run())
      take(page, all);
    return all;
  };
  return {offered({directory->path()}),
          {{"path", "out"}, {"deleted", "gone"}, {"columns", list{"id", "v", "n"}}},
          now,
          [below] { std::filesystem::remove_all(below); }};
}

} // namespace tenon::tests::conformance::subjects::destinations
