// A conversation between a kind of proof and its provider, for tests: both sides said by hand.
#pragma once

#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "runtime/signing/signing.hpp"
#include "tests/unit/actors/integration/sample.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

namespace tenon::actors::connectors {
using namespace std::chrono_literals;

struct key_texts {
  std::string secret;
  std::string open;
};

/// Of a key that is not needed after that.
inline key_texts texts_of(EVP_PKEY* key) {
  const auto text_of = [](auto write) {
    BIO* out = BIO_new(BIO_s_mem());
    EXPECT_EQ(write(out), 1);
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(out, &bytes);
    std::string text{bytes, static_cast<std::size_t>(size)};
    BIO_free(out);
    return text;
  };
  key_texts made{text_of([&](BIO* out) {
                   return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
                 }),
                 text_of([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key); })};
  EVP_PKEY_free(key);
  return made;
}

inline key_texts p256() {
  return texts_of(EVP_EC_gen("P-256"));
}

inline constexpr const char* manifest_head = R"(connector: c
base: {url: "https://{{conn.dc}}.h.example/api"}
params:
  user: {required: false}
  dc: {default: usual}
  client_id: {default: me}
  consumer_key: {required: false}
  token: {required: false}
  password: {secret: true, required: false}
  client_secret: {secret: true, required: false}
  consumer_secret: {secret: true, required: false}
  token_secret: {secret: true, required: false}
  private_key: {secret: true, required: false}
  short_token: {secret: true, required: false}
streams: {x: {request: {get: /x}, key: id}}
auth: )";

/// A connector, somebody's connection, and one conversation with the provider.
struct talk {
  explicit talk(std::string_view auth, object secrets = {{"client_secret", "tiger-tiger"}},
                object settings = {})
      : m{manifest_of(value_of_yaml(manifest_head + std::string{auth} + '\n'))},
        c{connection_to(m, std::move(settings), std::move(secrets))} {}

  http_request asks() {
    auto request = next_request(m, c, so_far, {noon, "nonce-1"});
    EXPECT_TRUE(request) << request.error().why;
    EXPECT_TRUE(request && *request) << "nothing is asked";
    return request && *request ? **std::move(request) : http_request{};
  }
  failure asks_in_vain() {
    const auto request = next_request(m, c, so_far, {noon, "nonce-1"});
    EXPECT_FALSE(request);
    return request ? failure{} : request.error();
  }
  bool complete() {
    const auto request = next_request(m, c, so_far, {noon, "nonce-1"});
    return request && !*request;
  }
  result<void> hears(std::string body, unsigned status = 200, headers all = {}) {
    return hear_answer(m, c, answer(std::move(body), status, std::move(all)), so_far,
                       {noon, "nonce-1"});
  }
  http_request sends(http_request r = {"GET", "https://h.example/x"}) {
    const auto done = authenticate(m, c, &so_far.made, r, {noon, "nonce-1"});
    EXPECT_TRUE(done) << done.error().why;
    return r;
  }
  std::string header(const char* name, const http_request& r) {
    return std::string{find_header(r.headers, name).value_or("")};
  }

  manifest m;
  connection c;
  acquisition so_far{};
};

inline value part_of(std::string_view token, int part) {
  for (; part > 0; --part)
    token.remove_prefix(token.find('.') + 1);
  auto read = read_json(read_base64(token.substr(0, token.find('.'))).value_or(""));
  EXPECT_TRUE(read);
  return read ? *std::move(read) : value{};
}

inline constexpr const char* with_consent = R"({oauth2: {authorize: "https://p.example/ask?x=1",
  token: https://p.example/token, pkce: S256, scopes: [read, write], rotates: true,
  authorize_params: {access_type: offline}, refresh_params: {again: "yes"},
  capture: [instance_url, team.id],
  after: {get: https://p.example/me, headers: {Authorization: "OAuth {{token}}"},
          capture: [dc]}}})";

} // namespace tenon::actors::connectors
