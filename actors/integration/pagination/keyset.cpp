// The request says after which record to go on: the last one's field is the way to the next page.
//
//   page: {keyset: {field: id, to: after, more: has_more}}        the last record's own field
//   page: {keyset: {last_id: last_id, to: after_id, more: has_more}}   a path of the answer
//
// Without `more`, the stream ends with an empty page, or with `stop: short` and a `limit`. The size
// of pages may change at any of them.
#include "actors/integration/pagination/steps.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

class keyset final : public pager {
public:
  std::optional<json_path> field;
  std::optional<json_path> last_id;
  std::optional<json_path> more;
  place to;
  pager::size size; // usually 0: the server's own
  place limit;
  stop_rules stop;

  object first() const override { return {}; }
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
    const auto after = text_of(position, "after");
    return after.empty() ? result<void>{} : put_at(request, to, after);
  }

  result<std::optional<object>> next(const page_answer& answer,
                                     const object& position) const override {
    const std::optional<object> end;
    if (ends(stop, answer) || answer.records == 0)
      return end;
    const auto asked = size_at(position, size.usual);
    if (stop.below_size && asked > 0 && answer.records < static_cast<std::size_t>(asked))
      return end;
    if (more) {
      const auto flag = find(answer.body, answer.body.root(), *more);
      if (!flag || *flag != "true")
        return end;
    }
    const auto raw = last_id ? find(answer.body, answer.body.root(), *last_id)
                             : find(answer.body, answer.last, *field);
    const auto& path = last_id ? *last_id : *field;
    const auto text = raw ? scalar_text(*raw) : std::nullopt;
    if (!text || text->empty())
      return failure{code::malformed,
                     "the page goes on, but nothing at `" + path.text + "` says after which record",
                     "", "Check the path in `page.keyset`."};
    if (*text == text_of(position, "after"))
      return failure{code::malformed, "the server gives the page after '" + *text +
                                          "' as the page after itself: it leads in a circle"};
    object following{{"after", *text}};
    if (const auto here = number_of(position, "size"); here > 0)
      following["size"] = here;
    if (auto ok = check_circle(*text, position, following); !ok)
      return std::move(ok).error();
    return std::optional{std::move(following)};
  }

  result<slice> wanted(const platform_request& asked, std::size_t usual) const override {
    const auto count = number_said_at(asked, limit);
    if (!count)
      return count.error();
    const auto after = said_at(asked, to);
    if (!after || after->empty())
      return slice{0, count->value_or(usual)};
    for (std::size_t i = 0; i < asked.all.size(); ++i)
      if (marks(asked.all[i], i) == *after)
        return slice{i + 1, count->value_or(usual)};
    return failure{code::malformed, "there is no record '" + *after + "' to go on after"};
  }

  void lead_on(const platform_request& asked, platform_page& p) const override {
    const auto next = p.given.from + p.given.count;
    if (more)
      set_member(p.body, *more, next < p.total);
    if (stop.unless)
      set_member(p.body, *stop.unless, next < p.total);
    if (last_id && p.given.count > 0)
      set_member(p.body, *last_id, marks(asked.all[next - 1], next - 1));
  }

private:
  /// What tells the record apart in the answer: its field, or here its number.
  std::string marks(const value& record, std::size_t number) const {
    return field ? text_at(record, *field) : "r" + std::to_string(number);
  }
};

std::shared_ptr<const pager> compile(const value& settings, const std::string& where,
                                     const std::vector<std::string>& stop, problems& found) {
  form fields{settings, where, found};
  auto made = std::make_shared<keyset>();
  made->field = take_path(fields, "field");
  made->last_id = take_path(fields, "last_id");
  if (fields.is_object() && made->field.has_value() == made->last_id.has_value())
    found.add(where, "it is not said which field leads to the next page",
              "Write either field: id (of the last record) or last_id: <path> (of the answer).");
  fields.require("to", "the name of the request's parameter, to: after");
  const bool in_body = take_in_body(fields);
  made->to = take_place(fields, "to", "", in_body);
  made->more = take_path(fields, "more");
  made->limit = take_place(fields, "limit", "", in_body);
  made->size = take_size(fields, 0);
  if (made->limit.named() != (made->size.usual != 0))
    found.add(where, "`limit` names the parameter and `size` says how many: both or neither",
              "Write limit: limit, size: 100.");
  made->stop = compile_stop(stop, where, {"empty", "short", "false:<path>"}, found);
  if (made->stop.below_size && made->size.usual == 0)
    found.add(where, "`stop: short` needs to know how many are asked for", "Add limit and size.");
  fields.finish();
  return made;
}

} // namespace

const pager_kind keyset_pager{"keyset", compile};

} // namespace tenon::actors::connectors
