// Parameters that are computed for each request, beside any kind of proof.
//
//   auth:
//     oauth2: {…}
//     sign:
//       query: {appsecret_proof: "{{hmac_sha256(secret.app_secret, token) | hex}}"}
//       headers: {X-Timestamp: "{{timestamp}}"}
//       match: {path: "/mp/*"}          # only there; none of them may be empty then
//       alone: true                     # and there instead of the other proof, which stays away
//
// They may name conn, secret, token, method, url, path, query, body, timestamp (seconds) and nonce,
// as the request is before; query parameters are added first, so that a header may sign them.
#include "actors/integration/auth/placement.hpp"
#include "actors/integration/auth/token/call.hpp"
#include "actors/integration/web/url.hpp"

namespace tenon::actors::connectors {
namespace {

class signed_requests final : public method {
public:
  std::shared_ptr<const method> proof;
  named_programs query;
  named_programs headers;
  std::string match; // of the path; empty: every request
  bool alone = false;

  bool needs_token() const override { return proof->needs_token(); }
  bool needs_person() const override { return proof->needs_person(); }
  bool rotates() const override { return proof->rotates(); }
  std::string asked_scopes(const scope& names) const override { return proof->asked_scopes(names); }
  result<std::string> authorize(const scope& names, const consent& asked) const override {
    return proof->authorize(names, asked);
  }
  result<std::optional<http_request>> leave(const scope& names,
                                            const holding& held) const override {
    return proof->leave(names, held);
  }
  result<void> sent_back(const inbound& r, const scope& names, moment now) const override {
    return proof->sent_back(r, names, now);
  }
  result<void> send_back(inbound& r, const scope& names, moment now) const override {
    return proof->send_back(r, names, now);
  }
  result<std::optional<http_request>> ask(const scope& names, acquisition& so_far,
                                          const instant& when) const override {
    return proof->ask(names, so_far, when);
  }
  result<void> hear(const scope& names, const http_response& answer, acquisition& so_far,
                    const instant& when) const override {
    return proof->hear(names, answer, so_far, when);
  }
  bool wore_out(const http_response& answer) const override { return proof->wore_out(answer); }

  result<void> inject(http_request& request, const scope& names, const holding* held,
                      const instant& when) const override {
    const auto target = match.empty() ? result<url>{url{}} : parse_url(request.url);
    const bool here = match.empty() || (target && matches(match, path_of(*target)));
    if (!here || !alone)
      if (auto proved = proof->inject(request, names, held, when); !proved)
        return proved;
    if (!here)
      return {};
    for (const auto& [name, from] : query)
      if (auto put = add(request, name, from, placement::where::query, names, held, when); !put)
        return put;
    for (const auto& [name, from] : headers)
      if (auto put = add(request, name, from, placement::where::header, names, held, when); !put)
        return put;
    return {};
  }

private:
  result<void> add(http_request& request, const std::string& name, const program& from,
                   placement::where in, const scope& names, const holding* held,
                   const instant& when) const {
    const auto target = parse_url(request.url);
    if (!target)
      return target.error();
    const auto asks = target->target.find('?');
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(when.now.time_since_epoch()).count();
    const value token{held ? held->token : ""}, method{request.method}, url{request.url},
        path{path_of(*target)},
        query{asks == std::string::npos ? "" : target->target.substr(asks + 1)},
        body{request.body.view()}, timestamp{static_cast<std::int64_t>(seconds)}, nonce{when.nonce};
    auto words = names;
    words.bind_secret("token", token).bind("method", method).bind("url", url).bind("path", path);
    words.bind("query", query).bind("body", body).bind("timestamp", timestamp).bind("nonce", nonce);
    words.set_now(when.now);
    const auto text = runtime::expression::evaluate_text(from, words);
    if (!text)
      return failure{text.error().code, text.error().why, "auth.sign." + name, text.error().remedy};
    // What is for some requests alone is not asked of every account.
    if (text->empty() && !match.empty())
      return failure{code::unauthenticated,
                     "the connection has no value for " + std::string{from.source()},
                     "auth.sign." + name, "Fill it in: these requests need it."};
    return put_proof(request, {.in = in, .name = name, .prefix = ""}, *text);
  }
};

} // namespace

std::shared_ptr<const method> compile_sign(std::shared_ptr<const method> proof,
                                           const value& settings, const std::string& where,
                                           problems& found) {
  form fields{settings, where, found};
  auto made = std::make_shared<signed_requests>();
  made->proof = std::move(proof);
  const auto words =
      auth_words({"token", "method", "url", "path", "query", "body", "timestamp", "nonce"});
  made->query = take_programs(fields, "query", words);
  made->headers = take_programs(fields, "headers", words);
  if (const auto* match = fields.take("match")) {
    form inner{*match, fields.at("match"), found};
    if (inner.require("path", "which requests, path: \"/mp/*\""))
      made->match = inner.text("path").value_or("");
    inner.finish();
  }
  made->alone = fields.flag("alone").value_or(false);
  if (made->alone && made->match.empty())
    fields.note("alone", "there would be no other proof at all",
                "Say with `match` where, or leave the other kind out.");
  if (made->query.empty() && made->headers.empty() && fields.is_object())
    found.add(where, "there is nothing to compute", "Add query: {…} or headers: {…}.");
  fields.finish();
  return made;
}

} // namespace tenon::actors::connectors
