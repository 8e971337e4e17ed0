#include "runtime/store/examination.hpp"

#include "runtime/store/checked_value.hpp"
#include "runtime/store/data_directory.hpp"
#include "runtime/store/journal_file.hpp"
#include "runtime/store/log_course.hpp"
#include "runtime/store/pages.hpp"
#include "runtime/store/staged_copy.hpp"
#include "runtime/store/state_file.hpp"
#include "runtime/store/state_installation.hpp"
#include "runtime/store/storage_failure.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace tenon::runtime::store {
namespace {

constexpr std::size_t most_findings = 100;

class examiner {
public:
  explicit examiner(std::filesystem::path directory) : directory_{std::move(directory)} {}

  result<examination> everything() {
    if (auto ok = examine_journal(); !ok)
      return std::move(ok).error();
    if (auto ok = examine_state(); !ok)
      return std::move(ok).error();
    return std::move(seen_);
  }

private:
  void found(std::string place, std::string what) {
    if (seen_.findings.size() < most_findings)
      seen_.findings.push_back({file_, std::move(place), std::move(what)});
    else
      ++seen_.more;
  }

  /// Nothing when the structure is damaged: LMDB is not let near such a file.
  result<std::unique_ptr<environment>> open(std::filesystem::path file,
                                            const std::vector<std::string>& tables) {
    file_ = std::move(file);
    std::error_code error;
    if (!std::filesystem::exists(file_, error))
      return storage_failure(ENOENT, "open the file", file_);
    const auto before = seen_.findings.size();
    walk_pages(file_, [&](std::string place, std::string what) {
      found(std::move(place), std::move(what));
    });
    if (seen_.findings.size() > before)
      return std::unique_ptr<environment>{};
    return environment::open({.file = file_, .create = false, .read_only = true, .walk_up_to = 0},
                             tables);
  }

  result<void> examine_journal() {
    auto opened = open(journal_file_of(directory_), journal_tables());
    if (!opened)
      return std::move(opened).error();
    if (!*opened)
      return {};
    const auto& from = **opened;
    const auto header = read_journal_header(from);
    if (!header) {
      found("header", header.error().why);
      return {};
    }
    journal_is_new_ = !*header; // its making was cut off, and nothing is in it
    if (journal_is_new_)
      return {};
    node_ = (*header)->node;
    for (const auto& log : (*header)->logs)
      logs_.emplace_back(log.trimmed);
    examine_rows(from, (*header)->first_sequence);
    examine_logs(from);
    return {};
  }

  void examine_rows(const environment& from, std::uint64_t expected) {
    const auto snapshot = from.read();
    auto at = snapshot.walk(wal_table);
    for (bool more = at.first(); more; more = at.next(), ++expected) {
      if (at.key().size() != 8)
        return found("row " + std::to_string(expected), "its key is not a number");
      const auto sequence = read_big(at.key());
      if (sequence != expected)
        found("row " + std::to_string(expected), "it is missing");
      expected = sequence;
      const auto blocks = read_row(sequence, at.value());
      if (!blocks) {
        found("row " + std::to_string(sequence),
              blocks.error().why + " at " + blocks.error().where);
        continue;
      }
      for (const auto& block : *blocks)
        examine_block(sequence, block);
    }
  }

  void examine_block(std::uint64_t sequence, const stored_block& block) {
    const auto place =
        "row " + std::to_string(sequence) + ", partition " + std::to_string(block.partition);
    if (block.partition >= logs_.size())
      return found(place, "there is no such partition");
    auto& log = logs_[block.partition];
    seen_.log_entries += block.count;
    if (auto why = log.take(block); !why.empty())
      found(place, std::move(why));
  }

  void examine_logs(const environment& from) {
    for (partition_number p = 0; p < logs_.size(); ++p) {
      const auto place = "partition " + std::to_string(p);
      if (auto why = logs_[p].end(); !why.empty())
        found(place, std::move(why));
      if (const auto base = read_log_base(from, p); !base)
        found(place, base.error().why);
    }
  }

