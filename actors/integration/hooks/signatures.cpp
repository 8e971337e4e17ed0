#include "actors/integration/hooks/signatures.hpp"

#include "actors/integration/hooks/signed_text.hpp"
#include "protocols/base64.hpp"
#include "runtime/signing/signing.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::actors::connectors {
namespace {

namespace signing = runtime::signing;
using namespace std::chrono_literals;
using word = signed_text::word;

constexpr span usual_tolerance = 5min;
constexpr std::size_t max_signatures = 16; // in one header

failure not_right(std::string what) {
  return {code::unauthenticated, std::move(what), {}, "Check the secret that both sides have."};
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> all;
  while (!text.empty() && all.size() < max_signatures) {
    const auto end = std::min(text.find(at), text.size());
    auto one = text.substr(0, end);
    while (one.starts_with(' '))
      one.remove_prefix(1);
    all.push_back(one);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

struct time_rule {
  std::optional<whereabouts> at{}; // or in `kv`
  bool milliseconds = false;
  std::optional<span> tolerance = usual_tolerance; // nothing: any
};

result<void> check_time(const time_rule& rule, const std::string& text, moment now) {
  std::int64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.size() > 15 || wrong != std::errc{} || end != text.data() + text.size() || number < 0)
    return not_right("the time of the request is missing or none");
  const moment at{rule.milliseconds ? span{number} : span{std::chrono::seconds{number}}};
  if (rule.tolerance && (at < now - *rule.tolerance || at > now + *rule.tolerance))
    return not_right("the request is too old, or from the future");
  return {};
}

class by_signature : public verification {
public:
  enum class kind : std::uint8_t { hmac, hash, public_key };

  kind how = kind::hmac;
  signing::digest digest = signing::digest::sha256;
  signing::algorithm algorithm = signing::algorithm::es256_der;
  secret_programs secrets;
  std::string header;
  std::string parameter; // of the query, where there is no header
  std::string prefix;
  std::string signature_key; // of `kv`
  std::string time_key;
  bool hexadecimal = false;
  bool secret_is_base64 = false;
  std::vector<signed_text> texts;
  std::optional<time_rule> time;
  std::string id_header;
  std::string body_hash; // a parameter that says what the body is

  result<void> verify(const inbound& r, const scope& names, moment now) const override {
    const auto known = secret_texts(secrets, names);
    if (!known)
      return known.error();
    signing_words words{.left_out = parameter};
    const auto found = find_signatures(r, words.ts);
    if (found.empty())
      return not_right("the signature is missing");
    if (time) {
      if (time->at)
        words.ts = find_value(r, *time->at).value_or("");
      if (auto ok = check_time(*time, words.ts, now); !ok)
        return ok;
    }
    words.id = id_header.empty() ? "" : find_header(r.headers, id_header).value_or("");
    if (auto ok = check_body(r); !ok)
      return ok;
    bool fits = false; // looked for to the end, whatever was found
    for (const auto& secret : *known)
      for (const auto& text : texts)
        for (const auto& url :
             text.uses(word::url) ? ways_to_write(r.url) : std::vector<std::string>{r.url}) {
          words.url = url;
          words.secret = secret;
          fits = fits_any(text.evaluate(r, words), secret, found) || fits;
        }
    return fits ? result<void>{} : not_right("the signature is not right");
  }

  result<void> prove(inbound& r, const scope& names, const sender& by) const override {
    const auto known = secret_texts(secrets, names);
    if (!known)
      return known.error();
    const auto since = by.now.time_since_epoch();
    const auto number = time && time->milliseconds ? since / 1ms : since / 1s;
    signing_words words{
        .ts = std::to_string(number), .id = by.id, .secret = known->front(), .left_out = parameter};
    if (time && time->at && time->at->in == whereabouts::part::header)
      set_header(r.headers, time->at->name, words.ts);
    else if (time && time->at)
      add_query(r, time->at->name, words.ts);
    if (!id_header.empty())
      set_header(r.headers, id_header, words.id);
    if (!body_hash.empty())
      add_query(r, body_hash,
                signing::to_hex(signing::hash(signing::digest::sha256, r.body.view())));
    words.url = r.url;
    auto made = sign(texts.front().evaluate(r, words), known->front(), by);
    if (!made)
      return std::move(made).error();
    auto text = prefix + (hexadecimal ? signing::to_hex(*made) : to_base64(*made));
    if (!signature_key.empty())
      text = (time_key.empty() ? "" : time_key + '=' + words.ts + ',') + signature_key + '=' + text;
    if (header.empty())
      add_query(r, parameter, text);
    else
      set_header(r.headers, header, std::move(text));
    return {};
  }

  bool signs(std::string_view text) const override {
    return how == kind::hmac &&
           std::ranges::any_of(texts, [&](const auto& one) { return one.may_be(text); });
  }

private:
  result<std::string> sign(const std::string& bytes, const std::string& secret,
                           const sender& by) const {
    if (how != kind::public_key)
      return keyed(bytes, secret);
    const auto key = signing::private_key::read(by.key);
    return key ? key->sign(algorithm, bytes) : key.error();
  }

  std::string keyed(const std::string& bytes, const std::string& secret) const {
    if (how == kind::hash)
      return signing::hash(digest, bytes);
    return signing::hmac(digest, secret_is_base64 ? read_base64(secret).value_or(secret) : secret,
                         bytes);
  }

  std::vector<std::string> find_signatures(const inbound& r, std::string& ts) const {
    const auto said = header.empty()
                          ? query_value(r, parameter)
                          : find_value(r, {.in = whereabouts::part::header, .name = header});
    std::vector<std::string> all;
    if (!said)
      return all;
    const auto take = [&](std::string_view text) {
      if (!text.starts_with(prefix))
        return;
      text.remove_prefix(prefix.size());
      auto bytes = hexadecimal ? signing::from_hex(text) : read_base64(text);
      if (bytes && !bytes->empty() && all.size() < max_signatures)
        all.push_back(*std::move(bytes));
    };
    if (signature_key.empty()) {
      take(*said);
      return all;
    }
    for (const auto pair : split(*said, ',')) {
      const auto equals = pair.find('=');
      if (equals == pair.npos)
        continue;
      if (pair.substr(0, equals) == signature_key)
        take(pair.substr(equals + 1));
      if (pair.substr(0, equals) == time_key)
        ts = pair.substr(equals + 1);
    }
    return all;
  }

  /// Where the body is not signed itself, its digest is, or there is nothing but the form.
  result<void> check_body(const inbound& r) const {
    if (std::ranges::all_of(texts, [](const auto& t) { return t.uses(word::raw); }))
      return {};
    if (const auto said = query_value(r, body_hash); !body_hash.empty() && said) {
      const auto made = signing::to_hex(signing::hash(signing::digest::sha256, r.body.view()));
      return signing::same(*said, made) ? result<void>{}
                                        : not_right("the body is not the one that was signed");
    }
    if (r.body.empty() || form_in(r))
      return {};
    return not_right("nothing proves the body");
  }

  bool fits_any(const std::string& bytes, const std::string& secret,
                const std::vector<std::string>& found) const {
    if (how == kind::public_key) {
      const auto raw =
          algorithm == signing::algorithm::ed25519 ? read_base64(secret) : std::nullopt;
      const auto key = raw && raw->size() == 32 ? signing::public_key::of_ed25519(*raw)
                                                : signing::public_key::read(secret);
      return key && std::ranges::any_of(
                        found, [&](const auto& one) { return key->verify(algorithm, bytes, one); });
    }
    const auto made = keyed(bytes, secret);
    bool fits = false;
    for (const auto& one : found)
      fits = signing::same(one, made) || fits;
    return fits;
  }
};

/// standardwebhooks.com: a list of signatures, by shared secrets (v1) and public keys (v1a).
class by_standard final : public verification {
public:
  secret_programs secrets;
  std::string headers = "webhook";

  result<void> verify(const inbound& r, const scope& names, moment now) const override {
    const auto known = secret_texts(secrets, names);
    if (!known)
      return known.error();
    const auto said = [&](const char* part) {
      return std::string{find_header(r.headers, headers + part).value_or("")};
    };
    const auto id = said("-id");
    const auto ts = said("-timestamp");
    const auto signatures = said("-signature");
    if (id.empty() || signatures.empty())
      return not_right("the signature is missing");
    if (auto ok = check_time({}, ts, now); !ok)
      return ok;
    const auto bytes = id + '.' + ts + '.' + std::string{r.body.view()};
    bool fits = false;
    for (const auto& secret : *known)
      for (const auto one : split(signatures, ' '))
        fits = fits_one(secret, one, bytes) || fits;
    return fits ? result<void>{} : not_right("the signature is not right");
  }

  result<void> prove(inbound& r, const scope& names, const sender& by) const override {
    const auto known = secret_texts(secrets, names);
    if (!known)
      return known.error();
    std::string_view secret = known->front();
    const bool open_key = secret.starts_with("whpk_");
    if (open_key || secret.starts_with("whsec_"))
      secret.remove_prefix(secret.find('_') + 1);
    const auto ts = std::to_string(by.now.time_since_epoch() / 1s);
    const auto bytes = by.id + '.' + ts + '.' + std::string{r.body.view()};
    result<std::string> made =
        signing::hmac(signing::digest::sha256, read_base64(secret).value_or(""), bytes);
    if (open_key) {
      const auto key = signing::private_key::read(by.key);
      made = key ? key->sign(signing::algorithm::ed25519, bytes) : key.error();
    }
    if (!made)
      return std::move(made).error();
    set_header(r.headers, headers + "-id", by.id);
    set_header(r.headers, headers + "-timestamp", ts);
    set_header(r.headers, headers + "-signature", (open_key ? "v1a," : "v1,") + to_base64(*made));
    return {};
  }

  bool signs(std::string_view text) const override {
    const auto known = signed_text::compile("{{id}}.{{ts}}.{{raw}}");
    return !known || known->may_be(text);
  }

private:
  static bool fits_one(std::string_view secret, std::string_view one, const std::string& bytes) {
    const auto comma = one.find(',');
    const auto signature = read_base64(one.substr(std::min(comma + 1, one.size())));
    if (comma == one.npos || !signature)
      return false;
    const auto version = one.substr(0, comma);
    const bool open_key = secret.starts_with("whpk_");
    if (open_key || secret.starts_with("whsec_"))
      secret.remove_prefix(secret.find('_') + 1);
    const auto key = read_base64(secret);
    if (!key || version != (open_key ? "v1a" : "v1"))
      return false;
    if (!open_key)
      return signing::same(*signature, signing::hmac(signing::digest::sha256, *key, bytes));
    const auto made = signing::public_key::of_ed25519(*key);
    return made && made->verify(signing::algorithm::ed25519, bytes, *signature);
  }
};

void take_digest(form& fields, const std::string& kind, by_signature& made) {
  const auto chosen = fields.choice(kind, {"sha1", "sha256", "sha512"}).value_or(1);
  made.digest = static_cast<signing::digest>(chosen);
  made.how = kind == "hash" ? by_signature::kind::hash : by_signature::kind::hmac;
}

void take_time(form& fields, by_signature& made) {
  const auto* said = fields.take("ts");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("ts"), fields.found()};
  time_rule rule;
  if (const auto header = inner.text("header"))
    rule.at = {whereabouts::part::header, *header};
  if (const auto parameter = inner.text("query"))
    rule.at = {whereabouts::part::query, *parameter};
  rule.milliseconds = inner.choice("unit", {"s", "ms"}).value_or(0) == 1;
  const auto* tolerance = inner.take("tolerance");
  const auto* text = tolerance ? tolerance->as<std::string>() : nullptr;
  if (text != nullptr && *text == "none")
    rule.tolerance.reset();
  else
    rule.tolerance = inner.length("tolerance", 1s, 24h).value_or(usual_tolerance);
  if (!rule.at && made.time_key.empty() && inner.is_object())
    inner.note("header", "it is not said where the time is", "Name the header, or `kv`'s ts.");
  inner.finish();
  made.time = std::move(rule);
}

void take_place(form& fields, by_signature& made) {
  made.header = fields.text("header").value_or("");
  made.parameter = fields.text("query").value_or("");
  if (made.header.empty() == made.parameter.empty() && fields.is_object())
    fields.note("header", "the place of the signature is missing, or there are two",
                "Name the header, such as header: x-signature, or the parameter with `query`.");
  made.prefix = fields.text("prefix").value_or("");
  if (const auto* kv = fields.take("kv")) {
    form inner{*kv, fields.at("kv"), fields.found()};
    inner.require("signature", "signature: s");
    made.signature_key = inner.text("signature").value_or("");
    made.time_key = inner.text("ts").value_or("");
    inner.finish();
    if (!made.time_key.empty())
      made.time.emplace();
  }
  made.hexadecimal = fields.choice("encoding", {"hex", "base64"}).value_or(0) == 0;
}

} // namespace

