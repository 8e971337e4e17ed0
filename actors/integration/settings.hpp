// What somebody fills in for a manifest's parameters: the settings, which an integration's config
// holds, and the secrets, which a credential holds. Here it is found out whether they fit, before
// anything is asked of the platform with them.
#pragma once

#include "actors/integration/manifest.hpp"

#include <vector>

namespace tenon::actors::connectors {

/// All that is wrong with them, each at "settings.NAME": what no parameter asks for, what is
/// missing, and what is not as expected.
std::vector<failure> faults_in_settings(const manifest&, const object& settings);

/// The same at "secrets.NAME". Which secrets are needed hangs on what the settings choose.
std::vector<failure> faults_in_secrets(const manifest&, const object& settings,
                                       const object& secrets);

} // namespace tenon::actors::connectors
