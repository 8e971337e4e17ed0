#include "nodes/edge/mistakes.hpp"

#include "actors/integration/platform.hpp"
#include "actors/integration/settings.hpp"
#include "config/connectors.hpp"
#include "runtime/tasks/workers.hpp"

#include <algorithm>
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

/// Everything that a sync says of where it reads and writes.
result<void> check_ends(const environment& e, const value& spec) {
  const auto* to = spec.find("to");
  if (to != nullptr && !to->is_null())
    return check_kind(e.destinations, spec, "to");
  return check_kind(e.sources, spec, "from");
}

failure no_such_connector(const std::string& name) {
  std::vector<std::string> shipped;
  for (const auto& one : config::shipped_connectors())
    shipped.emplace_back(one.name);
  const auto meant = actors::connectors::suggestion(name, shipped);
  return {code::malformed, "there is no connector called " + name, "spec.connector",
          meant.empty() ? "Apply one of that name with it; shipped are " +
                              actors::connectors::listed(shipped) + "."
                        : "Did you mean " + meant + "?"};
}

std::vector<failure> faults_in_config(const actors::connectors::manifest& connector,
                                      const value& spec) {
  static const value nothing{object{}};
  const auto* said = spec.find("config");
  const auto& config = said == nullptr || said->is_null() ? nothing : *said;
  const auto* members = config.as<object>();
  if (members == nullptr)
    return {}; // the actor says so
  auto all = actors::connectors::faults_in_settings(connector, *members);
  for (auto& one : all)
    one.where = "spec.config" + one.where.substr(one.where.find('.'));
  return all;
}

} // namespace

void find_by_leaving_out(value spec, const std::function<result<void>(const value& spec)>& check,
                         std::vector<failure>& told) {
  while (told.size() <= most_mistakes) {
    const auto checked = check(spec);
    if (checked)
      return;
    const auto& why = checked.error();
    // What is said of a whole of which a part was left out may be only that.
    const bool follows = std::ranges::any_of(told, [&](const failure& before) {
      return path_of(before) == path_of(why) || path_of(before).starts_with(why.where + '.');
    });
    if (!follows)
      told.push_back(why);
    // What is missing cannot be left out: it ends there.
    if (!drop(spec, path_of(why)))
      return;
  }
}

void find_in_manifest(const value& spec, std::vector<failure>& told) {
  auto found = actors::connectors::check_manifest(spec);
  if (found.errors.empty())
    return;
  for (auto& one : found.errors)
    one.where = one.where.empty() ? "spec" : "spec." + one.where;
  if (found.count > found.errors.size())
    found.errors.back().why +=
        " (and " + std::to_string(found.count - found.errors.size()) + " more)";
  told = std::move(found.errors);
}

void examine_ends(const environment& e, const wanted_resource& r, resource_kind::examined then) {
  std::vector<failure> all;
  find_by_leaving_out(
      r.spec, [&](const value& spec) { return check_ends(e, spec); }, all);
  then(std::move(all));
}

void examine_account(const environment& e, const wanted_resource& r, resource_kind::examined then) {
  using actors::connectors::manifest;
  if (r.connector)
    return then(faults_in_config(*r.connector, r.spec));
  const auto* said = r.spec.find("connector");
  const auto* name = said ? said->as<std::string>() : nullptr;
  if (!name || !check(identity{r.id.tenant, "connector", *name}) || !e.platform || !e.workers)
    return then({}); // the actor says what is wrong with the name
  const auto judge = [r, name = *name, then](result<std::shared_ptr<const manifest>> connector) {
    if (connector)
      return then(faults_in_config(**connector, r.spec));
    auto why = std::move(connector).error();
    if (why.code == code::not_found)
      return then({no_such_connector(name)});
    why.why = "the connector " + name + " cannot be read: " + why.why;
    why.where = "spec.connector";
    then({std::move(why)});
  };
  const auto begun = runtime::start<std::shared_ptr<const manifest>>(
      *e.workers, e.platform->find_connector(r.id.tenant, *name), judge);
  if (!begun)
    then({begun.error()});
}

std::vector<failure> mistakes_in(const wanted_resource& r, std::vector<failure> why) {
  if (why.front().code != code::malformed || r.kind->find_mistakes == nullptr)
    return why;
  r.kind->find_mistakes(r.spec, why);
  if (why.size() > most_mistakes) {
    why.resize(most_mistakes);
    why.back().why += " (and more)";
  }
  return why;
}

} // namespace tenon::nodes::edge
