// yaml-cpp's events become values directly: its node tree would resolve aliases and forget tags
// before anybody could refuse them. Its exceptions, and the one by which the builder below stops
// it, end in `read_yaml`.
#include "config/yaml.hpp"

#include "config/json_positions.hpp"
#include "config/scalar.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <unordered_set>

namespace tenon::config {
namespace {

/// Longer paths are not remembered: they take the place of what is above them.
constexpr std::size_t max_path_bytes = 1024;

/// Ends yaml-cpp's parser from within one of its events.
struct refusal {
  failure why;
};

std::string at(std::string_view file, spot s) {
  return std::string{file} + ':' + std::to_string(s.line) + ':' + std::to_string(s.column);
}

spot spot_of_byte(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, byte);
  const auto start = before.rfind('\n');
  spot s;
  s.line += static_cast<std::uint32_t>(std::ranges::count(before, '\n'));
  for (const char c : start == before.npos ? before : before.substr(start + 1))
    if ((static_cast<unsigned char>(c) & 0xc0u) != 0x80u)
      ++s.column;
  return s;
}

class builder final : public YAML::EventHandler {
public:
  builder(std::string_view text, std::string_view file, yaml_limits limits)
      : text_{text}, file_{file}, limits_{limits} {}

  std::vector<document> documents;

  void OnDocumentStart(const YAML::Mark&) override {
    documents.push_back({{}, {std::string{file_}, {}}});
    path_.clear();
  }

  void OnDocumentEnd() override {
    if (documents.back().value.is_null())
      documents.pop_back();
  }

  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    refuse(mark, "the anchor &" + name + " is not supported", "Write the content out.");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases are not supported", "Write the content out.");
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (expects_key())
      refuse(mark, "a key is missing, or is null", "Put the key null in quotes.");
    add(mark, value{});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    check_tag(mark, tag);
    check_end(mark, tag);
    if (expects_key())
      open_key(mark, text, tag == "?");
    else
      add(mark, tag == "?" ? plain_scalar(text) : value{text});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, value{list{}});
  }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, value{object{}});
  }

  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

