#include "nodes/edge/http.hpp"

#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>

namespace tenon::nodes::edge {
namespace {

constexpr std::array<std::string_view, method_count> method_names{
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", ""};

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes the next line off the front.
std::optional<field> take_field(std::string_view& text) {
  const auto end = text.find("\r\n");
  const auto colon = text.find(':');
  if (end == text.npos || colon == text.npos || colon > end)
    return std::nullopt;
  const field f{text.substr(0, colon), without_blanks(text.substr(colon + 1, end - colon - 1))};
  text.remove_prefix(end + 2);
  return f;
}

} // namespace

std::string_view name_of(method m) {
  return method_names[static_cast<std::size_t>(m)];
}

method method_of(std::string_view name) {
  const auto* at = std::find(method_names.begin(), method_names.end() - 1, name);
  return static_cast<method>(at - method_names.begin());
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> header_view::find(std::string_view name) const {
  auto rest = text_;
  while (const auto f = take_field(rest))
    if (same_name(f->name, name))
      return f->value;
  return std::nullopt;
}

std::vector<field> header_view::all() const {
  std::vector<field> fields;
  auto rest = text_;
  while (const auto f = take_field(rest))
    fields.push_back(*f);
  return fields;
}

std::string_view argument_view::path(std::string_view name) const {
  for (std::size_t i = 0; names_ != nullptr && i < std::min(count_, names_->size()); ++i)
    if ((*names_)[i] == name)
      return values_[i];
  return {};
}

std::optional<std::string_view> argument_view::query(std::string_view name) const {
  const auto at = std::ranges::find(queries_, name, &field::name);
  return at == queries_.end() ? std::nullopt : std::optional{at->value};
}

bool argument_view::push_path(std::string_view value) {
  if (count_ == most_path)
    return false;
  values_[count_++] = value;
  return true;
}

bool argument_view::push_query(field f) {
  if (queries_.size() == most_query)
    return false;
  queries_.push_back(f);
  return true;
}

std::string address::text() const {
  const boost::asio::ip::address_v6 v6{bytes};
  return v6.is_v4_mapped()
             ? boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_string()
             : v6.to_string();
}

void request_id::write(std::string& onto) const {
  for (int shift = 60; shift >= 0; shift -= 4)
    onto += "0123456789abcdef"[(number >> shift) & 15];
}

std::string request_id::text() const {
  std::string text;
  write(text);
  return text;
}

} // namespace tenon::nodes::edge
