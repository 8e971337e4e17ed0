// What a platform asks before it sends anything: whether we are there, and who we are.
//
//   challenge: {echo: {from: query hub.challenge, as: text,
//                      token: {from: query hub.verify_token, secret: verify_token}}}
//   challenge: {echo: {from: body challenge, as: json, name: challenge}}
//   challenge: {hmac: {from: query crc_token, secret: client_secret, encoding: base64,
//                      as: {response_token: "sha256={{hmac}}"}}}    may say {{challenge}} too
//                      like: uuid          without, a token: up to 128 of A-Z a-z 0-9 - _ . ~
//   challenge: options          CloudEvents' handshake (WebHook-Request-Origin)
//   challenge: any-200          a request without a body that only looks whether we answer
//
// Several may be given as a list. One comes by GET, or with a body by POST, unless `method` says
// otherwise. Beside one may stand a condition on body, header, query, conn and hook (`hook.wanted`:
// whether a hook of ours has asked for its events), for platforms whose events may have a member of
// the same name, or which ask whether we have asked: {echo: {…}, when: type == 'verification'}.
//
// A keyed one is answered to anybody. It must never be a signature that an event could come with:
// nothing is signed that could be a body, with what is signed around it, and the hook says what its
// bodies are written in, so that a token is none.
#pragma once

#include "actors/integration/hooks/verify.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace tenon::actors::connectors {

class challenge {
public:
  virtual ~challenge() = default;
  /// Whether it comes as an event does, and is verified like one.
  virtual bool verified() const { return false; }
  /// Whether it is told apart by what the request has, whoever sent it.
  virtual bool asks(const inbound&) const { return false; }
  /// Whether it has to know what we have asked for: `hook.wanted`.
  virtual bool needs_hook() const { return false; }
  /// Whether strangers are given something that was made with the key.
  virtual bool signs() const { return false; }
  /// Nothing when the request is none of its.
  virtual std::optional<result<hook_answer>> answer(const inbound&, const scope&) const = 0;
};

std::vector<std::shared_ptr<const challenge>>
compile_challenges(const value&, const std::string& where, const std::vector<std::string>& secrets,
                   const std::shared_ptr<const verification>& events, problems&);

/// What `when` calls `hook`.
value wanted_words(bool wanted);

} // namespace tenon::actors::connectors
