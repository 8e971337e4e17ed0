#include "nodes/cli/sync_account.hpp"

#include "protocols/json.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon::nodes::cli;

std::string shown(const char* statistics, bool by_day = false) {
  return account_text("customers", *tenon::read_json(statistics), by_day, look{});
}

TEST(cli_sync_account, shows_success_speed_lag_and_the_hours_in_which_anything_happened) {
  EXPECT_EQ(shown(R"({"succeeded":3,"failed":1,"success_rate":0.75,"under_way":null,
        "newest":{"runs":4,"records_per_second":1234.6,"bytes_per_second":2000000},
        "whole_at":"2026-11-21T14:00:00Z","lag_ms":65000,"undelivered":null,
        "hours":[{"from":"2026-11-21T13:00:00Z","succeeded":0,"failed":0,"cancelled":0,"pages":0},
                 {"from":"2026-11-21T14:00:00Z","succeeded":3,"failed":1,"cancelled":0,"pages":9,
                  "read":12400,"stored":12000,"bytes":2500,"busy_ms":2000}],"days":[]})"),
            "customers\n"
            "  success     75 % of 4 runs\n"
            "  speed       1,235 records/s, 2.0 MB/s in the last 4 runs\n"
            "  seen whole  1 min 05 s ago\n"
            "\n"
            "hour (UTC)        succeeded  failed    read  stored   bytes  read/s\n"
            "2026-11-21 14:00          3       1  12,400  12,000  2.5 kB   6,200\n");
}

TEST(cli_sync_account, says_what_is_not_known_yet_and_what_is_still_to_be_delivered) {
  EXPECT_EQ(shown(R"({"succeeded":0,"failed":0,"success_rate":null,
        "under_way":{"runs":1,"records_per_second":10,"bytes_per_second":500},"newest":null,
        "whole_at":null,"lag_ms":null,"undelivered":1200,"hours":[],"days":[]})"),
            "customers\n"
            "  success      no run has ended yet\n"
            "  under way    10 records/s, 500 B/s\n"
            "  seen whole   never\n"
            "  undelivered  1,200 changes\n");
}

TEST(cli_sync_account, shows_days_when_they_are_asked_for) {
  const auto text = shown(R"({"succeeded":1,"failed":0,"hours":[],"days":[
    {"from":"2026-11-20T00:00:00Z","succeeded":1,"failed":0,"cancelled":0,"pages":1}]})",
                          true);
  EXPECT_NE(text.find("\nday         succeeded"), std::string::npos) << text;
  EXPECT_NE(text.find("\n2026-11-20          1"), std::string::npos) << text;
}

} // namespace
