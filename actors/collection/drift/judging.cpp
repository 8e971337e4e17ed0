#include "actors/collection/drift/judging.hpp"

#include <algorithm>

namespace tenon::actors::collections {
namespace {

constexpr std::size_t most_told = 5;

struct known_type {
  drift::type type = drift::type::absent;
  bool declared = false;
};

bool lets_in(drift::policy policy, bool learnt, const known_type& known, drift::type found) {
  if (known.type == drift::type::null || (!learnt && !known.declared))
    return true;
  switch (policy) {
  case drift::policy::widen:
    return true;
  case drift::policy::add:
    return known.type == drift::type::absent ||
           (known.type == drift::type::integer && found == drift::type::number);
  case drift::policy::quarantine:
  case drift::policy::fail:
    break;
  }
  return false;
}

drift::fate fate_from(drift::type known, bool learnt) {
  if (known == drift::type::absent)
    return learnt ? drift::fate::added : drift::fate::learned;
  return known == drift::type::null ? drift::fate::settled : drift::fate::widened;
}

/// One page before its collection's schema.
class judging {
public:
  judging(const known_fields& known, const drift::page& page, bool learnt)
      : known_{known}, policy_{page.policy}, learnt_{learnt} {
    out.unkept = page.unkept;
    for (const auto& one : page.declared)
      declare(one);
    for (const auto& one : page.seen)
      look_at(one);
  }

  judgement out;

private:
  void declare(const drift::seen& one) {
    const auto* field = known_.find(one.name);
    if (field != nullptr && field->declared)
      return;
    const auto before = field ? field->type : drift::type::absent;
    const auto type = joined(before, one.type);
    if (!field && !has_room())
      return;
    fresh_ += field == nullptr;
    declared_.emplace(one.name, type);
    out.accepted.push_back({.name = one.name,
                            .from = before,
                            .to = type,
                            .fate = drift::fate::declared,
                            .found = one.type});
  }

  void look_at(const drift::seen& one) {
    const auto known = type_of(one.name);
    if (fits(one.type, known.type))
      return;
    if (!lets_in(policy_, learnt_, known, one.type)) {
      note(out.refused, refused_, one, known.type, drift::fate::quarantined);
      return;
    }
    if (known.type == drift::type::absent && known_.find(one.name) == nullptr &&
        !accepted_.contains(one.name)) {
      if (!has_room()) {
        out.unkept += one.records;
        return;
      }
      ++fresh_;
    }
    note(out.accepted, accepted_, one, known.type, fate_from(known.type, learnt_));
  }

  known_type type_of(std::string_view name) const {
    if (const auto it = declared_.find(name); it != declared_.end())
      return {it->second, true};
    const auto* field = known_.find(name);
    return field ? known_type{field->type, field->declared} : known_type{};
  }

  bool has_room() const { return known_.size() + fresh_ < max_fields; }

  using places = std::unordered_map<std::string_view, std::size_t>;
  static void note(std::vector<drift::change>& all, places& by_name, const drift::seen& one,
                   drift::type known, drift::fate fate) {
    const auto [it, first] = by_name.emplace(one.name, all.size());
    if (first)
      all.push_back({.name = one.name, .from = known, .to = known, .fate = fate});
    auto& change = all[it->second];
    change.to = joined(change.to, one.type);
    change.found = joined(change.found, one.type);
    change.records += one.records;
  }

  const known_fields& known_;
  drift::policy policy_;
  bool learnt_;
  std::size_t fresh_ = 0; // fields that the collection did not have
  std::unordered_map<std::string_view, drift::type> declared_{}; // by this page
  places accepted_{};
  places refused_{};
};

} // namespace

drift::type joined(drift::type a, drift::type b) {
  const auto low = std::min(a, b), high = std::max(a, b);
  if (low == high || low <= drift::type::null)
    return high;
  if (low == drift::type::integer && high == drift::type::number)
    return high;
  return drift::type::mixed;
}

known_fields::known_fields(const drift::schema& all) {
  by_name_.reserve(all.fields.size());
  for (const auto& one : all.fields)
    by_name_.emplace(one.name, &one);
}

const drift::field* known_fields::find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

judgement judge(const known_fields& known, const drift::page& page, bool learnt) {
  return judging{known, page, learnt}.out;
}

std::string sentence(const drift::change& c) {
  if (c.from == drift::type::absent)
    return "the field " + c.name + " is new: " + std::string{name_of(c.found)};
  return "the field " + c.name + " was " + std::string{name_of(c.from)} + " and is " +
         std::string{name_of(c.found)};
}

failure stopped_by(const std::vector<drift::change>& changes, const std::string& collection) {
  std::string why, names;
  for (std::size_t i = 0; i < std::min(changes.size(), most_told); ++i) {
    why += (i == 0 ? "" : "; ") + sentence(changes[i]) + " in " +
           std::to_string(changes[i].records) + " of the page's records";
    names += " --accept " + changes[i].name;
  }
  if (changes.size() > most_told)
    why += "; and " + std::to_string(changes.size() - most_told) + " fields more";
  if (changes.size() > most_told)
    names = " --accept-all";
  return {code::conflict, std::move(why), "spec.drift",
          "Look at it with tenon schema " + collection + ", accept it with tenon schema " +
              collection + names +
              ", or choose another policy; then run the sync: it goes on where it stopped."};
}

} // namespace tenon::actors::collections
