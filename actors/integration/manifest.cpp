#include "actors/integration/manifest.hpp"

#include "actors/integration/stream.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t most_parameters = 64;
constexpr std::size_t most_environments = 16;

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text.size() <= 63 && text.front() >= 'a' && text.front() <= 'z' &&
         std::ranges::all_of(text, fits);
}

void check_name(std::string_view name, std::string where, problems& found) {
  if (!is_name(name))
    found.add(std::move(where), "'" + std::string{name} + "' is not a name",
              "Use a-z, 0-9 and _, starting with a letter, at most 63.");
}

void take_connector(form& fields, manifest& into) {
  const auto* said = fields.require("connector", "the connector's name, connector: shop");
  if (said == nullptr)
    return;
  if (const auto* name = said->as<std::string>()) {
    into.name = *name;
  } else {
    form inner{*said, "connector", fields.found()};
    inner.require("name", "name: shop");
    into.name = inner.text("name").value_or("");
    into.title = inner.text("title").value_or("");
    into.docs = inner.text("docs").value_or("");
    into.category = inner.text("category").value_or("");
    into.api_version = inner.text("api_version").value_or("");
    if (const auto date = inner.text("sunset")) {
      if (const auto read = parse_moment(*date))
        into.sunset = *read;
      else
        inner.note("sunset", "'" + *date + "' is not a date", "Write it as \"2027-07-01\".");
    }
    if (const auto version = inner.number("version", 1, 1'000'000))
      into.version = *version;
    inner.finish();
  }
  if (!into.name.empty() || said->is<std::string>())
    check_name(into.name, "connector", fields.found());
  if (into.title.empty())
    into.title = into.name;
}

parameter compile_parameter(const std::string& name, const value& said, const std::string& where,
                            problems& found) {
  parameter made;
  made.name = name;
  made.title = name;
  check_name(name, where, found);
  if (name == "id")
    found.add(where, "`id` is the connection's own name", "Choose another name.");
  if (const auto* title = said.as<std::string>()) {
    made.title = *title;
    return made;
  }
  form fields{said, where, found};
  made.title = fields.text("title").value_or(name);
  fields.text("docs");
  made.secret = fields.flag("secret").value_or(false);
  if (const auto* fallback = fields.take("default"))
    made.fallback = *fallback;
  made.required = fields.flag("required").value_or(made.fallback.is_null());
  made.needed_by = fields.texts("auth");
  if (const auto match = fields.text("match")) {
    made.expected = *match;
    std::string source{"value matches "};
    write_json_text(*match, source);
    made.check = compile_bare(source, fields.at("match"), {{"value"}}, found);
  }
  if (made.secret && !made.fallback.is_null())
    fields.note("default", "a secret has no default",
                "Leave it out: a secret in a file is no secret.");
  fields.finish();
  return made;
}

void take_parameters(form& fields, manifest& into) {
  const auto* said = fields.take("params");
  if (said == nullptr)
    return;
  const auto* members = said->as<object>();
  if (members == nullptr)
    return fields.note("params", "a map of parameters is expected");
  if (members->size() > most_parameters)
    return fields.note("params", "more than " + std::to_string(most_parameters) + " parameters");
  for (const auto& [name, content] : *members)
    into.parameters.push_back(
        compile_parameter(name, content, below("params", name), fields.found()));
}

/// An address without expressions can be judged now.
void check_base(std::string_view text, const std::string& where, problems& found) {
  if (text.find("{{") != text.npos)
    return;
  const auto read = parse_url(text);
  if (!read)
    found.add(where, read.error().why, read.error().remedy);
  else if (has_query(*read))
    found.add(where, "a base has no query", "Put parameters into the requests.");
}

/// What an account's config chooses by a name; the first is what nobody has to choose.
void add_choice(std::string name, std::string title, const std::vector<std::string>& names,
                const std::string& where, manifest& into, problems& found) {
  if (std::ranges::count(into.parameters, name, &parameter::name) > 0)
    return found.add("params." + name, "`" + name + "` is what " + where + " asks for",
                     "Leave it out of params.");
  parameter choice{.name = std::move(name), .title = std::move(title), .required = false};
  if (!names.empty())
    choice.fallback = names.front();
  for (const auto& one : names)
    choice.expected += (choice.expected.empty() ? "" : "|") + one;
  std::string source{"value matches "};
  write_json_text("^(" + choice.expected + ")$", source);
  choice.check = compile_bare(source, where, {{"value"}}, found);
  into.parameters.push_back(std::move(choice));
}

