#include "runtime/store/state_installation.hpp"

#include "runtime/store/checked_value.hpp"
#include "runtime/store/staged_copy.hpp"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tenon::runtime::store {
namespace {

struct owned_record {
  copy_part part = copy_part::head;
  std::string key;
  std::string value;
};

void put_as_it_is(write_transaction& to, table t, std::string_view key, std::string_view value) {
  if (char* at = to.put(t, key, value.size()))
    std::memcpy(at, value.data(), value.size());
}

void put(write_transaction& to, const owned_record& r) {
  if (r.part == copy_part::history)
    return put_as_it_is(to, history_table, r.key, r.value);
  if (r.part == copy_part::table)
    return put_as_it_is(to, rows_table, r.key, r.value);
  put_as_it_is(to, row_table, r.key, r.value);
  const auto row = read_stored_row(r.key, r.value);
  if (row && row->wake_at)
    put_sealed(to, due_table, due_key(*row->wake_at, r.key), {});
  if (row && row->unfinished)
    put_sealed(to, unfinished_table, r.key, {});
}

/// Always the first that is left, so that a map that has to grow in between is no matter.
void erase_everything(environment& in, partition_number p, std::size_t most_rows) {
  const state_key prefix{p};
  bool more = true;
  const auto erase_some = [&](write_transaction& to) {
    more = true;
    std::size_t erased = 0;
    for (const auto t : {row_table, rows_table, history_table, due_table, unfinished_table})
      for (;;) {
        std::string key;
        if (auto at = to.walk(t); at.seek(prefix) && at.key().starts_with(prefix.view()))
          key = at.key();
        if (key.empty())
          break;
        if (erased++ == most_rows)
          return;
        to.erase(t, key);
        if (to.full())
          return;
      }
    more = false;
  };
  while (more)
    in.write(erase_some);
}

/// Records gather until they are worth a transaction.
class putting {
public:
  putting(environment& in, installation_bounds b) : in_{in}, bounds_{b} {}

  void take(const copy_record& r) {
    waiting_.push_back({r.part, std::string{r.key}, std::string{r.value}});
    bytes_ += r.key.size() + r.value.size();
    if (waiting_.size() >= bounds_.most_rows || bytes_ >= bounds_.most_bytes)
      write();
  }
  void write() {
    if (waiting_.empty())
      return;
    in_.write([&](write_transaction& to) {
      for (const auto& r : waiting_)
        put(to, r);
    });
    waiting_.clear();
    bytes_ = 0;
  }

private:
  environment& in_;
  installation_bounds bounds_;
  std::vector<owned_record> waiting_;
  std::size_t bytes_ = 0;
};

} // namespace

result<void> check_staged(const environment& in, partition_number p, const installation& i) {
  constexpr std::string_view remedy =
      "Let the node join anew with an empty directory, or restore a backup.";
  const auto file = staged_file_of(in.file(), p);
  auto found = read_staged(file, [](const copy_record&) {});
  if (!found) {
    auto why = std::move(found).error();
    why.why = "partition " + std::to_string(p) + " was being replaced by a copy: " + why.why;
    why.remedy = remedy;
    return why;
  }
  if (found->copy != i.copy || found->checksum != i.checksum || found->totals.partition != p ||
      found->totals.index != i.stamp.index || found->totals.reaches != i.stamp.reaches)
    return failure{code::internal,
                   "partition " + std::to_string(p) +
                       " was being replaced by a copy, and this is another one",
                   file.string(), std::string{remedy}};
  return {};
}

result<void> put_in_place(environment& in, partition_number p, const installation& i,
                          installation_bounds bounds) {
  in.write([&](write_transaction& to) { write_installation(to, p, i); });
  erase_everything(in, p, bounds.most_rows);
  putting rows{in, bounds};
  const auto file = staged_file_of(in.file(), p);
  if (auto read = read_staged(file, [&](const copy_record& r) { rows.take(r); }); !read)
    return std::move(read).error();
  rows.write();
  in.write([&](write_transaction& to) {
    write_checkpoint(to, p, i.stamp.index);
    write_stamp(to, p, i.stamp);
    to.erase(state_meta_table, installing_key(p));
  });
  std::error_code ignored; // what is left is removed when the node starts
  std::filesystem::remove(file, ignored);
  return {};
}

result<void> finish_installations(environment& in, partition_number partitions,
                                  installation_bounds bounds) {
  for (partition_number p = 0; p < partitions; ++p) {
    const auto begun = read_installation(in, p);
    if (!begun)
      return begun.error();
    if (!*begun)
      continue;
    if (auto ok = check_staged(in, p, **begun); !ok)
      return ok;
    if (auto ok = put_in_place(in, p, **begun, bounds); !ok)
      return ok;
  }
  return remove_staged(in.file());
}

} // namespace tenon::runtime::store
