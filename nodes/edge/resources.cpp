#include "nodes/edge/resources.hpp"

#include "actors/collection.hpp"
#include "actors/connector.hpp"
#include "actors/credential.hpp"
#include "actors/hook.hpp"
#include "actors/integration.hpp"
#include "actors/schedule.hpp"
#include "actors/sync.hpp"
#include "actors/trigger.hpp"
#include "nodes/edge/mistakes.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::nodes::edge {
namespace {

using resource = protocols::resource;

template <class Kind> resource_kind kind_of(std::string_view name, std::string_view plural) {
  using command = typename Kind::command;
  resource_kind kind{name, plural,
                     [](const resource::configure& c) { return protocols::encode(command{c}); },
                     [] { return protocols::encode(command{resource::describe{}}); },
                     [](const resource::remove& c) { return protocols::encode(command{c}); }};
  if constexpr (requires { typename Kind::spec; })
    if (actors::secret_members<typename Kind::spec>().empty())
      kind.find_mistakes = [](const value& spec, std::vector<failure>& told) {
        find_by_leaving_out(spec, Kind::check_spec, told);
      };
  return kind;
}

/// A manifest's reader does not stop at the first mistake.
resource_kind connector_kind() {
  auto kind = kind_of<actors::connector>("connector", "connectors");
  kind.find_mistakes = find_in_manifest;
  return kind;
}

resource_kind with(resource_kind kind, decltype(resource_kind::examine) examine) {
  kind.examine = examine;
  return kind;
}

value document(const std::string& text) {
  auto read = text.empty() ? result<value>{value{}} : read_json(text);
  return read ? *std::move(read) : value{};
}

} // namespace

const std::vector<resource_kind>& resource_kinds() {
  using namespace actors;
  static const std::vector kinds{
      connector_kind(),
      kind_of<credential>("credential", "credentials"),
      with(kind_of<integration>("integration", "integrations"), examine_account),
      kind_of<collection>("collection", "collections"),
      with(kind_of<sync>("sync", "syncs"), examine_ends),
      kind_of<schedule>("schedule", "schedules"),
      kind_of<hook>("hook", "hooks"),
      kind_of<trigger>("trigger", "triggers"),
  };
  return kinds;
}

const resource_kind* find_kind(std::string_view plural) {
  const auto it = std::ranges::find(resource_kinds(), plural, &resource_kind::plural);
  return it == resource_kinds().end() ? nullptr : &*it;
}

const resource_kind* find_singular(std::string_view name) {
  const auto it = std::ranges::find(resource_kinds(), name, &resource_kind::name);
  return it == resource_kinds().end() ? nullptr : &*it;
}

value shown(const resource_kind& kind, const identity& id, const resource::described& d) {
  return object{
      {"kind", kind.name},          {"tenant", id.tenant},       {"name", id.name},
      {"version", d.version},       {"spec", document(d.spec)},  {"status", document(d.status)},
      {"created_at", d.created_at}, {"changed_at", d.changed_at}};
}

value resource_schema() {
  return object{{"type", "object"},
                {"required", list{"spec"}},
                {"properties", object{{"kind", object{{"type", "string"}}},
                                      {"tenant", object{{"type", "string"}}},
                                      {"name", object{{"type", "string"}}},
                                      {"version", object{{"type", "integer"}}},
                                      {"spec", object{{"type", "object"}}},
                                      {"status", object{{"type", "object"}}}}}};
}

