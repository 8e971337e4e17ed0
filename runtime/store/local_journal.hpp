// The journal of a single node: what is durable in the log below is confirmed. Opening starts the
// next term of every partition.
#pragma once

#include "runtime/journal.hpp"
#include "runtime/store/log_store.hpp"

#include <memory>
#include <string>
#include <utility>

namespace tenon::runtime::store {

using journal_options = log_options;

class local_journal final : public journal {
public:
  static result<std::unique_ptr<local_journal>> open(journal_options, meters&);

  partition_number partitions() const override { return store_->partitions(); }
  std::uint64_t term(partition_number p) const override { return store_->ballot(p).term; }
  void watch(ownership_listener&) override;
  result<std::uint64_t> append(partition_number, std::uint64_t term, blob entry,
                               durable_listener& listener) override;
  std::uint64_t durable(partition_number p) const override { return store_->durable(p); }
  void read(partition_number, std::span<const std::uint64_t> indices,
            const std::function<void(const journal_entry&)>& each) const override;
  void scan(partition_number, std::uint64_t after,
            const std::function<void(const journal_entry&)>& each) const override;
  void trim(partition_number p, std::uint64_t through) override { store_->trim(p, {through, {}}); }

  /// The last index that was trimmed: the log begins after it.
  std::uint64_t trimmed(partition_number p) const { return store_->trimmed(p); }

  /// Nothing is trimmed while such a hold lives: for copying state first and the log behind it.
  class hold : log_store::hold {
  public:
    explicit hold(local_journal& j) : log_store::hold{*j.store_} {}
  };

  /// The node the file belongs to: a random name when none was given at its creation.
  const std::string& node() const { return store_->node(); }
  const environment& file() const { return store_->file(); }

private:
  explicit local_journal(std::unique_ptr<log_store> s) : store_{std::move(s)} {}

  std::unique_ptr<log_store> store_;
};

} // namespace tenon::runtime::store