private:
  /// A map or list whose end has not come yet.
  struct open_node {
    value content;
    std::size_t path_bytes = 0;             // of its own path
    std::optional<std::string> key;         // of a map: the one whose value comes next
    std::unordered_set<std::string> keys{}; // of a map: all so far
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string why, std::string remedy) const {
    throw refusal{{code::malformed, std::move(why), at(file_, spot_at(mark)), std::move(remedy)}};
  }

  [[noreturn]] void refuse_size(const YAML::Mark& mark, std::string why) const {
    throw refusal{{code::too_large, std::move(why), at(file_, spot_at(mark))}};
  }

  /// yaml-cpp counts columns in bytes.
  spot spot_at(const YAML::Mark& mark) const {
    spot s{static_cast<std::uint32_t>(mark.line) + 1, 1};
    const auto pos = std::min(static_cast<std::size_t>(mark.pos), text_.size());
    const auto column = std::min(static_cast<std::size_t>(mark.column), pos);
    for (const char c : text_.substr(pos - column, column))
      if ((static_cast<unsigned char>(c) & 0xc0u) != 0x80u)
        ++s.column;
    return s;
  }

  bool expects_key() const {
    return !open_.empty() && open_.back().content.is<object>() && !open_.back().key;
  }

  /// "?" is what a plain scalar gets and "!" one in quotes; a lone "!" in the text looks the same.
  void check_tag(const YAML::Mark& mark, const std::string& tag) const {
    const auto pos = static_cast<std::size_t>(mark.pos);
    const bool written = pos < text_.size() && text_[pos] == '!';
    if (written || (tag != "?" && tag != "!"))
      refuse(mark, "tags are not supported",
             "Leave the tag out; put text that looks like a number in quotes.");
  }

  /// yaml-cpp takes the end of the text for the end of a quoted scalar: half a file would be read
  /// as a whole one.
  void check_end(const YAML::Mark& mark, const std::string& tag) const {
    auto i = static_cast<std::size_t>(mark.pos);
    const char quote = i < text_.size() ? text_[i] : '\0';
    if (tag == "?" || (quote != '"' && quote != '\''))
      return;
    for (++i; i < text_.size(); ++i) {
      const bool doubled = quote == '\'' && text_.substr(i, 2) == "''";
      if (text_[i] == quote && !doubled)
        return;
      if (doubled || (quote == '"' && text_[i] == '\\'))
        ++i;
    }
    refuse(mark, "the quote opened here is never closed", "Close it.");
  }

  void count(const YAML::Mark& mark) {
    if (++nodes_ > limits_.nodes)
      refuse_size(mark, "more than " + std::to_string(limits_.nodes) + " values");
  }

  void open_key(const YAML::Mark& mark, const std::string& key, bool plain) {
    auto& map = open_.back();
    if (plain && key == "<<")
      refuse(mark, "merge keys are not supported", "Write the members out.");
    if (!map.keys.insert(key).second)
      refuse(mark, "the key '" + key + "' is written twice", "Keep one of the two.");
    map.key = key;
    path_.resize(map.path_bytes);
    step_into(key);
    remember(mark);
  }

  void step_into(std::string_view name) {
    if (!path_.empty())
      path_ += '.';
    path_ += name;
  }

  void remember(const YAML::Mark& mark) {
    if (path_.size() <= max_path_bytes)
      documents.back().positions.spots.emplace(path_, spot_at(mark));
  }

  /// An item of a list has no key: its path ends in its number.
  void enter(const YAML::Mark& mark) {
    count(mark);
    if (open_.empty())
      return remember(mark);
    auto& into = open_.back();
    if (const auto* items = into.content.as<list>()) {
      path_.resize(into.path_bytes);
      step_into(std::to_string(items->size()));
      remember(mark);
    }
  }

  void add(const YAML::Mark& mark, value v) {
    enter(mark);
    place_in_parent(std::move(v));
  }

  void place_in_parent(value v) {
    if (open_.empty()) {
      documents.back().value = std::move(v);
      return;
    }
    auto& into = open_.back();
    if (auto* items = into.content.as<list>()) {
      items->push_back(std::move(v));
    } else {
      into.content.as<object>()->append(*std::move(into.key), std::move(v));
      into.key.reset();
    }
  }

  void open(const YAML::Mark& mark, const std::string& tag, value empty) {
    check_tag(mark, tag);
    if (expects_key())
      refuse(mark, "a key is a text, not a map or list", "Put a template in quotes: \"{{name}}\".");
    if (open_.size() >= limits_.depth)
      refuse_size(mark, "nested deeper than " + std::to_string(limits_.depth));
    enter(mark);
    open_.push_back({std::move(empty), path_.size(), {}, {}});
  }

  void close() {
    auto content = std::move(open_.back().content);
    open_.pop_back();
    place_in_parent(std::move(content));
  }

  std::string_view text_;
  std::string_view file_;
  yaml_limits limits_;
  std::vector<open_node> open_;
  std::string path_;
  std::size_t nodes_ = 0;
};

std::optional<std::size_t> first_byte_not_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto bytes = utf8_sequence_length(text.substr(i));
    if (bytes == 0)
      return i;
    i += bytes;
  }
  return std::nullopt;
}

bool indents_with_tab(std::string_view text, int line) {
  std::size_t start = 0;
  for (; line > 0 && start < text.size(); --line)
    start = std::min(text.find('\n', start), text.size() - 1) + 1;
  const auto first = text.find_first_not_of(" \t", start);
  return text.substr(start, first - start).find('\t') != text.npos;
}

