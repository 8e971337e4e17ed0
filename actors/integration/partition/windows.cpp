// Spans of time one after another, for reports that answer for a span: partition.from and
// partition.to are texts such as 2026-11-21T00:00:00Z, the second being the next one's first.
//
//   partition: {windows: {step: 1d, start: 2026-01-01, lag: 1d}}
//   partition: {windows: {step: 30d, start: "{{conn.start_date}}"}}
#include "actors/integration/partition/partition.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

// As many are made at a time: the position stays small, however long ago the start is.
constexpr std::size_t at_a_time = 50;

class windows final : public partition {
public:
  span step{};
  span lag{};
  std::optional<program> start;

  result<parts> first(const scope& names, moment now) const override {
    const auto text = runtime::expression::evaluate_text(*start, names);
    if (!text)
      return text.error();
    const auto from = parse_moment(*text);
    if (!from)
      return failure{code::malformed,
                     "'" + *text + "' is not when windows begin: " + from.error().why,
                     "partition.windows.start", "Write a date such as 2026-01-01."};
    return windows_from(*from, now);
  }

  result<parts> next(const object& more, const scope&, moment now) const override {
    const auto* kept = more.find("from");
    const auto* text = kept == nullptr ? nullptr : kept->as<std::string>();
    const auto from = text == nullptr ? result<moment>{failure{code::malformed, "it is not said"}}
                                      : parse_moment(*text);
    if (!from)
      return failure{code::malformed, "the kept window is none: " + from.error().why, "position",
                     "Reset the stream's cursor to read it from its start."};
    return windows_from(*from, now);
  }

private:
  parts windows_from(moment from, moment now) const {
    const auto end = now - lag;
    parts all;
    for (; from < end; from += step) {
      if (all.ready.size() == at_a_time) {
        all.more = object{{"from", to_text(from)}};
        break;
      }
      all.ready.emplace_back(
          object{{"from", to_text(from)}, {"to", to_text(std::min(from + step, end))}});
    }
    return all;
  }
};

std::shared_ptr<const partition> compile(const value& settings, const std::string& where,
                                         problems& found) {
  form fields{settings, where, found};
  auto made = std::make_shared<windows>();
  const span year = std::chrono::days{366};
  if (fields.require("step", "how long each part is, step: 7d"))
    made->step = fields.length("step", std::chrono::minutes{1}, 10 * year).value_or(year);
  made->lag = fields.length("lag", span{0}, year).value_or(span{0});
  if (fields.require("start", "when the first part begins, start: 2026-01-01"))
    if (const auto text = fields.text("start"))
      made->start = compile_text(*text, fields.at("start"), {{"conn"}}, found);
  fields.finish();
  return made;
}

} // namespace

const partition_kind windows_partition{"windows", compile};

} // namespace tenon::actors::connectors
