#include "runtime/sealing/sealed_state.hpp"

namespace tenon::runtime {
namespace {

// What sealed bytes are bound to beside their owner, so that none can be put in another's place.
constexpr std::string_view row_field = "row";
constexpr std::string_view history_field = "history";
std::string table_field(std::string_view key) {
  return std::string{"table "}.append(key);
}

} // namespace

sealed_state::sealed_state(state& below, const seal& s, is_secret secret)
    : below_{below}, seal_{s}, secret_{std::move(secret)} {}

blob sealed_state::opened(const identity& id, std::string_view field, const blob& sealed) const {
  auto plain = seal_.open(id, field, sealed);
  return plain ? *std::move(plain) : sealed;
}

std::optional<state_row> sealed_state::load(partition_number p, const identity& id) const {
  auto row = below_.load(p, id);
  if (row && secret_(id.kind))
    row->bytes = opened(id, row_field, row->bytes);
  return row;
}

std::optional<blob> sealed_state::find(partition_number p, const identity& id,
                                       std::string_view key) const {
  auto found = below_.find(p, id, key);
  if (found && secret_(id.kind))
    found = opened(id, table_field(key), *found);
  return found;
}

void sealed_state::scan(partition_number p, const identity& id, std::string_view after,
                        std::size_t limit,
                        const std::function<bool(std::string_view, const blob&)>& each) const {
  if (!secret_(id.kind))
    return below_.scan(p, id, after, limit, each);
  below_.scan(p, id, after, limit, [&](std::string_view key, const blob& sealed) {
    return each(key, opened(id, table_field(key), sealed));
  });
}

void sealed_state::history(partition_number p, const identity& id, std::uint64_t from,
                           std::size_t limit,
                           const std::function<bool(std::uint64_t, const blob&)>& each) const {
  if (!secret_(id.kind))
    return below_.history(p, id, from, limit, each);
  below_.history(p, id, from, limit, [&](std::uint64_t number, const blob& sealed) {
    return each(number, opened(id, history_field, sealed));
  });
}

void sealed_state::save(state_save s, std::function<void()> saved) {
  if (secret_(s.id.kind)) {
    if (s.row)
      s.row = seal_.close(s.id, row_field, *s.row);
    for (auto& event : s.history)
      event = seal_.close(s.id, history_field, event);
    if (s.table) {
      auto sealed = std::make_shared<std::vector<table_change>>(*s.table);
      for (auto& [key, value] : *sealed)
        if (value)
          value = seal_.close(s.id, table_field(key), *value);
      s.table = std::move(sealed);
    }
  }
  below_.save(std::move(s), std::move(saved));
}

std::vector<std::string> sealed_state::list(std::string_view tenant, std::string_view kind,
                                            std::string_view after, std::size_t limit) const {
  return below_.list(tenant, kind, after, limit);
}

void sealed_state::everyone(
    partition_number p, const std::function<bool(const identity&, const state_row&)>& each) const {
  below_.everyone(p, [&](const identity& id, const state_row& row) {
    return secret_(id.kind) ? each(id, {row.index, opened(id, row_field, row.bytes)})
                            : each(id, row);
  });
}

std::vector<identity> sealed_state::due(partition_number p, moment until, std::size_t limit) const {
  return below_.due(p, until, limit);
}

} // namespace tenon::runtime
