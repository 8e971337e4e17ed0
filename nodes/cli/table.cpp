#include "nodes/cli/table.hpp"

#include <algorithm>
#include <numeric>

namespace tenon::nodes::cli {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t least_width = 8; // of a column that is cut

std::vector<std::size_t> natural_widths(const std::vector<column>& columns,
                                        const std::vector<row>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& c : columns)
    widths.push_back(columns_of(c.title));
  for (const auto& r : rows)
    for (std::size_t i = 0; i < std::min(r.size(), widths.size()); ++i)
      widths[i] = std::max(widths[i], columns_of(r[i].text));
  return widths;
}

// Takes columns from the widest text until the line fits; numbers are never cut.
void fit(const std::vector<column>& columns, std::vector<std::size_t>& widths, std::size_t width) {
  const auto all = [&] {
    return std::accumulate(widths.begin(), widths.end(), (widths.size() - 1) * gap);
  };
  while (all() > width) {
    std::size_t widest = columns.size();
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (!columns[i].right && widths[i] > least_width &&
          (widest == columns.size() || widths[i] > widths[widest]))
        widest = i;
    if (widest == columns.size())
      return; // too narrow for any table: let the terminal wrap
    --widths[widest];
  }
}

void write_line(const std::vector<column>& columns, const std::vector<std::size_t>& widths,
                const row& cells, const look& l, std::string& onto) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto text = i < cells.size() ? clipped(l, cells[i].text, widths[i]) : std::string{};
    const auto blanks = widths[i] - std::min(widths[i], columns_of(text));
    onto.append((i == 0 ? 0 : gap) + (columns[i].right ? blanks : 0), ' ');
    onto += inked(l, i < cells.size() ? cells[i].ink : ink::plain, text);
    onto.append(columns[i].right ? 0 : blanks, ' ');
  }
  onto.erase(onto.find_last_not_of(' ') + 1);
  onto += '\n';
}

void flatten(const std::vector<branch>& branches, const std::string& lead, bool root, const look& l,
             std::vector<row>& rows) {
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const bool last = i + 1 == branches.size();
    const auto* const elbow = last ? (l.unicode ? "└─ " : "`- ") : (l.unicode ? "├─ " : "|- ");
    const auto* const below = last ? "   " : l.unicode ? "│  " : "|  ";
    auto cells = branches[i].cells;
    if (cells.empty())
      cells.emplace_back();
    cells[0].text = root ? cells[0].text : lead + elbow + cells[0].text;
    rows.push_back(std::move(cells));
    flatten(branches[i].children, root ? lead : lead + below, false, l, rows);
  }
}

} // namespace

std::string render_table(const std::vector<column>& columns, const std::vector<row>& rows,
                         const look& l) {
  if (columns.empty())
    return {};
  auto shown = rows;
  for (auto& r : shown)
    for (auto& c : r)
      c.text = printable(c.text);
  auto widths = natural_widths(columns, shown);
  if (l.width != 0)
    fit(columns, widths, l.width);
  row titles;
  for (const auto& c : columns)
    titles.push_back({c.title, ink::dim});
  std::string out;
  write_line(columns, widths, titles, l, out);
  for (const auto& r : shown)
    write_line(columns, widths, r, l, out);
  return out;
}

std::string render_tree(const std::vector<column>& columns, const std::vector<branch>& roots,
                        const look& l) {
  std::vector<row> rows;
  flatten(roots, {}, true, l, rows);
  return render_table(columns, rows, l);
}

std::string render_pairs(const std::vector<std::pair<std::string, cell>>& pairs, const look& l,
                         std::size_t indent) {
  std::size_t widest = 0;
  for (const auto& [name, shown] : pairs)
    widest = std::max(widest, columns_of(printable(name)));
  std::string out;
  for (const auto& [raw, shown] : pairs) {
    const auto name = printable(raw);
    out.append(indent, ' ').append(inked(l, ink::dim, name));
    out.append(widest - columns_of(name) + gap, ' ');
    out.append(inked(l, shown.ink, printable(shown.text))).append("\n");
  }
  return out;
}

} // namespace tenon::nodes::cli
