#include "actors/integration/hooks/signed_text.hpp"

#include "actors/integration/page/json_text.hpp"

#include <algorithm>
#include <array>

namespace tenon::actors::connectors {
namespace {

constexpr std::array<std::string_view, 9> words{
    "", "raw", "ts", "id", "method", "url", "form_sorted", "query_sorted", "secret"};

std::string sorted_form(const inbound& r) {
  auto all = form_in(r).value_or(parameters{});
  std::ranges::stable_sort(all, {}, &parameters::value_type::first);
  std::string text;
  for (const auto& [name, content] : all)
    text += name + content;
  return text;
}

std::string sorted_query(const inbound& r, const std::string& left_out) {
  auto all = r.query;
  std::erase_if(all, [&](const auto& one) { return one.first == left_out; });
  std::ranges::stable_sort(all, {}, &parameters::value_type::first);
  std::string text;
  for (const auto& [name, content] : all)
    text += (text.empty() ? "" : "&") + name + '=' + content;
  return text;
}

/// A body that no reader would take is none, and neither is an empty one.
bool may_be_body(std::string_view text) {
  return text.starts_with('<') || text.find('=') != text.npos || json_text::check(text).has_value();
}

bool may_stand_for(signed_text::word what, std::string_view text) {
  using word = signed_text::word;
  if (what == word::raw)
    return may_be_body(text);
  if (what == word::ts)
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (what == word::method)
    return text == "POST";
  if (what == word::url)
    return text.starts_with("http");
  return true;
}

} // namespace

result<signed_text> signed_text::compile(std::string_view text) {
  signed_text made;
  while (!text.empty()) {
    const auto open = std::min(text.find("{{"), text.size());
    if (open > 0)
      made.parts_.push_back({word::literal, std::string{text.substr(0, open)}});
    text.remove_prefix(open);
    if (text.empty())
      break;
    const auto close = text.find("}}");
    auto name = text.substr(2, close == text.npos ? close : close - 2);
    while (name.starts_with(' '))
      name.remove_prefix(1);
    while (name.ends_with(' '))
      name.remove_suffix(1);
    const auto known = std::ranges::find(words, name);
    if (close == text.npos || name.empty() || known == words.end())
      return failure{code::malformed,
                     "'" + std::string{name} + "' is nothing that is signed",
                     {},
                     "There are raw, ts, id, method, url, form_sorted, query_sorted and secret."};
    made.parts_.push_back({static_cast<word>(known - words.begin())});
    text.remove_prefix(close + 2);
  }
  return made;
}

bool signed_text::uses(word w) const {
  return std::ranges::any_of(parts_, [&](const part& p) { return p.what == w; });
}

std::vector<std::string> ways_to_write(const std::string& address) {
  std::vector<std::string> all{address};
  const auto begin = address.find("://");
  if (begin == address.npos)
    return all;
  const bool tls = address.starts_with("https");
  const auto host = begin + 3;
  const auto end = std::min(address.find_first_of("/?#", host), address.size());
  const std::string usual = tls ? ":443" : ":80";
  const auto authority = address.substr(host, end - host);
  const auto colon = authority.find(':', authority.rfind('@') + 1);
  if (colon == authority.npos)
    all.push_back(address.substr(0, end) + usual + address.substr(end));
  else if (authority.substr(colon) == usual)
    all.push_back(address.substr(0, host + colon) + address.substr(end));
  return all;
}

bool signed_text::may_be(std::string_view text) const {
  return fits(0, text);
}

bool signed_text::fits(std::size_t from, std::string_view text) const {
  if (from == parts_.size())
    return text.empty();
  const auto& p = parts_[from];
  if (p.what == word::literal)
    return text.starts_with(p.text) && fits(from + 1, text.substr(p.text.size()));
  for (std::size_t n = 0; n <= text.size(); ++n)
    if (may_stand_for(p.what, text.substr(0, n)) && fits(from + 1, text.substr(n)))
      return true;
  return false;
}

std::string signed_text::evaluate(const inbound& r, const signing_words& known) const {
  std::string bytes;
  for (const auto& p : parts_)
    switch (p.what) {
    case word::literal:
      bytes += p.text;
      break;
    case word::raw:
      bytes += r.body.view();
      break;
    case word::ts:
      bytes += known.ts;
      break;
    case word::id:
      bytes += known.id;
      break;
    case word::method:
      bytes += r.method;
      break;
    case word::url:
      bytes += known.url;
      break;
    case word::form_sorted:
      bytes += sorted_form(r);
      break;
    case word::query_sorted:
      bytes += sorted_query(r, known.left_out);
      break;
    case word::secret:
      bytes += known.secret;
      break;
    }
  return bytes;
}

} // namespace tenon::actors::connectors
