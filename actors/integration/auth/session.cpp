// A session at the platform: a login gives cookies or a token that are good for a while. With
// `csrf`, a token against forged requests is fetched beside it and sent with whatever changes
// something; a platform that says that it is worn out is asked for a new one, and again, once.
//
//   auth:
//     session:
//       login: {post: /Login, body: {UserName: "{{conn.user}}", Password: "{{secret.password}}"}}
//       token_path: SessionId          # where the answer has a token; sent as `inject` says
//       cookies: [B1SESSION]           # else all that the answers set
//       ttl: 25m                       # or expires_in_path
//       basic: {user: …, password: …}  # on each request, with or without a login
//       logout: {post: /Logout}        # sent when the credential is removed or its secrets
//       replaced csrf: {get: /, header: X-CSRF-Token, methods: [POST, PUT, PATCH, DELETE],
//       required: 403}
#include "actors/integration/auth/placement.hpp"
#include "actors/integration/auth/token/answer.hpp"
#include "actors/integration/auth/token/call.hpp"
#include "protocols/base64.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;
using runtime::expression::evaluate_text;

constexpr std::size_t max_cookies = 16u << 10;

struct csrf_rule {
  call_pattern call;
  std::string header;
  std::vector<std::string> methods;
  unsigned required = 403;
};

struct basic_rule {
  std::optional<program> user;
  std::optional<program> password;
};

/// Those of the Set-Cookie headers that are wanted replace what is there of their name.
void take_cookies(const headers& from, const std::vector<std::string>& wanted, std::string& kept) {
  std::vector<std::pair<std::string, std::string>> all;
  for (std::string_view rest = kept; !rest.empty();) {
    const auto end = std::min(rest.find("; "), rest.size());
    const auto one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    const auto equals = std::min(one.find('='), one.size());
    all.emplace_back(one.substr(0, equals), one.substr(std::min(equals + 1, one.size())));
  }
  for (const auto& [name, content] : from) {
    if (!same_ignoring_case(name, "Set-Cookie"))
      continue;
    const auto pair = std::string_view{content}.substr(0, content.find(';'));
    const auto equals = pair.find('=');
    if (equals == pair.npos || equals == 0)
      continue;
    const std::string cookie{pair.substr(0, equals)};
    if (!wanted.empty() && std::ranges::find(wanted, cookie) == wanted.end())
      continue;
    std::erase_if(all, [&](const auto& one) { return one.first == cookie; });
    all.emplace_back(cookie, pair.substr(equals + 1));
  }
  kept.clear();
  for (const auto& [name, content] : all)
    if (kept.size() + name.size() + content.size() < max_cookies)
      kept += (kept.empty() ? "" : "; ") + name + '=' + content;
}

class session final : public method {
public:
  std::optional<call_pattern> login;
  std::optional<call_pattern> logout;
  bool has_token = false;
  token_answer says;
  std::vector<std::string> cookies;
  std::optional<span> life;
  std::optional<basic_rule> basic;
  std::optional<csrf_rule> csrf;
  placement place;

  bool needs_token() const override { return true; }

  result<std::optional<http_request>> ask(const scope& names, acquisition& so_far,
                                          const instant&) const override {
    so_far.before.refresh_token.clear();
    const bool logging_in = login && so_far.step == 0;
    const bool fetching = csrf && so_far.step == (login ? 1u : 0u);
    if (!logging_in && !fetching)
      return std::optional<http_request>{};
    auto request = make_call(logging_in ? *login : csrf->call, names);
    if (!request)
      return std::move(request).error();
    if (auto proved = put_basic(*request, names); !proved)
      return std::move(proved).error();
    if (fetching) {
      set_header(request->headers, csrf->header, "Fetch");
      add_cookies(*request, so_far.made.cookies);
      if (auto proved = put_session(*request, so_far.made); !proved)
        return std::move(proved).error();
    }
    return std::optional{*std::move(request)};
  }

  result<void> hear(const scope&, const http_response& answer, acquisition& so_far,
                    const instant& when) const override {
    const bool logged_in = login && so_far.step == 0;
    ++so_far.step;
    const auto body = json_text::check(answer.body.view());
    if (answer.status < 200 || answer.status > 299)
      return refused(answer.status, logged_in);
    take_cookies(answer.headers, cookies, so_far.made.cookies);
    return logged_in ? hear_login(answer, so_far, when.now) : hear_csrf(answer, so_far, when.now);
  }

  result<std::optional<http_request>> leave(const scope& names,
                                            const holding& held) const override {
    if (!logout || held.token.empty())
      return std::optional<http_request>{};
    auto request = make_call(*logout, names);
    if (!request)
      return std::move(request).error();
    if (auto proved = inject(*request, names, &held, {}); !proved)
      return std::move(proved).error();
    return std::optional{*std::move(request)};
  }

  result<void> inject(http_request& request, const scope& names, const holding* held,
                      const instant&) const override {
    if (held == nullptr)
      return failure{code::unauthenticated, "there is no session yet", "auth"};
    if (auto proved = put_basic(request, names); !proved)
      return proved;
    if (auto proved = put_session(request, *held); !proved)
      return proved;
    add_cookies(request, held->cookies);
    if (csrf && std::ranges::find(csrf->methods, request.method) != csrf->methods.end())
      return put_proof(request, {.name = csrf->header, .prefix = ""}, held->csrf);
    return {};
  }

