// A key that was handed out once and goes on every request.
//
//   auth: {key: {in: header, name: X-Api-Key, prefix: "", value: "{{secret.api_key}}"}}
//
// The name may be a template over conn. Without settings it is `Authorization: Bearer` and the only
// secret parameter.
#include "actors/integration/auth/placement.hpp"

namespace tenon::actors::connectors {
namespace {

class key final : public method {
public:
  placement place;
  std::optional<program> name; // of the place, where the account's config says it
  std::optional<program> secret;

  result<void> inject(http_request& request, const scope& names, const holding*,
                      const instant&) const override {
    auto text = secret_text(*secret, names);
    if (!text)
      return std::move(text).error();
    if (!name)
      return put_proof(request, place, *text);
    auto there = runtime::expression::evaluate_text(*name, names);
    if (!there)
      return std::move(there).error();
    if (there->empty() || there->find_first_of(" :;,\r\n") != there->npos)
      return failure{code::malformed, "'" + *there + "' is no name for where the key goes",
                     "auth.key.name", "Check " + std::string{name->source()} + '.'};
    auto chosen = place;
    chosen.name = *std::move(there);
    return put_proof(request, chosen, *text);
  }
};

std::shared_ptr<const method> compile(const value& settings, const std::string& where,
                                      const std::vector<std::string>& secrets, problems& found) {
  const value empty{object{}};
  form fields{settings.is_null() ? empty : settings, where, found};
  auto made = std::make_shared<key>();
  made->place = take_placement(fields, "Bearer ");
  if (made->place.name.find("{{") != std::string::npos)
    made->name = compile_text(made->place.name, fields.at("name"), {{"conn"}}, found);
  made->secret =
      take_secret(fields, "value", secrets.size() == 1 ? "{{secret." + secrets.front() + "}}" : "");
  fields.finish();
  return made;
}

} // namespace

const auth_kind key_auth{"key", compile};

} // namespace tenon::actors::connectors
