#include "nodes/edge/mistakes.hpp"

#include "actors/integration.hpp"
#include "actors/integration/manifest.hpp"
#include "actors/schedule.hpp"
#include "actors/sync.hpp"
#include "actors/trigger.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tenon::nodes::edge {
namespace {

/// A source or destination that no kind knows, or options that its kind refuses, is told when the
/// sync is applied and not when it first runs.
template <class Kinds>
result<void> check_kind(const Kinds* kinds, const value& spec, std::string_view what) {
  const auto* said = spec.find(what);
  const auto* members = said ? said->as<object>() : nullptr;
  if (!members || members->size() != 1 || !kinds)
    return {};
  const auto& [name, options] = *members->begin();
  const auto kind = std::ranges::find(*kinds, name, [](const auto& k) { return k->name(); });
  if (kind == kinds->end()) {
    std::string known;
    for (const auto& k : *kinds)
      known += (known.empty() ? "" : ", ") + std::string{k->name()};
    const auto noun = what == "from" ? "source" : "destination";
    return failure{code::malformed, std::string{"there is no kind of "} + noun + " called " + name,
                   "spec." + std::string{what}, "There are: " + known + "."};
  }
  const auto* written = options.as<object>();
  return written ? (*kind)->check(*written) : result<void>{};
}

using checking = std::function<result<void>(const value& spec)>;

/// Kinds whose specs hold no secrets, which only their actors can judge.
checking check_of(std::string_view kind) {
  if (kind == "sync")
    return actors::sync::check_spec;
  if (kind == "integration")
    return actors::integration::check_spec;
  if (kind == "schedule")
    return actors::schedule::check_spec;
  if (kind == "trigger")
    return actors::trigger::check_spec;
  return {};
}

/// Without the place in a text that may follow: "spec.cron, character 3".
std::string_view path_of(const failure& f) {
  return std::string_view{f.where}.substr(0, f.where.find(','));
}

/// Without what stands at the path "spec.a.b[2].c"; false when nothing does.
bool drop(value& spec, std::string_view path) {
  if (!path.starts_with("spec."))
    return false;
  path.remove_prefix(5);
  auto* here = &spec;
  for (;;) {
    const auto end = path.find_first_of(".[");
    const auto name = path.substr(0, end);
    auto* members = here->as<object>();
    auto* member = members ? members->find(name) : nullptr;
    if (member == nullptr)
      return false;
    if (end == path.npos)
      return members->erase(name);
    here = member;
    path.remove_prefix(end + 1);
    if (path.empty() || path.front() < '0' || path.front() > '9')
      continue;
    auto* items = here->as<list>();
    std::size_t index = 0;
    const auto* stop = std::from_chars(path.data(), path.data() + path.size(), index).ptr;
    path.remove_prefix(static_cast<std::size_t>(stop - path.data()));
    if (!items || index >= items->size() || !path.starts_with("]."))
      return false;
    here = &(*items)[index];
    path.remove_prefix(2);
  }
}

/// A reader that stops at the first mistake is asked again without it. What is missing cannot be
/// left out: it ends there.
void find_by_leaving_out(value spec, const checking& check, std::vector<failure>& into) {
  while (into.size() <= most_mistakes) {
    const auto checked = check(spec);
    if (checked)
      return;
    const auto& why = checked.error();
    // What is said of a whole of which a part was left out may be only that.
    const bool follows = std::ranges::any_of(into, [&](const failure& before) {
      return path_of(before) == path_of(why) || path_of(before).starts_with(why.where + '.');
    });
    if (!follows)
      into.push_back(why);
    if (!drop(spec, path_of(why)))
      return;
  }
}

std::vector<failure> mistakes_in_connector(const value& spec) {
  auto found = actors::connectors::check_manifest(spec);
  for (auto& one : found.errors)
    one.where = one.where.empty() ? "spec" : "spec." + one.where;
  if (found.count > found.errors.size() && !found.errors.empty())
    found.errors.back().why +=
        " (and " + std::to_string(found.count - found.errors.size()) + " more)";
  return std::move(found.errors);
}

} // namespace

result<void> check_ends(const environment& e, const wanted_resource& r) {
  if (r.kind->name != "sync")
    return {};
  const auto* to = r.spec.find("to");
  if (to != nullptr && !to->is_null())
    return check_kind(e.destinations, r.spec, "to");
  return check_kind(e.sources, r.spec, "from");
}

std::vector<failure> mistakes_in(const environment& e, const wanted_resource& r,
                                 const failure& why) {
  if (why.code != code::malformed || r.kind == nullptr)
    return {why};
  if (r.kind->name == "connector")
    if (auto all = mistakes_in_connector(r.spec); !all.empty())
      return all;
  const auto check = check_of(r.kind->name);
  if (!check)
    return {why};
  std::vector<failure> all;
  if (r.kind->name == "sync")
    find_by_leaving_out(
        r.spec,
        [&](const value& spec) {
          auto less = r;
          less.spec = spec;
          return check_ends(e, less);
        },
        all);
  find_by_leaving_out(r.spec, check, all);
  if (std::ranges::find(all, why.where, &failure::where) == all.end())
    all.insert(all.begin(), why);
  if (all.size() > most_mistakes) {
    all.resize(most_mistakes);
    all.back().why += " (and more)";
  }
  return all;
}

} // namespace tenon::nodes::edge
