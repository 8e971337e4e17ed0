// libFuzzer: what strangers send to a hook, and what providers answer. Up to the first zero a
// signature, up to the second a query, behind it a body. Nobody is believed who does not know the
// secret; events have keys and are JSON; an answer is a token or a reason.
#include "actors/integration/auth/held.hpp"
#include "actors/integration/interpreter.hpp"
#include "actors/integration/web/form_text.hpp"
#include "config/yaml.hpp"
#include "protocols/json.hpp"
#include "runtime/signing/signing.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace tenon;
using namespace tenon::actors::connectors;

void expect(bool holds) {
  if (!holds)
    std::abort();
}

constexpr std::string_view text = R"(connector: c
base: https://h.example
params: {client_id: {default: me}, s: {secret: true}}
auth: {oauth2: {authorize: https://p/a, token: https://p/t, client_auth: none, capture: [a.b],
                after: {get: /me, capture: [c]}}}
streams: {x: {request: {get: /x}, key: id}}
hooks:
  hub: {verify: {hmac: sha256, secret: s, header: sig, prefix: "sha256=", encoding: hex},
        challenge: {echo: {from: query c, method: POST, token: {from: query t, secret: s}}},
        each: "*"}
  times: {verify: {hmac: sha1, secret: s, header: sig, kv: {ts: t, signature: s}, encoding: base64,
          signed: "{{url}}{{form_sorted}}{{query_sorted}}{{ts}}", body_hash: h}, id: "{{a.b}}"}
  standard: {verify: {standard: webhook, secret: s}, challenge: {echo: {from: body c, as: json}}}
  open: {verify: {ecdsa: p256, secret: s, header: sig, encoding: base64},
         challenge: {hmac: {from: query c, method: POST, secret: s,
                            as: {r: "{{hmac}}{{challenge}}"}}}, decode: json}
)";

const manifest& sample() {
  static const auto made = [] {
    const auto read = config::read_yaml(text, "x");
    expect(read && !read->empty());
    auto done = check_manifest(read->front().value);
    expect(done.manifest.has_value());
    return *std::move(done.manifest);
  }();
  return made;
}

void send(const inbound& r, const connection& c, moment now) {
  scope names;
  names.bind("conn", c.settings).bind_secret("secret", c.secrets);
  for (const auto& hook : sample().hooks) {
    const auto verdict = hook.verify->verify(r, names, now);
    expect(!verdict && !verdict.error().why.empty());
    for (const auto& one : hook.challenges)
      if (const auto said = one->answer(r, names))
        expect(said->has_value() || !said->error().why.empty());
    const auto events = read_events(hook, r, c.settings, now);
    if (!events) {
      expect(!events.error().why.empty());
      continue;
    }
    for (const auto& event : *events)
      expect(!event.key.empty() && event.key.size() <= 250 &&
             json_text::check(event.content).has_value());
  }
}

void answer(const connection& c, const std::string& body, unsigned status, moment now) {
  acquisition so_far;
  so_far.code = "c";
  const instant when{now, "nonce"};
  for (int steps = 0; steps < 4; ++steps) {
    const auto asked = next_request(sample(), c, so_far, when);
    expect(asked.has_value());
    if (!*asked)
      return expect(!so_far.made.token.empty());
    const http_response came{status, {}, blob::copy_of(body)};
    const auto heard = hear_answer(sample(), c, came, so_far, when);
    if (!heard)
      return expect(!heard.error().why.empty());
  }
  std::abort(); // it asks without end
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view all{reinterpret_cast<const char*>(bytes), size};
  const auto first = std::min(all.find('\0'), all.size());
  const auto second = std::min(all.find('\0', std::min(first + 1, all.size())), all.size());
  const std::string signature{all.substr(0, first)};
  const auto query = all.substr(std::min(first + 1, second), second - std::min(first + 1, second));
  const std::string body{all.substr(std::min(second + 1, all.size()))};
  static const auto c = connect(sample(), "fuzz", {}, {{"s", "a secret that nobody knows"}});
  expect(c.has_value());
  const moment now = std::chrono::sys_days{std::chrono::year{2026} / 3 / 1};

  inbound r{"POST", "https://h/?" + std::string{query}, {}, read_form(query), blob::copy_of(body)};
  r.headers = {{"sig", signature},
               {"webhook-id", "i"},
               {"webhook-timestamp", "1772323200"},
               {"webhook-signature", signature}};
  send(r, *c, now);
  r.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  send(r, *c, now);
  for (const unsigned status : {200u, 400u, 500u})
    answer(*c, body, status, now);
  holding held;
  read_held(body, held);
  for (const auto& key : {signature, body}) {
    const auto secret = runtime::signing::private_key::read(key);
    const auto open = runtime::signing::public_key::read(key);
    expect(secret || !secret.error().why.empty());
    expect(open ? !open->verify(runtime::signing::algorithm::rs256, body, signature)
                : !open.error().why.empty());
  }
  return 0;
}
