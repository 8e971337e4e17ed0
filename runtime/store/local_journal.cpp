#include "runtime/store/local_journal.hpp"

#include <functional>
#include <string>
#include <utility>

namespace tenon::runtime::store {

void local_journal::watch(ownership_listener& listener) {
  for (partition_number p = 0; p < partitions(); ++p)
    listener.gained(p, term(p));
}

result<std::uint64_t> local_journal::append(partition_number p, std::uint64_t term, blob entry,
                                            durable_listener& listener) {
  if (term != log_.ballot(p).term)
    return failure{code::unavailable, "another term owns the partition",
                   "partition " + std::to_string(p)};
  return log_.append(p, term, std::move(entry), listener);
}

void local_journal::read(partition_number p, std::span<const std::uint64_t> indices,
                         const std::function<void(const journal_entry&)>& each) const {
  log_.read(p, indices, std::cref(each));
}

void local_journal::scan(partition_number p, std::uint64_t after,
                         const std::function<void(const journal_entry&)>& each) const {
  log_.scan(p, after, std::cref(each));
}

} // namespace tenon::runtime::store
