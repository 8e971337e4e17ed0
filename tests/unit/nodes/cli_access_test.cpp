#include "nodes/cli/access.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace {

using namespace tenon::nodes::cli;
using tenon::code;
namespace fs = std::filesystem;

class cli_access : public testing::Test {
protected:
  cli_access() {
    auto pattern = (fs::temp_directory_path() / "tenon-access-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~cli_access() override { fs::remove_all(folder_); }

  fs::path pointer(std::string_view text, mode_t mode = 0600) {
    const auto file = folder_ / "pointer.json";
    std::ofstream{file} << text;
    ::chmod(file.c_str(), mode);
    return file;
  }
  fs::path folder_;
};

constexpr auto left = R"({"server":"http://127.0.0.1:7070","key":"tn_left"})";

TEST(cli_server, is_read_from_a_url) {
  EXPECT_EQ(parse_server("http://127.0.0.1:7070").value(),
            (server_address{false, "127.0.0.1", "7070", ""}));
  EXPECT_EQ(parse_server("https://tenon.example.com/").value(),
            (server_address{true, "tenon.example.com", "443", ""}));
  EXPECT_EQ(parse_server("http://[::1]:8/base/").value(),
            (server_address{false, "::1", "8", "/base"}));
  EXPECT_EQ(to_string(parse_server("http://[::1]:8/base/").value()), "http://[::1]:8/base");
}

TEST(cli_server, is_refused_when_it_is_no_url_of_a_server) {
  for (const auto* url :
       {"", "127.0.0.1:7070", "ftp://x", "http://", "http://x:0", "http://x:99999", "http://x:7a",
        "http://[::1", "http://u@x", "http://x/?a", "http://x\r\ny"}) {
    const auto parsed = parse_server(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, code::malformed);
    EXPECT_EQ(parsed.error().where, "--server");
  }
}

TEST(cli_server, knows_what_stays_on_this_machine) {
  EXPECT_TRUE(parse_server("http://localhost:1")->loopback());
  EXPECT_TRUE(parse_server("http://[::1]:1")->loopback());
  EXPECT_TRUE(parse_server("http://127.9.9.9:1")->loopback());
  EXPECT_FALSE(parse_server("http://10.0.0.1:1")->loopback());
}

TEST_F(cli_access, needs_nothing_given_where_a_node_left_its_pointer) {
  const auto found = find_access("", "", pointer(left));
  ASSERT_TRUE(found) << found.error().why;
  EXPECT_EQ(to_string(found->server), "http://127.0.0.1:7070");
  EXPECT_EQ(found->key, "tn_left");
}

TEST_F(cli_access, prefers_what_is_given) {
  EXPECT_EQ(find_access("", "tn_given", pointer(left))->key, "tn_given");
  EXPECT_EQ(find_access("http://127.0.0.1:7070", "tn_given", pointer(left))->key, "tn_given");
}

TEST_F(cli_access, sends_the_pointers_key_to_the_pointers_server_alone) {
  EXPECT_EQ(find_access("http://127.0.0.1:7070", "", pointer(left))->key, "tn_left");
  EXPECT_EQ(find_access("http://other.example.com", "", pointer(left))->key, "");
}

TEST_F(cli_access, says_how_to_start_a_node_where_none_runs) {
  const auto found = find_access("", "", folder_ / "none.json");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, code::unavailable);
  EXPECT_NE(found.error().remedy.find("tenon node"), std::string::npos);
}

TEST_F(cli_access, refuses_a_pointer_that_others_may_read_or_change) {
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0666}) {
    const auto found = find_access("", "", pointer(left, mode));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, code::unauthenticated);
    EXPECT_EQ(found.error().where, (folder_ / "pointer.json").string());
  }
}

TEST_F(cli_access, refuses_a_pointer_of_another_user_where_root_can_make_one) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can give a file away";
  const auto file = pointer(left);
  ASSERT_EQ(::chown(file.c_str(), 12345, 12345), 0);
  EXPECT_EQ(find_access("", "", file).error().code, code::unauthenticated);
}

TEST_F(cli_access, follows_no_symbolic_link) {
  const auto link = folder_ / "link.json";
  fs::create_symlink(pointer(left), link);
  EXPECT_EQ(find_access("", "", link).error().code, code::unauthenticated);
}

TEST_F(cli_access, names_a_pointer_that_says_nothing) {
  for (const auto* text : {"", "{}", "[]", R"({"server":"nowhere"})", R"({"server":7})"}) {
    const auto found = find_access("", "", pointer(text));
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().code, code::malformed);
  }
}

} // namespace
