#include "tests/conformance/waivers.hpp"

#include <fstream>

namespace tenon::tests::conformance {
namespace {

constexpr auto table = "tests/conformance/waivers.txt";

std::vector<waiver> read_table() {
  std::ifstream file{table};
  if (!file)
    throw std::runtime_error{std::string{"cannot read "} + table};
  std::vector<waiver> all;
  std::string reason;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#'))
      continue;
    if (line.starts_with("because ")) {
      reason = line.substr(8);
      continue;
    }
    const auto thing = line.find_first_not_of(' ');
    const auto end = line.find(' ', thing);
    if (thing != 2 || end == line.npos || reason.empty())
      throw std::runtime_error{std::string{table} + " has a line of no sense: " + line};
    all.push_back({line.substr(thing, end - thing), line.substr(end + 1), reason});
  }
  return all;
}

/// "every/sources", "give_the_rest/redis_by_id" as "sources/redis_by_id" and "give_the_rest".
std::string thing_of(const std::string& suite, const std::string& test) {
  const auto slash = test.find('/');
  return suite.substr(suite.rfind('/') + 1) + (slash == test.npos ? "" : test.substr(slash));
}

} // namespace

const std::vector<waiver>& waivers() {
  static const auto all = read_table();
  return all;
}

const waiver* find_waiver(std::string_view thing, std::string_view promise) {
  for (const auto& w : waivers())
    if (w.thing == thing && w.promise == promise)
      return &w;
  return nullptr;
}

void expect_waived(const std::string& thing, std::set<std::string> complaints) {
  for (const auto& w : waivers()) {
    const auto about = [&](const std::string& one) { return one.ends_with(w.promise); };
    const bool stale = w.thing == thing && std::erase_if(complaints, about) == 0;
    EXPECT_FALSE(stale) << "no longer true, and to be taken from the table: " << w.promise;
  }
  for (const auto& one : complaints)
    ADD_FAILURE() << one;
}

std::string present_thing() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return thing_of(test->test_suite_name(), test->name());
}

std::string present_promise() {
  const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
  return name.substr(0, name.find('/'));
}

bool forgiven::end() {
  intercepting_.reset();
  for (int i = 0; i < failures_.size(); ++i)
    if (failures_.GetTestPartResult(i).failed())
      return true;
  return false;
}

} // namespace tenon::tests::conformance
