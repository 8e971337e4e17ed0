// What protocols/binding.hpp does for each kind of value, without its templates. Nobody else
// includes this.
#pragma once

#include "protocols/blob.hpp"
#include "protocols/failure.hpp"
#include "protocols/field.hpp"
#include "protocols/moment.hpp"
#include "protocols/value.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tenon::protocols::binding {

/// Where in a document: members of members, on the stack of those who read them.
struct place {
  const place* within = nullptr;
  std::string_view name{};
  std::size_t index = no_index; // in a list, instead of a name

  static constexpr auto no_index = static_cast<std::size_t>(-1);
  std::string text() const; // "spec.items[2].size"
};

using names = std::span<const field>;

inline constexpr std::string_view base64_mark = "base64:";

failure wrong_type(const place&, std::string_view expected, const value& found);
failure missing(const place&, const field&);
failure covered(const place&); // the cover of a secret came back in its place

/// The first member that is not among the fields, as a failure.
result<void> check_known(const object&, const place&, names known);

result<void> read_scalar(const value&, const place&, bool& into);
result<void> read_scalar(const value&, const place&, double& into);
result<void> read_scalar(const value&, const place&, std::string& into);
result<void> read_scalar(const value&, const place&, blob& into);
result<void> read_scalar(const value&, const place&, moment& into);
result<void> read_scalar(const value&, const place&, span& into);
result<std::int64_t> read_signed(const value&, const place&, std::int64_t least, std::int64_t most);
result<std::uint64_t> read_unsigned(const value&, const place&, std::uint64_t most);
result<void> read_document(const value&, const place&, std::string& into);
result<std::size_t> read_name(const value&, const place&, names);

struct choice {
  std::size_t index;
  const value* content;
};
result<choice> read_choice(const value&, const place&, names alternatives);

bool is_covered(const value&);
value cover();

value write_scalar(bool);
value write_scalar(double);
value write_scalar(const std::string&);
value write_scalar(const blob&);
value write_scalar(moment);
value write_scalar(span);
/// A number; text for one that neither a document's integers nor its doubles hold exactly.
value write_number(std::int64_t);
value write_number(std::uint64_t);
inline value write_number(std::int8_t n) {
  return write_number(std::int64_t{n});
}
inline value write_number(std::int16_t n) {
  return write_number(std::int64_t{n});
}
inline value write_number(std::int32_t n) {
  return write_number(std::int64_t{n});
}
inline value write_number(std::uint8_t n) {
  return write_number(std::int64_t{n});
}
inline value write_number(std::uint16_t n) {
  return write_number(std::int64_t{n});
}
inline value write_number(std::uint32_t n) {
  return write_number(std::int64_t{n});
}
/// The document in the text; nothing for an empty text, the text itself when it is no JSON.
void write_document(std::string_view name, const std::string& text, object& onto);

object scalar_schema(bool);
object scalar_schema(double);
object scalar_schema(const std::string&);
object scalar_schema(const blob&);
object scalar_schema(moment);
object scalar_schema(span);
object number_schema(value least, value most);
object names_schema(names);
object list_schema(value items);
object object_schema(std::string_view title, std::string_view doc, object properties,
                     list required);
object alternative_schema(const field&, value content);
object union_schema(std::string_view title, std::string_view doc, list alternatives);
void add_words(const field&, object& schema);
void add_dialect(value& schema);

} // namespace tenon::protocols::binding
