#include "nodes/edge/router.hpp"

#include <algorithm>

namespace tenon::nodes::edge {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

std::string_view take_segment(std::string_view& path) {
  const auto slash = std::min(path.find('/'), path.size());
  const auto segment = path.substr(0, slash);
  path.remove_prefix(std::min(slash + 1, path.size()));
  return segment;
}

bool is_dots(std::string_view segment) {
  return segment == "." || segment == "..";
}

failure bad_encoding(std::string_view where) {
  return {code::malformed,
          "the percent-encoding of the " + std::string{where} + " is malformed",
          {},
          "Write each byte as % and two hex digits; a NUL is never accepted."};
}

/// Decodes text into storage that the arguments keep; allocates only when something is encoded.
class decoded {
public:
  explicit decoded(std::size_t most) : most_{most} {}

  bool add(std::string_view text, bool plus_is_blank, std::string_view& view) {
    if (!text_) {
      text_ = std::make_shared<std::string>();
      text_->reserve(most_); // decoding only shrinks, so the views never move
    }
    const auto from = text_->size();
    if (!decode_percent(text, plus_is_blank, *text_))
      return false;
    view = std::string_view{*text_}.substr(from);
    return true;
  }

  void keep_in(argument_view& arguments) && {
    if (text_)
      arguments.keep(blob{text_, text_->data(), text_->size()});
  }

private:
  std::size_t most_;
  std::shared_ptr<std::string> text_;
};

bool needs_decoding(std::string_view query) {
  return query.find_first_of("%+") != query.npos;
}

result<void> read_query(std::string_view query, decoded& storage, argument_view& onto) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty())
      continue;
    const auto equals = std::min(pair.find('='), pair.size());
    field f{pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size()))};
    if ((needs_decoding(f.name) && !storage.add(f.name, true, f.name)) ||
        (needs_decoding(f.value) && !storage.add(f.value, true, f.value)))
      return bad_encoding("query");
    if (!onto.push_query(f))
      return failure{code::malformed, "the query has more than 64 parameters"};
  }
  return {};
}

failure bad_pattern(const route& r, std::string why) {
  return {code::malformed, std::move(why), std::string{name_of(r.method)} + ' ' + r.pattern,
          "Patterns are /literal/{parameter} with at most 8 parameters; {rest...} comes last."};
}

} // namespace

bool decode_percent(std::string_view text, bool plus_is_blank, std::string& onto) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      onto += ' ';
    } else if (text[i] != '%') {
      onto += text[i];
    } else {
      if (i + 2 >= text.size())
        return false;
      const int high = digit_of(text[i + 1]);
      const int low = digit_of(text[i + 2]);
      if (high < 0 || low < 0 || high + low == 0)
        return false;
      onto += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return true;
}

result<router> router::compile(route_list routes) {
  router made;
  for (auto& r : routes)
    if (auto ok = made.add(std::move(r)); !ok)
      return std::move(ok).error();
  return made;
}

std::size_t router::step_into_literal(std::size_t from, std::string_view segment) {
  auto& literals = nodes_[from].literals;
  const auto at = std::ranges::lower_bound(literals, segment, {},
                                           [](const auto& l) { return std::string_view{l.first}; });
  if (at != literals.end() && at->first == segment)
    return at->second;
  const auto made = nodes_.size();
  literals.emplace(at, segment, made);
  nodes_.emplace_back();
  return made;
}