std::shared_ptr<const verification> compile_signature(const std::string& kind, form& fields,
                                                      const std::vector<std::string>& secrets) {
  if (kind == "standard") {
    auto made = std::make_shared<by_standard>();
    made->headers =
        fields.choice("standard", {"webhook", "svix"}).value_or(0) == 1 ? "svix" : "webhook";
    made->secrets = take_secrets(fields, "secret", secrets);
    return made;
  }
  auto made = std::make_shared<by_signature>();
  if (kind == "ecdsa") {
    fields.choice("ecdsa", {"p256"});
    made->how = by_signature::kind::public_key;
  } else if (kind == "ed25519") {
    fields.choice("ed25519", {"raw"});
    made->how = by_signature::kind::public_key;
    made->algorithm = signing::algorithm::ed25519;
  } else {
    take_digest(fields, kind, *made);
  }
  made->secrets = take_secrets(fields, "secret", secrets);
  made->secret_is_base64 = fields.choice("secret_encoding", {"text", "base64"}).value_or(0) == 1;
  take_place(fields, *made);
  take_time(fields, *made);
  if (const auto* id = fields.take("id")) {
    form inner{*id, fields.at("id"), fields.found()};
    made->id_header = inner.text("header").value_or("");
    inner.finish();
  }
  made->body_hash = fields.text("body_hash").value_or("");
  auto signed_parts = fields.texts("signed");
  if (signed_parts.empty())
    signed_parts.emplace_back(kind == "hash" ? "{{secret}}{{raw}}" : "{{raw}}");
  for (const auto& text : signed_parts) {
    auto one = signed_text::compile(text);
    if (!one)
      fields.found().add(fields.at("signed"), one.error());
    else if (kind == "hash" && !one->uses(word::secret))
      fields.note("signed", "without the secret in it, anybody could make this digest",
                  "Add {{secret}}.");
    else if (kind != "hash" && one->uses(word::secret))
      fields.note("signed", "the secret is the key, and no part of what is signed");
    else if (one->uses(word::ts) && !made->time)
      fields.note("signed", "the time is signed and it is not said where it is",
                  "Add ts: {header: …}.");
    else
      made->texts.push_back(*std::move(one));
  }
  return made;
}

} // namespace tenon::actors::connectors
