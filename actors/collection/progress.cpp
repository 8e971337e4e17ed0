#include "actors/collection/progress.hpp"

#include <algorithm>

namespace tenon::actors::collections {
namespace {

using wire = protocols::collection;

constexpr std::size_t most_kept = 32;
constexpr span apart{1'000};

protocols::outlet_types::reached present(const wire::outlet& o, moment begun) {
  return {begun, o.at, o.went_through, o.known_to};
}

bool covers(const protocols::outlet_types::reached& r, std::string_view key,
            const protocols::row_types::record& row) {
  if (r.went_through && row.sequence <= r.known_to)
    return true;
  return r.at.rows && row.sequence <= r.at.sequence && !r.at.key.empty() && key <= r.at.key;
}

} // namespace

bool has_it(const wire::outlet& o, std::string_view key, const protocols::row_types::record& row) {
  return row.feed == o.except || covers(present(o, {}), key, row);
}

moment brought_there(const wire::outlet& o, std::string_view key,
                     const protocols::row_types::record& row) {
  if (row.feed == o.except)
    return {};
  const auto first =
      std::ranges::find_if(o.past, [&](const auto& r) { return covers(r, key, row); });
  return first == o.past.end() ? moment{} : first->begun_at;
}

void note_progress(wire::outlet& o, moment begun) {
  if (o.except.empty())
    return;
  auto now = present(o, begun);
  if (!o.past.empty() && begun < o.past.back().begun_at + apart) {
    now.begun_at = std::min(begun, o.past.back().begun_at);
    o.past.back() = std::move(now);
    return;
  }
  if (o.past.size() == most_kept) {
    o.past[1].begun_at = o.past[0].begun_at;
    o.past.erase(o.past.begin());
  }
  o.past.push_back(std::move(now));
}

} // namespace tenon::actors::collections
