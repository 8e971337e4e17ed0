#include "actors/sync/reading.hpp"

#include "actors/collection/drift/fields.hpp"
#include "actors/sync/shaping.hpp"

#include <algorithm>

namespace tenon::actors {

using runtime::task;
using spec_of_sync = protocols::sync::spec;

namespace {

// A page becomes one entry of the journal, which has at most 15 MB.
constexpr std::size_t most_page_bytes = 12u << 20;
constexpr std::size_t most_beside_letters = 2u << 20;
constexpr span longest_ahead = std::chrono::seconds{30};
constexpr std::size_t around_a_record = 192; // its row's other fields, but for the feed's name

/// What letters need beside their bytes must not be what makes a page too large: those for which
/// there is no room can be seen, and not read again.
void bound_letters(source_page& p) {
  std::size_t beside = 0;
  for (auto& l : p.letters) {
    beside += l.again.size();
    if (beside <= most_beside_letters || l.again.empty())
      continue;
    l.again = {};
    l.reason += "; there were so many letters that what it takes to read it again is not kept";
  }
}

/// Refuses a page that could not be stored as a whole.
result<void> check_size(const source_page& p, std::string_view feed) {
  std::size_t bytes = 0;
  for (const auto& r : p.records)
    bytes +=
        around_a_record + feed.size() + r.key.size() + std::max(r.content.size(), r.came.size());
  for (const auto& l : p.letters)
    bytes += around_a_record + feed.size() + l.place.size() + l.reason.size() + l.bytes.size() +
             l.again.size();
  if (bytes <= most_page_bytes)
    return {};
  return failure{code::too_large,
                 "a page of " + std::to_string(p.records.size() + p.letters.size()) +
                     " records would take " + std::to_string(bytes) + " bytes, more than " +
                     std::to_string(most_page_bytes),
                 "spec.from", "Ask the source for fewer records at once."};
}

/// What the spec makes of a page. A deletion carries no fields to judge. What may become a letter
/// later is needed then as it came.
void shape_page(const shaping& shape, source_page& p, bool may_be_letters, moment now) {
  std::erase_if(p.records, [&](protocols::collection::incoming& r) {
    if (r.deleted) {
      if (shape.names())
        r.origin = std::exchange(r.key, {});
      return false;
    }
    const auto as_it_came = r.content;
    const auto name = r.key;
    std::string why;
    const auto fate = shape.shape(r, why, now);
    if (fate == shaping::fate::filtered)
      ++p.filtered;
    else if (fate == shaping::fate::letter)
      p.letters.push_back(
          {.place = name, .reason = std::move(why), .bytes = as_it_came, .key = name});
    else if (may_be_letters && r.content.view().data() != as_it_came.view().data())
      r.came = as_it_came;
    return fate != shaping::fate::kept;
  });
}

/// What the collection holds the page to.
protocols::drift_types::page fields_of(const source_page& p, const spec_of_sync& spec) {
  collections::field_sum fields;
  for (const auto& r : p.records)
    if (!r.deleted)
      fields.add(r.content.view());
  return fields.page(spec.drift);
}

} // namespace

task<shaped_or_trouble> read_shaped(runtime::host& host, std::shared_ptr<source> from,
                                    std::shared_ptr<const spec_of_sync> spec, page_request wanted) {
  const auto begun = host.steady();
  const auto feed = wanted.sync.name;
  auto read = co_await from->read(std::move(wanted));
  if (auto* trouble = std::get_if<source_trouble>(&read))
    co_return std::move(*trouble);
  shaped_page made{.page = std::move(std::get<source_page>(read))};
  auto& page = made.page;
  page.took = std::chrono::duration_cast<span>(host.steady() - begun);
  page.read_at = host.now();
  const auto shape = shaping::make(*spec);
  if (!shape)
    co_return source_trouble{shape.error()};
  if (!shape->does_nothing())
    shape_page(*shape, page, shape->names() || spec->drift != protocols::drift_types::policy::widen,
               host.now());
  bound_letters(page);
  if (auto fits = check_size(page, feed); !fits)
    co_return source_trouble{fits.error()};
  made.fields = fields_of(page, *spec);
  co_return made;
}

struct read_ahead::page_ahead {
  reading asked;
  moment since{};
  std::optional<shaped_or_trouble> read;
  std::optional<runtime::completion<shaped_or_trouble>> awaiting;
};

read_ahead::place read_ahead::begin(reading asked, moment now) {
  const auto sync = asked.wanted.sync;
  auto fresh = std::make_shared<page_ahead>(page_ahead{.asked = std::move(asked), .since = now});
  const std::lock_guard hold{guard_};
  pages_[sync] = fresh;
  return fresh;
}

void read_ahead::finish(const place& p, shaped_or_trouble read) {
  std::optional<runtime::completion<shaped_or_trouble>> waiting;
  {
    const std::lock_guard hold{guard_};
    if (!p->awaiting) {
      p->read = std::move(read);
      return;
    }
    waiting = std::move(p->awaiting);
  }
  (*waiting)(std::move(read));
}

read_ahead::place read_ahead::take(const reading& now_asked, moment now) {
  const std::lock_guard hold{guard_};
  const auto it = pages_.find(now_asked.wanted.sync);
  if (it == pages_.end())
    return nullptr;
  auto p = std::move(it->second);
  pages_.erase(it);
  const auto& was = p->asked.wanted;
  const auto& is = now_asked.wanted;
  const bool same = p->asked.run == now_asked.run && p->asked.spec == now_asked.spec &&
                    now - p->since < longest_ahead && was.position == is.position &&
                    was.cursor == is.cursor && was.full == is.full && was.attempt == is.attempt;
  return same ? p : nullptr;
}

// The lambda is a temporary of the statement that waits, so it must own nothing: GCC 12 would
// release it twice. `p` is the frame's, and is not touched once the guard is let go.
task<result<shaped_or_trouble>> read_ahead::wait(place p) {
  co_return co_await runtime::callback<shaped_or_trouble>(
      [this, &p](runtime::completion<shaped_or_trouble> done) {
        std::optional<shaped_or_trouble> read;
        {
          const std::lock_guard hold{guard_};
          if (!p->read)
            p->awaiting = done;
          else
            read = std::move(p->read);
        }
        if (read)
          done(*std::move(read));
      });
}

} // namespace tenon::actors
