// Public APIs and test servers: there is nothing to prove.
#include "actors/integration/auth/method.hpp"

namespace tenon::actors::connectors {
namespace {

class none final : public method {
public:
  result<void> inject(http_request&, const scope&, const holding*, const instant&) const override {
    return {};
  }
};

std::shared_ptr<const method> compile(const value& settings, const std::string& where,
                                      const std::vector<std::string>&, problems& found) {
  if (!settings.is_null())
    form{settings, where, found}.finish();
  return std::make_shared<none>();
}

} // namespace

const auth_kind no_auth{"none", compile};

} // namespace tenon::actors::connectors
