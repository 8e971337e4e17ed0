// An inbound webhook of a connector: who may send, what is answered to a challenge, and which
// events a request brings.
//
//   hooks:
//     events:
//       verify: {…}                    actors/integration/hooks/verify.hpp
//       challenge: {…}                 actors/integration/hooks/challenge.hpp
//       decode: xml                    actors/integration/hooks/body.hpp
//       answer: {type: text/xml, body: "<Ack>true</Ack>"}     once the events are stored
//       subscribe: {…}                 actors/integration/hooks/subscription.hpp
//       each: "*"                      a path to the events; without it the body is one
//       id: "{{eventId}}"              else a digest of the event
//       type: subscriptionType
//       keep: "…"                      a condition; what it does not hold for is let go
//       headers: [x-shopify-topic]     kept with the event, as header.x_shopify_topic
//       connection: {match: conn.hub_id, with: portalId}     events of others are let go
//
// Expressions know event (also by its bare members), header, query and conn. An event is kept as
// {id, type, event, headers}; one that comes again with the same id is the same event.
#pragma once

#include "actors/integration/hooks/body.hpp"
#include "actors/integration/hooks/challenge.hpp"
#include "actors/integration/hooks/subscription.hpp"
#include "actors/integration/hooks/verify.hpp"
#include "actors/integration/page/path.hpp"

namespace tenon::actors::connectors {

inline constexpr std::size_t max_hooks = 32;
inline constexpr std::size_t max_events = 10'000; // of one request

/// What the sender wants to read when its events are stored.
struct acknowledgement {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::optional<program> body{};
};

struct hook {
  std::string name;
  std::shared_ptr<const verification> verify;
  std::vector<std::shared_ptr<const challenge>> challenges;
  body_rule decode;
  acknowledgement answer;
  std::shared_ptr<const subscription_rule> subscribe; // null: a person does it at the platform
  std::optional<json_path> each;
  std::optional<program> id;
  std::optional<program> type;
  std::optional<program> keep;
  std::vector<std::string> headers;
  std::optional<program> match;
  std::optional<program> with;
};

hook compile_hook(const std::string& name, const value&, const std::string& where,
                  const std::vector<std::string>& secrets, problems&);

struct hook_event {
  std::string key;
  std::string content; // {id, type, event, headers} as JSON

  bool operator==(const hook_event&) const = default;
};

/// What its sender is answered when they are stored.
result<hook_answer> acknowledge(const hook&, const inbound&, const value& settings);

/// What a verified request brings. `malformed` when it is not what the hook says.
/// `now` is for platforms that only say that something is new, each time with the same words.
result<std::vector<hook_event>> read_events(const hook&, const inbound&, const value& settings,
                                            moment now);

} // namespace tenon::actors::connectors