namespace {

void ask_actor(runtime::host& host, const wanted_resource& r, const configured& then) {
  const resource::configure command{.spec = write_json(r.spec),
                                    .if_version = r.if_version,
                                    .if_absent = r.if_absent,
                                    .dry_run = r.dry_run};
  host.ask(r.id, r.kind->configure(command),
           runtime::answer_once{[&host, r, then](result<blob> answer) {
             const auto changed = answer ? protocols::decode<resource::changed>(*answer)
                                         : result<resource::changed>{answer.error()};
             if (!changed)
               return then({.refused = mistakes_in(r, {changed.error()})});
             const auto outcome = std::string{name_of(changed->outcome)};
             if (r.dry_run) // nothing to describe that is not there already
               return then({object{{"kind", r.kind->name},
                                   {"tenant", r.id.tenant},
                                   {"name", r.id.name},
                                   {"version", changed->version},
                                   {"outcome", outcome},
                                   {"dry_run", true}}});
             host.ask(r.id, r.kind->describe(),
                      runtime::answer_once{[r, outcome, then](result<blob> told) {
                        const auto described = told ? protocols::decode<resource::described>(*told)
                                                    : result<resource::described>{told.error()};
                        if (!described)
                          return then({.refused = {described.error()}});
                        auto v = shown(*r.kind, r.id, *described);
                        (*v.as<object>())["outcome"] = outcome;
                        then({std::move(v)});
                      }});
           }});
}

} // namespace

void configure(const environment& e, const wanted_resource& r, configured then) {
  if (r.kind->examine == nullptr)
    return ask_actor(*e.host, r, then);
  r.kind->examine(e, r, [&host = *e.host, r, then](std::vector<failure> wrong) {
    if (wrong.empty())
      return ask_actor(host, r, then);
    then({.refused = mistakes_in(r, std::move(wrong))});
  });
}

result<wanted_resource> read_resource(const value& document, std::string_view tenant,
                                      const resource_kind* kind, std::string_view name) {
  const auto* members = document.as<object>();
  if (!members)
    return failure{code::malformed,
                   "a resource is an object, found " + std::string{document.type_name()}, "body",
                   "Send {\"kind\": …, \"name\": …, \"spec\": {…}}."};
  wanted_resource r{.kind = kind};
  for (const auto& [key, v] : *members) {
    const auto* text = v.as<std::string>();
    if (key == "spec") {
      r.spec = v;
      continue;
    }
    if (key == "kind" || key == "name" || key == "tenant") {
      if (!text)
        return failure{code::malformed, "expected text, found " + std::string{v.type_name()}, key};
      const auto said = key == "kind"   ? (kind ? kind->name : std::string_view{})
                        : key == "name" ? name
                                        : tenant;
      if (!said.empty() && said != *text)
        return failure{code::malformed,
                       "the body says " + *text + ", the path says " + std::string{said}, key};
      if (key == "kind" && !r.kind)
        r.kind = find_singular(*text);
      if (key == "name")
        r.id.name = *text;
      continue;
    }
    if (key != "version" && key != "status" && key != "created_at" && key != "changed_at" &&
        key != "outcome") // what a GET gave may be sent back as it is
      return failure{code::malformed, "a resource has no member " + key, key,
                     "There are: kind, name, spec."};
  }
  if (!r.kind)
    return failure{code::malformed, "there is no such kind of resource", "kind",
                   "There are: connector, credential, integration, collection, sync, schedule, "
                   "hook, trigger."};
  if (!name.empty())
    r.id.name = name;
  r.id.tenant = tenant;
  r.id.kind = r.kind->name;
  if (r.spec.is_null())
    r.spec = object{};
  if (auto ok = check(r.id); !ok)
    return std::move(ok).error();
  if (r.id.kind == "trigger") // it is found by its name alone
    if (auto ok = actors::trigger::check_name(r.id.name); !ok)
      return std::move(ok).error();
  return r;
}

result<std::uint64_t> read_version(std::string_view etag) {
  if (etag == "*")
    return std::uint64_t{0};
  auto text = etag;
  if (text.starts_with('"') && text.ends_with('"') && text.size() > 2)
    text = text.substr(1, text.size() - 2);
  std::uint64_t version = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (wrong != std::errc{} || end != text.data() + text.size() || version == 0)
    return failure{code::malformed, "If-Match is no version", "If-Match",
                   "Send the ETag of the resource, such as \"7\"."};
  return version;
}

} // namespace tenon::nodes::edge
