// The request says how many records to pass over. The next offset counts the records that came, not
// those asked for: a server may give fewer than it was asked for before the end.
//
//   page: {offset: {offset: offset, limit: limit, size: 100, total: total, where: query}}
//
// The size may change at any page; `most: 500` allows more than the usual.
#include "actors/integration/pagination/steps.hpp"

namespace tenon::actors::connectors {
namespace {

class offset final : public pager {
public:
  place parameter;
  place limit; // of the page's size
  pager::size size;
  std::optional<json_path> total;
  stop_rules stop;

  object first() const override { return {{"offset", std::int64_t{0}}}; }
  bool counts() const override { return true; }
  std::optional<pager::size> sizes() const override {
    return limit.named() ? std::optional{size} : std::nullopt;
  }
  object sized(object position, std::int64_t wanted) const override {
    return limit.named() ? with_size(std::move(position), wanted, size) : position;
  }

  result<void> put(draft& request, const object& position) const override {
    if (limit.named())
      if (auto ok = put_at(request, limit, size_at(position, size.usual)); !ok)
        return ok;
    return put_at(request, parameter, number_of(position, "offset"));
  }

  result<std::optional<object>> next(const page_answer& answer,
                                     const object& position) const override {
    const std::optional<object> end;
    const auto came = static_cast<std::int64_t>(answer.records);
    const auto following = number_of(position, "offset") + came;
    if (came == 0 || ends(stop, answer) ||
        (stop.below_size && came < size_at(position, size.usual)))
      return end;
    if (total) {
      const auto all = number_at(answer, *total);
      if (!all)
        return failure{code::malformed, "the answer has no number at `" + total->text + "`", "",
                       "Check `page.offset.total`, or leave it out."};
      if (following >= *all)
        return end;
    }
    object then{{"offset", following}};
    if (const auto here = number_of(position, "size"); here > 0)
      then["size"] = here;
    if (auto ok = check_repeat(answer, position, then, parameter.to.text); !ok)
      return std::move(ok).error();
    return std::optional{std::move(then)};
  }

  result<slice> wanted(const platform_request& asked, std::size_t usual) const override {
    const auto from = number_said_at(asked, parameter);
    if (!from)
      return from.error();
    const auto count = number_said_at(asked, limit);
    if (!count)
      return count.error();
    return slice{from->value_or(0), count->value_or(usual)};
  }

  void lead_on(const platform_request&, platform_page& p) const override {
    if (total)
      set_member(p.body, *total, static_cast<std::int64_t>(p.total));
    if (stop.unless)
      set_member(p.body, *stop.unless, p.given.from + p.given.count < p.total);
  }
};

std::shared_ptr<const pager> compile(const value& settings, const std::string& where,
                                     const std::vector<std::string>& stop, problems& found) {
  form fields{settings, where, found};
  auto made = std::make_shared<offset>();
  const bool in_body = take_in_body(fields);
  made->parameter = take_place(fields, "offset", "offset", in_body);
  made->limit = take_place(fields, "limit", "", in_body);
  made->size = take_size(fields, 100);
  made->total = take_path(fields, "total");
  made->stop = compile_stop(stop, where, {"empty", "short", "total", "false:<path>"}, found);
  if (made->stop.total && !made->total)
    found.add(where, "`stop: total` needs to know where the total is", "Add `total: <path>`.");
  fields.finish();
  return made;
}

} // namespace

const pager_kind offset_pager{"offset", compile};

} // namespace tenon::actors::connectors
