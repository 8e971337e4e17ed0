// The commands against a real socket: what they ask, what they show, how they end.
#include "protocols/json.hpp"
#include "tests/integration/cli/answers.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace {

using namespace tenon::tests;
using tenon::nodes::cli::exit_code;

constexpr auto two_resources = "kind: integration\n"
                               "name: chinook\n"
                               "spec: {connector: chinook}\n"
                               "---\n"
                               "kind: sync\n"
                               "name: chinook:customers\n"
                               "spec:\n"
                               "  page:\n"
                               "    size: 5000\n";

TEST(cli_apply, sends_all_resources_at_once_and_shows_what_became_of_each) {
  canned_server server{[](const auto&) -> canned_answer {
    return {.body = R"({"results":[
        {"kind":"integration","name":"chinook","outcome":"created"},
        {"kind":"sync","name":"chinook:customers","outcome":"unchanged"}]})"};
  }};
  const auto s = say_to(server, {"apply", "-f", "-"}, {.input = two_resources});
  EXPECT_EQ(s.code, exit_code::done) << s.err;
  EXPECT_EQ(s.out, "OUTCOME    KIND         NAME\n"
                   "created    integration  chinook\n"
                   "unchanged  sync         chinook:customers\n"
                   "2 resources: 1 created, 1 unchanged\n");
  ASSERT_EQ(server.requests().size(), 1u);
  const auto asked = server.requests().front();
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.target, "/api/v1/default/apply");
  EXPECT_EQ(asked.authorization, "Bearer tn_test");
  EXPECT_EQ(asked.body, R"({"resources":[{"kind":"integration","name":"chinook","spec":)"
                        R"({"connector":"chinook"}},{"kind":"sync","name":"chinook:customers",)"
                        R"("spec":{"page":{"size":5000}}}]})");
}

TEST(cli_apply, sends_as_many_at_once_as_the_server_takes) {
  std::string text;
  for (int i = 0; i < 2'001; ++i)
    text += "---\nkind: sync\nname: s" + std::to_string(i) + "\nspec: {}\n";
  canned_server server{[](const canned_request& q) -> canned_answer {
    const auto asked = tenon::read_json(q.body);
    tenon::list results;
    for (const auto& one : *asked->find("resources")->as<tenon::list>())
      results.push_back(tenon::object{{"kind", "sync"},
                                      {"name", *one.find("name")->as<std::string>()},
                                      {"outcome", "created"}});
    return {.body = tenon::write_json(tenon::object{{"results", std::move(results)}})};
  }};
  const auto s = say_to(server, {"apply", "-f", "-"}, {.input = text});
  EXPECT_EQ(s.code, exit_code::done) << s.err;
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_NE(s.out.find("created  sync  s2000\n2,001 resources: 2,001 created\n"), std::string::npos)
      << s.out.substr(s.out.size() - 200);
}

TEST(cli_apply, shows_a_problem_at_the_line_that_caused_it) {
  canned_server server{[](const auto&) -> canned_answer {
    return {.body = R"({"results":[
        {"kind":"integration","name":"chinook","outcome":"created"},
        {"kind":"sync","name":"chinook:customers","problem":{
          "type":"urn:tenon:problem:malformed","detail":"must be at most 1,000",
          "field":"spec.page.size","remedy":"write 1000 or less"}}]})"};
  }};
  const auto s = say_to(server, {"apply", "-f", "-"}, {.input = two_resources});
  EXPECT_EQ(s.code, exit_code::refused);
  EXPECT_TRUE(contains(s.out, "refused  sync         chinook:customers\n")) << s.out;
  EXPECT_EQ(s.err, "error: must be at most 1,000\n"
                   "  at    stdin:9:5 (spec.page.size)\n"
                   "  do    write 1000 or less\n");
}

