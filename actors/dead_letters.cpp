#include "actors/dead_letters.hpp"

#include "protocols/ensure.hpp"

#include <algorithm>

namespace tenon::actors {

namespace {

constexpr std::uint32_t most_listed = 1000;
constexpr std::size_t page_bytes = 4u << 20;
constexpr std::size_t most_crash_bytes = 4096;

/// Rows are ordered by their keys' bytes, so numbers are written big-endian.
std::string key_of(std::uint64_t number) {
  std::string key(8, '\0');
  for (auto i = key.size(); i-- > 0; number >>= 8)
    key[i] = static_cast<char>(number & 0xff);
  return key;
}

dead_letters::letter letter_in(const blob& row) {
  auto read = protocols::decode<dead_letters::letter>(row);
  ensure(read.has_value(), "a stored letter can be read");
  return *std::move(read);
}

result<dead_letters::letter> find(const dead_letters::state& s, std::uint64_t number) {
  const auto row = s.rows.find(key_of(number));
  if (!row)
    return failure{code::not_found, "there is no letter with this number", "number",
                   "List the letters; it may have been replayed or discarded."};
  return letter_in(*row);
}

/// Cut between two characters of UTF-8, not within one.
std::string beginning(std::string text) {
  auto size = std::min(text.size(), most_crash_bytes);
  while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
    --size;
  text.resize(size);
  return text;
}

void forget(dead_letters::state& s, std::uint64_t number) {
  s.rows.erase(key_of(number));
  --s.waiting;
}

} // namespace

dead_letters::decision<dead_letters::park> dead_letters::on(const state& s, const park& p,
                                                            moment now) {
  return persist(parked{{.number = s.last + 1,
                         .actor = p.actor,
                         .name = p.name,
                         .command = p.command,
                         .crash = beginning(p.crash),
                         .parked_at = now}});
}

dead_letters::decision<dead_letters::list> dead_letters::on(const state& s, const list& l, moment) {
  const auto limit = std::clamp(l.limit, 1u, most_listed);
  page shown;
  std::size_t bytes = 0;
  s.rows.scan(key_of(l.after), limit + 1u, [&](std::string_view, const blob& row) {
    if (shown.letters.size() == limit || bytes > page_bytes) {
      shown.next = shown.letters.back().number;
      return false;
    }
    bytes += row.size();
    shown.letters.push_back(letter_in(row));
    return true;
  });
  return reply(std::move(shown));
}

dead_letters::decision<dead_letters::replay> dead_letters::on(const state& s, const replay& r,
                                                              moment) {
  auto letter = find(s, r.number);
  if (!letter)
    return refuse(std::move(letter).error());
  const auto to = parse_identity(letter->actor);
  if (!to)
    return refuse({code::conflict, "its actor has no valid name: " + to.error().why, "actor",
                   "Discard the letter."});
  auto command = letter->command;
  return persist(replayed{r.number}).send_raw(*to, std::move(command)).reply(*std::move(letter));
}

dead_letters::decision<dead_letters::discard> dead_letters::on(const state& s, const discard& d,
                                                               moment) {
  auto letter = find(s, d.number);
  if (!letter)
    return refuse(std::move(letter).error());
  return persist(discarded{d.number}).reply(*std::move(letter));
}

void dead_letters::apply(state& s, const parked& e) {
  s.last = e.letter.number;
  ++s.waiting;
  s.rows.put(key_of(e.letter.number), protocols::encode(e.letter));
}

void dead_letters::apply(state& s, const replayed& e) {
  forget(s, e.number);
}

void dead_letters::apply(state& s, const discarded& e) {
  forget(s, e.number);
}

dead_letters::metrics::metrics(runtime::meters& m)
    : parked{m.count("tenon_dead_letters_total", "Messages that crashed their actor, by fate.",
                     {{"fate", "parked"}})},
      replayed{m.count("tenon_dead_letters_total", "Messages that crashed their actor, by fate.",
                       {{"fate", "replayed"}})},
      discarded{m.count("tenon_dead_letters_total", "Messages that crashed their actor, by fate.",
                        {{"fate", "discarded"}})} {}

} // namespace tenon::actors
