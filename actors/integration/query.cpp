#include "actors/integration/query.hpp"

namespace tenon::actors::connectors {
namespace {

/// The parts after the present one; whether there are any, or may be.
result<bool> next_part(const reading& r, position& at, moment now) {
  if (r.stream.parts == nullptr)
    return false;
  if (!at.parts.empty())
    at.parts.erase(at.parts.begin());
  if (at.parts.empty() && at.more && r.stream.parts->parent().empty()) {
    scope names;
    names.bind("conn", r.connection.settings).set_now(now);
    auto more = r.stream.parts->next(*at.more, names, now);
    if (!more)
      return std::move(more).error();
    at.parts = r.stream.group > 0 ? grouped(std::move(more->ready), r.stream.group)
                                  : std::move(more->ready);
    at.more = std::move(more->more);
  }
  return !at.parts.empty() || at.more.has_value();
}

} // namespace

position query_from(const reading& r, const position& at, const progress& so_far) {
  auto next = at;
  const auto& pager = present(r.stream, so_far).page;
  next.at = pager == nullptr ? object{} : pager->first();
  next.rows = 0;
  next.tries.clear();
  next.job.reset();
  return next;
}

result<void> end_of_query(const reading& r, const position& at, moment now, page& into) {
  if (at.job && at.job->file + 1 < at.job->files.size()) {
    into.next = at;
    into.next->at = r.stream.page == nullptr ? object{} : r.stream.page->first();
    into.next->tries.clear();
    ++into.next->job->file;
    return {};
  }
  const auto& rule = r.stream.cursor;
  if (auto window = rule ? next_window(*rule, into.progress, now) : std::nullopt) {
    into.progress.since = window->since;
    into.progress.until = window->until;
    into.progress.newest = window->newest;
    into.next = query_from(r, at, into.progress);
    return {};
  }
  auto next = query_from(r, at, into.progress);
  const auto more = next_part(r, next, now);
  if (!more)
    return more.error();
  if (*more) {
    if (rule) {
      const auto again = begin(*rule, into.progress, now);
      into.progress.since = again.since;
      into.progress.until = again.until;
      into.progress.newest = again.newest;
    }
    into.next = std::move(next);
  } else if (rule) {
    into.progress = complete(into.progress);
  }
  return {};
}

result<void> narrow(const reading& r, const position& at, page& into) {
  const auto& so_far = into.progress;
  const auto before = lower_bound(*r.stream.cursor, so_far);
  if (!so_far.high || (before && *so_far.high <= *before))
    return failure{code::too_large,
                   "the platform gives at most " + std::to_string(r.stream.cap.rows) +
                       " records for one query, and as many carry one value of the cursor",
                   "cap.rows", "Read the stream in parts, or by a finer cursor."};
  into.progress.since = so_far.high;
  into.next = query_from(r, at, into.progress);
  return {};
}

failure at_stream(const reading& r, failure why) {
  why.where = r.stream.name + (why.where.empty() ? "" : ": " + why.where);
  return why;
}

} // namespace tenon::actors::connectors
