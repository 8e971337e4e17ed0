#include "actors/sync/destinations/tables/writer.hpp"

#include "actors/sync/outcome.hpp"

#include <algorithm>

namespace tenon::actors::tables {
namespace {

class page {
public:
  page(open_table& t, std::span<const outgoing_change> all, sorted s)
      : table_{t}, all_{all}, sorted_{std::move(s)} {}

  settled write() {
    auto end = all_.size();
    for (auto at = sorted_.begins.rbegin(); at != sorted_.begins.rend(); end = *at++)
      ranges_.emplace_back(*at, end);
    ranges_.emplace_back(0, end);
    while (!ranges_.empty()) {
      const auto [from, to] = ranges_.back();
      ranges_.pop_back();
      if (from == to)
        continue;
      now_ = {};
      const bool decided = to - from == 1 && sorted_.refused.contains(from);
      const auto done = decided ? result<void>{} : in_a_transaction(from, to);
      if (done) {
        if (!decided && to - from == 1 && suspect_ == from)
          led_astray_ = true;
        settle(from, to);
        continue;
      }
      if (!fault_.of_content) {
        out_.trouble = trouble_from(at_destination(done.error()));
        break;
      }
      divide(from, to);
    }
    return std::move(out_);
  }

private:
  /// What a transaction has done, if it comes to its end.
  struct outcome {
    std::size_t written = 0, deleted = 0, unchanged = 0;
    std::vector<std::pair<std::size_t, std::string>> refused{};
  };

  result<void> in_a_transaction(std::size_t from, std::size_t to) {
    bool begun = false;
    const auto write_some = [&](const group& of, bool deletes) -> result<void> {
      const auto [rows, skipped] = of.between(from, to);
      if (rows.values.empty())
        return {};
      if (!begun)
        if (auto ok = table_.begin(); !ok)
          return fail(std::move(ok).error());
      begun = true;
      const auto done = deletes ? table_.erase(rows) : table_.upsert(rows);
      if (!done)
        return fail(done.error(), std::span{of.changes}.subspan(skipped, rows.count()));
      now_.written += done->changed;
      now_.deleted += deletes ? done->changed : 0;
      now_.unchanged += rows.count() - std::min(rows.count(), done->changed + done->refused.size());
      for (const auto& [row, why] : done->refused)
        now_.refused.emplace_back(of.changes[skipped + row], why);
      return {};
    };
    for (const auto& [names, some] : sorted_.live)
      if (auto ok = write_some(some, false); !ok)
        return ok;
    if (auto ok = write_some(sorted_.dead, true); !ok)
      return ok;
    if (!begun)
      return {};
    if (auto ok = table_.commit(); !ok)
      return fail(std::move(ok).error());
    return {};
  }

  /// Which row the server says it was may be anything: triggers choose their own words.
  failure fail(failure why, std::span<const std::size_t> rows = {}) {
    fault_ = table_.newest_fault();
    if (fault_.row && *fault_.row < rows.size())
      fault_.row = rows[*fault_.row];
    else
      fault_.row.reset();
    if (auto undone = table_.roll_back(); !undone) {
      fault_ = {};
      return std::move(undone).error();
    }
    return why;
  }

  /// The one that seems at fault by itself, else halves. It is refused for what it is alone: the
  /// row that was named may be one of a trigger's own statement, and then no name is believed.
  void divide(std::size_t from, std::size_t to) {
    if (to - from == 1) {
      sorted_.refused[from] = fault_.words;
      ranges_.emplace_back(from, to);
      return;
    }
    if (fault_.row && !led_astray_) {
      const auto one = *fault_.row;
      suspect_ = one;
      ranges_.emplace_back(one + 1, to);
      ranges_.emplace_back(one, one + 1);
      ranges_.emplace_back(from, one);
      return;
    }
    const auto middle = from + (to - from + 1) / 2;
    ranges_.emplace_back(middle, to);
    ranges_.emplace_back(from, middle);
  }

  void settle(std::size_t from, std::size_t to) {
    out_.count += to - from;
    out_.written += now_.written;
    out_.deleted += now_.deleted;
    out_.unchanged += now_.unchanged;
    for (auto i = from; i < to; ++i)
      out_.bytes += all_[i].content.size();
    sorted_.refused.insert(now_.refused.begin(), now_.refused.end());
    for (auto it = sorted_.refused.lower_bound(from); it != sorted_.refused.end() && it->first < to;
         ++it)
      out_.letters.push_back({.place = all_[it->first].key,
                              .reason = "the database refuses it: " + it->second,
                              .bytes = all_[it->first].content});
  }

  open_table& table_;
  const std::span<const outgoing_change> all_;
  sorted sorted_;
  std::vector<std::pair<std::size_t, std::size_t>> ranges_; // still to be written, the first last
  outcome now_{};
  fault fault_{};
  std::optional<std::size_t> suspect_{}; // the newest
  bool led_astray_ = false;              // a suspect was none
  settled out_{};
};

} // namespace

settled write_page(open_table& table, const columns& c, const relational::option_names& names,
                   std::span<const outgoing_change> all) {
  auto rows = sort_out(all, c, names);
  if (!rows) {
    settled none;
    none.trouble = trouble_from(at_destination(std::move(rows).error()));
    return none;
  }
  return page{table, all, *std::move(rows)}.write();
}

} // namespace tenon::actors::tables