/// Each has an address; the account's config says which is meant, with a parameter of its own.
void take_environments(const value& said, const std::string& where, manifest& into,
                       problems& found) {
  const auto* members = said.as<object>();
  if (members == nullptr || members->empty() || members->size() > most_environments)
    return found.add(where, "a map of 1 to " + std::to_string(most_environments) +
                                " environments is expected");
  std::vector<std::string> names;
  for (const auto& [name, content] : *members) {
    const auto at = below(where, name);
    check_name(name, at, found);
    const auto* text = content.as<std::string>();
    if (text == nullptr) {
      found.add(at, "an address is expected");
      continue;
    }
    // What nobody chooses is the real one.
    const bool usual = name == "production";
    names.insert(usual ? names.begin() : names.end(), name);
    check_base(*text, at, found);
    if (auto address = compile_text(*text, at, {{"conn"}}, found)) {
      if (!into.base || usual)
        into.base = *address;
      into.environments.emplace_back(name, *std::move(address));
    }
  }
  add_choice("environment", "Environment", names, "base.environments", into, found);
}

void take_base(form& fields, manifest& into) {
  const auto* said = fields.require("base", "the API's address, base: https://api.example.com/v1");
  if (said == nullptr)
    return;
  const vocabulary words{{"conn"}};
  auto& found = fields.found();
  if (const auto* text = said->as<std::string>()) {
    into.base = compile_text(*text, "base", words, found);
    return check_base(*text, "base", found);
  }
  form inner{*said, "base", found};
  if (const auto* environments = inner.take("environments"))
    take_environments(*environments, inner.at("environments"), into, found);
  else
    inner.require("url", "url: https://api.example.com/v1");
  if (const auto text = inner.text("url")) {
    into.base = compile_text(*text, "base.url", words, found);
    check_base(*text, "base.url", found);
  }
  into.hosts = inner.texts("hosts");
  for (const auto& host : into.hosts)
    if (host.find_first_of("/{} @?#") != host.npos || host.empty() || host == "*")
      inner.note("hosts", "'" + host + "' is not a host",
                 "Write api.example.com or *.example.com, without a scheme.");
  into.headers = compile_headers(inner.take("headers"), "base.headers", words, found);
  inner.finish();
}

/// Parameters name alternatives that there are.
void check_needs(const manifest& made, const std::vector<std::string>& names, problems& found) {
  for (const auto& p : made.parameters)
    for (const auto& one : p.needed_by)
      if (std::ranges::find(names, one) == names.end())
        found.add(below(below("params", p.name), "auth"), "auth.one_of has no `" + one + "`",
                  names.empty() ? "Leave it out." : "Use " + listed(names) + ".");
}

void take_auth(form& fields, manifest& into) {
  const auto* said = fields.take("auth");
  std::vector<std::string> secrets;
  for (const auto& p : into.parameters)
    if (p.secret)
      secrets.push_back(p.name);
  auto& found = fields.found();
  const auto* several = said ? said->find("one_of") : nullptr;
  if (several != nullptr) {
    form inner{*said, "auth", found};
    into.alternatives = compile_alternatives(*several, "auth.one_of", secrets, found);
    inner.take("one_of");
    inner.finish();
  }
  std::vector<std::string> names;
  for (const auto& [name, one] : into.alternatives) {
    check_name(name, below("auth.one_of", name), found);
    names.push_back(name);
  }
  if (several != nullptr)
    add_choice("auth", "How it proves who asks", names, "auth.one_of", into, found);
  check_needs(into, names, found);
  auto made = !into.alternatives.empty() ? into.alternatives.front().second
              : several != nullptr
                  ? compiled_auth{}
                  : compile_auth(said ? *said : value{"none"}, "auth", secrets, found);
  into.auth_kind = std::move(made.kind);
  into.auth = std::move(made.method);
}

void take_limits(form& fields, manifest& into) {
  const auto* said = fields.take("limits");
  if (said == nullptr)
    return;
  auto made = compile_limits(*said, "limits", fields.found());
  into.buckets = std::move(made.buckets);
  into.observe = std::move(made.observe);
}

void take_check(form& fields, manifest& into) {
  const auto* said = fields.take("check");
  if (said == nullptr)
    return;
  form inner{*said, "check", fields.found()};
  proof made;
  made.request = take_request(inner, {{"conn"}});
  if (const auto name = inner.text("name"))
    made.name = compile_text(*name, "check.name", {{"body", "conn"}, "body"}, fields.found());
  inner.finish();
  into.check = std::move(made);
}

void take_streams(form& fields, manifest& into) {
  const auto* said = fields.require("streams", "what can be read, streams: {customers: …}");
  if (said == nullptr)
    return;
  const auto* members = said->as<object>();
  if (members == nullptr)
    return fields.note("streams", "a map of streams is expected");
  if (members->empty())
    return fields.note("streams", "a connector needs at least one stream");
  if (members->size() > max_streams)
    return fields.note("streams", "more than " + std::to_string(max_streams) + " streams");
  for (const auto& [name, content] : *members) {
    const auto where = below("streams", name);
    check_name(name, where, fields.found());
    into.streams.push_back(compile_stream(name, content, where, into.jobs, fields.found()));
  }
}

