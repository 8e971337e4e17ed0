// The request says which page, by its number.
//
//   page: {number: {page: page, limit: size, size: 50, total_pages: pages, from: 1, where: query}}
//
// The size may change only before the first page: afterwards a number means other records.
#include "actors/integration/pagination/steps.hpp"

namespace tenon::actors::connectors {
namespace {

class number final : public pager {
public:
  place parameter;
  place limit; // of the page's size
  pager::size size;
  std::int64_t from = 1;
  std::optional<json_path> total_pages;
  stop_rules stop;

  object first() const override { return {{"page", from}}; }
  bool counts() const override { return true; }
  std::optional<pager::size> sizes() const override {
    return limit.named() ? std::optional{size} : std::nullopt;
  }
  object sized(object position, std::int64_t wanted) const override {
    const bool at_first = limit.named() && number_of(position, "page") == from;
    return at_first ? with_size(std::move(position), wanted, size) : position;
  }

  result<void> put(draft& request, const object& position) const override {
    if (limit.named())
      if (auto ok = put_at(request, limit, size_at(position, size.usual)); !ok)
        return ok;
    return put_at(request, parameter, number_of(position, "page"));
  }

  result<std::optional<object>> next(const page_answer& answer,
                                     const object& position) const override {
    const std::optional<object> end;
    const auto here = number_of(position, "page");
    const auto came = static_cast<std::int64_t>(answer.records);
    if (ends(stop, answer) || (stop.below_size && came < size_at(position, size.usual)))
      return end;
    if (total_pages) {
      const auto all = number_at(answer, *total_pages);
      if (!all)
        return failure{code::malformed, "the answer has no number at `" + total_pages->text + "`",
                       "", "Check `page.number.total_pages`, or leave it out."};
      if (here - from + 1 >= *all)
        return end;
    } else if (came == 0) {
      return end;
    }
    object then{{"page", here + 1}};
    if (const auto kept = number_of(position, "size"); kept > 0)
      then["size"] = kept;
    if (auto ok = check_repeat(answer, position, then, parameter.to.text); !ok)
      return std::move(ok).error();
    return std::optional{std::move(then)};
  }

  result<slice> wanted(const platform_request& asked, std::size_t usual) const override {
    const auto here = number_said_at(asked, parameter);
    if (!here)
      return here.error();
    const auto count = number_said_at(asked, limit);
    if (!count)
      return count.error();
    const auto each = count->value_or(usual);
    const auto first = static_cast<std::size_t>(from);
    return slice{(std::max(here->value_or(first), first) - first) * each, each};
  }

  void lead_on(const platform_request& asked, platform_page& p) const override {
    const auto size_said = number_said_at(asked, limit);
    const auto each = std::max<std::size_t>(size_said ? size_said->value_or(p.given.count) : 1, 1);
    if (total_pages)
      set_member(p.body, *total_pages, static_cast<std::int64_t>((p.total + each - 1) / each));
    if (stop.unless)
      set_member(p.body, *stop.unless, p.given.from + p.given.count < p.total);
  }
};

std::shared_ptr<const pager> compile(const value& settings, const std::string& where,
                                     const std::vector<std::string>& stop, problems& found) {
  form fields{settings, where, found};
  auto made = std::make_shared<number>();
  const bool in_body = take_in_body(fields);
  made->parameter = take_place(fields, "page", "page", in_body);
  made->limit = take_place(fields, "limit", "", in_body);
  made->size = take_size(fields, 100);
  made->from = fields.number("from", 0, 1).value_or(1);
  made->total_pages = take_path(fields, "total_pages");
  made->stop = compile_stop(stop, where, {"empty", "short", "total", "false:<path>"}, found);
  if (made->stop.total && !made->total_pages)
    found.add(where, "`stop: total` needs to know how many pages there are",
              "Add `total_pages: <path>`.");
  fields.finish();
  return made;
}

} // namespace

const pager_kind number_pager{"number", compile};

} // namespace tenon::actors::connectors
