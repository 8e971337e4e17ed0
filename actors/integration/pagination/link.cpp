// The answer carries the address of the next page, in a Link header (RFC 8288) or in its body. The
// address is taken as it is, but only where it stays with the API's own hosts: credentials go with
// it.
//
//   page: {link: header rel=next}        page: {link: body paging.next}
#include "actors/integration/pagination/steps.hpp"

namespace tenon::actors::connectors {
namespace {

/// The parameter's value, without its quotes, and the rest behind it.
std::string_view take_value(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const auto end = rest.find_first_of(";,");
    const auto text = rest.substr(0, end);
    rest.remove_prefix(text.size());
    return text;
  }
  const auto end = rest.find('"', 1);
  const auto text = rest.substr(1, end == rest.npos ? end : end - 1);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return text;
}

void skip_blanks(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
}

bool names(std::string_view list, std::string_view relation) {
  while (!list.empty()) {
    const auto end = std::min(list.find(' '), list.size());
    if (same_ignoring_case(list.substr(0, end), relation))
      return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

/// `<address>; rel="next"; …, <…>; …`
std::optional<std::string_view> linked(std::string_view header, std::string_view relation) {
  while (true) {
    const auto open = header.find('<');
    const auto close = header.find('>', open == header.npos ? header.npos : open);
    if (close == header.npos)
      return std::nullopt;
    const auto address = header.substr(open + 1, close - open - 1);
    header.remove_prefix(close + 1);
    bool wanted = false;
    for (skip_blanks(header); header.starts_with(';'); skip_blanks(header)) {
      header.remove_prefix(1);
      skip_blanks(header);
      const auto name = header.substr(0, header.find_first_of("=;, "));
      header.remove_prefix(name.size());
      skip_blanks(header);
      if (!header.starts_with('='))
        continue;
      header.remove_prefix(1);
      skip_blanks(header);
      const auto content = take_value(header);
      wanted |= same_ignoring_case(name, "rel") && names(content, relation);
    }
    if (wanted)
      return address;
  }
}

/// What this platform's own addresses say about where to go on.
constexpr std::string_view marker{"page_from"};

class link final : public pager {
public:
  std::string relation; // of the header; empty when the address is in the body
  json_path path;
  stop_rules stop;

  object first() const override { return {}; }

  result<void> put(draft& request, const object& position) const override {
    const auto address = text_of(position, "url");
    if (address.empty())
      return {};
    auto target = parse_url(address);
    if (!target)
      return std::move(target).error();
    request.target = *std::move(target);
    request.query.clear();
    return {};
  }

  result<std::optional<object>> next(const page_answer& answer,
                                     const object& position) const override {
    const std::optional<object> end;
    if (ends(stop, answer))
      return end;
    const auto address = relation.empty() ? in_body(answer) : in_headers(answer);
    if (!address)
      return std::move(address).error();
    if (address->empty())
      return end;
    auto target = runtime::outbound::resolve_reference(answer.asked, *address);
    if (!target)
      return failure{target.error().code,
                     "the next page's address is wrong: " + target.error().why};
    if (!is_allowed(*target, answer.base, answer.hosts))
      return failure{code::forbidden,
                     "the next page's address is at " + endpoint_of(*target) +
                         ", which is not a host of this connector",
                     "", "If it belongs to the API, add it to `base.hosts`."};
    const auto text = to_text(*target);
    if (text == to_text(answer.asked))
      return failure{code::malformed,
                     "the server gives a page as the page after itself: it leads in a circle"};
    object following{{"url", text}};
    if (auto ok = check_circle(text, position, following); !ok)
      return std::move(ok).error();
    return std::optional{std::move(following)};
  }

  result<slice> wanted(const platform_request& asked, std::size_t usual) const override {
    const place at{{std::string{marker}, {std::string{marker}}}};
    const auto from = number_said_at(asked, at);
    if (!from)
      return from.error();
    return slice{from->value_or(0), usual};
  }

  void lead_on(const platform_request& asked, platform_page& p) const override {
    const auto next = p.given.from + p.given.count;
    if (stop.unless)
      set_member(p.body, *stop.unless, next < p.total);
    if (next >= p.total)
      return;
    auto target = asked.target;
    parameters query;
    for (const auto& one : asked.query)
      if (one.first != marker)
        query.push_back(one);
    query.emplace_back(marker, std::to_string(next));
    const auto text = to_text(target);
    auto bare = *parse_url(text.substr(0, text.find('?')));
    append_query(bare, query);
    if (relation.empty())
      set_member(p.body, path, to_text(bare));
    else
      p.sent.emplace_back("Link", "<" + to_text(bare) + ">; rel=\"" + relation + "\"");
  }

private:
  result<std::string> in_headers(const page_answer& answer) const {
    for (const auto& [name, content] : answer.came)
      if (same_ignoring_case(name, "link"))
        if (const auto address = linked(content, relation))
          return std::string{*address};
    return std::string{};
  }

  result<std::string> in_body(const page_answer& answer) const {
    const auto raw = find(answer.body, answer.body.root(), path);
    if (!raw || is_null(*raw) || *raw == "false")
      return std::string{};
    if (!is_text(*raw))
      return failure{code::malformed, "the link at `" + path.text + "` is no text",
                     "byte " + std::to_string(answer.body.offset_of(*raw))};
    return scalar_text(*raw).value_or("");
  }
};

std::shared_ptr<const pager> compile(const value& settings, const std::string& where,
                                     const std::vector<std::string>& stop, problems& found) {
  constexpr std::string_view header{"header"};
  constexpr std::string_view relation{"rel="};
  constexpr std::string_view body{"body "};
  auto made = std::make_shared<link>();
  made->stop = compile_stop(stop, where, {"missing", "empty", "false:<path>"}, found);
  const auto* text = settings.as<std::string>();
  std::string_view said = text == nullptr ? std::string_view{} : *text;
  if (said == header) {
    made->relation = "next";
  } else if (said.starts_with(header) && said.substr(header.size()).starts_with(" rel=") &&
             said.size() > header.size() + 1 + relation.size()) {
    made->relation = said.substr(header.size() + 1 + relation.size());
  } else if (said.starts_with(body)) {
    auto path = compile_path(said.substr(body.size()));
    if (path)
      made->path = *std::move(path);
    else
      found.add(where, std::move(path).error());
  } else {
    found.add(where, "it is not said where the next page's address is",
              "Use `link: header rel=next` or `link: body <path>`.");
  }
  return made;
}

} // namespace

const pager_kind link_pager{"link", compile};

} // namespace tenon::actors::connectors