TEST(cli_apply, shows_all_problems_of_a_resource_each_at_its_line) {
  canned_server server{[](const auto&) -> canned_answer {
    return {.body = R"({"results":[{"kind":"sync","name":"chinook:customers",
        "problem":{"code":"malformed","detail":"too large","field":"spec.page.size"},
        "problems":[{"code":"malformed","detail":"too large","field":"spec.page.size"},
                    {"code":"malformed","detail":"no page","field":"spec.page"}]}]})"};
  }};
  const auto s = say_to(server, {"apply", "-f", "-"}, {.input = two_resources});
  EXPECT_EQ(s.code, exit_code::refused);
  EXPECT_EQ(s.err, "error: too large\n  at    stdin:9:5 (spec.page.size)\n"
                   "error: no page\n  at    stdin:8:3 (spec.page)\n");
}

TEST(cli_apply, finds_the_line_when_the_whole_request_is_refused_for_one_resource) {
  canned_server server{[](const auto&) -> canned_answer {
    return {.status = 422, .body = R"({"type":"urn:tenon:problem:malformed","detail":"too large",
                        "field":"resources[1].spec.page.size"})"};
  }};
  const auto s = say_to(server, {"apply", "-f", "-"}, {.input = two_resources});
  EXPECT_EQ(s.code, exit_code::refused);
  EXPECT_EQ(s.err, "error: too large\n  at    stdin:9:5 (spec.page.size)\n");
}

TEST(cli_apply, asks_the_server_nothing_while_a_file_is_wrong) {
  canned_server server{[](const auto&) { return canned_answer{}; }};
  const auto s = say_to(server, {"apply", "-f", "-"},
                        {.input = "kind: snc\nname: x\n---\nname: y\n---\nkind: sync\nname: z\n"
                                  "---\nkind: sync\nname: z\n---\njust text\n"});
  EXPECT_EQ(s.code, exit_code::wrong_usage);
  EXPECT_TRUE(contains(s.err, "there is no kind \"snc\"\n  at    stdin:1:1\n")) << s.err;
  EXPECT_TRUE(contains(s.err, "kind is missing or not a text\n  at    stdin:4:1\n")) << s.err;
  EXPECT_TRUE(contains(s.err, "sync \"z\" is written twice\n  at    stdin:10:1\n")) << s.err;
  EXPECT_TRUE(contains(s.err, "the other one is at stdin:7:1\n")) << s.err;
  EXPECT_TRUE(contains(s.err, "a resource is a map, not a text\n")) << s.err;
  EXPECT_TRUE(server.requests().empty());
  EXPECT_EQ(say_to(server, {"apply", "-f", "/nowhere/at/all.yaml"}).code, exit_code::wrong_usage);
  EXPECT_EQ(say_to(server, {"apply", "-f", "-"}, {.input = ""}).code, exit_code::wrong_usage);
}

TEST(cli_apply, reads_a_folder_by_name_and_says_when_nothing_was_changed) {
  auto pattern = (std::filesystem::temp_directory_path() / "tenon-apply-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  EXPECT_EQ(say({"apply", "-f", folder.string(), "--server", "http://127.0.0.1:1"}).code,
            exit_code::wrong_usage); // nothing in it
  std::ofstream{folder / "b.json"} << R"({"kind":"sync","name":"b","spec":{}})";
  std::ofstream{folder / "a.yml"} << "kind: sync\nname: a\nspec: {}\n";
  std::ofstream{folder / "notes.txt"} << "not a resource";
  canned_server server{[](const auto&) -> canned_answer {
    return {.body = R"({"results":[{"kind":"sync","name":"a","outcome":"created"},
                                   {"kind":"sync","name":"b","outcome":"created"}]})"};
  }};
  const auto s = say_to(server, {"apply", "-f", folder.string(), "--dry-run"});
  EXPECT_EQ(s.code, exit_code::done) << s.err;
  EXPECT_TRUE(s.out.ends_with("2 resources: 2 created; nothing was changed (--dry-run)\n"));
  EXPECT_EQ(server.requests()[0].target, "/api/v1/default/apply?dry_run=true");
  EXPECT_TRUE(
      contains(server.requests()[0].body, R"("name":"a","spec":{}},{"kind":"sync","name":"b")"));
  std::filesystem::remove_all(folder);
}

