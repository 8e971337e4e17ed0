#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <unordered_set>

namespace tenon {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

/// The parser's buffers and the padded copy of the text, which it needs to read in whole vectors.
/// A thread keeps them between texts up to a size: a rare large text must not stay for ever.
struct workshop {
  ondemand::parser parser;
  std::unique_ptr<char[]> padded;
  std::size_t capacity = 0;

  simdjson::padded_string_view pad(std::string_view text) {
    const auto wanted = text.size() + simdjson::SIMDJSON_PADDING;
    if (capacity < wanted) {
      padded = std::make_unique_for_overwrite<char[]>(wanted);
      capacity = wanted;
    }
    if (!text.empty())
      std::memcpy(padded.get(), text.data(), text.size());
    std::memset(padded.get() + text.size(), ' ', simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view{padded.get(), text.size(), capacity};
  }
};
constexpr std::size_t kept_bytes = 1u << 20;

/// Where a text that could not even be cut into tokens stops being sound: at what is not UTF-8, at
/// a control character in quotes, or at its end.
std::size_t unreadable_at(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x80) {
      const auto length = utf8_sequence_length(text.substr(i));
      if (length == 0)
        return i;
      i += length;
      continue;
    }
    if (quoted && c < 0x20)
      return i;
    if (c == '"')
      quoted = !quoted;
    i += quoted && c == '\\' && i + 1 < text.size() &&
                 static_cast<unsigned char>(text[i + 1]) >= 0x20 &&
                 static_cast<unsigned char>(text[i + 1]) < 0x80
             ? 2
             : 1;
  }
  return text.size();
}

class reader {
public:
  reader(workshop& tools, std::string_view text, json_limits limits)
      : tools_{tools}, text_{tools.pad(text)}, limits_{limits} {}

  result<value> read() {
    value v;
    if (!read_document(v))
      return std::move(failure_);
    return v;
  }

private:
  bool read_document(value& v) {
    if (auto error = tools_.parser.iterate(text_).get(document_))
      return refuse_at("byte " + std::to_string(unreadable_at({text_.data(), text_.size()})),
                       error);
    ondemand::json_type type{};
    if (auto error = document_.type().get(type))
      return refuse(error);
    if (type == ondemand::json_type::array || type == ondemand::json_type::object) {
      ondemand::value root;
      if (auto error = document_.get_value().get(root))
        return refuse(error);
      if (!read_value(root, v, 1))
        return false;
    } else if (!read_scalar(document_, type, v)) {
      return false;
    }
    // This is how the parser says that nothing is left.
    const bool ended = document_.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return ended || refuse(simdjson::TRAILING_CONTENT);
  }

  // A document and a value have the same operations for scalars and no common type.
  template <class Source> bool read_scalar(Source& from, ondemand::json_type type, value& v) {
    switch (type) {
    case ondemand::json_type::string: {
      std::string_view text;
      if (auto error = from.get_string().get(text))
        return refuse(error, from);
      v = value{text};
      return true;
    }
    case ondemand::json_type::boolean: {
      bool b = false;
      if (auto error = from.get_bool().get(b))
        return refuse(error, from);
      v = b;
      return true;
    }
    case ondemand::json_type::null: {
      bool null = false;
      if (auto error = simdjson::simdjson_result<bool>{from.is_null()}.get(null))
        return refuse(error, from);
      return null || refuse(simdjson::N_ATOM_ERROR, from);
    }
    default:
      return read_number(from, v);
    }
  }

  template <class Source> bool read_number(Source& from, value& v) {
    std::int64_t n = 0;
    if (!from.get_int64().get(n)) {
      v = n;
      return true;
    }
    double d = 0;
    if (auto error = from.get_double().get(d))
      return refuse(error, from);
    v = d;
    return true;
  }

  bool read_value(ondemand::value& from, value& v, std::size_t depth) {
    ondemand::json_type type{};
    if (auto error = from.type().get(type))
      return refuse(error);
    if (type != ondemand::json_type::array && type != ondemand::json_type::object)
      return read_scalar(from, type, v);
    if (depth > limits_.depth)
      return refuse_depth();
    return type == ondemand::json_type::array ? read_list(from, v, depth)
                                              : read_object(from, v, depth);
  }