std::string remedy_of(std::string_view complaint, bool tab) {
  if (tab)
    return "Indent with blanks: YAML allows no tabs there.";
  if (complaint.starts_with("end of map flow"))
    return "Close the map, which began with {, with }.";
  if (complaint.starts_with("end of sequence flow"))
    return "Close the list, which began with [, with ].";
  return "Look here and at the line before: at indentation, colons, quotes and brackets.";
}

result<void> check_bytes(std::string_view text, std::string_view file, yaml_limits limits) {
  if (text.size() > limits.bytes)
    return failure{code::too_large,
                   "the text has " + std::to_string(text.size()) + " bytes, more than " +
                       std::to_string(limits.bytes),
                   std::string{file}, "Part it into several files."};
  if (const auto byte = first_byte_not_utf8(text))
    return failure{code::malformed, "byte " + std::to_string(*byte) + " is not UTF-8",
                   at(file, spot_of_byte(text, *byte)), "Save the file as UTF-8."};
  // yaml-cpp takes byte 4 for the end of the text, and what follows would silently be lost.
  const auto control = std::ranges::find_if(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') ||
           c == 0x7f;
  });
  if (control != text.end())
    return failure{code::malformed, "a control character is not allowed here",
                   at(file, spot_of_byte(text, static_cast<std::size_t>(control - text.begin()))),
                   "Remove it, or write it as an escape in double quotes."};
  return {};
}

result<std::vector<document>> read_as_json(std::string_view text, std::string_view file,
                                           yaml_limits limits) {
  auto read = read_json(text, {limits.bytes, limits.depth});
  if (!read) {
    auto why = std::move(read).error();
    constexpr std::string_view byte{"byte "};
    std::size_t number = 0;
    if (why.where.starts_with(byte))
      for (const char c : std::string_view{why.where}.substr(byte.size()))
        number = c >= '0' && c <= '9' ? number * 10 + static_cast<std::size_t>(c - '0') : number;
    why.where = at(file, spot_of_byte(text, std::min(number, text.size())));
    if (why.remedy.empty())
      why.remedy = "A text that starts with { or [ is read as JSON.";
    return why;
  }
  std::vector<document> documents(1);
  documents.front().positions = {std::string{file}, json_positions(text, max_path_bytes)};
  documents.front().value = *std::move(read);
  return documents;
}

} // namespace

result<std::vector<document>> read_yaml(std::string_view text, std::string_view file,
                                        yaml_limits limits) {
  if (auto ok = check_bytes(text, file, limits); !ok)
    return std::move(ok).error();
  if (text.starts_with("\xef\xbb\xbf"))
    text.remove_prefix(3);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != text.npos && (text[first] == '{' || text[first] == '['))
    return read_as_json(text, file, limits);

  builder built{text, file, limits};
  try {
    std::istringstream stream{std::string{text}};
    YAML::Parser parser{stream};
    while (parser.HandleNextDocument(built)) {
    }
  } catch (const refusal& stopped) {
    return stopped.why;
  } catch (const YAML::Exception& wrong) {
    const auto& mark = wrong.mark;
    const bool tab = !mark.is_null() && indents_with_tab(text, mark.line);
    return failure{code::malformed, wrong.msg,
                   mark.is_null() ? std::string{file}
                                  : at(file, {static_cast<std::uint32_t>(mark.line) + 1,
                                              static_cast<std::uint32_t>(mark.column) + 1}),
                   remedy_of(wrong.msg, tab)};
  }
  return std::move(built.documents);
}

std::string place(const positions& known, std::string_view path) {
  std::string plain;
  for (const char c : path.substr(0, path.find(", ")))
    if (c == '[')
      plain += '.';
    else if (c != ']')
      plain += c;
  for (;;) {
    if (const auto found = known.spots.find(plain); found != known.spots.end())
      return at(known.file, found->second);
    if (plain.empty())
      return known.file;
    const auto dot = plain.rfind('.');
    plain.resize(dot == plain.npos ? 0 : dot);
  }
}

} // namespace tenon::config
