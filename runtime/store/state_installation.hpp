// Puts a staged copy in the place of everything that a partition has stored, in transactions of
// bounded size. Before the first one the file says that it is being done, and of which copy; the
// last one says that it is over. A crash anywhere in between is finished when the file is opened:
// all of the partition is erased and put again, so it is never half of both.
#pragma once

#include "protocols/failure.hpp"
#include "runtime/store/environment.hpp"
#include "runtime/store/state_file.hpp"

#include <cstddef>

namespace tenon::runtime::store {

/// Of one transaction.
struct installation_bounds {
  std::size_t most_rows = 8192;
  std::size_t most_bytes = std::size_t{4} << 20;
};

/// Whether the staged copy that it speaks of is there, whole, and the one that was meant.
result<void> check_staged(const environment&, partition_number, const installation&);

/// From the mark to its removal. A failure leaves the mark, and the partition is of no use.
result<void> put_in_place(environment&, partition_number, const installation&, installation_bounds);

/// Finishes what was begun in any partition, and removes staged copies that nobody needs. Called
/// when the file was opened, before anything is read.
result<void> finish_installations(environment&, partition_number partitions, installation_bounds);

} // namespace tenon::runtime::store
