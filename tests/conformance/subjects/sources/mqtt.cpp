#include "tests/conformance/subjects/lasting.hpp"
#include "tests/conformance/subjects/sources/catalog.hpp"
#include "tests/support/mqtt_broker.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/source_reading.hpp"

#include <map>

namespace tenon::tests::conformance::subjects::sources {
namespace {

/// Each test has a topic and a session of its own: what was acknowledged in one is gone.
std::string own_name() {
  std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
  for (auto& c : name)
    c = c == '/' ? '.' : c;
  return name;
}

} // namespace

std::vector<subject> mqtt() {
  const lasting<mqtt_broker> broker;
  const auto open = [broker] {
    return opened("mqtt", offered(),
                  {{"url", (*broker).url()},
                   {"credential", "main"},
                   {"topics", own_name() + "/#"},
                   {"client_id", own_name()},
                   {"quiet", "100ms"},
                   {"page_size", 40}});
  };
  const auto find_cursor = [broker, open] {
    static std::map<std::string, std::string> found;
    if (const auto it = found.find(own_name()); it != found.end())
      return it->second;
    auto cursor = source_reading{open()}.run().back().cursor; // from now on there is a session
    (*broker).publish_numbers(own_name() + "/t", 1, 130);
    return found[own_name()] = std::move(cursor);
  };
  return {{"mqtt_of_a_session", open, {}, find_cursor}};
}

} // namespace tenon::tests::conformance::subjects::sources
