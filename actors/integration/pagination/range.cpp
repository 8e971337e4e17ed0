// Pieces of one file, asked for as ranges of its bytes (RFC 9110, 14). A piece ends where a line
// does, so this is for files of lines, such as jsonl; the next one begins behind it. From a server
// that knows no ranges, the file comes whole.
//
//   page: {range: {size: 8000000}}
#include "actors/integration/pagination/steps.hpp"

#include <charconv>

namespace tenon::actors::connectors {
namespace {

constexpr std::int64_t least_size = 1'000;
constexpr std::int64_t most_size = 64'000'000;
constexpr std::int64_t usual_size = 8'000'000;

/// "bytes 0-499/1234".
struct extent {
  std::int64_t from = 0;
  std::int64_t total = 0;
};

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end && number >= 0 ? std::optional{number}
                                                                  : std::nullopt;
}

std::optional<extent> extent_in(const headers& came) {
  constexpr std::string_view unit{"bytes "};
  const auto said = find_header(came, "content-range");
  if (!said || !said->starts_with(unit))
    return std::nullopt;
  const auto text = said->substr(unit.size());
  const auto dash = std::min(text.find('-'), text.size());
  const auto slash = std::min(text.find('/'), text.size());
  const auto from = number_in(text.substr(0, dash));
  const auto total = slash < text.size() ? number_in(text.substr(slash + 1)) : std::nullopt;
  return from && total ? std::optional{extent{*from, *total}} : std::nullopt;
}

class range final : public pager {
public:
  std::int64_t size = usual_size;

  object first() const override { return {}; }

  result<void> put(draft& request, const object& position) const override {
    const auto from = number_of(position, "from");
    set_header(request.sent, "Range",
               "bytes=" + std::to_string(from) + '-' + std::to_string(from + size - 1));
    // Ranges are of the bytes that are sent.
    set_header(request.sent, "Accept-Encoding", "identity");
    return {};
  }

  result<blob> piece(const http_response& answer, const object& position) const override {
    const auto from = number_of(position, "from");
    const auto bytes = answer.body.view();
    if (answer.status != 206)
      return answer.body.slice(
          bytes.substr(std::min(static_cast<std::size_t>(from), bytes.size())));
    const auto there = extent_in(answer.headers);
    if (!there || there->from != from)
      return failure{code::malformed,
                     "the server gives another part of the file than was asked for"};
    if (from + static_cast<std::int64_t>(bytes.size()) >= there->total)
      return answer.body;
    const auto end = bytes.rfind('\n');
    if (end == bytes.npos)
      return failure{code::too_large,
                     "a line of the file has more than " + std::to_string(bytes.size()) + " bytes",
                     "byte " + std::to_string(from), "Raise `page.range.size`."};
    return answer.body.slice(bytes.substr(0, end + 1));
  }

  result<std::optional<object>> next(const page_answer& answer,
                                     const object& position) const override {
    const auto there = extent_in(answer.came);
    if (!there)
      return std::optional<object>{}; // it came whole
    if (const auto* before = position.find("total"); before && *before != value{there->total})
      return failure{code::malformed, "the file has changed while it was read", "",
                     "Start again: it is read from its beginning."};
    const auto from = number_of(position, "from") + static_cast<std::int64_t>(answer.bytes);
    if (from >= there->total || answer.bytes == 0)
      return std::optional<object>{};
    return std::optional{object{{"from", from}, {"total", there->total}}};
  }

  result<slice> wanted(const platform_request& asked, std::size_t) const override {
    return slice{0, asked.all.size()};
  }
  void lead_on(const platform_request&, platform_page&) const override {}
};

std::shared_ptr<const pager> compile(const value& settings, const std::string& where,
                                     const std::vector<std::string>& stop, problems& found) {
  form fields{settings, where, found};
  auto made = std::make_shared<range>();
  made->size = fields.number("size", least_size, most_size).value_or(usual_size);
  compile_stop(stop, where, {}, found);
  fields.finish();
  return made;
}

} // namespace

const pager_kind range_pager{"range", compile};

} // namespace tenon::actors::connectors
