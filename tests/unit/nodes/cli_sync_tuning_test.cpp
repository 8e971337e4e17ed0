#include "nodes/cli/sync_tuning.hpp"

#include "protocols/json.hpp"

#include <gtest/gtest.h>

namespace tenon::nodes::cli {
namespace {

std::string text_of(const char* json) {
  const auto v = read_json(json);
  EXPECT_TRUE(v) << v.error().why;
  return v ? tuning_text("people", *v, {}) : "";
}

TEST(cli_sync_tuning, shows_what_is_set_and_what_each_change_has_gained) {
  const auto text = text_of(R"({"on": true,
    "page_size": {"is": 400, "usual": 100, "most": 1000, "rests_for_pages": 32},
    "concurrency": {"is": 4, "usual": 1, "most": 8, "rests_for_pages": 0},
    "records_per_second": 12345.6, "trying": false, "interval": "20m", "changes": [
      {"what": "page_size", "from": 400, "to": 800, "outcome": "reverted", "why": "less",
       "before": 100.0, "after": 80.0, "gain": -0.2, "at": "2026-11-21T10:05:00Z"},
      {"what": "page_size", "from": 200, "to": 400, "outcome": "kept", "why": "more",
       "before": 100.0, "after": 150.0, "gain": 0.5, "at": "2026-11-21T10:00:00Z"}]})");
  for (const auto* part :
       {"400 records; usual is 100, the most 1000", "4 calls at once; usual is 1, the most 8",
        "12,346 records/s", "20m", "after 32 pages", "page size", "400 to 800", "reverted", "-20 %",
        "kept", "+50 %", "2026-11-21T10:05"})
    EXPECT_NE(text.find(part), text.npos) << '"' << part << "\" is not in:\n" << text;
}

TEST(cli_sync_tuning, says_that_it_is_off_or_has_nothing_to_choose) {
  const auto text = text_of(R"({"on": false, "changes": []})");
  EXPECT_NE(text.find("off"), text.npos) << text;
  EXPECT_NE(text.find("nothing can be chosen"), text.npos) << text;
}

} // namespace
} // namespace tenon::nodes::cli