  bool wore_out(const http_response& answer) const override {
    if (!csrf || answer.status != csrf->required)
      return false;
    const auto said = answer.header(csrf->header);
    return said && same_ignoring_case(*said, "Required");
  }

private:
  static failure refused(unsigned status, bool at_login) {
    std::string why = at_login ? "the login was answered with " : "the token was answered with ";
    why += std::to_string(status);
    if (status == 429 || status == 408 || status >= 500)
      return {code::unavailable, std::move(why), "auth.session", "Nothing: it is asked again."};
    return {code::unauthenticated, std::move(why), "auth.session", "Check the user and password."};
  }

  void end_after(acquisition& so_far, span lives, moment now) const {
    so_far.made.expires_at = now + lives;
    so_far.made.renew_at =
        *so_far.made.expires_at - std::min(so_far.ahead.skew + so_far.ahead.jitter, lives / 10);
  }

  result<void> hear_login(const http_response& answer, acquisition& so_far, moment now) const {
    if (has_token) {
      if (auto read = read_token(says, answer, so_far, now); !read)
        return read;
    } else {
      so_far.made.token = "session"; // the cookies are the proof
      if (so_far.made.cookies.empty())
        return failure{code::malformed, "the login set none of the cookies that are wanted",
                       "auth.session", "Check `cookies`, or set `token_path`."};
      if (auto read = capture(says.captures, answer, so_far); !read)
        return read;
    }
    if (!so_far.made.expires_at && life)
      end_after(so_far, *life, now);
    return {};
  }

  result<void> hear_csrf(const http_response& answer, acquisition& so_far, moment now) const {
    const auto token = answer.header(csrf->header);
    if (!token || token->empty() || same_ignoring_case(*token, "Required"))
      return failure{code::malformed, "the answer has no header " + csrf->header,
                     "auth.session.csrf", "Check the address that `csrf` asks."};
    so_far.made.csrf = *token;
    if (so_far.made.token.empty())
      so_far.made.token = "session";
    if (!so_far.made.expires_at && life)
      end_after(so_far, *life, now);
    return {};
  }

  result<void> put_basic(http_request& request, const scope& names) const {
    if (!basic)
      return {};
    const auto user = evaluate_text(*basic->user, names);
    const auto password = secret_text(*basic->password, names);
    for (const auto* part : {&user, &password})
      if (!*part)
        return part->error();
    return put_proof(request, {.prefix = "Basic "}, to_base64(*user + ':' + *password));
  }

  result<void> put_session(http_request& request, const holding& held) const {
    return has_token ? put_proof(request, place, held.token) : result<void>{};
  }

  static void add_cookies(http_request& request, const std::string& cookies) {
    if (cookies.empty())
      return;
    const auto others = find_header(request.headers, "Cookie");
    if (others && others->find(cookies) != others->npos)
      return;
    auto all = (others ? std::string{*others} + "; " : "") + cookies;
    set_header(request.headers, "Cookie", std::move(all));
  }
};

std::optional<call_pattern> take_optional_call(form& fields, const char* name) {
  const auto* said = fields.take(name);
  if (said == nullptr)
    return std::nullopt;
  form inner{*said, fields.at(name), fields.found()};
  auto made = take_call(inner, auth_words());
  inner.finish();
  return made;
}

void take_csrf(form& fields, session& made) {
  const auto* said = fields.take("csrf");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("csrf"), fields.found()};
  csrf_rule rule{take_call(inner, auth_words()), {}, {}, 403};
  rule.header = inner.text("header").value_or("X-CSRF-Token");
  if (rule.header.empty() || rule.header.find_first_of(" \r\n:") != std::string::npos)
    inner.note("header", "this is no name of a header");
  rule.methods = inner.texts("methods");
  if (rule.methods.empty())
    rule.methods = {"POST", "PUT", "PATCH", "MERGE", "DELETE"};
  rule.required = static_cast<unsigned>(inner.number("required", 400, 499).value_or(403));
  inner.finish();
  made.csrf = std::move(rule);
}

std::shared_ptr<const method> compile(const value& settings, const std::string& where,
                                      const std::vector<std::string>&, problems& found) {
  form fields{settings, where, found};
  auto made = std::make_shared<session>();
  made->login = take_optional_call(fields, "login");
  made->logout = take_optional_call(fields, "logout");
  made->has_token = fields.text("token_path").has_value();
  made->says = take_token_answer(fields);
  made->cookies = fields.texts("cookies");
  made->life = fields.length("ttl", 10s, std::chrono::days{30});
  if (const auto* said = fields.take("basic")) {
    form inner{*said, fields.at("basic"), found};
    made->basic = basic_rule{take_secret(inner, "user", "{{conn.user}}"),
                             take_secret(inner, "password", "{{secret.password}}")};
    inner.finish();
  }
  take_csrf(fields, *made);
  if (!made->login && !made->csrf && fields.is_object())
    found.add(where, "a session has a `login` or a `csrf` to fetch",
              "Add login: {post: /Login, body: {…}}.");
  if (made->logout && !made->login)
    fields.note("logout", "there is no login that it would end", "Leave it out.");
  made->place = take_injection(fields, "Bearer ");
  fields.finish();
  return made;
}

} // namespace

const auth_kind session_auth{"session", compile};

} // namespace tenon::actors::connectors