  result<void> examine_state() {
    auto opened = open(state_file_of(directory_), state_tables());
    if (!opened)
      return std::move(opened).error();
    if (!*opened)
      return {};
    const auto& from = **opened;
    const auto header = read_state_header(from);
    if (!header) {
      found("header", header.error().why);
      return {};
    }
    if (*header)
      examine_installations(from, (*header)->partitions);
    examine_checkpoints(from);
    if (!*header)
      return {};
    if (journal_is_new_)
      found("header", "there is stored state, but the journal is empty");
    // Without a readable journal there is nothing to compare with.
    if (!logs_.empty() && ((*header)->node != node_ || (*header)->partitions != logs_.size()))
      found("header", "it is of node " + (*header)->node + ", the journal of " + node_);
    const auto snapshot = from.read();
    examine_identities(snapshot);
    examine_table_rows(snapshot);
    examine_history(snapshot);
    examine_listings(snapshot);
    return {};
  }

  /// Copies of other nodes that were put in place, and such as a crash has left to be finished.
  void examine_installations(const environment& from, std::uint32_t partitions) {
    copied_.resize(partitions);
    for (std::uint32_t n = 0; n < partitions; ++n) {
      const auto p = static_cast<partition_number>(n);
      if (auto stamp = read_stamp(from, p); !stamp)
        found("partition " + std::to_string(p), stamp.error().why);
      else if (*stamp)
        copied_[p].stamp = **stamp;
      const auto begun = read_installation(from, p);
      copied_[p].unfinished = !begun || *begun;
      if (!begun) {
        found("partition " + std::to_string(p), begun.error().why);
      } else if (*begun) {
        const auto state = std::exchange(file_, staged_file_of(file_, p));
        if (auto ok = check_staged(from, p, **begun); !ok)
          found("staged copy", ok.error().why);
        file_ = state;
      }
    }
  }

  struct copied {
    state_stamp stamp;
    bool unfinished = false; // its rows are of neither: only their checksums count
  };
  copied copied_to(std::size_t p) const { return p < copied_.size() ? copied_[p] : copied{}; }
  bool is_unfinished(std::string_view key) const {
    return key.size() >= 2 && copied_to(partition_of(key)).unfinished;
  }
  static std::size_t partition_of(std::string_view key) {
    return static_cast<std::size_t>(static_cast<unsigned char>(key[0]) << 8 |
                                    static_cast<unsigned char>(key[1]));
  }

  void examine_checkpoints(const environment& from) {
    for (std::size_t p = 0; p < logs_.size(); ++p) {
      if (copied_to(p).unfinished)
        continue;
      const auto place = "checkpoint of partition " + std::to_string(p);
      const auto index = read_checkpoint(from, static_cast<partition_number>(p));
      if (!index)
        found(place, index.error().why);
      else if (*index >= std::max(logs_[p].next(), copied_to(p).stamp.index + 1))
        found(place, "it is at index " + std::to_string(*index) + ", the log ends at " +
                         std::to_string(logs_[p].next() - 1));
      else if (*index < logs_[p].trimmed())
        found(place, "it is at index " + std::to_string(*index) + ", the log begins after " +
                         std::to_string(logs_[p].trimmed()));
    }
  }

  static std::string name_of_row(std::string_view key) {
    const auto id = identity_of(key);
    return id ? to_string(*id) : "a key of " + std::to_string(key.size()) + " bytes";
  }

