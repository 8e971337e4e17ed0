// What a platform asks before it sends anything: whether we are there, and who we are.
//
//   challenge: {echo: {from: query hub.challenge, as: text,
//                      token: {from: query hub.verify_token, secret: verify_token}}}
//   challenge: {echo: {from: body challenge, as: json, name: challenge}}
//   challenge: {hmac: {from: query crc_token, secret: client_secret, encoding: base64,
//                      as: {response_token: "sha256={{hmac}}"}}}    may say {{challenge}} too
//   challenge: options          CloudEvents' handshake (WebHook-Request-Origin)
//   challenge: any-200          a request without a body that only looks whether we answer
//
// Several may be given as a list. Beside one may stand a condition on the body, for platforms whose
// events may have a member of the same name: {echo: {…}, when: "type == 'url_verification'"}.
#pragma once

#include "actors/integration/form/pattern.hpp"
#include "actors/integration/hooks/inbound.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace tenon::actors::connectors {

class challenge {
public:
  virtual ~challenge() = default;
  /// Whether it comes as an event does, and is verified like one.
  virtual bool verified() const { return false; }
  /// Nothing when the request is none of its.
  virtual std::optional<result<hook_answer>> answer(const inbound&, const scope&) const = 0;
};

std::vector<std::shared_ptr<const challenge>>
compile_challenges(const value&, const std::string& where, const std::vector<std::string>& secrets,
                   problems&);

} // namespace tenon::actors::connectors
