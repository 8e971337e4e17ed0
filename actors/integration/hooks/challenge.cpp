#include "actors/integration/hooks/challenge.hpp"

#include "actors/integration/page/json_text.hpp"
#include "actors/integration/web/header_words.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "runtime/signing/signing.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

namespace signing = runtime::signing;

constexpr std::size_t max_challenge = 1024;
constexpr std::size_t max_keyed = 128;

failure not_right() {
  return {code::unauthenticated,
          "the verify token is not right",
          {},
          "Check the token that both sides have."};
}

/// A stranger's words, which nobody may take for a page: the edge forbids to guess a type.
hook_answer plain(std::string body) {
  return {.body = std::move(body)};
}

hook_answer json(const value& v) {
  return {.type = "application/json", .body = write_json(v)};
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

/// One is no word of ours that could mean anything else: what is signed for a stranger must not.
bool is_token(std::string_view text) {
  return text.size() <= max_keyed && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '_' || c == '-' || c == '.' || c == '~';
         });
}

bool is_uuid(std::string_view text) {
  constexpr std::string_view dashes{"        -    -    -    -            "};
  if (text.size() != dashes.size())
    return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dashes[i] == '-' ? c != '-' : !digit)
      return false;
  }
  return true;
}

/// What is asked, where, and by which method.
struct question {
  whereabouts from;
  std::string method;

  std::optional<std::string> in(const inbound& r) const {
    auto said = r.method == method ? find_value(r, from) : std::nullopt;
    const bool fits =
        said && !said->empty() && said->size() <= max_challenge && is_printable(*said);
    return fits ? std::move(said) : std::nullopt;
  }
};

class echo final : public challenge {
public:
  question asking;
  bool as_json = false;
  std::string name;
  std::optional<whereabouts> token_from;
  secret_programs token;

  bool verified() const override { return asking.from.in == whereabouts::part::body; }
  bool asks(const inbound& r) const override { return asking.in(r).has_value(); }

  std::optional<result<hook_answer>> answer(const inbound& r, const scope& names) const override {
    const auto said = asking.in(r);
    if (!said)
      return std::nullopt;
    if (token_from) {
      const auto known = secret_texts(token, names);
      if (!known)
        return known.error();
      const auto shown = find_value(r, *token_from);
      bool fits = false;
      for (const auto& one : *known)
        fits = (shown && signing::same(*shown, one)) || fits;
      if (!fits)
        return not_right();
    }
    return as_json ? json(object{{name, *said}}) : plain(*said);
  }
};

/// Anybody may ask, and gets a text signed with the key that events are signed with: only what
/// could never be an event is.
class keyed final : public challenge {
public:
  question asking;
  bool uuid = false;
  std::shared_ptr<const verification> events;
  secret_programs secrets;
  signing::digest digest = signing::digest::sha256;
  bool hexadecimal = false;
  pattern as;

  bool signs() const override { return true; }

  bool asks(const inbound& r) const override {
    const auto said = asking.in(r);
    return said && (uuid ? is_uuid(*said) : is_token(*said)) && !json_text::check(*said) &&
           !(events && events->signs(*said));
  }

  std::optional<result<hook_answer>> answer(const inbound& r, const scope& names) const override {
    if (!asks(r))
      return std::nullopt;
    const auto said = asking.in(r);
    const auto known = secret_texts(secrets, names);
    if (!known)
      return known.error();
    const auto made = signing::hmac(digest, known->front(), *said);
    const value asked{*said}, hmac{hexadecimal ? signing::to_hex(made) : to_base64(made)};
    const auto body = as.evaluate(scope{}.bind("challenge", asked).bind("hmac", hmac));
    if (!body)
      return body.error();
    return json(*body);
  }
};

class options final : public challenge {
public:
  std::optional<result<hook_answer>> answer(const inbound& r, const scope&) const override {
    const auto origin = find_header(r.headers, "WebHook-Request-Origin");
    if (r.method != "OPTIONS" || !origin || origin->size() > max_challenge)
      return std::nullopt;
    hook_answer allowed{
        .headers = {{"WebHook-Allowed-Origin", std::string{*origin}}, {"Allow", "POST, OPTIONS"}}};
    if (find_header(r.headers, "WebHook-Request-Rate"))
      allowed.headers.emplace_back("WebHook-Allowed-Rate", "*");
    return allowed;
  }
};

class any_200 final : public challenge {
public:
  std::optional<result<hook_answer>> answer(const inbound& r, const scope&) const override {
    if (r.method != "GET" && r.method != "HEAD")
      return std::nullopt;
    return hook_answer{};
  }
};

/// Only where the request says so. What only asks, and about nothing of ours, is refused; what
/// comes as events do may be one.
class conditional final : public challenge {
public:
  std::shared_ptr<const challenge> inner;
  std::optional<program> when;

  bool verified() const override { return inner->verified(); }
  bool asks(const inbound& r) const override { return inner->asks(r); }
  bool signs() const override { return inner->signs(); }
  bool needs_hook() const override {
    return when && std::ranges::any_of(when->paths(), [](std::string_view path) {
             return path == "hook" || path.starts_with("hook.");
           });
  }