  void examine_identities(const read_transaction& snapshot) {
    auto at = snapshot.walk(row_table);
    for (bool more = at.first(); more; more = at.next()) {
      ++seen_.identities;
      const auto id = identity_of(at.key());
      const auto place = "row of " + name_of_row(at.key());
      const auto row = read_stored_row(at.key(), at.value());
      if (!id || !check(*id)) {
        found(place, "its key is not of an identity");
        continue;
      }
      if (!row) {
        found(place, "its checksum is wrong");
        continue;
      }
      if (is_unfinished(at.key()))
        continue;
      // Of a copy the rows may be ahead of the log; what they have is still to come.
      const auto p = partition_of(at.key());
      if (!logs_.empty() &&
          (p >= logs_.size() ||
           row->index >= std::max(logs_[p].next(), copied_to(p).stamp.reaches + 1)))
        found(place, "it is of index " + std::to_string(row->index) + ", which the log of " +
                         "partition " + std::to_string(p) + " does not have");
      if (row->wake_at && !snapshot.find(due_table, due_key(*row->wake_at, at.key())))
        found(place, "its deadline is not listed");
      if (row->unfinished && !snapshot.find(unfinished_table, at.key()))
        found(place, "it is not listed as unfinished");
    }
  }

  void examine_table_rows(const read_transaction& snapshot) {
    auto at = snapshot.walk(rows_table);
    for (bool more = at.first(); more; more = at.next()) {
      ++seen_.table_rows;
      if (!unsealed(at.key(), at.value()))
        found("table of " + name_of_row(row_key_of(at.key())), "a checksum is wrong");
    }
  }

  /// Numbers below the row's count must be there; those beyond belong to a save that a crash cut
  /// off, and are written over.
  void examine_history(const read_transaction& snapshot) {
    auto at = snapshot.walk(history_table);
    std::string owner;
    std::uint64_t next = 0;
    for (bool more = at.first(); more; more = at.next()) {
      ++seen_.history_rows;
      const auto of = row_key_of(at.key());
      const auto place = "history of " + name_of_row(of);
      if (at.key().size() != of.size() + 8) {
        found(place, "a key has no number");
        continue;
      }
      if (!unsealed(at.key(), at.value()))
        found(place, "a checksum is wrong");
      if (is_unfinished(at.key()))
        continue;
      if (of != owner) {
        examine_history_end(snapshot, owner, next);
        owner = of;
        next = 0;
      }
      if (read_big(at.key().substr(of.size())) != next)
        found(place, "number " + std::to_string(next) + " is missing");
      next = read_big(at.key().substr(of.size())) + 1;
    }
    examine_history_end(snapshot, owner, next);
  }

  void examine_history_end(const read_transaction& snapshot, std::string_view owner,
                           std::uint64_t end) {
    const auto value = owner.empty() ? std::nullopt : snapshot.find(row_table, owner);
    const auto row = value ? read_stored_row(owner, *value) : std::nullopt;
    if (row && row->history_end > end)
      found("history of " + name_of_row(owner), "it ends at " + std::to_string(end) +
                                                    " instead of " +
                                                    std::to_string(row->history_end));
  }

  void examine_listings(const read_transaction& snapshot) {
    for (const auto t : {due_table, unfinished_table}) {
      auto at = snapshot.walk(t);
      for (bool more = at.first(); more; more = at.next()) {
        const bool due = t == due_table;
        if (!unsealed(at.key(), at.value()) || (due && at.key().size() < 10)) {
          found(due ? "deadlines" : "unfinished", "a checksum is wrong");
          continue;
        }
        if (is_unfinished(at.key()))
          continue;
        const auto key = due ? row_key_of_due(at.key()) : std::string{at.key()};
        const auto value = snapshot.find(row_table, key);
        const auto row = value ? read_stored_row(key, *value) : std::nullopt;
        if (!value || (row && (due ? row->wake_at != moment_of(at.key()) : !row->unfinished)))
          found(due ? "deadlines" : "unfinished", name_of_row(key) + " is listed wrongly");
      }
    }
  }

  std::filesystem::path directory_;
  std::filesystem::path file_;
  examination seen_;
  bool journal_is_new_ = false;
  std::string node_;
  std::vector<log_course> logs_;
  std::vector<copied> copied_;
};

} // namespace

result<examination> examine(const std::filesystem::path& directory) {
  return examiner{directory}.everything();
}

} // namespace tenon::runtime::store
