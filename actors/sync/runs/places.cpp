#include "actors/sync/runs/places.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using wire = protocols::sync;

// Enough to find one's way in a run of any length. The words are the source's: mostly a hundred
// bytes, but nothing keeps them from being many, and the state is written with each of its changes.
constexpr std::size_t most_places = 100;
constexpr std::size_t most_bytes = 128u << 10;

std::size_t bytes_of(const std::vector<wire::place>& places) {
  std::size_t bytes = 0;
  for (const auto& p : places)
    bytes += p.position.size() + p.cursor.size() + p.waits_for.size();
  return bytes;
}

} // namespace

void begin_places(wire::state& s) {
  s.places = {{.position = s.position,
               .cursor = s.reached,
               .at = s.run.started_at,
               .waits_for = s.waits_for}};
  s.places_every = 1;
}

void note_place(wire::state& s, const wire::moved& e) {
  s.places_every = std::max<std::uint64_t>(s.places_every, 1);
  if (e.last || s.run.pages % s.places_every != 0)
    return;
  s.places.push_back({.page = s.run.pages,
                      .position = e.position,
                      .cursor = e.cursor,
                      .read = s.run.read,
                      .at = e.at,
                      .waits_for = e.waits_for});
  while (s.places.size() > 1 &&
         (s.places.size() > most_places || bytes_of(s.places) > most_bytes)) {
    s.places_every *= 2;
    std::erase_if(s.places, [&](const wire::place& p) { return p.page % s.places_every != 0; });
  }
}

const wire::place* find_place(const wire::state& s, std::uint64_t page) {
  const auto it = std::ranges::find(s.places, page, &wire::place::page);
  return it == s.places.end() ? nullptr : &*it;
}

bool places_hold(const wire::state& s) {
  return s.places.size() <= most_places &&
         std::ranges::adjacent_find(s.places, std::ranges::greater_equal{}, &wire::place::page) ==
             s.places.end();
}

} // namespace tenon::actors