/// Streams that name another stream name one that is there, and is read as a whole.
void check_parents(const manifest& made, problems& found) {
  for (const auto& s : made.streams) {
    const auto parent = s.parts == nullptr ? std::string_view{} : s.parts->parent();
    if (parent.empty())
      continue;
    const auto where = below("streams", s.name) + ".partition.parent.stream";
    std::vector<std::string> names;
    for (const auto& other : made.streams)
      names.push_back(other.name);
    const auto* there = made.find_stream(parent);
    if (there == nullptr)
      found.add(where, "there is no stream `" + std::string{parent} + "`",
                "Use " + listed(names) + ".");
    else if (there->parts != nullptr)
      found.add(where, "the stream `" + std::string{parent} + "` is itself read in parts",
                "A parent is read as a whole.");
    else if (there->job != nullptr)
      found.add(where, "the stream `" + std::string{parent} + "` is made by a job",
                "A parent is read page by page.");
  }
}

void take_actions(form& fields, manifest& into) {
  const auto* said = fields.take("actions");
  if (said == nullptr)
    return;
  const auto* members = said->as<object>();
  if (members == nullptr)
    return fields.note("actions", "a map of actions is expected");
  if (members->size() > max_actions)
    return fields.note("actions", "more than " + std::to_string(max_actions) + " actions");
  for (const auto& [name, content] : *members) {
    const auto where = below("actions", name);
    check_name(name, where, fields.found());
    into.actions.push_back(compile_operation(name, content, where, into.jobs, fields.found()));
  }
}

void take_hooks(form& fields, manifest& into) {
  const auto* said = fields.take("hooks");
  if (said == nullptr)
    return;
  const auto* members = said->as<object>();
  if (members == nullptr || members->size() > max_hooks)
    return fields.note("hooks",
                       "a map of up to " + std::to_string(max_hooks) + " hooks is expected");
  std::vector<std::string> secrets;
  for (const auto& p : into.parameters)
    if (p.secret)
      secrets.push_back(p.name);
  for (const auto& [name, content] : *members) {
    const auto where = below("hooks", name);
    check_name(name, where, fields.found());
    into.hooks.push_back(compile_hook(name, content, where, secrets, fields.found()));
  }
}

} // namespace

compiled_auth manifest::auth_for(const object& settings) const {
  const auto* chosen = settings.find("auth");
  const auto* wanted = chosen == nullptr ? nullptr : chosen->as<std::string>();
  for (const auto& [name, one] : alternatives)
    if (wanted != nullptr && *wanted == name)
      return one;
  return {auth_kind, auth};
}

const operation* manifest::find_action(std::string_view wanted) const {
  const auto found = std::ranges::find(actions, wanted, &operation::name);
  return found == actions.end() ? nullptr : &*found;
}

const stream* manifest::find_stream(std::string_view wanted) const {
  const auto found = std::ranges::find(streams, wanted, &stream::name);
  return found == streams.end() ? nullptr : &*found;
}

const hook* manifest::find_hook(std::string_view wanted) const {
  const auto found = std::ranges::find(hooks, wanted, &hook::name);
  return found == hooks.end() ? nullptr : &*found;
}

compilation check_manifest(const value& said) {
  problems found;
  form fields{said, "", found};
  manifest made;
  if (fields.is_object()) {
    take_connector(fields, made);
    if (const auto version = fields.number("version", 1, 1'000'000))
      made.version = *version;
    take_parameters(fields, made);
    take_base(fields, made);
    take_auth(fields, made);
    take_limits(fields, made);
    made.rules = compile_rules(fields.take("errors"), "errors", found);
    take_check(fields, made);
    made.jobs = compile_jobs(fields.take("jobs"), "jobs", found);
    for (const auto& one : made.jobs)
      check_name(one->name, below("jobs", one->name), found);
    take_streams(fields, made);
    check_parents(made, found);
    take_actions(fields, made);
    take_hooks(fields, made);
    if (const auto* tests = fields.take("tests"))
      made.tests = *tests;
    fields.finish();
  }
  compilation done;
  done.count = found.count();
  if (found.empty())
    done.manifest = std::move(made);
  done.errors = std::move(found).take();
  return done;
}

result<manifest> compile_manifest(const value& said) {
  auto done = check_manifest(said);
  if (done.manifest)
    return *std::move(done.manifest);
  auto first = std::move(done.errors.front());
  if (done.count > 1)
    first.why += " (and " + std::to_string(done.count - 1) + " more)";
  return first;
}

} // namespace tenon::actors::connectors
