#include "actors/integration/settings.hpp"

#include "protocols/json.hpp"

#include <algorithm>
#include <optional>

namespace tenon::actors::connectors {
namespace {

std::string at(std::string_view name, bool secret) {
  return (secret ? "secrets." : "settings.") + std::string{name};
}

std::optional<failure> fault_in(const parameter& p, const value& content) {
  const auto not_as_expected = [&](std::string why, std::string remedy) {
    return failure{code::malformed, std::move(why), at(p.name, p.secret), std::move(remedy)};
  };
  if (content.is<list>() || content.is<object>())
    return not_as_expected("`" + p.name + "` is a single value", "Write a text or a number.");
  if (!p.check)
    return {};
  const value text = content.is<std::string>() ? content : value{write_json(content)};
  const auto fits = runtime::expression::evaluate_condition(*p.check, scope{}.bind("value", text));
  if (fits && *fits)
    return {};
  return not_as_expected("`" + p.name + "` is not as expected", "It has to match " + p.expected);
}

failure unknown(const manifest& m, const std::string& name, bool secret) {
  const auto there = std::ranges::find(m.parameters, name, &parameter::name);
  if (there != m.parameters.end())
    return {code::malformed, "`" + name + "` is " + (secret ? "no" : "a") + " secret",
            at(name, secret),
            secret ? "Write it into the integration's config."
                   : "Write it into the secrets of a credential, and name that as `credential`."};
  std::vector<std::string> known;
  for (const auto& p : m.parameters)
    if (p.secret == secret)
      known.push_back(p.name);
  const auto meant = suggestion(name, known);
  return {code::malformed, "the connector has no parameter `" + name + "`", at(name, secret),
          !meant.empty()  ? "Did you mean " + meant + "?"
          : known.empty() ? "Remove it."
                          : "Known here: " + listed(known) + "."};
}

/// Whether a connection cannot be without it.
bool is_needed(const manifest& m, const parameter& p, const object& settings) {
  if (!p.required || p.needed_by.empty())
    return p.required;
  const auto* said = settings.find("auth");
  const auto* chosen = said == nullptr ? nullptr : said->as<std::string>();
  const auto& usual = m.alternatives.front().first;
  return std::ranges::find(p.needed_by, chosen ? *chosen : usual) != p.needed_by.end();
}

std::vector<failure> faults_in(const manifest& m, const object& settings, const object& given,
                               bool secret) {
  std::vector<failure> all;
  for (const auto& [name, content] : given)
    if (std::ranges::none_of(
            m.parameters, [&](const parameter& p) { return p.name == name && p.secret == secret; }))
      all.push_back(unknown(m, name, secret));
  for (const auto& p : m.parameters) {
    if (p.secret != secret)
      continue;
    const auto* said = given.find(p.name);
    const auto& content = said == nullptr || said->is_null() ? p.fallback : *said;
    if (content.is_null()) {
      if (is_needed(m, p, settings))
        all.push_back({code::malformed, "`" + p.name + "` is missing", at(p.name, secret),
                       "Fill in: " + p.title + "."});
    } else if (auto fault = fault_in(p, content)) {
      all.push_back(*std::move(fault));
    }
  }
  return all;
}

} // namespace

std::vector<failure> faults_in_settings(const manifest& m, const object& settings) {
  return faults_in(m, settings, settings, false);
}

std::vector<failure> faults_in_secrets(const manifest& m, const object& settings,
                                       const object& secrets) {
  return faults_in(m, settings, secrets, true);
}

} // namespace tenon::actors::connectors
