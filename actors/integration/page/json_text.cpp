#include "actors/integration/page/json_text.hpp"

#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tenon::actors::connectors {
namespace {

/// Smaller lists and objects are stepped over by reading them: cheaper than remembering each.
constexpr std::size_t large_bytes = 64;

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at]))
    ++at;
  return at;
}

/// The first byte from `at` on that ends or complicates a text: a quote, a backslash, a control
/// character or one beyond ASCII. Eight bytes at a time: most of every body is plain text.
std::size_t skip_plain(std::string_view text, std::size_t at) {
  constexpr std::uint64_t ones = 0x0101010101010101ull;
  constexpr std::uint64_t highs = 0x8080808080808080ull;
  const auto has_zero = [](std::uint64_t word) { return (word - ones) & ~word & highs; };
  while (at + 8 <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    // Below 0x20 exactly when its top three bits are clear.
    const auto special = has_zero(word ^ (ones * '"')) | has_zero(word ^ (ones * '\\')) |
                         has_zero(word & (ones * 0xe0)) | (word & highs);
    if (special != 0) {
      // On little-endian machines the lowest marked byte is right even where a borrow marked more.
      if constexpr (std::endian::native == std::endian::little)
        return at + static_cast<std::size_t>(std::countr_zero(special)) / 8;
      break;
    }
    at += 8;
  }
  while (at < text.size()) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c == '"' || c == '\\' || c < 0x20 || c >= 0x80)
      break;
    ++at;
  }
  return at;
}

/// Behind the closing quote of a text known to be right; `at` is its opening quote.
std::size_t end_of_text(std::string_view text, std::size_t at) {
  for (++at;;) {
    const auto* quote =
        static_cast<const char*>(std::memchr(text.data() + at, '"', text.size() - at));
    const auto found = static_cast<std::size_t>(quote - text.data());
    auto back = found;
    while (text[back - 1] == '\\')
      --back;
    at = found + 1;
    if ((found - back) % 2 == 0)
      return at;
  }
}

} // namespace

class json_checker {
public:
  explicit json_checker(json_text& into) : into_{into}, text_{into.bytes_} {}

  result<void> run() {
    at_ = text_.starts_with("\xef\xbb\xbf") ? 3 : 0;
    at_ = skip_blanks(text_, at_);
    if (at_ == text_.size())
      return refuse("the body is empty");
    into_.root_ = at_;
    if (!check_value(0))
      return refuse(why_);
    into_.end_ = at_;
    at_ = skip_blanks(text_, at_);
    if (at_ != text_.size())
      return refuse("something follows the JSON value");
    return {};
  }

private:
  failure refuse(std::string_view why) const {
    return {code::malformed, std::string{why}, "byte " + std::to_string(at_)};
  }

  bool stop(std::string_view why) {
    why_ = why;
    return false;
  }

  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool stop_here(std::string_view expected) {
    return stop(at_ == text_.size() ? "the body ends in the middle of a value" : expected);
  }

  bool check_value(std::size_t depth) {
    switch (here()) {
    case '{':
    case '[':
      return depth < json_text::max_depth ? check_container(depth + 1)
                                          : stop("the value is nested too deep");
    case '"':
      return check_text();
    case 't':
      return check_word("true");
    case 'f':
      return check_word("false");
    case 'n':
      return check_word("null");
    default:
      return check_number();
    }
  }

  bool check_container(std::size_t depth) {
    const auto open = at_;
    const bool is_object = text_[at_] == '{';
    const char close = is_object ? '}' : ']';
    const auto slot = into_.large_.size();
    into_.large_.push_back({static_cast<std::uint32_t>(open), 0});
    at_ = skip_blanks(text_, at_ + 1);
    if (here() != close) {
      for (;;) {
        if (is_object && !check_key())
          return false;
        if (!check_value(depth))
          return false;
        at_ = skip_blanks(text_, at_);
        if (here() != ',')
          break;
        at_ = skip_blanks(text_, at_ + 1);
      }
      if (here() != close)
        return stop_here(is_object ? "a comma or } is missing" : "a comma or ] is missing");
    }
    ++at_;
    if (at_ - open < large_bytes)
      into_.large_.resize(slot);
    else
      into_.large_[slot].end = static_cast<std::uint32_t>(at_);
    return true;
  }

  bool check_key() {
    if (here() != '"')
      return stop_here("a key in quotes is missing");
    if (!check_text())
      return false;
    at_ = skip_blanks(text_, at_);
    if (here() != ':')
      return stop_here("a colon is missing");
    at_ = skip_blanks(text_, at_ + 1);
    return true;
  }

