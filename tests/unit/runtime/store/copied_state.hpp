// Copying a partition's stored state in a test: all that is stored, as text that can be compared,
// and a source whose chunks go straight into a staged copy.
#pragma once

#include "runtime/store/state_copy.hpp"
#include "tests/support/volatile_journal.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tenon::tests {

namespace store = runtime::store;
using runtime::partition_number;

constexpr span long_enough{30'000};

/// Everything that can be read of a partition, with what is listed.
inline std::vector<std::string> all_of(const store::local_state& s, partition_number p) {
  std::vector<std::string> found;
  s.everyone(p, [&](const identity& id, const runtime::state_row& row) {
    const auto name = to_string(id);
    found.push_back(name + " @" + std::to_string(row.index) + " " + row.bytes.text());
    s.scan(p, id, {}, ~std::size_t{0}, [&](std::string_view key, const blob& value) {
      found.push_back(name + " [" + std::string{key} + "] " +
                      std::to_string(stable_hash(value.view())) + " of " +
                      std::to_string(value.size()));
      return true;
    });
    s.history(p, id, 0, ~std::size_t{0}, [&](std::uint64_t number, const blob& event) {
      found.push_back(name + " #" + std::to_string(number) + " " + event.text());
      return true;
    });
    return true;
  });
  for (const auto& id : s.due(p, moment{span{1'000'000'000}}, ~std::size_t{0} >> 1))
    found.push_back("due " + to_string(id));
  for (const auto& id : s.unfinished(p))
    found.push_back("unfinished " + to_string(id));
  return found;
}

inline std::vector<store::copy_chunk> chunks_of(store::state_copy& from) {
  std::vector<store::copy_chunk> chunks;
  do {
    auto next = from.next();
    if (!next) {
      ADD_FAILURE() << next.error().where << ": " << next.error().why;
      return chunks;
    }
    chunks.push_back(*std::move(next));
  } while (!chunks.back().last);
  return chunks;
}

inline result<store::staged_copy> staged_from(const std::vector<store::copy_chunk>& chunks,
                                              const std::filesystem::path& state_file,
                                              partition_number p) {
  auto staged = store::staged_copy::begin(state_file, p, chunks.at(0).copy);
  for (const auto& c : chunks)
    if (auto ok = staged ? staged->take(c) : staged.error(); !ok)
      return std::move(ok).error();
  return staged;
}

/// A file of stored state beside a log that ends at an index of the test's choice.
class copying_node {
public:
  explicit copying_node(std::filesystem::path file, store::state_options options = {})
      : options_{std::move(options)} {
    options_.file = std::move(file);
    options_.partitions = 4;
    restart();
  }

  void restart() {
    state_.reset();
    auto opened = store::local_state::open(options_, journal, meters_);
    if (!opened)
      ADD_FAILURE() << opened.error().where << ": " << opened.error().why;
    else
      state_ = std::move(opened).value();
  }
  /// The log of every partition ends at this index at least.
  void extend(std::uint64_t index) {
    for (partition_number p = 0; p < 4; ++p)
      while (journal.last(p) < index)
        EXPECT_TRUE(journal.append(p, 1, blob{}, listener_));
  }
  store::local_state& state() { return *state_; }
  const std::filesystem::path& file() const { return options_.file; }
  void stop() { state_.reset(); }

  volatile_journal journal{4};

private:
  class : public runtime::durable_listener {
    void durable(std::uint64_t) noexcept override {}
  } listener_;
  runtime::meters meters_;
  store::state_options options_;
  std::unique_ptr<store::local_state> state_;
};

/// A little of everything: history, tables, deadlines, unfinished ones, names that begin alike.
inline void store_some(copying_node& node, partition_number p, int identities,
                       std::size_t table_bytes) {
  for (int n = 1; n <= identities; ++n) {
    const auto index = static_cast<std::uint64_t>(n);
    runtime::state_save s{.partition = p,
                          .id = {"acme", n % 3 == 0 ? "task" : "sync", "n" + std::to_string(n)}};
    s.index = index;
    s.row = blob::from(std::string(static_cast<std::size_t>(n * 7), 'r') + std::to_string(n));
    if (n % 2 == 0)
      s.wake_at = moment{span{n * 10 - 40}};
    s.unfinished = n % 5 == 0;
    for (int i = 0; i < n % 4; ++i)
      s.history.push_back(blob::from("event " + std::to_string(i)));
    auto table = std::make_shared<std::vector<runtime::table_change>>();
    for (int i = 0; i < n % 7; ++i)
      table->push_back({"k" + std::to_string(i),
                        blob::from(std::string(table_bytes, static_cast<char>('a' + i)))});
    s.table = std::move(table);
    node.extend(index);
    node.state().save(std::move(s), {});
  }
  node.state().checkpoint(p, static_cast<std::uint64_t>(identities));
  EXPECT_TRUE(node.state().write_now(long_enough));
}

} // namespace tenon::tests