canned_answer syncs(const canned_request& r) {
  if (r.target == "/api/v1/acme/syncs?limit=500")
    return {.body = R"({"items":[{"kind":"sync","name":"a","version":3,"spec":{"x":1},
                                  "status":{"state":"running","records":1200,"inner":{}}}],
                        "next":"p 2"})"};
  if (r.target == "/api/v1/acme/syncs?limit=500&after=p%202")
    return {.body = R"({"items":[{"kind":"sync","name":"b","version":1,"spec":{},
                                  "status":{"state":"failed","why":"gone"}}],"next":null})"};
  if (r.target == "/api/v1/acme/syncs/a%3Ab")
    return {.body = R"({"kind":"sync","name":"a:b","version":3,"spec":{"page":{"size":7}},
                        "status":{"state":"running"}})"};
  return problem(404, "not_found", "there is no such sync");
}

TEST(cli_get, walks_all_pages_into_one_table) {
  canned_server server{syncs};
  const auto s = say_to(server, {"get", "syncs", "--tenant", "acme"});
  EXPECT_EQ(s.code, exit_code::done) << s.err;
  EXPECT_EQ(s.out, "NAME  VERSION  STATE    RECORDS  WHY\n"
                   "a           3  running     1200\n"
                   "b           1  failed            gone\n");
}

TEST(cli_get, shows_one_resource_whole_as_text_json_or_yaml) {
  canned_server server{syncs};
  EXPECT_EQ(say_to(server, {"get", "sync", "a:b", "--tenant", "acme"}).out,
            "sync a:b  version 3\nstatus:\n  state: running\nspec:\n  page:\n    size: 7\n");
  EXPECT_EQ(say_to(server, {"get", "sync", "a:b", "--tenant", "acme", "-o", "yaml"}).out,
            "kind: sync\nname: a:b\nversion: 3\nspec:\n  page:\n    size: 7\n"
            "status:\n  state: running\n");
  EXPECT_EQ(say_to(server, {"get", "sync", "a:b", "--tenant", "acme", "--json"}).out,
            R"({"kind":"sync","name":"a:b","version":3,"spec":{"page":{"size":7}},)"
            R"("status":{"state":"running"}})"
            "\n");
}

TEST(cli_get, ends_with_4_and_the_reason_when_the_server_refuses) {
  canned_server server{syncs};
  const auto s = say_to(server, {"get", "sync", "nobody", "--tenant", "acme"});
  EXPECT_EQ(s.code, exit_code::refused);
  EXPECT_EQ(s.out, "");
  EXPECT_EQ(s.err, "error: there is no such sync\n");
}

TEST(cli_delete, names_what_it_removed) {
  canned_server server{[](const auto&) -> canned_answer { return {.status = 204, .body = ""}; }};
  EXPECT_EQ(say_to(server, {"delete", "syncs", "a:b"}).out, "removed sync a:b\n");
  EXPECT_EQ(server.requests()[0].method, "DELETE");
  EXPECT_EQ(server.requests()[0].target, "/api/v1/default/syncs/a%3Ab");
}

