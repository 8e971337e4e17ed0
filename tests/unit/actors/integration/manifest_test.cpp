#include "tests/unit/actors/integration/sample.hpp"

namespace tenon::actors::connectors {
namespace {

/// A sound manifest, in which one line at a time goes wrong.
std::string manifest_with(std::string_view top, std::string_view stream = "") {
  std::string text{top};
  if (top.find("connector:") == top.npos)
    text += "\nconnector: shop";
  if (top.find("base:") == top.npos)
    text += "\nbase: https://api.example.com";
  if (top.find("streams:") == top.npos)
    text += "\nstreams:\n  items:\n" +
            (stream.find("request:") == stream.npos ? std::string{"    request: {get: /items}\n"}
                                                    : "") +
            (stream.find("key:") == stream.npos ? "    key: id\n" : "") + "    " +
            std::string{stream};
  return text + "\n";
}

struct mistake {
  const char* name;
  const char* top;
  const char* stream;
  const char* where;
  const char* why;
  const char* remedy;
};

struct manifest_mistakes : testing::TestWithParam<mistake> {};

TEST_P(manifest_mistakes, are_told_with_place_reason_and_remedy) {
  const auto& [name, top, stream, where, why, remedy] = GetParam();
  const auto done = check_manifest(value_of_yaml(manifest_with(top, stream)));
  ASSERT_FALSE(done.manifest);
  ASSERT_FALSE(done.errors.empty());
  const auto& first = done.errors.front();
  EXPECT_EQ(first.where, where);
  EXPECT_NE(first.why.find(why), std::string::npos) << first.why;
  EXPECT_NE(first.remedy.find(remedy), std::string::npos) << first.remedy;
  EXPECT_EQ(done.count, 1u) << (done.count > 1 ? done.errors[1].where + done.errors[1].why : "");
}

const mistake top_mistakes[]{
    {"unknown_block", "steams: {}", "", "steams", "no field `steams`", "Did you mean streams?"},
    {"unknown_without_likeness", "qqqq: 1", "", "qqqq", "no field", "Known here: connector"},
    {"connector_name", "connector: Shop!", "", "connector", "not a name", "a-z"},
    {"connector_type", "connector: [a]", "", "connector", "a map is expected", ""},
    {"connector_fields", "connector: {name: a, tilte: b}", "", "connector.tilte", "no field",
     "title"},
    {"version", "version: one", "", "version", "a whole number", ""},
    {"base_scheme", "base: ftp://x", "", "base", "http://", "https://HOST"},
    {"base_query", "base: https://x/?a=1", "", "base", "no query", ""},
    {"base_expression", "base: \"{{con.url}}\"", "", "base", "con", ""},
    {"base_host", "base: {url: https://x, hosts: [https://y]}", "", "base.hosts", "is not a host",
     "without a scheme"},
    {"base_header", "base: {url: https://x, headers: {\"a b\": c}}", "", "base.headers.a b",
     "not a header's name", ""},
    {"base_environments", "base: {environments: {a: 5}}", "", "base.environments.a",
     "an address is expected", ""},
    {"base_no_environment", "base: {environments: {}}", "", "base.environments", "1 to 16", ""},
    {"base_environment_param",
     "base: {environments: {test: https://x}}\nparams: {environment: Which}", "",
     "params.environment", "base.environments asks", ""},
    {"sunset", "connector: {name: shop, sunset: soon}", "", "connector.sunset", "not a date",
     "2027-07-01"},
    {"params_type", "params: [a]", "", "params", "a map of parameters", ""},
    {"param_name", "params: {A: x}", "", "params.A", "not a name", ""},
    {"param_id", "params: {id: x}", "", "params.id", "connection's own name", ""},
    {"param_field", "params: {a: {secrets: true}}", "", "params.a.secrets", "no field", "secret"},
    {"param_match", "params: {a: {match: \"(\"}}", "", "params.a.match", "", ""},
    {"param_default", "params: {a: {secret: true, default: x}}", "", "params.a.default",
     "a secret has no default", ""},
    {"auth_unknown", "auth: magic", "", "auth", "no kind `magic`", "none, key, basic"},
    {"auth_consent", "auth: {oauth2: {token: https://x}}", "", "auth.oauth2.authorize",
     "is missing", "authorize: https://"},
    {"auth_sign", "auth: {none: {}, sign: {}}", "", "auth.sign", "nothing to compute", ""},
    {"auth_swap", "auth: {exchange: {from: x}}", "", "auth.exchange.steps", "is missing", ""},
    {"auth_session", "auth: {session: {ttl: 5m}}", "", "auth.session", "`login` or a `csrf`", ""},
    {"auth_logout", "auth: {session: {csrf: {get: /l}, logout: {post: /x}}}", "",
     "auth.session.logout", "no login", ""},
    {"auth_one_of_one", "auth: {one_of: {a: none}}", "", "auth.one_of", "2 to 8", ""},
    {"auth_one_of_null", "auth: {one_of: null}", "", "auth.one_of", "2 to 8", ""},
    {"auth_one_of_kind", "auth: {one_of: {a: none, b: magic}}", "", "auth.one_of.b",
     "no kind `magic`", ""},
    {"auth_one_of_beside", "auth: {one_of: {a: none, b: basic}, key: {}}", "", "auth.key",
     "no field", ""},
    {"auth_one_of_param", "auth: {one_of: {a: none, b: none}}\nparams: {auth: Which}", "",
     "params.auth", "auth.one_of asks", ""},
    {"param_of_no_way", "params: {token: {title: t, auth: key}}", "", "params.token.auth",
     "has no `key`", "Leave it out"},
    {"auth_claims", "auth: {jwt_bearer: {token: https://x}}", "", "auth.jwt_bearer.claims",
     "is missing", ""},
    {"auth_empty", "auth: {}", "", "auth", "the kind of authentication is missing", "key"},
    {"auth_typo", "auth: {bsic: {}}", "", "auth.bsic", "no field", "basic?"},
    {"auth_two", "auth: {none: {}, basic: {}}", "", "auth", "one kind", ""},
    {"auth_secret", "auth: key", "", "auth.key.value", "is missing", "secret.token"},
    {"auth_key_place", "auth: {key: {in: heder, value: x}}", "", "auth.key.in", "not known",
     "Did you mean header?"},
    {"auth_key_name", "auth: {key: {in: query, value: x}}", "", "auth.key.name", "is missing", ""},
    {"auth_key_field", "auth: {key: {value: x, nam: y}}", "", "auth.key.nam", "no field", "name"},
    {"auth_token", "auth: {oauth2_client: {}}", "", "auth.oauth2_client.token", "is missing",
     "token: https://"},
    {"bucket_kind", "limits: {buckets: [{kind: tokn, rate: 1/1s}]}", "", "limits.buckets[0].kind",
     "not known", "Did you mean token?"},
    {"bucket_cost", "limits: {buckets: [{kind: cost, restore: 1/1s}]}", "", "limits.buckets[0].max",
     "is missing", "max: 1000"},
    {"bucket_restore", "limits: {buckets: [{kind: cost, max: 9}]}", "", "limits.buckets[0].restore",
     "is missing", "restore: 50/1s"},
    {"bucket_resets", "limits: {buckets: [{kind: daily, rate: 5/1d, resets: midnight}]}", "",
     "limits.buckets[0].resets", "not a time of the day", "00:00"},
    {"bucket_zone", "limits: {buckets: [{kind: daily, rate: 5/1d, resets: 00:00 Mars/Olympus}]}",
     "", "limits.buckets[0].resets", "Mars/Olympus", ""},
    {"bucket_price", "limits: {buckets: [{kind: fixed, rate: 5/1h, price: cheap}]}", "",
     "limits.buckets[0].price", "is no price", "body usage"},
    {"bucket_price_path", "limits: {buckets: [{kind: fixed, rate: 5/1h, price: body a..b}]}", "",
     "limits.buckets[0].price", "empty step", ""},
    {"bucket_prices", "limits: {buckets: [{kind: daily, rate: 5/1d, prices: [{price: 1}]}]}", "",
     "limits.buckets[0].prices[0].match", "is missing", ""},
    {"bucket_no_price", "limits: {buckets: [{kind: token, rate: 5/1s, price: 2}]}", "",
     "limits.buckets[0].price", "no field", ""},
    {"bucket_rate", "limits: {buckets: [{rate: 50 per second}]}", "", "limits.buckets[0].rate",
     "is not a rate", "100/10s"},
    {"bucket_no_rate", "limits: {buckets: [{kind: fixed}]}", "", "limits.buckets[0].rate",
     "is missing", "rate: 100/10s"},
    {"bucket_limit", "limits: {buckets: [{kind: concurrency}]}", "", "limits.buckets[0].limit",
     "is missing", "limit: 10"},
    {"bucket_reserve", "limits: {buckets: [{rate: 1/1s, reserve: {interactive: 95%}}]}", "",
     "limits.buckets[0].reserve.interactive", "not a part", "90%"},
    {"bucket_reserve_for", "limits: {buckets: [{rate: 1/1s, reserve: {}}]}", "",
     "limits.buckets[0].reserve.interactive", "is missing", ""},
    {"bucket_secret", "limits: {buckets: [{rate: 1/1s, key: \"{{secret.a}}\"}]}", "",
     "limits.buckets[0].key", "secret", ""},
    {"observe_clock", "limits: {observe: {reset: {header: x, as: seconds}}}", "",
     "limits.observe.reset.as", "not known", "epoch_s"},
    {"observe_percent", "limits: {observe: {percent: {header: x}}}", "",
     "limits.observe.percent.json", "is missing", "json: call_count"},
    {"observe_percent_order",
     "limits: {observe: {percent: {header: x, json: a, slow_at: 90, stop_at: 80}}}", "",
     "limits.observe.percent.stop_at", "not above", ""},
    {"observe_body", "limits: {observe: {body: {available: a..b}}}", "",
     "limits.observe.body.available", "empty step", ""},
    {"rule_type", "errors: {a: b}", "", "errors", "a list of rules", ""},
    {"rule_when", "errors: [{do: fail}]", "", "errors[0].when", "is missing",
     "when: {status: 429}"},
    {"rule_do", "errors: [{when: {status: 429}}]", "", "errors[0].do", "is missing", "do: retry"},
    {"rule_do_unknown", "errors: [{when: {status: 429}, do: rety}]", "", "errors[0].do",
     "not known", "Did you mean retry?"},
    {"rule_empty", "errors: [{when: {}, do: fail}]", "", "errors[0].when", "every answer", ""},
    {"rule_status", "errors: [{when: {status: 6xx}, do: fail}]", "", "errors[0].when.status",
     "from 100 to 599", ""},
    {"rule_code", "errors: [{when: {code: a..b==1}, do: fail}]", "", "errors[0].when.code",
     "empty step", ""},
    {"rule_wait", "errors: [{when: {status: 429}, do: wait, wait: a while}]", "", "errors[0].wait",
     "is not a wait", "header retry-after"},
    {"rule_wait_long", "errors: [{when: {status: 429}, do: wait, wait: exp(1s..48h)}]", "",
     "errors[0].wait", "not a growing wait", "24h"},
    {"rule_classify", "errors: [{when: {status: 1xx}, do: fail, classify: bad}]", "",
     "errors[0].classify", "not known", "transient"},
    {"rule_say", "errors: [{when: {status: 429}, do: fail, say: \"{{body.\"}]", "", "errors[0].say",
     "", ""},
    {"rule_say_secret", "errors: [{when: {status: 429}, do: fail, say: \"{{secret.a}}\"}]", "",
     "errors[0].say", "secret", ""},
    {"check_nothing", "check: {name: x}", "", "check", "not said what to ask", "get: /customers"},
    {"check_two", "check: {get: /a, post: /b}", "", "check", "one thing", ""},
    {"action_request", "actions: {w: {mode: upsert}}", "", "actions.w.request", "is missing",
     "request: {post: /contacts}"},
    {"action_mode", "actions: {w: {mode: write, request: {post: /x}}}", "", "actions.w.mode",
     "write", "insert, update, upsert, delete or call"},
    {"action_get", "actions: {w: {mode: insert, request: {get: /x}}}", "", "actions.w.request",
     "get does not", "post"},
    {"action_idempotency", "actions: {w: {mode: insert, request: {post: /x}, idempotency: {}}}", "",
     "actions.w.idempotency", "how a second call is known", "Idempotency-Key"},
    {"action_batch",
     "actions: {w: {mode: insert, request: {post: /x}, batch: {max: 5, errors: e}}}", "",
     "actions.w.batch.errors", "which item", "item_key"},
    {"actions_type", "actions: [a]", "", "actions", "a map of actions", ""},
    {"jobs", "jobs: {a: b}", "", "jobs.a", "a map is expected", ""},
    {"hook", "hooks: {a: {}}", "", "hooks.a.verify", "is missing", "verify: {"},
    {"hooks_list", "hooks: [a]", "", "hooks", "a map of up to", ""},
    {"streams_type", "streams: [a]", "", "streams", "a map of streams", ""},
    {"streams_empty", "streams: {}", "", "streams", "at least one", ""},
    {"stream_name", "streams: {Big: {request: {get: /x}, key: id}}", "", "streams.Big",
     "not a name", ""},
};

INSTANTIATE_TEST_SUITE_P(of_the_connector, manifest_mistakes, testing::ValuesIn(top_mistakes),
                         [](const auto& one) { return std::string{one.param.name}; });

const mistake stream_mistakes[]{
    {"field", "", "recrods: data", "streams.items.recrods", "no field", "records"},
    {"request", "", "request: {}", "streams.items.request", "not said what to ask", ""},
    {"request_field", "", "request: {gett: /x, get: /x}", "streams.items.request.gett", "no field",
     "get"},
    {"request_method", "", "request: {method: GOT, path: /x}", "streams.items.request.method",
     "not known", "GET"},
    {"request_query", "", "request: {get: /x, query: [a]}", "streams.items.request.query",
     "a map of parameters", ""},
    {"request_expression", "", "request: {get: /x, query: {a: \"{{conn.x + }}\"}}",
     "streams.items.request.query.a", "", ""},
    {"request_path_expression", "", "request: {get: \"/x/{{y}}\"}", "streams.items.request.get",
     "y", ""},
    {"request_secret", "", "request: {get: \"/x/{{secret.y}}\"}", "streams.items.request.get",
     "secret", ""},
    {"request_header", "", "request: {get: /x, headers: {a: 1}}", "streams.items.request.headers.a",
     "a text is expected", ""},
    {"request_body", "", "request: {post: /x, body: {a: [1, \"{{conn.}}\"]}}",
     "streams.items.request.body.a[1]", "", ""},
    {"graphql", "", "request: {graphql: \"{a}\", body: {}}", "streams.items.request", "one body",
     ""},
    {"records", "", "records: a..b", "streams.items.records", "empty step", ""},
    {"records_form", "", "records: {optional: true}", "streams.items.records.path", "is missing",
     "path: data"},
    {"key", "", "key: {a: b}", "streams.items.key", "a text or a list", ""},
    {"key_whole", "", "key: .", "streams.items.key", "not the whole record", ""},
    {"keep", "", "keep: status = 1", "streams.items.keep", "", ""},
    {"map_type", "", "map: text", "streams.items.map", "a map of fields", ""},
    {"map_expression", "", "map: {a: \"{{1 +}}\"}", "streams.items.map.a", "", ""},
    {"deleted", "", "deleted: a ==", "streams.items.deleted", "", ""},
    {"page_kind", "", "page: {curser: {}}", "streams.items.page.curser", "no field", "cursor?"},
    {"page_no_kind", "", "page: {stop: empty}", "streams.items.page", "the kind of page is missing",
     "number, keyset or range"},
    {"keyset_to", "", "page: {keyset: {field: id}}", "streams.items.page.keyset.to", "is missing",
     "to: after"},
    {"page_two", "", "page: {offset: {}, number: {}}", "streams.items.page.number", "one kind", ""},
    {"cursor_from", "", "page: {cursor: {to: after}}", "streams.items.page.cursor.from",
     "is missing", "paging.next"},
    {"cursor_where", "", "page: {cursor: {from: a, to: b, where: path}}",
     "streams.items.page.cursor.where", "not known", "query or body"},
    {"link", "", "page: {link: somewhere}", "streams.items.page.link", "it is not said where",
     "header rel=next"},
    {"offset_size", "", "page: {offset: {size: 0}}", "streams.items.page.offset.size", "from 1 to",
     ""},
    {"number_from", "", "page: {number: {from: 2}}", "streams.items.page.number.from", "from 0 to",
     ""},
    {"stop", "", "page: {number: {}, stop: never}", "streams.items.page.number",
     "`stop: never` is not known", "empty, short"},
    {"stop_total", "", "page: {offset: {}, stop: total}", "streams.items.page.offset",
     "where the total is", "total: <path>"},
    {"progress_kind", "", "cursor: {}", "streams.items.cursor", "kind of the cursor is missing",
     "time"},
    {"progress_token", "", "cursor: {token: {send: a}}", "streams.items.cursor.token.save",
     "is missing", "newStartPageToken"},
    {"progress_two", "", "cursor: {time: {field: a}, seq: {field: a}}", "streams.items.cursor",
     "one cursor", "Keep one"},
    {"progress_field", "", "cursor: {time: {from: a}}", "streams.items.cursor.time.field",
     "is missing", "field: updated_at"},
    {"progress_format", "", "cursor: {time: {field: a, format: iso}}",
     "streams.items.cursor.time.format", "not known", "rfc3339"},
    {"progress_window", "", "cursor: {time: {field: a, to: b, window: 1d}}",
     "streams.items.cursor.time.start", "where to begin", "start:"},
    {"progress_window_to", "", "cursor: {time: {field: a, start: 2020-01-01, window: 1d}}",
     "streams.items.cursor.time.to", "upper bound", ""},
    {"progress_lookback", "", "cursor: {time: {field: a, lookback: soon}}",
     "streams.items.cursor.time.lookback", "", ""},
    {"progress_start", "", "cursor: {time: {field: a, start: soon}}",
     "streams.items.cursor.time.start", "", ""},
    {"progress_both", "", "cursor: {time: {field: a, from: b, param: c}}",
     "streams.items.cursor.time.param", "both name", ""},
    {"parent", "", "key: id\n    partition: {parent: {stream: b, key: id}}",
     "streams.items.partition.parent.stream", "no stream `b`", "items"},
    {"parts_no_kind", "", "partition: {}", "streams.items.partition",
     "the kind of parts is missing", "list, parent or windows"},
    {"partition", "", "partition: {list: 5}", "streams.items.partition.list", "with commas",
     "[open, closed]"},
    {"cap", "", "cap: {pages: 0}", "streams.items.cap.pages", "from 1 to", ""},
    {"cap_rows", "", "cap: {rows: 10, pages: 1}", "streams.items.cap.rows", "has none", "sort"},
};

INSTANTIATE_TEST_SUITE_P(of_a_stream, manifest_mistakes, testing::ValuesIn(stream_mistakes),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST(manifest, tells_what_is_missing_altogether) {
  const auto done = check_manifest(value{object{}});
  ASSERT_EQ(done.errors.size(), 3u);
  EXPECT_EQ(done.errors[0].where, "connector");
  EXPECT_EQ(done.errors[1].where, "base");
  EXPECT_EQ(done.errors[2].where, "streams");
  EXPECT_EQ(check_manifest(value{"text"}).errors.front().why, "a map is expected, not a text");
}

TEST(manifest, collects_up_to_twenty_errors_and_counts_the_others) {
  object streams;
  for (int i = 0; i < 30; ++i)
    streams["s" + std::to_string(i)] = object{{"request", object{{"get", "/x"}}}};
  const value said{object{{"connector", "c"}, {"base", "https://h"}, {"streams", streams}}};
  const auto done = check_manifest(said);
  EXPECT_EQ(done.errors.size(), 20u);
  EXPECT_EQ(done.count, 30u);
  EXPECT_EQ(done.errors.back().where, "streams.s19.key");
  const auto failed = compile_manifest(said);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().where, "streams.s0.key");
  EXPECT_EQ(failed.error().why, "`key` is missing (and 29 more)");
}

TEST(manifest, bounds_what_it_holds) {
  object streams;
  for (int i = 0; i < 201; ++i)
    streams["s" + std::to_string(i)] = object{};
  const auto many = check_manifest(
      value{object{{"connector", "c"}, {"base", "https://h"}, {"streams", streams}}});
  EXPECT_EQ(many.errors.front().why, "more than 200 streams");
}

TEST(manifest, keeps_its_tests_as_they_are) {
  const auto m = manifest_of(value_of_yaml(manifest_with("tests: [{name: a}]")));
  EXPECT_EQ(m.tests, (value{list{object{{"name", "a"}}}}));
}

TEST(manifest, takes_settings_by_its_parameters) {
  const auto m = manifest_of(value_of_yaml(
      manifest_with("base: \"https://{{conn.region}}.example.com\"\nparams:\n"
                    "  region: {match: \"[a-z]+\", default: eu}\n  size: {required: false}\n"
                    "  token: {title: Access token, secret: true}")));
  const auto c = connection_to(m, {}, {{"token", "t"}});
  EXPECT_EQ(to_text(c.base), "https://eu.example.com/");
  EXPECT_EQ(*c.settings.find("id"), value{"test"});
  const auto refused = [&](const object& settings, const object& secrets) {
    const auto made = connect(m, "x", settings, secrets);
    return made ? "accepted"
                : made.error().where + ": " + made.error().why + " " + made.error().remedy;
  };
  EXPECT_EQ(refused({}, {}), "secrets.token: `token` is missing Fill in: Access token.");
  EXPECT_EQ(refused({{"region", "EU"}}, {{"token", "t"}}),
            "settings.region: `region` is not as expected It has to match [a-z]+");
  EXPECT_EQ(refused({{"regoin", "eu"}}, {{"token", "t"}}),
            "settings.regoin: the connector has no parameter `regoin` Did you mean region?");
  EXPECT_EQ(refused({{"token", "t"}}, {}),
            "settings.token: `token` is a secret Write it into the secrets of a credential, and "
            "name that as `credential`.");
  EXPECT_EQ(refused({{"size", list{}}}, {{"token", "t"}}),
            "settings.size: `size` is a single value Write a text or a number.");
}

TEST(manifest, suggests_only_what_is_near) {
  EXPECT_EQ(suggestion("stream", {"streams", "errors"}), "streams");
  EXPECT_EQ(suggestion("xyz", {"streams", "errors"}), "");
  EXPECT_EQ(suggestion(std::string(100'000, 'x'), {"streams"}), "");
}

} // namespace
} // namespace tenon::actors::connectors
