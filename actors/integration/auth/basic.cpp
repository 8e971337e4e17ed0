// User name and password (RFC 7617) on every request.
//
//   auth: {basic: {user: "{{conn.user}}", password: "{{secret.password}}"}}
#include "actors/integration/auth/placement.hpp"
#include "protocols/base64.hpp"

namespace tenon::actors::connectors {
namespace {

class basic final : public method {
public:
  std::optional<program> user;
  std::optional<program> password;

  result<void> inject(http_request& request, const scope& names, const holding*,
                      const instant&) const override {
    auto name = runtime::expression::evaluate_text(*user, names);
    if (!name)
      return std::move(name).error();
    if (name->find(':') != name->npos)
      return failure{code::malformed, "a user name cannot contain a colon", "auth"};
    auto text = runtime::expression::evaluate_text(*password, names);
    if (!text)
      return std::move(text).error();
    if (name->empty() && text->empty())
      return failure{code::unauthenticated, "the connection has neither user name nor password",
                     "auth", "Fill in the connection's credentials."};
    return put_proof(request, {.prefix = "Basic "}, to_base64(*name + ':' + *text));
  }
};

std::shared_ptr<const method> compile(const value& settings, const std::string& where,
                                      const std::vector<std::string>&, problems& found) {
  const value empty{object{}};
  form fields{settings.is_null() ? empty : settings, where, found};
  auto made = std::make_shared<basic>();
  made->user = take_secret(fields, "user", "{{conn.user}}");
  made->password = take_secret(fields, "password", "{{secret.password}}");
  fields.finish();
  return made;
}

} // namespace

const auth_kind basic_auth{"basic", compile};

} // namespace tenon::actors::connectors
