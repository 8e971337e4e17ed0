// A table and a platform that are kept in step, with the sample that the README shows.
#include "config/yaml.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/running_node.hpp"

#include <regex>

namespace {

using namespace tenon;
using namespace tenon::tests;

class both_ways : public running_node {
protected:
  void begin(bool deletes = true) {
    db_.run("CREATE TABLE customers (email text PRIMARY KEY, firstname text, lastname text, "
            "company text); INSERT INTO customers VALUES "
            "('Maria@example.com', 'Maria', 'Johnson', 'Ours'), "
            "('new@example.com', 'New', 'Customer', 'Theirs')");
    twin_.emplace("tenon", words{"twin", "hubspot"});
    ASSERT_TRUE(twin_->first_line().starts_with("http://")) << twin_->errors();
    start_node();
    const auto said = twin_->errors();
    const auto account = config::read_yaml(said.substr(said.find("kind:")), "twin");
    auto text = contents_of("config/samples/hubspot/with-postgres.yaml");
    text = std::regex_replace(text, std::regex{"postgres://localhost/shop"}, server_.url());
    if (!deletes)
      text = std::regex_replace(text, std::regex{", delete: delete_contact"}, "");
    text = std::regex_replace(text, std::regex{"password: tenon"},
                              std::string{"password: "} + server_.password);
    const auto sample = config::read_yaml(text, "with-postgres.yaml");
    ASSERT_TRUE(account && sample);
    list resources;
    for (const auto* part : {&*account, &*sample})
      for (const auto& one : *part)
        resources.push_back(one.value);
    apply(resources);
  }

  /// Each of the four once; what the writers wrote.
  std::int64_t round() {
    for (const auto* sync : {"from_hubspot", "from_table"})
      ran(sync);
    return ran("to_hubspot") + ran("to_table");
  }
  /// The contact as HubSpot has it; how many of that address it has.
  std::pair<value, int> contact(const std::string& address) {
    const auto server = nodes::cli::parse_server(twin_->first_line());
    const nodes::cli::api asked{nodes::cli::http_client{{*server, ""}}, "default"};
    const auto all = asked.get("/_twin/records/contacts");
    EXPECT_TRUE(all) << all.why.why;
    std::pair<value, int> found;
    if (const auto* records = all.body.as<list>())
      for (const auto& one : *records)
        if (const auto* properties = one.find("properties");
            properties && nodes::cli::text_at(*properties, "email") == address) {
          found.first = *properties;
          ++found.second;
        }
    return found;
  }
  std::int64_t ran(const std::string& sync, bool full = false) {
    const auto begun = api_->post(api_->path({"syncs", sync, "runs"}), object{{"full", full}});
    EXPECT_TRUE(begun) << begun.why.why;
    const auto done = await_run(sync, "the run's end", over);
    EXPECT_EQ(state(done), "succeeded") << sync << ": " << write_json(done);
    expect_conserved(done);
    return number(done, "stored");
  }

  postgres_server server_;
  postgres_client db_{server_};
  std::optional<started_program> twin_;
};

TEST_F(both_ways, each_side_gets_what_the_other_has_and_nothing_goes_round) {
  begin();
  round();
  // 450 contacts, of whom the table knew one, by an address that is written in another way.
  EXPECT_EQ(db_.run("SELECT count(*) FROM customers"), "451");
  EXPECT_EQ(db_.run("SELECT firstname FROM customers WHERE email = 'brian@example.com'"), "Brian");
  EXPECT_EQ(contents("people").size(), 451u);
  EXPECT_EQ(contents("people").at("maria@example.com"),
            R"({"email":"maria@example.com","firstname":"Maria","lastname":"Johnson",)"
            R"("company":"Ours"})");
  // What was written is there, and HubSpot tells of it as of any other change.
  EXPECT_EQ(contact("new@example.com").second, 1);
  EXPECT_EQ(contact("maria@example.com").second, 1)
      << "known by its address, however it is written";
  EXPECT_EQ(nodes::cli::text_at(contact("maria@example.com").first, "company"), "Ours");
  const auto back = run("from_hubspot");
  EXPECT_EQ(state(back), "succeeded") << write_json(back);
  EXPECT_GE(number(back, "read"), 2) << "nothing of what was written has come back";
  EXPECT_EQ(number(back, "unchanged"), number(back, "read")) << "it is no news";
  for (int i = 0; i < 3; ++i)
    round();
  EXPECT_EQ(round(), 0) << "what was written comes back, and is no news";
  EXPECT_EQ(contents("people").size(), 451u);
}

TEST_F(both_ways, a_change_of_one_side_arrives_at_the_other_and_stays_one) {
  begin();
  round();
  db_.run("UPDATE customers SET company = 'Moved' WHERE email = 'brian@example.com'");
  for (int i = 0; i < 2; ++i)
    round();
  EXPECT_EQ(nodes::cli::text_at(contact("brian@example.com").first, "company"), "Moved");
  EXPECT_EQ(contact("brian@example.com").second, 1);
  EXPECT_EQ(db_.run("SELECT company FROM customers WHERE email = 'brian@example.com'"), "Moved");
  EXPECT_EQ(round(), 0) << "it goes round";
}

TEST_F(both_ways, a_row_that_gets_another_name_is_another_row_and_its_deletion_is_understood) {
  begin();
  round();
  db_.run("UPDATE customers SET email = 'renamed@example.com' WHERE email = 'new@example.com'");
  ran("from_table");
  EXPECT_FALSE(contents("people").contains("new@example.com"));
  EXPECT_TRUE(contents("people").contains("renamed@example.com"));
  db_.run("DELETE FROM customers WHERE email = 'renamed@example.com'");
  ran("from_table");
  EXPECT_FALSE(contents("people").contains("renamed@example.com"));
}

TEST_F(both_ways, a_deletion_reaches_the_other_side_and_stays_one) {
  begin();
  round();
  round();
  ASSERT_EQ(contact("brian@example.com").second, 1);
  // One that HubSpot had, and one that it has got from here.
  db_.run("DELETE FROM customers WHERE email IN ('brian@example.com', 'new@example.com')");
  round();
  EXPECT_EQ(contact("brian@example.com").second, 0);
  EXPECT_EQ(contact("new@example.com").second, 0);
  ran("from_hubspot", true);
  round();
  EXPECT_EQ(db_.run("SELECT count(*) FROM customers"), "449");
  EXPECT_EQ(contents("people").size(), 449u);
  EXPECT_EQ(round(), 0);
}

TEST_F(both_ways, what_is_deleted_before_anybody_has_read_it_back_is_deleted_there_too) {
  begin();
  ran("from_hubspot");
  ran("from_table");
  ran("to_hubspot");
  ASSERT_EQ(contact("new@example.com").second, 1);
  db_.run("DELETE FROM customers WHERE email = 'new@example.com'");
  ran("from_table");
  ran("to_hubspot");
  EXPECT_EQ(contact("new@example.com").second, 0);
}

TEST_F(both_ways, a_deletion_that_is_not_written_is_not_undone_either) {
  begin(false);
  round();
  db_.run("DELETE FROM customers WHERE email = 'brian@example.com'");
  round();
  EXPECT_EQ(contact("brian@example.com").second, 1) << "nobody has asked for that";
  ran("from_hubspot", true);
  round();
  EXPECT_EQ(db_.run("SELECT count(*) FROM customers WHERE email = 'brian@example.com'"), "0");
  EXPECT_EQ(contact("brian@example.com").second, 1);
}

} // namespace
