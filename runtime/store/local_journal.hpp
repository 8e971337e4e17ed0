// The journal of a node without others: what is durable in the log below is confirmed, and every
// partition is this node's from the start, in the term that opening the log began.
#pragma once

#include "runtime/journal.hpp"
#include "runtime/store/log_store.hpp"

namespace tenon::runtime::store {

class local_journal final : public journal {
public:
  /// The log was opened with `next_terms`, and must outlive this.
  explicit local_journal(log_store& log) : log_{log} {}

  partition_number partitions() const override { return log_.partitions(); }
  std::uint64_t term(partition_number p) const override { return log_.ballot(p).term; }
  void watch(ownership_listener&) override;
  result<std::uint64_t> append(partition_number, std::uint64_t term, blob entry,
                               durable_listener& listener) override;
  std::uint64_t durable(partition_number p) const override { return log_.durable(p); }
  void read(partition_number, std::span<const std::uint64_t> indices,
            const std::function<void(const journal_entry&)>& each) const override;
  void scan(partition_number, std::uint64_t after,
            const std::function<void(const journal_entry&)>& each) const override;
  void trim(partition_number p, std::uint64_t through) override { log_.trim(p, {through, {}}); }

private:
  log_store& log_;
};

} // namespace tenon::runtime::store
