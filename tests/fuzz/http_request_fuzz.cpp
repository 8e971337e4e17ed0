// libFuzzer: whatever bytes arrive, in whatever pieces, the parser gives the same verdict, reads
// nothing beyond them, and every accepted request routes without harm. The first byte chooses the
// size of the pieces.
#include "nodes/edge/parser.hpp"
#include "nodes/edge/router.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

using namespace tenon::nodes;
using edge::verdict;

struct outcome {
  verdict seen = verdict::need_more;
  std::string body;
  std::size_t used = 0;
  edge::head head;
};

/// Each look is at a copy of its own, so that reading past it is found.
outcome read(std::string_view bytes, std::size_t step, std::vector<char>& kept) {
  outcome o;
  edge::refusal why;
  std::size_t searched = 0;
  std::size_t here = 0;
  while (o.seen == verdict::need_more && here < bytes.size()) {
    here = std::min(here + step, bytes.size());
    kept.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(here));
    kept.shrink_to_fit();
    o.seen = edge::read_head({kept.data(), here}, {}, searched, o.head, why);
  }
  if (o.seen != verdict::complete)
    return o;
  o.used = o.head.bytes;
  if (!o.head.chunked)
    return o;
  edge::chunked_body decoder{{}, 1u << 16};
  for (;;) {
    std::size_t used = 0;
    const std::vector<char> rest{bytes.begin() + static_cast<std::ptrdiff_t>(o.used),
                                 bytes.begin() + static_cast<std::ptrdiff_t>(here)};
    o.seen = decoder.read({rest.data(), rest.size()}, used, o.body, why);
    o.used += used;
    if (used > rest.size() || o.body.size() > (1u << 16))
      std::abort();
    if (o.seen != verdict::need_more || here == bytes.size())
      return o;
    here = std::min(here + step, bytes.size());
  }
}

const edge::router& routes() {
  static const auto compiled = [] {
    const auto at = [](edge::method m, std::string pattern) {
      return edge::route{.method = m,
                         .pattern = std::move(pattern),
                         .summary = "",
                         .permission = "",
                         .handle = [](edge::request&&, edge::reply&&) {}};
    };
    return edge::router::compile({at(edge::method::get, "/a/{b}/c"),
                                  at(edge::method::post, "/{x}/{y}/{z}"),
                                  at(edge::method::get, "/f/{rest...}")});
  }();
  return *compiled;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2)
    return 0;
  const std::string_view text{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  std::vector<char> kept;
  std::vector<char> also_kept;
  const auto whole = read(text, text.size(), kept);
  const auto parts = read(text, std::size_t{bytes[0]} + 1, also_kept);
  // Refusing may come earlier in parts, but nothing may be accepted in one way only.
  if ((whole.seen == verdict::complete) != (parts.seen == verdict::complete))
    std::abort();
  if (whole.seen != verdict::complete)
    return 0;
  if (whole.used != parts.used || whole.body != parts.body || whole.used > text.size())
    std::abort();
  if (whole.head.target.empty() || (whole.head.chunked && whole.head.length != 0))
    std::abort();
  for (const auto& f : whole.head.headers.all())
    if (f.value.find_first_of("\r\n") != f.value.npos)
      std::abort();
  edge::argument_view arguments;
  std::string allow;
  (void)routes().find(whole.head.method, whole.head.path, whole.head.query, arguments, allow);
  return 0;
}
