#include "actors/sync/sources/postgres/pgoutput.hpp"

#include <array>
#include <charconv>

namespace tenon::actors::postgres::pgoutput {
namespace {

/// Reads big-endian numbers and ended texts; once the bytes are short, everything is zero.
class bytes_reader {
public:
  explicit bytes_reader(std::string_view bytes) : rest_{bytes} {}

  std::uint64_t number(std::size_t bytes) {
    std::uint64_t n = 0;
    for (const char c : take(bytes))
      n = n << 8 | static_cast<unsigned char>(c);
    return n;
  }
  unsigned number4() { return static_cast<unsigned>(number(4)); }
  char letter() { return static_cast<char>(number(1)); }
  std::string text() {
    const auto end = rest_.find('\0');
    short_ = short_ || end == rest_.npos;
    const auto found = rest_.substr(0, end);
    rest_.remove_prefix(short_ ? rest_.size() : end + 1);
    return std::string{found};
  }
  std::string_view take(std::size_t bytes) {
    short_ = short_ || bytes > rest_.size();
    const auto taken = short_ ? std::string_view{} : rest_.substr(0, bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  bool is_short() const { return short_; }
  bool at_end() const { return rest_.empty(); }

private:
  std::string_view rest_;
  bool short_ = false;
};

relation read_relation(bytes_reader& from) {
  relation r{.number = from.number4()};
  r.schema = from.text();
  r.name = from.text();
  from.letter(); // the replica identity
  const auto count = from.number(2);
  for (std::size_t i = 0; i < count && !from.is_short(); ++i) {
    from.letter(); // whether it is part of the identity
    auto name = from.text();
    r.columns.push_back({std::move(name), from.number4()});
    from.number4(); // its modifier
  }
  return r;
}

std::optional<tuple> read_tuple(bytes_reader& from) {
  tuple t;
  const auto count = from.number(2);
  for (std::size_t i = 0; i < count && !from.is_short(); ++i) {
    switch (from.letter()) {
    case 'n':
      t.push_back({});
      break;
    case 'u':
      t.push_back({field::state::unchanged});
      break;
    case 't': {
      const auto size = from.number4();
      t.push_back({field::state::text, from.take(size)});
      break;
    }
    default:
      return std::nullopt;
    }
  }
  return t;
}

std::optional<row_change> read_row_change(bytes_reader& from, bool gone) {
  row_change c{.relation = from.number4()};
  auto which = from.letter();
  if (which == 'K' || which == 'O') {
    c.whole = which == 'O';
    c.before = read_tuple(from);
    if (!c.before)
      return std::nullopt;
    if (gone)
      return c;
    which = from.letter();
  }
  if (gone || which != 'N')
    return std::nullopt;
  c.after = read_tuple(from);
  return c.after ? std::optional{std::move(c)} : std::nullopt;
}

truncated read_truncated(bytes_reader& from) {
  truncated t;
  const auto count = from.number4();
  from.letter(); // whether with CASCADE
  for (unsigned i = 0; i < count && !from.is_short(); ++i)
    t.relations.push_back(from.number4());
  return t;
}

} // namespace

std::string to_text(position at) {
  std::array<char, 40> digits;
  auto* const end = digits.data() + digits.size();
  auto* to = std::to_chars(digits.data(), end, at >> 32, 16).ptr;
  *to++ = '/';
  to = std::to_chars(to, end, at & 0xffffffff, 16).ptr;
  std::string text{digits.data(), to};
  for (char& c : text)
    c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::optional<position> to_position(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == text.npos)
    return std::nullopt;
  std::uint32_t high = 0, low = 0;
  const auto* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), text.data() + slash, high, 16);
  const auto second = std::from_chars(text.data() + slash + 1, end, low, 16);
  if (first.ec != std::errc{} || first.ptr != text.data() + slash || second.ec != std::errc{} ||
      second.ptr != end)
    return std::nullopt;
  return position{high} << 32 | low;
}

result<message> read(std::string_view bytes) {
  bytes_reader from{bytes};
  message m;
  std::optional<row_change> changed;
  const auto what = from.letter();
  switch (what) {
  case 'B':
    m = began{};
    break;
  case 'C':
    from.take(1 + 8); // flags, where the commit is written
    m = committed{from.number(8)};
    from.take(8); // when
    break;
  case 'R':
    m = read_relation(from);
    break;
  case 'I':
  case 'U':
  case 'D':
    changed = read_row_change(from, what == 'D');
    if (changed)
      m = *std::move(changed);
    break;
  case 'T':
    m = read_truncated(from);
    break;
  default:
    return m; // origins, types and messages
  }
  if (from.is_short() || m.index() == 0)
    return failure{code::internal,
                   "a change of the server cannot be read",
                   {},
                   "Look whether the server's version is one that is supported (14 or newer)."};
  return m;
}

} // namespace tenon::actors::postgres::pgoutput