TEST(cli_sync, steers) {
  canned_server server{[](const auto& r) -> canned_answer {
    if (r.target.ends_with("/runs"))
      return {.status = 202, .body = R"({"run":7})"};
    return {.body = ""};
  }};
  EXPECT_TRUE(say_to(server, {"sync", "run", "a", "--full"}).out.starts_with("run 7 of a started"));
  EXPECT_EQ(server.requests()[0].body, R"({"full":true})");
  EXPECT_EQ(say_to(server, {"sync", "run", "a", "--json"}).out, "{\"run\":7}\n");
  for (const auto& [verb, past] :
       std::vector<std::pair<std::string, std::string>>{{"pause", "paused"},
                                                        {"resume", "resumed"},
                                                        {"cancel", "cancelled"},
                                                        {"step", "makes a step"},
                                                        {"rewind", "rewound"}}) {
    EXPECT_EQ(say_to(server, {"sync", verb, "a"}).out, "a " + past + "\n");
    EXPECT_EQ(server.requests().back().method, "POST");
    EXPECT_EQ(server.requests().back().target, "/api/v1/default/syncs/a/" + verb);
  }
}

TEST(cli_sync, is_sent_back_to_a_page_or_a_cursor) {
  canned_server server{[](const auto&) -> canned_answer { return {.body = ""}; }};
  EXPECT_EQ(say_to(server, {"sync", "rewind", "a", "--page", "12"}).out, "a rewound\n");
  EXPECT_EQ(server.requests().back().body, R"({"page":12})");
  say_to(server, {"sync", "rewind", "a", "--cursor", R"({"after":7})"});
  EXPECT_EQ(server.requests().back().body, R"({"cursor":"{\"after\":7}"})");
  const auto asked = server.requests().size();
  EXPECT_NE(say_to(server, {"sync", "rewind", "a", "--cursor", "x", "--page", "1"}).err, "");
  EXPECT_NE(say_to(server, {"sync", "rewind", "a", "--page", "-1"}).err, "");
  EXPECT_EQ(server.requests().size(), asked);
}

TEST(cli_sync, lists_places_and_shows_its_account) {
  canned_server server{[](const auto& r) -> canned_answer {
    if (r.target == "/api/v1/default/syncs/a/runs/latest/places")
      return {.body = R"({"run":7,"items":[{"page":0,"read":0},{"page":8,"read":1600}]})"};
    if (r.target == "/api/v1/default/syncs/a/statistics")
      return {.body = R"({"succeeded":1,"failed":0,"lag_ms":1000,"hours":[],"days":[]})"};
    return {.status = 404, .body = ""};
  }};
  EXPECT_EQ(say_to(server, {"sync", "places", "a"}).out, "PAGE  READ\n   0     0\n   8  1600\n");
  EXPECT_EQ(say_to(server, {"sync", "stats", "a"}).out,
            "a\n  success     100 % of 1 run\n  seen whole  1 s ago\n");
}

TEST(cli_sync, shows_its_status) {
  canned_server server{[](const auto& r) -> canned_answer {
    if (r.target == "/api/v1/default/syncs/a/runs/7")
      return {.body = R"({"run":7,"state":"failed"})"};
    return {.body = R"({"name":"a","status":{"state":"idle","last_run":{"run":7,"read":1200,
        "busy":137,"records_per_second":5485.232067510548,"success_rate":0.6666666666666666}}})"};
  }};
  EXPECT_EQ(say_to(server, {"sync", "status", "a"}).out,
            "a\n  state  idle\n  last_run\n    run                 7\n"
            "    read                1,200\n    busy                137ms\n"
            "    records_per_second  5,485\n    success_rate        0.67\n");
  EXPECT_EQ(say_to(server, {"sync", "status", "a", "--run", "7"}).out,
            "a\n  run    7\n  state  failed\n");
}

canned_answer records(const canned_request& r) {
  const bool second = contains(r.target, "after=");
  return {.body =
              second ? R"({"items":[{"key":"3","record":{"name":"c"},"deleted":true}],"next":null})"
                     : R"({"items":[{"key":"1","record":{"name":"a","tags":[1]},"deleted":false},
                                     {"key":"2","record":{"name":"b"},"deleted":false}],
                         "next":"x"})"};
}

