#include "actors/integration/hooks/verify.hpp"

#include "actors/integration/auth/placement.hpp"
#include "actors/integration/hooks/signatures.hpp"
#include "protocols/base64.hpp"
#include "runtime/signing/signing.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

namespace signing = runtime::signing;
using runtime::expression::evaluate_text;

failure not_right(std::string what) {
  return {code::unauthenticated, std::move(what), {}, "Check the secret that both sides have."};
}

class by_token final : public verification {
public:
  whereabouts at;
  secret_programs secrets;

  result<void> verify(const inbound& r, const scope& names, moment) const override {
    const auto known = secret_texts(secrets, names);
    if (!known)
      return known.error();
    const auto said = find_value(r, at);
    bool fits = false;
    for (const auto& secret : *known)
      fits = (said && signing::same(*said, secret)) || fits;
    return fits ? result<void>{} : not_right("the token is not right");
  }

  result<void> prove(inbound& r, const scope& names, const sender&) const override {
    const auto known = secret_texts(secrets, names);
    if (!known)
      return known.error();
    if (at.in == whereabouts::part::query)
      add_query(r, at.name, known->front());
    else if (at.in == whereabouts::part::header)
      set_header(r.headers, at.name, known->front());
    return {}; // in a body, it is there already
  }
};

class by_password final : public verification {
public:
  std::optional<program> user;
  std::optional<program> password;

  result<void> verify(const inbound& r, const scope& names, moment) const override {
    const auto who = evaluate_text(*user, names);
    const auto secret = evaluate_text(*password, names);
    if (!who || !secret || secret->empty())
      return failure{code::unavailable, "the connection has no password for this hook"};
    const auto said = find_header(r.headers, "Authorization");
    const auto expected = "Basic " + to_base64(*who + ':' + *secret);
    return said && signing::same(*said, expected) ? result<void>{}
                                                  : not_right("the password is not right");
  }

  result<void> prove(inbound& r, const scope& names, const sender&) const override {
    const auto who = evaluate_text(*user, names);
    const auto secret = evaluate_text(*password, names);
    if (!who || !secret)
      return who ? secret.error() : who.error();
    set_header(r.headers, "Authorization", "Basic " + to_base64(*who + ':' + *secret));
    return {};
  }
};

class by_any final : public verification {
public:
  std::vector<std::shared_ptr<const verification>> all;

  result<void> verify(const inbound& r, const scope& names, moment now) const override {
    result<void> last = not_right("nothing proves who sent it");
    for (const auto& one : all) {
      last = one->verify(r, names, now);
      if (last)
        return last;
    }
    return last;
  }

  result<void> prove(inbound& r, const scope& names, const sender& by) const override {
    return all.front()->prove(r, names, by);
  }

  bool signs(std::string_view text) const override {
    return std::ranges::any_of(all, [&](const auto& one) { return one->signs(text); });
  }
};

std::shared_ptr<const verification> compile_token(form& fields, const std::string& where,
                                                  const std::vector<std::string>& secrets) {
  auto made = std::make_shared<by_token>();
  const auto at = read_whereabouts(fields.text("token").value_or(""));
  if (at)
    made->at = *at;
  else
    fields.found().add(where + ".token", at.error());
  made->secrets = take_secrets(fields, "secret", secrets);
  return made;
}

std::shared_ptr<const verification> compile_password(form& fields,
                                                     const std::vector<std::string>& secrets) {
  auto made = std::make_shared<by_password>();
  const auto* said = fields.take("basic");
  form inner{*said, fields.at("basic"), fields.found()};
  inner.require("user", "user: …");
  made->user = take_secret(inner, "user", "-");
  inner.require("password", "password: …");
  made->password = compile_secret(inner.text("password").value_or(""), inner.at("password"),
                                  secrets, fields.found());
  inner.finish();
  return made;
}

} // namespace

std::optional<program> compile_secret(const std::string& text, const std::string& where,
                                      const std::vector<std::string>& secrets, problems& found) {
  if (text.find("{{") != text.npos)
    return compile_text(text, where, auth_words(), found);
  if (std::ranges::find(secrets, text) != secrets.end())
    return compile_text("{{secret." + text + "}}", where, auth_words(), found);
  const auto meant = suggestion(text, secrets);
  found.add(where, "'" + text + "' is no secret parameter of this connector",
            meant.empty() ? "Add it to `params` with secret: true."
                          : "Did you mean " + meant + "?");
  return std::nullopt;
}

secret_programs take_secrets(form& fields, std::string_view name,
                             const std::vector<std::string>& secrets) {
  secret_programs all;
  const auto texts = fields.texts(name);
  if (texts.empty() && fields.is_object())
    fields.note(name, "`" + std::string{name} + "` is missing",
                "Name the secret parameter, such as " + std::string{name} + ": signing_secret.");
  for (const auto& text : texts)
    if (auto one = compile_secret(text, fields.at(name), secrets, fields.found()))
      all.push_back(*std::move(one));
  return all;
}

result<std::vector<std::string>> secret_texts(const secret_programs& from, const scope& names) {
  std::vector<std::string> all;
  for (const auto& one : from) {
    auto text = evaluate_text(one, names);
    if (!text)
      return failure{code::unavailable,
                     "the secret of this hook cannot be made: " + text.error().why};
    if (!text->empty())
      all.push_back(*std::move(text));
  }
  if (all.empty())
    return failure{code::unavailable,
                   "the connection has no secret for this hook",
                   {},
                   "Add the secret to the integration's credential."};
  return all;
}

std::shared_ptr<const verification> compile_verification(const value& said,
                                                         const std::string& where,
                                                         const std::vector<std::string>& secrets,
                                                         problems& found) {
  if (const auto* several = said.as<list>()) {
    auto any = std::make_shared<by_any>();
    for (std::size_t i = 0; i < several->size(); ++i)
      any->all.push_back(compile_verification((*several)[i], below(where, i), secrets, found));
    if (several->empty())
      found.add(where, "a hook that verifies nothing takes anything from anybody",
                "Say how the sender proves who it is.");
    return any;
  }
  form fields{said, where, found};
  std::string chosen;
  const std::vector<std::string> kinds{"hmac",     "hash",  "ecdsa", "ed25519",
                                       "standard", "token", "basic"};
  for (const auto& kind : kinds)
    if (fields.take(kind) != nullptr) {
      if (!chosen.empty())
        fields.note(kind, "a block verifies in one way, and `" + chosen + "` is there");
      chosen = chosen.empty() ? kind : chosen;
    }
  std::shared_ptr<const verification> made;
  if (chosen == "token")
    made = compile_token(fields, where, secrets);
  else if (chosen == "basic")
    made = compile_password(fields, secrets);
  else if (!chosen.empty())
    made = compile_signature(chosen, fields, secrets);
  else if (fields.is_object())
    found.add(where, "it is not said how the sender proves who it is",
              "Use " + listed(kinds) + ".");
  fields.finish();
  return made;
}

} // namespace tenon::actors::connectors
