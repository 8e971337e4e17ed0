#include "actors/resource/record.hpp"

#include "actors/resource/secrets.hpp"
#include "protocols/ensure.hpp"
#include "protocols/json.hpp"

namespace tenon::actors {

using protocols::resource;

namespace {

failure stale(const resource::record& r, std::uint64_t wanted) {
  const auto present =
      r.exists ? "version " + std::to_string(r.version) : std::string{"no version"};
  return {code::stale,
          "the change is meant for version " + std::to_string(wanted) + "; there is " + present,
          "if_version", "Read the resource again and repeat the change."};
}

} // namespace

failure no_such_resource() {
  return {code::not_found,
          "there is no resource of this name",
          {},
          "Look for its name in the list of its kind, or apply it first."};
}

std::optional<failure> refusal_of(const resource::record& r, const resource::configure& c) {
  if (c.if_absent && r.exists)
    return failure{code::conflict, "a resource of this name is there already", "if_absent",
                   "Choose another name, or leave the condition out to change it."};
  if (c.if_version != 0 && (!r.exists || c.if_version != r.version))
    return stale(r, c.if_version);
  return std::nullopt;
}

std::optional<failure> refusal_of(const resource::record& r, const resource::remove& c) {
  if (!r.exists)
    return no_such_resource();
  if (c.if_version != 0 && c.if_version != r.version)
    return stale(r, c.if_version);
  return std::nullopt;
}

result<value> read_spec(const resource::record& r, std::string_view text,
                        std::span<const std::string_view> secrets) {
  auto spec = read_json(text, {.bytes = max_spec_bytes});
  if (!spec) {
    auto& f = spec.error();
    f.where = f.where.empty() ? "spec" : "spec, " + f.where;
    if (f.remedy.empty())
      f.remedy = "The spec is one JSON object.";
    return spec;
  }
  auto* members = spec->as<object>();
  if (!members)
    return failure{code::malformed, "the spec is a " + std::string{spec->type_name()}, "spec",
                   "Write an object: {…}."};
  const auto present = r.exists && !secrets.empty() ? spec_in(r) : value{};
  for (const auto name : secrets)
    if (auto* fresh = members->find(name)) {
      auto whole = uncovered(*fresh, present.find(name), "spec." + std::string{name});
      if (!whole)
        return whole;
      *fresh = *std::move(whole);
    }
  return spec;
}

value spec_in(const resource::record& r) {
  auto spec = read_json(r.spec);
  ensure(spec.has_value(), "a stored spec is JSON");
  return *std::move(spec);
}

std::string shown_spec(const resource::record& r, std::span<const std::string_view> secrets) {
  if (secrets.empty())
    return r.spec;
  auto spec = spec_in(r);
  for (const auto name : secrets)
    if (auto* secret = spec.as<object>()->find(name))
      *secret = covered(*secret);
  return write_json(spec);
}

void apply(resource::record& r, const resource::configured& e) {
  if (!r.exists)
    r.created_at = e.at;
  r.exists = true;
  ++r.version;
  r.spec = e.spec;
  r.changed_at = e.at;
}

void apply(resource::record& r, const resource::removed&) {
  r = {.version = r.version + 1};
}

bool holds(const resource::record& r) {
  return r.exists ? r.version > 0 && !r.spec.empty() : r.spec.empty();
}

} // namespace tenon::actors
