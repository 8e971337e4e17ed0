#include "tests/conformance/subjects/files.hpp"

#include "tests/conformance/subjects/lasting.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/packing.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>

namespace tenon::tests::conformance::subjects {
namespace {

std::string text_of(const file_format& f, int file) {
  auto text = f.head;
  for (int i = 0; i < 40; ++i)
    text += (i > 0 ? f.between : "") +
            f.record(file == 1 && i == 7 ? "" : std::to_string(1000 * file + i));
  return text + f.tail;
}

/// A directory for each packing.
std::unique_ptr<temporary_directory> written(const file_format& f) {
  auto made = std::make_unique<temporary_directory>();
  for (const std::string packing : {"plain", "gzip", "zstd"}) {
    std::filesystem::create_directory(*made / packing);
    for (int file = 0; file < 3; ++file) {
      const auto text = text_of(f, file);
      std::ofstream{*made / (packing + '/' + std::to_string(file)), std::ios::binary}
          << (packing == "gzip"   ? gzipped(text)
              : packing == "zstd" ? zstd_packed(text)
                                  : text);
    }
  }
  return made;
}

} // namespace

std::vector<sources::subject> files_of(const file_format& f) {
  const lasting<temporary_directory> directory{[f] { return written(f); }};
  std::vector<sources::subject> all;
  for (const std::string packing : {"plain", "gzip", "zstd"}) {
    const auto options =
        sources::joined({{"path", packing}, {"key", "id"}, {"page_size", 17}}, f.options);
    all.push_back({f.name + '_' + packing, [directory, options, kind = f.name] {
                     return sources::opened(kind, offered({(*directory).path()}), options);
                   }});
  }
  return all;
}

} // namespace tenon::tests::conformance::subjects
