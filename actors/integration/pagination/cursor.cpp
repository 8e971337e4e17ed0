// The answer carries a token for the next page, the request carries it back.
//
//   page: {cursor: {from: paging.next.after, to: after, where: query, more: has_more}}
//   page: {cursor: {from: cursor, to: cursor, where: body, path: /list/continue, more: has_more}}
//   page: {cursor: {from: header sforce-locator, to: locator}}
//   page: {cursor: {from: nextPageToken, to: pageToken, limit: pageSize, size: 100, most: 1000}}
//
// With `path`, the pages after the first are asked for there, with nothing but the cursor. A token
// may belong to the size of the page that gave it, so the size changes only where a run begins.
#include "actors/integration/pagination/steps.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t max_cursor_bytes = 4096;

class cursor final : public pager {
public:
  json_path from;
  std::string header; // that has the token, instead of the body
  place to;
  place limit; // of the page's size
  pager::size size;
  std::string path; // that takes the cursor, when it is another than the first page's
  std::optional<json_path> more;
  stop_rules stop;

  object first() const override { return {}; }
  std::optional<pager::size> sizes() const override {
    return limit.named() ? std::optional{size} : std::nullopt;
  }
  object sized(object position, std::int64_t wanted) const override {
    const bool begins = position.find("cursor") == nullptr;
    return limit.named() && begins ? with_size(std::move(position), wanted, size) : position;
  }

  result<void> put(draft& request, const object& position) const override {
    const auto* token = position.find("cursor");
    const bool asks_anew = token == nullptr || path.empty();
    if (limit.named() && asks_anew)
      if (auto ok = put_at(request, limit, size_at(position, size.usual)); !ok)
        return ok;
    if (token == nullptr)
      return {};
    if (!path.empty()) {
      auto target = join(request.base, path);
      if (!target)
        return std::move(target).error();
      request.target = *std::move(target);
      request.query.clear();
      request.body.reset();
    }
    return put_at(request, to, *token);
  }

  result<std::optional<object>> next(const page_answer& answer,
                                     const object& position) const override {
    const std::optional<object> end;
    if (ends(stop, answer))
      return end;
    if (more) {
      const auto flag = find(answer.body, answer.body.root(), *more);
      if (!flag || *flag != "true")
        return end;
    }
    if (!header.empty())
      return next_in_header(answer, position);
    const auto raw = find(answer.body, answer.body.root(), from);
    if (!raw || is_null(*raw) || *raw == "\"\"" || *raw == "false")
      return more ? result<std::optional<object>>{missing_in_spite()} : end;
    const auto text = scalar_text(*raw);
    if (!text)
      return failure{code::malformed, "the cursor at `" + from.text + "` is no text or number",
                     "byte " + std::to_string(answer.body.offset_of(*raw))};
    if (text->size() > max_cursor_bytes)
      return failure{code::too_large, "the cursor at `" + from.text + "` has " +
                                          std::to_string(text->size()) + " bytes, more than " +
                                          std::to_string(max_cursor_bytes)};
    return leading_to(token_of(*raw, *text), *text, position);
  }

  result<slice> wanted(const platform_request& asked, std::size_t usual) const override {
    const auto said = number_said_at(asked, limit);
    if (!said)
      return said.error();
    const auto count = said->value_or(usual);
    auto at = said_at(asked, to);
    if (!at || at->empty())
      return slice{0, count};
    // "p250": a number alone could be mistaken for an offset.
    if (at->starts_with('p') && at->size() < 12 &&
        at->find_first_not_of("0123456789", 1) == at->npos && at->size() > 1)
      return slice{std::stoul(at->substr(1)), count};
    return failure{code::malformed, "the cursor '" + *at + "' was not given by this platform"};
  }

  void lead_on(const platform_request&, platform_page& p) const override {
    const auto next = p.given.from + p.given.count;
    const bool goes_on = next < p.total;
    if (more)
      set_member(p.body, *more, goes_on);
    if (!header.empty())
      set_header(p.sent, header, goes_on ? "p" + std::to_string(next) : "null");
    else if (goes_on || more)
      set_member(p.body, from, "p" + std::to_string(std::min(next, p.total)));
    if (stop.unless)
      set_member(p.body, *stop.unless, goes_on);
  }

  std::string_view continued_at() const override { return path; }

private:
  /// Nothing and "null" are the end there.
  result<std::optional<object>> next_in_header(const page_answer& answer,
                                               const object& position) const {
    const auto said = find_header(answer.came, header);
    if (!said || said->empty() || *said == "null")
      return std::optional<object>{};
    const std::string text{*said};
    if (text.size() > max_cursor_bytes)
      return failure{code::too_large, "the cursor in the header " + header + " has " +
                                          std::to_string(text.size()) + " bytes, more than " +
                                          std::to_string(max_cursor_bytes)};
    return leading_to(text, text, position);
  }

  static result<std::optional<object>> leading_to(value token, const std::string& text,
                                                  const object& position) {
    object following{{"cursor", std::move(token)}};
    if (const auto here = number_of(position, "size"); here > 0)
      following["size"] = here;
    if (text == (position.find("cursor") == nullptr ? "" : shown(*position.find("cursor"))))
      return failure{code::malformed, "the server gives the cursor '" + text +
                                          "' as the page after itself: it leads in a circle"};
    if (auto ok = check_circle(text, position, following); !ok)
      return std::move(ok).error();
    return std::optional{std::move(following)};
  }

  static value token_of(std::string_view raw, const std::string& text) {
    if (is_text(raw))
      return text;
    const auto number = plain_number(text);
    return number ? value{*number} : value{text};
  }

  static std::optional<std::int64_t> plain_number(const std::string& text) {
    if (text.size() > 18 || text.find_first_not_of("-0123456789") != text.npos)
      return std::nullopt;
    return std::stoll(text);
  }

  static std::string shown(const value& token) {
    if (const auto* number = token.as<std::int64_t>())
      return std::to_string(*number);
    const auto* text = token.as<std::string>();
    return text == nullptr ? "" : *text;
  }

  failure missing_in_spite() const {
    return {code::malformed,
            "`" + more->text + "` says that there are more pages, but `" + from.text +
                "` gives no cursor for the next",
            "", "Check the path in `page.cursor.from`."};
  }
};

std::shared_ptr<const pager> compile(const value& settings, const std::string& where,
                                     const std::vector<std::string>& stop, problems& found) {
  form fields{settings, where, found};
  auto made = std::make_shared<cursor>();
  constexpr std::string_view header{"header "};
  fields.require("from", "the path of the next cursor in the answer, from: paging.next");
  if (const auto text = fields.text("from"); text && text->starts_with(header))
    made->header = text->substr(header.size());
  else
    made->from = take_path(fields, "from").value_or(json_path{});
  fields.require("to", "the name of the request's parameter, to: after");
  const bool in_body = take_in_body(fields);
  made->to = take_place(fields, "to", "", in_body);
  made->limit = take_place(fields, "limit", "", in_body);
  made->size = take_size(fields, 100);
  made->path = fields.text("path").value_or("");
  made->more = take_path(fields, "more");
  made->stop = compile_stop(stop, where, {"missing", "empty", "false:<path>"}, found);
  fields.finish();
  return made;
}

} // namespace

const pager_kind cursor_pager{"cursor", compile};

} // namespace tenon::actors::connectors
