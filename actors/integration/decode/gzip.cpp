#include "actors/integration/decode/gzip.hpp"

#include "actors/integration/decode/archive.hpp"
#include "actors/integration/page/json_text.hpp"
#include "runtime/outbound/gzip.hpp"

namespace tenon::actors::connectors {

result<blob> unpacked(const blob& body) {
  const auto as_body = [](const result<std::vector<std::string>>& files) {
    return files ? result<blob>{blob::from(joined(*files))} : result<blob>{files.error()};
  };
  if (is_zip(body.view()))
    return as_body(read_zip(body.view(), json_text::max_bytes));
  if (!body.view().starts_with("\x1f\x8b"))
    return body;
  std::string all;
  runtime::outbound::inflater unpacking;
  auto done = unpacking.add(body.view(), [&](std::string_view piece) -> result<void> {
    if (all.size() + piece.size() > json_text::max_bytes)
      return failure{code::too_large, "it has more than " + std::to_string(json_text::max_bytes) +
                                          " bytes when it is unpacked"};
    all += piece;
    return {};
  });
  if (done && !unpacking.complete())
    done = failure{code::unavailable, "it is cut off: its packed bytes end too early"};
  if (!done)
    return std::move(done).error();
  if (is_tar(all))
    return as_body(read_tar(all, json_text::max_bytes));
  return blob::from(std::move(all));
}

} // namespace tenon::actors::connectors
