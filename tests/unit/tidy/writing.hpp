// How a file is written: its size, its beginning, and words that do not belong into it.
#pragma once

#include "tests/unit/tidy/includes.hpp"

#include <cctype>

namespace tenon::tests::tidy {

inline constexpr std::size_t most_lines = 400;

/// Characters, not bytes: a dash or an arrow is one column.
inline std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

inline complaints is_short(const source_file& file) {
  if (file.lines.size() <= most_lines)
    return {};
  return {{0, std::to_string(file.lines.size()) + " lines: there are two ideas in it"}};
}

/// What no formatter wraps may be a little wider.
inline std::size_t most_columns(std::string_view path) {
  return ends_in(path, {".capnp", ".cmake", ".txt", ".sh"}) ? 120 : 100;
}

inline complaints is_narrow(const source_file& file) {
  complaints wrong;
  for (std::size_t i = 0; i < file.lines.size(); ++i)
    if (columns(file.lines[i]) > most_columns(file.path))
      wrong.push_back({i + 1, std::to_string(columns(file.lines[i])) + " columns"});
  return wrong;
}

inline complaints is_clean(const source_file& file) {
  complaints wrong;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string_view line = file.lines[i];
    if (!line.empty() && std::string_view{" \t\r"}.find(line.back()) != std::string_view::npos)
      wrong.push_back({i + 1, "ends in blanks"});
    if (line.find('\t') != std::string_view::npos)
      wrong.push_back({i + 1, "has a tab"});
  }
  if (!file.lines.empty() && (file.lines.front().empty() || file.lines.back().empty()))
    wrong.push_back({0, "begins or ends with an empty line"});
  return wrong;
}

struct banned {
  std::string_view word; // whole: no letter, digit or _ beside it
  std::string_view why;
};

inline const std::vector<banned> banned_words{
    {"TODO", "do it, or write why it is left"},
    {"FIXME", "mend it"},
    {"XXX", "say what it is"},
    {"HACK", "say what must hold"},
    {"sleep_for", "wait for what is waited for"},
    {"sleep_until", "wait for what is waited for"},
    {"usleep", "wait for what is waited for"},
    {"/home/", "a path of one machine"},
    {"/root/", "a path of one machine"},
    {"/Users/", "a path of one machine"},
};

inline bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

inline bool says(std::string_view line, std::string_view word) {
  for (auto at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
    const auto end = at + word.size();
    const bool begins = at == 0 || !is_word(line[at - 1]);
    const bool ends = !is_word(word.back()) || end == line.size() || !is_word(line[end]);
    if (begins && ends)
      return true;
  }
  return false;
}

inline complaints says_no_banned_word(const source_file& file) {
  complaints wrong;
  for (std::size_t i = 0; i < file.lines.size(); ++i)
    for (const auto& [word, why] : banned_words)
      if (says(file.lines[i], word))
        wrong.push_back({i + 1, std::string{word} + ": " + std::string{why}});
  return wrong;
}

/// A header says in its first paragraph what it is, then that it is read once.
inline complaints begins_as_a_header(const source_file& file) {
  std::size_t at = 0;
  while (at < file.lines.size() && file.lines[at].starts_with("//"))
    ++at;
  complaints wrong;
  if (at == 0)
    wrong.push_back({1, "does not say in a first paragraph what it is"});
  while (at < file.lines.size() && file.lines[at].empty())
    ++at;
  if (at == file.lines.size() || file.lines[at] != "#pragma once")
    wrong.push_back({at + 1, "has no #pragma once after its first paragraph"});
  return wrong;
}

/// The header of the same name, if there is one, comes first: so it needs nothing before it.
inline complaints includes_its_own_header_first(const source_file& file,
                                                const std::function<bool(std::string)>& exists) {
  const auto own = file.path.substr(0, file.path.rfind('.')) + ".hpp";
  if (!exists(own))
    return {};
  for (std::size_t i = 0; i < file.lines.size(); ++i)
    if (const auto included = inclusion_in(file.lines[i])) {
      if (included->header == own)
        return {};
      return {{i + 1, "\"" + own + "\" comes first"}};
    }
  return {{0, "does not include " + own}};
}

} // namespace tenon::tests::tidy