TEST(cli_records, shows_the_first_as_a_table_with_what_is_deleted_marked) {
  canned_server server{records};
  const auto s = say_to(server, {"records", "chinook.customers", "--filter", "name != \"z\""});
  EXPECT_EQ(s.out, "KEY  DELETED  NAME\n1             a\n2             b\n3    yes      c\n");
  EXPECT_EQ(server.requests()[0].target, "/api/v1/default/records/chinook.customers"
                                         "?limit=20&filter=name%20%21%3D%20%22z%22");
  EXPECT_EQ(say_to(server, {"records", "x", "--limit", "1"}).out, "KEY  NAME\n1    a\n");
}

TEST(cli_records, writes_one_json_line_each_for_pipes) {
  canned_server server{records};
  EXPECT_EQ(say_to(server, {"records", "x", "--ndjson"}).out,
            R"({"key":"1","record":{"name":"a","tags":[1]},"deleted":false})"
            "\n"
            R"({"key":"2","record":{"name":"b"},"deleted":false})"
            "\n"
            R"({"key":"3","record":{"name":"c"},"deleted":true})"
            "\n");
}

TEST(cli_actors, draws_the_tree) {
  canned_server server{[](const auto&) -> canned_answer {
    return {.body = R"({"name":"node","state":"running","mailbox":0,"children":[
        {"name":"sync a","state":"restarting","mailbox":1200,"restarts_left":2}]})"};
  }};
  EXPECT_EQ(say_to(server, {"actors"}).out, "ACTOR      STATE       MAILBOX  RESTARTS LEFT\n"
                                            "node       running           0\n"
                                            "└─ sync a  restarting    1,200              2\n");
  EXPECT_EQ(server.requests()[0].target, "/api/v1/actors");
}

