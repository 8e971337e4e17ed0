// What a twin sends of its own: events to hooks, proved as the platform proves them.
#include "actors/integration/twin/parts.hpp"
#include "runtime/signing/signing.hpp"

namespace tenon::actors::connectors {
namespace {

/// The address as the hook's owner wrote it, which may say more than where the hook is.
inbound sent_to(const std::string& address, const inbound& sample) {
  inbound made = sample;
  made.url = address;
  made.query.clear();
  if (const auto there = parse_url(address))
    made.query = query_of(*there);
  for (const auto& [name, content] : sample.query)
    add_query(made, name, content);
  return made;
}

} // namespace

result<inbound> twin::deliver(std::string_view hook, const std::string& address, moment now) const {
  const auto& p = *parts_;
  const auto* known = p.connector->find_hook(hook);
  const auto sample = p.samples.hooks.find(hook);
  if (known == nullptr || sample == p.samples.hooks.end())
    return failure{code::not_found, "there is nothing to send to the hook " + std::string{hook},
                   "tests.hooks." + std::string{hook}, "Write what the platform sends, body: {…}."};
  auto made = sent_to(address, sample->second.event);
  scope names;
  names.bind("conn", p.connection.settings).bind_secret("secret", p.connection.secrets);
  const auto number = runtime::signing::hash(runtime::signing::digest::sha256, made.body.view());
  const auto id = "msg_twin_" + runtime::signing::to_hex(number).substr(0, 16);
  if (auto ok = known->verify->prove(made, names, {now, id, sample->second.key}); !ok)
    return std::move(ok).error();
  return made;
}

std::optional<std::pair<inbound, value>> twin::challenge(std::string_view hook,
                                                         const std::string& address) const {
  const auto sample = parts_->samples.hooks.find(hook);
  if (sample == parts_->samples.hooks.end() || !sample->second.asks)
    return std::nullopt;
  return std::pair{sent_to(address, *sample->second.asks), sample->second.answered};
}

} // namespace tenon::actors::connectors
