// Stored state as cells see it, above stored state as the disk has it: rows, table values and
// history of kinds that hold secrets are sealed on the way down and opened on the way up. Names,
// keys of tables and deadlines stay readable: the store must sort by them.
//
// What cannot be opened comes up as it is; its reader then finds that it cannot be decoded and
// keeps its hands off. Whether the right master key is there was asked at the start.
#pragma once

#include "runtime/sealing/seal.hpp"
#include "runtime/state.hpp"

#include <functional>
#include <string_view>

namespace tenon::runtime {

class sealed_state final : public state {
public:
  using is_secret = std::function<bool(std::string_view kind)>;
  sealed_state(state& below, const seal&, is_secret);

  std::optional<state_row> load(partition_number, const identity&) const override;
  std::optional<blob> find(partition_number, const identity&, std::string_view key) const override;
  void scan(partition_number, const identity&, std::string_view after, std::size_t limit,
            const std::function<bool(std::string_view, const blob&)>& each) const override;
  void history(partition_number, const identity&, std::uint64_t from, std::size_t limit,
               const std::function<bool(std::uint64_t, const blob&)>& each) const override;
  void fence(partition_number p, std::uint64_t term) override { below_.fence(p, term); }
  void save(state_save, std::function<void()> saved) override;
  std::size_t waiting() const override { return below_.waiting(); }
  void checkpoint(partition_number p, std::uint64_t index, std::uint64_t term) override {
    below_.checkpoint(p, index, term);
  }
  std::uint64_t checkpointed(partition_number p) const override { return below_.checkpointed(p); }
  std::vector<std::string> list(std::string_view tenant, std::string_view kind,
                                std::string_view after, std::size_t limit) const override;
  void everyone(partition_number,
                const std::function<bool(const identity&, const state_row&)>& each) const override;
  std::vector<identity> due(partition_number, moment until, std::size_t limit) const override;
  std::vector<identity> unfinished(partition_number p) const override {
    return below_.unfinished(p);
  }

private:
  blob opened(const identity&, std::string_view field, const blob&) const;

  state& below_;
  const seal& seal_;
  is_secret secret_;
};

} // namespace tenon::runtime