TEST(cli_dead_letters, lists_unless_told_and_replays_and_discards) {
  canned_server server{[](const auto& r) -> canned_answer {
    if (r.method == "POST")
      return {.body = ""};
    return {.body = R"({"items":[{"id":"dl-1","why":"bug\u001b[31m"}],"next":null})"};
  }};
  const std::string table = "ID    WHY\ndl-1  bug\xEF\xBF\xBD[31m\n";
  EXPECT_EQ(say_to(server, {"dead-letters"}).out, table);
  EXPECT_EQ(say_to(server, {"dead-letters", "list"}).out, table);
  EXPECT_EQ(say_to(server, {"dead-letters", "replay", "dl-1"}).out, "dead letter dl-1 replayed\n");
  EXPECT_EQ(server.requests().back().target, "/api/v1/default/dead-letters/dl-1/replay");
  EXPECT_EQ(say_to(server, {"dead-letters", "discard", "dl-1"}).out,
            "dead letter dl-1 discarded\n");
}

TEST(cli_letters, are_listed_page_by_page_and_replayed_or_discarded_by_their_number) {
  canned_server server{[](const auto& r) -> canned_answer {
    if (r.method == "POST")
      return {.body = R"({"place":"c7"})"};
    if (r.target.ends_with("after="))
      return {.body = R"({"items":[{"number":3,"place":"c7"}],"next":3})"};
    return {.body = R"({"items":[{"number":4,"place":"c9"}],"next":null})"};
  }};
  EXPECT_EQ(say_to(server, {"letters", "crm"}).out, "NUMBER  PLACE\n     3  c7\n     4  c9\n");
  EXPECT_EQ(server.requests().back().target, "/api/v1/default/records/crm/letters?after=3");
  EXPECT_EQ(say_to(server, {"letters", "crm", "--replay", "3"}).out,
            "letter 3 will be written with the next run\n");
  EXPECT_EQ(server.requests().back().target, "/api/v1/default/records/crm/letters/3/replay");
  EXPECT_EQ(say_to(server, {"letters", "crm", "--discard", "4"}).out, "letter 4 given up\n");
  EXPECT_EQ(server.requests().back().target, "/api/v1/default/records/crm/letters/4/discard");
}

TEST(cli_letters, are_replayed_one_and_all_and_say_what_became_of_each) {
  canned_server server{[](const auto& r) -> canned_answer {
    if (r.target.ends_with("/1/replay"))
      return {.body = R"({"place":"a","outcome":"stored"})"};
    if (r.target.ends_with("/2/replay"))
      return {.body = R"({"place":"b","outcome":"kept","reason":"no number"})"};
    return {.body = R"({"items":[{"number":1},{"number":2}],"next":null})"};
  }};
  EXPECT_EQ(say_to(server, {"letters", "crm", "--replay", "1"}).out, "letter 1 stored\n");
  const auto kept = say_to(server, {"letters", "crm", "--replay", "2"});
  EXPECT_EQ(kept.out, "letter 2 stays: no number\n");
  EXPECT_EQ(kept.code, exit_code::failed);
  const auto all = say_to(server, {"letters", "crm", "--replay", "all"});
  EXPECT_EQ(all.out, "OUTCOME  LETTERS\nkept           1\nstored         1\n");
  EXPECT_EQ(all.code, exit_code::failed);
}

TEST(cli_letters, and_schemas_send_nothing_to_the_terminal_that_it_would_obey) {
  canned_server server{[](const auto& r) -> canned_answer {
    if (r.target.ends_with("/accept"))
      return {.body = R"({"items":[{"field":"a\u001b[2J","to":"b\u001b[31m"}]})"};
    if (r.target.ends_with("/1/replay"))
      return {.body = R"({"place":"a","outcome":"kept","reason":"no\u001b[2J"})"};
    if (r.method == "POST")
      return {.status = 409, .body = R"({"code":"conflict","detail":"other\u001b[2J"})"};
    return {.body = R"({"items":[{"number":1},{"number":2}],"next":null})"};
  }};
  EXPECT_EQ(say_to(server, {"schema", "crm", "--accept", "a"}).out,
            "the field a\xEF\xBF\xBD[2J is b\xEF\xBF\xBD[31m from now on\n");
  EXPECT_EQ(say_to(server, {"letters", "crm", "--replay", "1"}).out,
            "letter 1 stays: no\xEF\xBF\xBD[2J\n");
  const auto all = say_to(server, {"letters", "crm", "--replay", "all"});
  EXPECT_NE(all.err.find("letter 2: "), std::string::npos) << all.err;
  EXPECT_EQ(all.err.find('\x1b'), std::string::npos) << all.err;
}

TEST(cli_schema, shows_fields_and_changes_and_accepts_what_waits) {
  canned_server server{[](const auto& r) -> canned_answer {
    if (r.method == "POST")
      return {.body = R"({"items":[{"field":"age","to":"mixed"}]})"};
    return {.body = R"({"fields":[{"name":"age","type":"integer","sync":"in","run":1,)"
                    R"("waits":{"type":"text","records":3,"run":2}}],)"
                    R"("changes":[{"field":"age","outcome":"quarantined"}]})"};
  }};
  const auto fields = say_to(server, {"schema", "crm"}).out;
  EXPECT_EQ(server.requests().back().target, "/api/v1/default/records/crm/schema");
  EXPECT_NE(fields.find("text in 3 records up to run 2"), std::string::npos) << fields;
  EXPECT_EQ(say_to(server, {"schema", "crm", "--changes"}).out,
            "FIELD  OUTCOME\nage    quarantined\n");
  EXPECT_EQ(say_to(server, {"schema", "crm", "--accept", "age"}).out,
            "the field age is mixed from now on\n");
  EXPECT_EQ(server.requests().back().target, "/api/v1/default/records/crm/schema/accept");
  EXPECT_EQ(server.requests().back().body, R"({"fields":["age"]})");
  say_to(server, {"schema", "crm", "--accept-all"});
  EXPECT_EQ(server.requests().back().body, R"({"all":true})");
  EXPECT_EQ(say_to(server, {"schema", "crm", "--accept", "a", "--changes"}).code,
            exit_code::wrong_usage);
}

} // namespace
