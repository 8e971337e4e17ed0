// libFuzzer: the bytes up to the first zero are a manifest, those behind it an answer to its
// streams. A manifest is refused with places or runs; an answer is a page within its bounds or a
// verdict that says why.
#include "actors/integration/interpreter.hpp"
#include "config/yaml.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace tenon;
using namespace tenon::actors::connectors;

void expect(bool holds) {
  if (!holds)
    std::abort();
}

void answer_with(const reading& r, std::string_view body, moment now) {
  const auto begun = first_position(r, now);
  if (!begun)
    return expect(!begun.error().why.empty());
  auto at = *begun;
  auto so_far = r.stream.cursor ? begin(*r.stream.cursor, {}, now) : progress{};
  for (int pages = 0; pages < 3; ++pages) {
    const auto request = page_request(r, at, so_far, now);
    if (!request)
      return expect(!request.error().why.empty());
    const http_response came{200, {}, blob::copy_of(body)};
    const auto outcome = read_page(r, *request, came, at, so_far, now);
    if (const auto* wrong = std::get_if<verdict>(&outcome))
      return expect(!wrong->why.why.empty());
    const auto& p = std::get<page>(outcome);
    for (const auto& one : p.records)
      expect(!one.key.empty() && one.key.size() <= max_key_bytes);
    if (!p.next)
      return;
    const auto kept = to_position(to_object(*p.next));
    expect(kept && *kept == *p.next);
    at = *p.next;
    so_far = p.progress;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view all{reinterpret_cast<const char*>(bytes), size};
  const auto end = std::min(all.find('\0'), all.size());
  const auto read = config::read_yaml(all.substr(0, end), "x", {.bytes = 1u << 16});
  if (!read || read->empty())
    return 0;
  const auto done = check_manifest(read->front().value);
  expect(done.manifest.has_value() == done.errors.empty());
  for (const auto& wrong : done.errors)
    expect(!wrong.why.empty());
  if (!done.manifest)
    return 0;
  const auto c = connect(*done.manifest, "fuzz", {}, {});
  const moment now = std::chrono::sys_days{std::chrono::year{2026} / 3 / 1};
  for (const auto& stream : done.manifest->streams)
    if (c)
      answer_with({*done.manifest, stream, *c}, all.substr(std::min(end + 1, all.size())), now);
  return 0;
}