  bool check_text() {
    ++at_;
    for (;;) {
      at_ = skip_plain(text_, at_);
      if (at_ == text_.size())
        return stop("the body ends in the middle of a text");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\') {
        if (!check_escape())
          return false;
      } else if (c < 0x20) {
        return stop("a control character stands in a text");
      } else {
        const auto bytes = utf8_sequence_length(text_.substr(at_));
        if (bytes == 0)
          return stop("a byte is not UTF-8");
        at_ += bytes;
      }
    }
  }

  /// A surrogate counts only as half of a pair.
  bool check_escape() {
    const auto kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (kind != '\0' && std::string_view{"\"\\/bfnrt"}.find(kind) != std::string_view::npos) {
      at_ += 2;
      return true;
    }
    const auto first = unicode_at(at_);
    if (!first)
      return stop("an escape is not one that JSON knows");
    if (*first < 0xd800 || *first > 0xdfff) {
      at_ += 6;
      return true;
    }
    const auto second = unicode_at(at_ + 6);
    if (*first > 0xdbff || !second || *second < 0xdc00 || *second > 0xdfff)
      return stop("an escape is half of a surrogate pair");
    at_ += 12;
    return true;
  }

  /// Of \uXXXX at `at`.
  std::optional<unsigned> unicode_at(std::size_t at) const {
    if (at + 6 > text_.size() || text_[at] != '\\' || text_[at + 1] != 'u')
      return std::nullopt;
    unsigned unit = 0;
    for (const char c : text_.substr(at + 2, 4)) {
      const auto digit = is_digit(c)            ? c - '0'
                         : c >= 'a' && c <= 'f' ? c - 'a' + 10
                         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                : -1;
      if (digit < 0)
        return std::nullopt;
      unit = unit * 16 + static_cast<unsigned>(digit);
    }
    return unit;
  }

  bool check_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word)
      return text_.size() - at_ < word.size() ? stop("the body ends in the middle of a value")
                                              : stop("this is not a JSON value");
    at_ += word.size();
    return true;
  }

  bool check_digits() {
    const auto first = at_;
    while (is_digit(here()))
      ++at_;
    return at_ > first;
  }

  bool check_number() {
    if (here() == '-')
      ++at_;
    const bool zero = here() == '0';
    const auto first = at_;
    if (!check_digits())
      return stop_here("this is not a JSON value");
    if (zero && at_ > first + 1) {
      at_ = first;
      return stop("a number starts with a needless zero");
    }
    if (here() == '.') {
      ++at_;
      if (!check_digits())
        return stop_here("digits are missing behind the point");
    }
    if (here() == 'e' || here() == 'E') {
      ++at_;
      if (here() == '+' || here() == '-')
        ++at_;
      if (!check_digits())
        return stop_here("digits are missing in the exponent");
    }
    return true;
  }

  json_text& into_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view why_{};
};

result<json_text> json_text::check(std::string_view bytes) {
  if (bytes.size() > max_bytes)
    return failure{code::too_large, "the body has " + std::to_string(bytes.size()) +
                                        " bytes, more than " + std::to_string(max_bytes)};
  json_text text;
  text.bytes_ = bytes;
  if (auto ok = json_checker{text}.run(); !ok)
    return std::move(ok).error();
  return text;
}

std::size_t json_text::end_of_value(std::size_t at) const {
  const char first = bytes_[at];
  if (first == '"')
    return end_of_text(bytes_, at);
  if (first != '{' && first != '[') {
    while (at < bytes_.size() && bytes_[at] != ',' && bytes_[at] != '}' && bytes_[at] != ']' &&
           !is_blank(bytes_[at]))
      ++at;
    return at;
  }
  const auto known = std::ranges::lower_bound(large_, at, {}, &extent::open);
  if (known != large_.end() && known->open == at)
    return known->end;
  std::size_t depth = 0;
  for (;;) {
    const char c = bytes_[at];
    if (c == '"') {
      at = end_of_text(bytes_, at);
      continue;
    }
    ++at;
    if (c == '{' || c == '[')
      ++depth;
    else if ((c == '}' || c == ']') && --depth == 0)
      return at;
  }
}

json_text::walk::walk(const json_text& text, std::string_view container)
    : text_{text}, at_{text.offset_of(container)}, end_{at_ + container.size()},
      is_object_{is_object(container)} {
  if (is_object_ || is_list(container))
    ++at_;
  else
    at_ = end_;
}

bool json_text::walk::next() {
  const auto bytes = text_.bytes_;
  if (at_ >= end_)
    return false;
  at_ = skip_blanks(bytes, at_);
  if (bytes[at_] == ',')
    at_ = skip_blanks(bytes, at_ + 1);
  if (bytes[at_] == '}' || bytes[at_] == ']') {
    at_ = end_;
    return false;
  }
  if (is_object_) {
    const auto end = end_of_text(bytes, at_);
    key_ = bytes.substr(at_, end - at_);
    at_ = skip_blanks(bytes, skip_blanks(bytes, end) + 1);
  }
  const auto end = text_.end_of_value(at_);
  content_ = bytes.substr(at_, end - at_);
  at_ = end;
  return true;
}

std::optional<std::string_view> json_text::member(std::string_view object,
                                                  std::string_view name) const {
  if (!is_object(object))
    return std::nullopt;
  for (walk members{*this, object}; members.next();)
    if (is_key(members.key(), name))
      return members.content();
  return std::nullopt;
}

bool is_key(std::string_view raw, std::string_view name) {
  const auto plain = raw.substr(1, raw.size() - 2);
  if (plain.find('\\') == plain.npos)
    return plain == name;
  return scalar_text(raw) == name;
}

std::optional<std::string> scalar_text(std::string_view raw) {
  if (is_null(raw) || is_list(raw) || is_object(raw))
    return std::nullopt;
  if (!is_text(raw))
    return std::string{raw};
  const auto plain = raw.substr(1, raw.size() - 2);
  if (plain.find('\\') == plain.npos)
    return std::string{plain};
  const auto read = read_json(raw);
  const auto* text = read ? read->as<std::string>() : nullptr;
  return text == nullptr ? std::nullopt : std::optional{*text};
}

} // namespace tenon::actors::connectors
