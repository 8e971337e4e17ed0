#include "nodes/cli/item_table.hpp"

#include "nodes/cli/members.hpp"
#include "nodes/cli/table.hpp"

#include <algorithm>
#include <cctype>

namespace tenon::nodes::cli {
namespace {

constexpr std::size_t most_columns = 64;
constexpr std::size_t widest_text = 40; // of a cell, where there are several
constexpr std::size_t gap = 2;

bool plain(const value& v) {
  return !v.is_null() && !v.is<list>() && !v.is<object>();
}

std::vector<std::string> members_of(const std::vector<value>& items) {
  std::vector<std::string> names;
  for (const auto& item : items)
    if (const auto* members = item.as<object>())
      for (const auto& [key, member] : *members)
        if (plain(member) && names.size() < most_columns && std::ranges::count(names, key) == 0)
          names.push_back(key);
  return names;
}

// dead_lettered → DEAD LETTERED
std::string title_of(std::string_view name) {
  std::string title;
  for (const char c : name)
    title += c == '_' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return title;
}

} // namespace

std::string item_table(const std::vector<value>& items, const look& l) {
  std::vector<column> columns;
  std::vector<row> rows(items.size());
  std::size_t width = 0;
  for (const auto& name : members_of(items)) {
    column next{title_of(name), true};
    auto widest = columns_of(next.title);
    std::vector<cell> cells;
    for (const auto& item : items) {
      const auto* member = item.find(name);
      const bool shown = member != nullptr && plain(*member);
      if (shown && !member->is<std::int64_t>() && !member->is<double>())
        next.right = false;
      cells.push_back({.text = shown ? printable(in_short(*member)) : std::string{}});
      if (l.width != 0)
        cells.back().text = clipped(l, cells.back().text, widest_text);
      if (columns.empty())
        cells.back().ink = ink::strong;
      else if (name == "state" || name == "outcome")
        cells.back().ink = ink_of(cells.back().text);
      widest = std::max(widest, columns_of(cells.back().text));
    }
    if (l.width != 0 && !columns.empty() && width + gap + widest > l.width)
      break; // the rest would not fit; -o json has it all
    width += (columns.empty() ? 0 : gap) + widest;
    columns.push_back(std::move(next));
    for (std::size_t i = 0; i < rows.size(); ++i)
      rows[i].push_back(std::move(cells[i]));
  }
  return render_table(columns, rows, l);
}

} // namespace tenon::nodes::cli
