// What of a page's fields is news to its collection, and whether the feed's policy lets it in. A
// field's type is the least that all its values have in common:
//
//     absent ─ null ─┬─ boolean ───────────┬─ mixed       a value fits a field when its type leads
//                    ├─ integer ─ number ──┤              there from the value's: a null fits every
//                    └─ text, object, list ┘              field, and a mixed field takes everything
//
//     found              widen      add          quarantine    fail
//     a new field        added      added        letters       the run stops
//     a number, where
//     there were integers widened   widened      letters       the run stops
//     any other type     widened    letters      letters       the run stops
//
// A page is judged as a whole, by what was known before it. Everything is let in until a run of the
// collection has come to its end, because a first page seldom shows every field that there is; only
// what a source says of its fields beforehand counts from the first record on. The first value of
// a field that had none is no drift. Beyond 2,000 fields, new ones are counted and not judged.
#pragma once

#include "actors/collection/drift/fields.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tenon::actors::collections {

drift::type joined(drift::type, drift::type);

inline bool fits(drift::type found, drift::type known) {
  return joined(found, known) == known;
}

/// A schema by the names of its fields.
class known_fields {
public:
  explicit known_fields(const drift::schema&); // which must outlive it

  const drift::field* find(std::string_view name) const;
  std::size_t size() const { return by_name_.size(); }

private:
  std::unordered_map<std::string_view, const drift::field*> by_name_;
};

struct judgement {
  std::vector<drift::change> accepted; // who brought it, and when, is not filled in
  std::vector<drift::change> refused;
  std::uint64_t unkept = 0;
};

judgement judge(const known_fields&, const drift::page&, bool learnt);

/// "the field age was integer and is text"
std::string sentence(const drift::change&);

/// Why a run stops, and what to do.
failure stopped_by(const std::vector<drift::change>&, const std::string& collection);

} // namespace tenon::actors::collections
