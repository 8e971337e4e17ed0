#include "actors/sync/sources/files/place.hpp"

#include "protocols/json.hpp"

#include <array>
#include <charconv>

namespace tenon::actors::files {
namespace {

std::string in_hex(std::uint64_t n) {
  std::array<char, 16> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + 16, n, 16).ptr};
}

bool from_hex(const value& v, std::uint64_t& n) {
  const auto* t = v.as<std::string>();
  return t && std::from_chars(t->data(), t->data() + t->size(), n, 16).ptr == t->data() + t->size();
}

/// Short, because a cursor has one of these for each file.
list to_list(const stamp& s, const mark& m) {
  return {s.size, s.modified, in_hex(s.head), m.offset, m.line, m.records};
}

bool read_list(const value& v, stamp& s, mark& m) {
  const auto* l = v.as<list>();
  if (!l || l->size() != 6)
    return false;
  std::array<std::int64_t, 6> numbers{};
  for (std::size_t i = 0; i < 6; ++i) {
    const auto* n = (*l)[i].as<std::int64_t>();
    if (i != 2 && (!n || (*n < 0 && i != 1)))
      return false;
    numbers[i] = n ? *n : 0;
  }
  const auto positive = [&](std::size_t i) { return static_cast<std::uint64_t>(numbers[i]); };
  s.size = positive(0);
  s.modified = numbers[1];
  m = {.offset = positive(3), .line = positive(4), .records = positive(5)};
  return from_hex((*l)[2], s.head);
}

failure lost(const char* why) {
  return {code::stale, why, {}, "It is read from the beginning."};
}

} // namespace

std::string write_place(const place& p, std::uint64_t shape) {
  return write_json(object{{"file", p.file.name},
                           {"at", to_list(p.stamp, p.at)},
                           {"by", p.file.modified},
                           {"whole", p.whole},
                           {"shape", in_hex(shape)}});
}

result<place> read_place(const std::string& text, std::uint64_t shape) {
  const auto document = read_json(text);
  const auto* file = document ? document->find("file") : nullptr;
  const auto* at = document ? document->find("at") : nullptr;
  const auto* by = document ? document->find("by") : nullptr;
  const auto* whole = document ? document->find("whole") : nullptr;
  const auto* of = document ? document->find("shape") : nullptr;
  place p;
  if (!file || !file->is<std::string>() || !at || !read_list(*at, p.stamp, p.at) || !by ||
      !by->is<std::int64_t>() || !whole || !whole->is<bool>() || !of)
    return lost("the position is not one of files");
  if (*of != value{in_hex(shape)})
    return lost("the options changed between two pages");
  p.file = {.name = *file->as<std::string>(), .path = {}, .modified = *by->as<std::int64_t>()};
  p.whole = *whole->as<bool>();
  return p;
}

std::string write_cursor(const known_files& files, std::uint64_t shape) {
  if (files.empty())
    return {};
  object names;
  for (const auto& [name, known] : files)
    names.append(name, to_list(known.stamp, known.end));
  return write_json(object{{"files", std::move(names)}, {"shape", in_hex(shape)}});
}

result<known_files> read_cursor(const std::string& text, std::uint64_t shape) {
  known_files known;
  if (text.empty())
    return known;
  const auto document = read_json(text);
  const auto* files = document ? document->find("files") : nullptr;
  const auto* of = document ? document->find("shape") : nullptr;
  bool right = files && files->is<object>() && of;
  if (right && *of == value{in_hex(shape)})
    for (const auto& [name, read] : *files->as<object>()) {
      known_file f;
      right = right && read_list(read, f.stamp, f.end);
      known.emplace(name, f);
    }
  if (!right)
    return failure{code::malformed, "the cursor is not one of files", "cursor",
                   "Rewind the sync; everything is then read from the beginning."};
  return known;
}

} // namespace tenon::actors::files
