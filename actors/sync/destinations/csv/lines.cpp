#include "actors/sync/destinations/csv/lines.hpp"

#include "actors/integration/page/json_text.hpp"

#include <algorithm>

namespace tenon::actors::csv_files {
namespace {

using connectors::json_text;

constexpr std::string_view byte_order_mark{"\xEF\xBB\xBF"};

} // namespace

std::optional<std::size_t> lines::column_of(std::string_view raw_name, std::string& why) {
  const auto name = connectors::scalar_text(raw_name).value_or("");
  const auto it = std::ranges::find(columns_, name);
  if (it != columns_.end())
    return static_cast<std::size_t>(it - columns_.begin());
  if (fixed_)
    return std::nullopt;
  if (name.empty())
    why = "it has a field without a name";
  else if (name == dialect_.deleted)
    why = "it has a field " + name + ", which is the column for deletions";
  else
    columns_.push_back(name);
  return why.empty() ? std::optional{columns_.size() - 1} : std::nullopt;
}

/// Appends what the text is written as; "" or why it cannot be written.
std::string lines::append(std::string& line, std::string_view text, bool first) const {
  const auto& m = dialect_.marks;
  const auto special = [&](char c) {
    return c == m.delimiter || c == '\n' || c == '\r' || (m.quote != '\0' && c == m.quote) ||
           (m.escape != '\0' && c == m.escape);
  };
  const bool odd = text == dialect_.null || text.empty() || text.starts_with(byte_order_mark) ||
                   (first && m.comment != '\0' && text.starts_with(m.comment)) ||
                   std::ranges::any_of(text, special);
  if (!odd) {
    line += text;
    return {};
  }
  if (m.quote == '\0') {
    if (text == dialect_.null)
      return "a text says the same as null, and there are no quotes to tell them apart";
    if (text.find_first_of("\r\n") != text.npos || (m.escape == '\0' && !text.empty()))
      return "a text has what only quotes could hold";
    for (const char c : text) {
      if (special(c))
        line += m.escape;
      line += c;
    }
    return {};
  }
  line += m.quote;
  for (const char c : text) {
    if (c == m.quote || (m.escape != '\0' && c == m.escape))
      line += m.escape != '\0' ? m.escape : m.quote;
    line += c;
  }
  line += m.quote;
  return {};
}

std::string lines::add(std::string_view json, bool deleted) {
  const auto text = json_text::check(json);
  if (!text || !connectors::is_object(text->root()))
    return "it is no JSON object";
  std::vector<std::string> row(columns_.size(), dialect_.null);
  std::vector<bool> said(columns_.size());
  std::size_t member = 0;
  for (json_text::walk members{*text, text->root()}; members.next(); ++member) {
    if (member >= raw_names_.size() || raw_names_[member] != members.key()) {
      raw_names_.resize(member);
      places_.resize(member);
      std::string why;
      const auto place = column_of(members.key(), why);
      if (!why.empty())
        return why;
      raw_names_.emplace_back(members.key());
      places_.push_back(place);
    }
    const auto place = places_[member];
    row.resize(columns_.size(), dialect_.null);
    said.resize(columns_.size());
    const auto value = members.content();
    if (!place || said[*place] || connectors::is_null(value))
      continue;
    said[*place] = true; // of two with one name, the first is meant
    const bool nested = connectors::is_list(value) || connectors::is_object(value);
    const auto content =
        nested ? std::optional<std::string>{value} : connectors::scalar_text(value);
    if (!content)
      return "a text cannot be read";
    row[*place].clear();
    if (auto why = append(row[*place], *content, *place == 0); !why.empty())
      return columns_[*place] + ": " + why;
  }
  const bool empty = std::ranges::all_of(row, &std::string::empty);
  if (empty && row.size() <= 1 && dialect_.deleted.empty())
    return "its line would be empty, and readers skip those";
  rows_.push_back(std::move(row));
  deleted_.push_back(deleted);
  return {};
}

std::string lines::text() const {
  const auto& d = dialect_;
  std::string out;
  const auto end_line = [&](std::string_view last) {
    if (!d.deleted.empty())
      (out += d.marks.delimiter) += last;
    out += "\r\n";
  };
  if (d.header) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0)
        out += d.marks.delimiter;
      append(out, columns_[i], i == 0);
    }
    end_line(d.deleted);
  }
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0)
        out += d.marks.delimiter;
      out += i < rows_[r].size() ? rows_[r][i] : d.null;
    }
    end_line(deleted_[r] ? "true" : "false");
  }
  return out;
}

} // namespace tenon::actors::csv_files