  std::optional<result<hook_answer>> answer(const inbound& r, const scope& names) const override {
    if (!inner->asks(r))
      return std::nullopt;
    const bool is_json = json_text::check(r.body.view()).has_value();
    const auto headers = header_words(r.headers);
    const auto query = query_words(r);
    auto known = names;
    known.bind_json("body", is_json ? r.body.view() : std::string_view{"null"})
        .bind("header", headers)
        .bind("query", query);
    const auto meant = runtime::expression::evaluate_condition(*when, known);
    if (meant && *meant)
      return inner->answer(r, names);
    if (verified())
      return std::nullopt;
    return failure{code::not_found, "nobody here has asked for this"};
  }
};

whereabouts take_from(form& fields) {
  const auto* said = fields.require("from", "from: query challenge");
  const auto read = read_whereabouts(fields.text("from").value_or(""));
  if (!read && said != nullptr)
    fields.found().add(fields.at("from"), read.error());
  return read ? *read : whereabouts{};
}

/// Who asks with words in the address only looks; a body is sent.
question take_question(form& fields) {
  question made{.from = take_from(fields), .method = {}};
  const std::vector<std::string> methods{"GET", "POST"};
  const auto chosen = fields.choice("method", methods);
  made.method = methods[chosen.value_or(made.from.in == whereabouts::part::body ? 1 : 0)];
  return made;
}

std::shared_ptr<const challenge> compile_echo(const value& said, const std::string& where,
                                              const std::vector<std::string>& secrets,
                                              problems& found) {
  form fields{said, where, found};
  auto made = std::make_shared<echo>();
  made->asking = take_question(fields);
  made->as_json = fields.choice("as", {"text", "json"}).value_or(0) == 1;
  made->name = fields.text("name").value_or("challenge");
  if (const auto* token = fields.take("token")) {
    form inner{*token, fields.at("token"), found};
    made->token_from = take_from(inner);
    made->token = take_secrets(inner, "secret", secrets);
    inner.finish();
  }
  fields.finish();
  return made;
}

std::shared_ptr<const challenge> compile_keyed(const value& said, const std::string& where,
                                               const std::vector<std::string>& secrets,
                                               const std::shared_ptr<const verification>& events,
                                               problems& found) {
  form fields{said, where, found};
  auto made = std::make_shared<keyed>();
  made->asking = take_question(fields);
  made->uuid = fields.choice("like", {"token", "uuid"}).value_or(0) == 1;
  made->events = events;
  made->secrets = take_secrets(fields, "secret", secrets);
  made->digest =
      static_cast<signing::digest>(fields.choice("alg", {"sha1", "sha256", "sha512"}).value_or(1));
  made->hexadecimal = fields.choice("encoding", {"hex", "base64"}).value_or(0) == 0;
  if (const auto* as = fields.require("as", "as: {response: \"{{hmac}}\"}"))
    made->as = pattern::compile(*as, fields.at("as"), {.roots = {"challenge", "hmac"}}, found);
  fields.finish();
  return made;
}

std::shared_ptr<const challenge> compile_one(const value& said, const std::string& where,
                                             const std::vector<std::string>& secrets,
                                             const std::shared_ptr<const verification>& events,
                                             problems& found) {
  if (const auto* bare = said.as<std::string>()) {
    if (*bare == "options")
      return std::make_shared<options>();
    if (*bare == "any-200")
      return std::make_shared<any_200>();
  }
  std::shared_ptr<const challenge> made;
  if (const auto* one = said.find("echo"))
    made = compile_echo(*one, below(where, "echo"), secrets, found);
  else if (const auto* keyed = said.find("hmac"))
    made = compile_keyed(*keyed, below(where, "hmac"), secrets, events, found);
  if (made) {
    form fields{said, where, found};
    fields.take("echo");
    fields.take("hmac");
    const auto when = fields.text("when");
    fields.finish();
    if (!when)
      return made;
    auto only = std::make_shared<conditional>();
    only->inner = std::move(made);
    only->when = compile_bare(*when, below(where, "when"),
                              {{"body", "header", "query", "conn", "hook"}, "body"}, found);
    return only;
  }
  found.add(where, "there is no such challenge", "Use echo: {…}, hmac: {…}, options or any-200.");
  return nullptr;
}

} // namespace

std::vector<std::shared_ptr<const challenge>>
compile_challenges(const value& said, const std::string& where,
                   const std::vector<std::string>& secrets,
                   const std::shared_ptr<const verification>& events, problems& found) {
  std::vector<std::shared_ptr<const challenge>> all;
  if (const auto* several = said.as<list>()) {
    for (std::size_t i = 0; i < several->size(); ++i)
      all.push_back(compile_one((*several)[i], below(where, i), secrets, events, found));
  } else {
    all.push_back(compile_one(said, where, secrets, events, found));
  }
  return all;
}

value wanted_words(bool wanted) {
  return object{{"wanted", wanted}};
}

} // namespace tenon::actors::connectors
