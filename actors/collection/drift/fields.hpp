// What the records of a page have in them: each top-level field, with the types of its values and
// how many records have it so. Records are read in place and only as deep as it takes to step over
// a value; one that has the fields of the record before it, in the same order, costs no look-up.
// What is no JSON object has no fields.
#pragma once

#include "protocols/drift.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tenon::actors::collections {

namespace drift = protocols::drift_types;

inline constexpr std::size_t max_fields = 2'000; // of a collection, and of a page
inline constexpr std::size_t max_field_name = 250;

class field_sum {
public:
  field_sum() = default;
  field_sum(const field_sum&) = delete; // its parts point at each other
  field_sum& operator=(const field_sum&) = delete;

  void add(std::string_view record);
  /// Of all that were added, in the order in which the fields came first.
  drift::page page(drift::policy) const;

private:
  struct field {
    std::string raw;                        // the name as it is written, with its quotes
    std::string lead;                       // and all up to its value, as it was written first
    std::array<std::uint64_t, 9> records{}; // by type
  };

  field* find(std::string_view raw, std::string_view lead); // null: there is no room for it

  std::deque<field> fields_;
  std::unordered_map<std::string_view, field*> by_raw_;
  std::vector<field*> order_; // the fields of the record before
  std::uint64_t unkept_ = 0;
};

} // namespace tenon::actors::collections