  bool read_list(ondemand::value& from, value& v, std::size_t depth) {
    ondemand::array items;
    if (auto error = from.get_array().get(items))
      return refuse(error);
    list read;
    for (auto item : items) {
      ondemand::value element;
      if (auto error = item.get(element))
        return refuse(error);
      if (!read_value(element, read.emplace_back(), depth + 1))
        return false;
    }
    v = std::move(read);
    return true;
  }

  bool read_object(ondemand::value& from, value& v, std::size_t depth) {
    ondemand::object members;
    if (auto error = from.get_object().get(members))
      return refuse(error);
    object read;
    std::unordered_set<std::string> seen; // only used once a scan of the members would be slow
    for (auto item : members) {
      ondemand::field field;
      if (auto error = std::move(item).get(field))
        return refuse(error);
      std::string_view key;
      if (auto error = field.unescaped_key().get(key))
        return refuse(error);
      if (is_duplicate(read, seen, key))
        return refuse_duplicate(key);
      std::string name{key};
      value held;
      if (!read_value(field.value(), held, depth + 1))
        return false;
      read.append(std::move(name), std::move(held));
    }
    v = std::move(read);
    return true;
  }

  static bool is_duplicate(const object& read, std::unordered_set<std::string>& seen,
                           std::string_view key) {
    constexpr std::size_t scanned = 16;
    if (read.size() < scanned)
      return read.find(key) != nullptr;
    if (seen.empty())
      for (const auto& [name, ignored] : read)
        seen.insert(name);
    return !seen.emplace(key).second;
  }

  std::string place() {
    const char* at = nullptr;
    if (document_.current_location().get(at) || at < text_.data())
      at = text_.data() + text_.size();
    return "byte " +
           std::to_string(std::min(static_cast<std::size_t>(at - text_.data()), text_.size()));
  }

  bool refuse(error_code error) { return refuse_at(place(), error); }
  /// At the token itself: by now the parser stands behind it.
  template <class Source> bool refuse(error_code error, Source& at) {
    std::string_view token{text_.data(), 0};
    if (simdjson::simdjson_result<std::string_view>{at.raw_json_token()}.get(token))
      return refuse(error);
    return refuse_at("byte " + std::to_string(token.data() - text_.data()), error);
  }
  bool refuse_at(std::string where, error_code error) {
    failure_ = {code::malformed, "this is not JSON: " + std::string{reason(error)},
                std::move(where)};
    return false;
  }
  bool refuse_depth() {
    failure_ = {code::too_large,
                "the JSON text is nested more than " + std::to_string(limits_.depth) + " deep",
                place()};
    return false;
  }
  bool refuse_duplicate(std::string_view key) {
    failure_ = {code::malformed, "the key '" + std::string{key.substr(0, 80)} + "' is there twice",
                place(), "Keep one of the two."};
    return false;
  }

  static std::string_view reason(error_code error) {
    switch (error) {
    case simdjson::EMPTY:
      return "the text is empty";
    case simdjson::UTF8_ERROR:
      return "it is not UTF-8";
    case simdjson::STRING_ERROR:
      return "a text has a wrong escape";
    case simdjson::UNCLOSED_STRING:
      return "a text in quotes does not end";
    case simdjson::UNESCAPED_CHARS:
      return "a text has a control character that is not escaped";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "a list or object does not end";
    case simdjson::TRAILING_CONTENT:
      return "there is more text after its end";
    case simdjson::NUMBER_ERROR:
    case simdjson::NUMBER_OUT_OF_RANGE:
    case simdjson::INCORRECT_TYPE:
      return "a number is wrong or too large";
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
      return "a word is neither true, false nor null";
    case simdjson::MEMALLOC:
      return "there is no memory to read it";
    default:
      return "a value, comma, colon or bracket is missing or too many";
    }
  }

  workshop& tools_;
  simdjson::padded_string_view text_;
  json_limits limits_;
  ondemand::document document_;
  failure failure_;
};

} // namespace

result<value> read_json(std::string_view text, json_limits limits) {
  if (text.size() > limits.bytes)
    return failure{code::too_large, "the JSON text has " + std::to_string(text.size()) +
                                        " bytes, more than " + std::to_string(limits.bytes)};
  thread_local std::unique_ptr<workshop> kept;
  if (!kept)
    kept = std::make_unique<workshop>();
  auto read = reader{*kept, text, limits}.read();
  if (text.size() > kept_bytes)
    kept.reset();
  return read;
}

} // namespace tenon