result<void> router::add(route r) {
  if (!r.pattern.starts_with('/') || !r.handle || r.method == method::other ||
      r.method == method::head)
    return bad_pattern(r, "a route needs a handler, a path that begins with /, and a method "
                          "(HEAD is answered by GET's route)");
  compiled_route made{.route = {}, .index = routes_.size(), .names = {}};
  std::size_t at = 0;
  bool takes_rest = false;
  const std::string pattern = r.pattern;
  for (auto path = std::string_view{pattern}.substr(1); !path.empty();) {
    auto segment = take_segment(path);
    if (takes_rest)
      return bad_pattern(r, "something follows {rest...}");
    const bool is_parameter = segment.starts_with('{') && segment.ends_with('}');
    if (!is_parameter) {
      if (segment.empty() || segment.find_first_of("{}%") != segment.npos)
        return bad_pattern(r, "a segment is empty, percent-encoded or has a stray brace");
      at = step_into_literal(at, segment);
      continue;
    }
    segment = segment.substr(1, segment.size() - 2);
    if (segment.ends_with("...")) {
      takes_rest = true;
      segment.remove_suffix(3);
    } else {
      if (nodes_[at].parameter == none) {
        nodes_.emplace_back();
        nodes_[at].parameter = nodes_.size() - 1;
      }
      at = nodes_[at].parameter;
    }
    if (segment.empty() || std::ranges::find(made.names, segment) != made.names.end() ||
        made.names.size() == argument_view::most_path)
      return bad_pattern(r, "a parameter has no name or that of another, or there are too many");
    made.names.emplace_back(segment);
  }
  auto& slot =
      (takes_rest ? nodes_[at].rests : nodes_[at].routes)[static_cast<std::size_t>(r.method)];
  if (slot != none)
    return bad_pattern(r, "another route answers the same method and path");
  slot = made.index;
  made.route = std::move(r);
  routes_.push_back(std::move(made));
  return {};
}

std::size_t router::end_at(const ends& routes, wanted& w) {
  for (std::size_t i = 0; i < method_count; ++i)
    w.answers[i] = w.answers[i] || routes[i] != none;
  const auto found = routes[static_cast<std::size_t>(w.by)];
  return found == none && w.by == method::head ? routes[static_cast<std::size_t>(method::get)]
                                               : found;
}

std::size_t router::walk(std::size_t at, std::string_view path, wanted& w) const {
  const auto& here = nodes_[at];
  if (path.empty())
    if (const auto found = end_at(here.routes, w); found != none)
      return found;
  auto rest = path;
  const auto segment = take_segment(rest);
  const bool ends_in_slash = rest.empty() && segment.size() < path.size();
  if (!segment.empty() && !ends_in_slash) {
    const auto literal = std::ranges::lower_bound(
        here.literals, segment, {}, [](const auto& l) { return std::string_view{l.first}; });
    if (literal != here.literals.end() && literal->first == segment)
      if (const auto found = walk(literal->second, rest, w); found != none)
        return found;
    if (here.parameter != none && w.arguments.push_path(segment)) {
      if (const auto found = walk(here.parameter, rest, w); found != none)
        return found;
      w.arguments.pop_path();
    }
  }
  if (const auto found = end_at(here.rests, w); found != none && w.arguments.push_path(path))
    return found;
  return none;
}

std::string router::allowed(const wanted& w) {
  std::string text;
  for (std::size_t i = 0; i < method_count; ++i)
    if (w.answers[i] && static_cast<method>(i) != method::options) {
      text += name_of(static_cast<method>(i));
      text += static_cast<method>(i) == method::get ? ", HEAD, " : ", ";
    }
  return text.empty() ? text : text + "OPTIONS";
}

result<const compiled_route*> router::find(method m, std::string_view path, std::string_view query,
                                           argument_view& arguments, std::string& allow) const {
  if (!path.starts_with('/'))
    return failure{code::not_found, "nothing is found under this path"};
  const bool encoded = path.find('%') != path.npos;
  if (path.find("/.") != path.npos || encoded) {
    std::string segment_text;
    for (auto rest = path.substr(1); !rest.empty();) {
      segment_text.clear();
      if (!decode_percent(take_segment(rest), false, segment_text))
        return bad_encoding("path");
      if (is_dots(segment_text))
        return failure{
            code::malformed, "the path has a segment of dots", {}, "Send the path that is meant."};
    }
  }
  wanted w{m, arguments, {}};
  const auto index = walk(0, path.substr(1), w);
  if (index == none) {
    allow = allowed(w);
    if (!allow.empty())
      return failure{code::not_found, "this path does not answer this method"};
    return failure{code::not_found,
                   "nothing is found under this path",
                   {},
                   "See /openapi.json for what there is."};
  }
  const auto& found = routes_[index];
  arguments.names(&found.names);
  if (encoded || !query.empty()) {
    decoded storage{path.size() + query.size()};
    if (encoded && !arguments.decode_path([&](std::string_view& v) {
          return v.find('%') == v.npos || storage.add(v, false, v);
        }))
      return bad_encoding("path");
    if (auto ok = read_query(query, storage, arguments); !ok)
      return std::move(ok).error();
    std::move(storage).keep_in(arguments);
  }
  return &found;
}

} // namespace tenon::nodes::edge
