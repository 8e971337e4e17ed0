// How a platform is asked to send its events to a hook, for a while or until it is told to stop:
//
//   subscribe:
//     first: {get: /changes/startPageToken, keep: {token: startPageToken}}   # {{hook.token}}
//     create: {post: /changes/watch, body: {id: "{{hook.key}}", address: "{{hook.address}}"}}
//     id: id                        # where the answer has its id; without, it is our own key
//     keep: {resource: resourceId}  # of that answer: requests may say {{hook.resource}}
//     until: expiration             # where the answer says when it ends, and how: `as: epoch_ms`
//     as: epoch_ms
//     lasts: 7d                     # where the answer does not say; without either, it does not
//     end find: {request: {get: /hooks}, items: hooks, id: id, when: "url == hook.address"} renew:
//     {put: "/hooks/{{hook.id}}"}       # without, another is made before one ends delete: {delete:
//     "/hooks/{{hook.id}}"} auth: none                    # the requests are shown no proof
//
// Requests know conn, secret and hook: its address, where our edge takes events; its `key`, which
// nobody can guess and which is new for every attempt; and, once there is one, its id and what was
// kept. `find` knows each item as `item`, and by its bare members.
//
// When the answer to `create` was lost, there may be a subscription that nobody knows. `find` looks
// for it before another is made. Where a platform has no list, the lost one ends by itself: until
// then events may come twice, and are one by their ids.
#pragma once

#include "actors/integration/request.hpp"
#include "actors/integration/web/clock.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::actors::connectors {

struct connection;
struct manifest;

struct subscription_rule {
  struct listing {
    request_pattern request;
    json_path items;
    json_path id;
    std::optional<program> when;
  };

  using kept_paths = std::vector<std::pair<std::string, json_path>>;

  std::optional<request_pattern> first; // what `create` has to know
  kept_paths first_keep;
  request_pattern create;
  std::optional<json_path> id;
  kept_paths keep;
  std::optional<json_path> until;
  clock until_as = clock::rfc3339;
  span lasts{}; // zero: it does not end
  std::optional<listing> find;
  std::optional<request_pattern> renew;
  std::optional<request_pattern> erase;
  bool bare = false;
};

std::shared_ptr<const subscription_rule> compile_subscription(const value&,
                                                              const std::string& where, problems&);

/// One that the platform has taken.
struct subscription_place {
  std::string id;
  object kept{};
  moment until{}; // the epoch: it does not end

  bool operator==(const subscription_place&) const = default;
};

/// What requests call `hook`; without a place, there is none yet.
value hook_words(const std::string& address, const std::string& key,
                 const subscription_place* = nullptr);

result<http_request> subscription_request(const manifest&, const connection&,
                                          const request_pattern&, const value& hook_words,
                                          moment now);

/// The answer to `first`: what it says is kept.
result<subscription_place> read_first(const manifest&, const connection&, const subscription_rule&,
                                      const http_response&, moment now);
/// The answer to `create` or `renew`; the latter may leave out what has not changed.
result<subscription_place> read_subscribed(const manifest&, const connection&,
                                           const subscription_rule&, const http_response&,
                                           const subscription_place& before, moment now);
/// The answer to `find`: nothing when there is none of ours.
result<std::optional<subscription_place>> read_found(const manifest&, const connection&,
                                                     const subscription_rule&, const http_response&,
                                                     const value& hook_words, moment now);
/// The answer to `delete`: what is not there is deleted.
result<void> read_deleted(const manifest&, const connection&, const http_response&, moment now);

} // namespace tenon::actors::connectors
