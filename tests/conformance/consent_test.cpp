// Every way to prove who asks that needs a person's consent, walked with the connector's twin:
// there and back, a token, a page, its end and what comes after it. What does not fit is refused,
// and says what is wrong. Then the same through the program, as somebody who connects an account
// does it.
#include "protocols/json.hpp"
#include "tests/support/driven_twin.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_node.hpp"

namespace tenon::actors::connectors {
namespace {

struct way {
  std::string connector;
  std::string auth; // "": there is one way
};

std::ostream& operator<<(std::ostream& out, const way& w) {
  return out << w.connector << ' ' << w.auth;
}

/// Of every connector that is shipped.
std::vector<way> ways() {
  std::vector<way> all;
  for (const auto& name : names()) {
    const auto m = read_manifest(name);
    std::vector<std::string> several{""};
    if (m && !m->alternatives.empty())
      several.clear();
    for (const auto& [alternative, unused] : m ? m->alternatives : alternatives{})
      several.push_back(alternative);
    for (const auto& one : several)
      if (m && m->auth_for(object{{"auth", one}}).method->needs_person())
        all.push_back({name, one});
  }
  return all;
}

std::string name_of(const testing::TestParamInfo<way>& each) {
  return each.param.connector + (each.param.auth.empty() ? "" : "_" + each.param.auth);
}

class every_consent : public testing::TestWithParam<way> {
protected:
  void SetUp() override {
    connector_ = read_manifest(GetParam().connector);
    ASSERT_TRUE(connector_);
    auto made = twin::make(connector_, {.limits = false, .auth = GetParam().auth});
    ASSERT_TRUE(made) << made.error().where << ": " << made.error().why;
    twin_.emplace(*std::move(made));
  }

  const connection& conn() const { return twin_->connection(); }
  std::string address() const { return *consent_address(*connector_, conn(), usual_consent); }

  /// Asks and hears until there is something to hold.
  result<void> walk(acquisition& so_far, const connection& by) {
    for (int step = 0; step < 10; ++step) {
      const auto request = next_request(*connector_, by, so_far, {now_, "nonce"});
      if (!request)
        return request.error();
      if (!*request)
        return {};
      const auto answer = twin_->answer(**request, now_);
      if (auto heard = hear_answer(*connector_, by, answer, so_far, {now_, "nonce"}); !heard)
        return heard;
    }
    return failure{code::malformed, "it is asked without end"};
  }
  result<void> walk(acquisition& so_far) { return walk(so_far, conn()); }

  http_response page_for(const holding& held) {
    const auto& s = connector_->streams.front();
    const reading r{*connector_, s, conn()};
    auto request = page_request(r, *first_position(r, now_), {}, now_);
    EXPECT_TRUE(request) << request.error().why;
    EXPECT_TRUE(authenticate(*connector_, conn(), &held, *request, {now_, "nonce"}));
    return twin_->answer(*request, now_);
  }
  unsigned status_of_a_page(const holding& held) { return page_for(held).status; }
  /// In the platform's words, which may have a status that says that all is well.
  bool is_turned_away(const holding& held) {
    const auto refused = twin_->ledger().refused;
    static_cast<void>(page_for(held));
    return twin_->ledger().refused == refused + 1;
  }

  /// It is refused for good, says no secret, and asks for a person where one is needed.
  void expect_refused(const result<void>& walked, const acquisition& so_far,
                      std::string_view because = {}) {
    ASSERT_FALSE(walked);
    const auto& f = walked.error();
    EXPECT_EQ(name_of_code(f), "unauthenticated") << f.why;
    EXPECT_NE(f.why.find(because), std::string::npos) << f.why;
    EXPECT_EQ(so_far.made, holding{}) << "something is held";
    EXPECT_NE(f.remedy, "");
    for (const auto& [name, content] : twin_->secrets()) {
      const auto& text = *content.as<std::string>();
      EXPECT_EQ((f.why + f.where).find(text), std::string::npos) << name << ": " << f.why;
    }
  }
  static std::string name_of_code(const failure& f) { return std::string{tenon::name_of(f.code)}; }

  std::shared_ptr<const manifest> connector_;
  std::optional<twin> twin_;
  moment now_ = noon;
};

TEST_P(every_consent, brings_a_token_that_reads_and_all_that_is_known_of_the_account) {
  auto so_far = allowed(*twin_, *connector_, now_);
  const auto walked = walk(so_far);
  ASSERT_TRUE(walked) << walked.error().why;
  EXPECT_EQ(status_of_a_page(so_far.made), 200u);
  const auto* sample = connector_->tests.find("captured");
  const auto* known = sample ? sample->as<object>() : nullptr;
  for (const auto& [name, content] : known ? *known : object{}) {
    const auto* captured = so_far.made.captured.find(name);
    ASSERT_NE(captured, nullptr) << name << " is not captured";
    EXPECT_EQ(*captured, content) << name;
  }
  EXPECT_EQ(twin_->ledger().consents, 1u);
  EXPECT_EQ(twin_->ledger().refused, 0u);
}

TEST_P(every_consent, is_renewed_when_the_token_ends_or_a_person_is_asked_again) {
  auto so_far = allowed(*twin_, *connector_, now_);
  ASSERT_TRUE(walk(so_far));
  now_ += std::chrono::days{366};
  EXPECT_TRUE(is_turned_away(so_far.made));
  acquisition next;
  next.before = so_far.made;
  const auto renewed = walk(next);
  if (so_far.made.refresh_token.empty()) {
    expect_refused(renewed, next);
    EXPECT_TRUE(next.reconnect);
    next = allowed(*twin_, *connector_, now_);
    ASSERT_TRUE(walk(next));
  }
  EXPECT_TRUE(walk(next)) << "it is complete";
  EXPECT_EQ(status_of_a_page(next.made), 200u);
  EXPECT_NE(next.made.token, so_far.made.token);
  if (!auth_of(*connector_, conn()).method->rotates())
    return;
  EXPECT_NE(next.made.refresh_token, so_far.made.refresh_token);
  acquisition late;
  late.before = so_far.made;
  expect_refused(walk(late), late);
  EXPECT_TRUE(late.reconnect);
}

TEST_P(every_consent, gives_a_token_once_for_each_code) {
  auto so_far = allowed(*twin_, *connector_, now_);
  auto again = so_far;
  ASSERT_TRUE(walk(so_far));
  expect_refused(walk(again), again);
  EXPECT_TRUE(again.reconnect);
  EXPECT_EQ(status_of_a_page(so_far.made), 200u);
}

TEST_P(every_consent, is_worth_nothing_to_somebody_else) {
  auto forged = allowed(*twin_, *connector_, now_);
  forged.code += "1";
  expect_refused(walk(forged), forged);
  auto elsewhere = allowed(*twin_, *connector_, now_);
  elsewhere.redirect = "https://evil.example/callback";
  expect_refused(walk(elsewhere), elsewhere);
  auto late = allowed(*twin_, *connector_, now_);
  now_ += std::chrono::minutes{11};
  expect_refused(walk(late), late);
  auto stranger = conn();
  for (auto& [name, content] : *stranger.secrets.as<object>())
    if (content.is<std::string>())
      content = "wrong-" + *content.as<std::string>();
  auto stolen = allowed(*twin_, *connector_, now_);
  expect_refused(walk(stolen, stranger), stolen);
  EXPECT_EQ(twin_->ledger().refused, 4u);
  EXPECT_EQ(twin_->ledger().tokens, 0u);
}

TEST_P(every_consent, is_bound_to_the_verifier_where_the_platform_knows_of_one) {
  const bool proves = address().find("code_challenge") != std::string::npos;
  auto so_far = allowed(*twin_, *connector_, now_);
  so_far.verifier = "another verifier that nobody can guess 0123456789";
  const auto walked = walk(so_far);
  if (proves)
    expect_refused(walked, so_far);
  EXPECT_EQ(walked.has_value(), !proves);
}

TEST_P(every_consent, that_is_denied_comes_back_with_an_error_and_no_code) {
  const auto back = sent_to(*twin_, address() + "&twin_says=no", now_);
  EXPECT_TRUE(back.starts_with(usual_consent.redirect)) << back;
  EXPECT_NE(member_of_query(back, "error"), "");
  EXPECT_EQ(member_of_query(back, "code"), "");
  EXPECT_EQ(member_of_query(back, "state"), usual_consent.state);
}

/// What is said with a mistake in it: by the way back where that is safe, else to the person alone.
TEST_P(every_consent, is_asked_for_as_the_platform_wants_it) {
  const auto read = parse_url(address());
  ASSERT_TRUE(read);
  const auto mark = address().find('?');
  for (auto from = mark; from != std::string::npos; from = address().find('&', from + 1)) {
    const auto equals = address().find('=', from);
    const auto end = std::min(address().find('&', equals), address().size());
    const auto name = address().substr(from + 1, equals - from - 1);
    if (name == "state" || name == "redirect_uri")
      continue;
    auto wrong = address();
    wrong.replace(equals + 1, end - equals - 1, "something-else");
    const auto came = twin_->answer({"GET", wrong, {}, {}}, now_);
    const auto back = came.header("Location").value_or("");
    const bool told =
        came.status == 302 && back.find("error=") != back.npos && back.find("code=") == back.npos;
    EXPECT_TRUE(told || (came.status >= 200 && back.empty())) << name << ": " << back;
    EXPECT_TRUE(told || came.body.view().find("something-else") == std::string_view::npos);
  }
  auto nowhere = address();
  nowhere.replace(nowhere.find("redirect_uri=") + 13, 4, "no-a");
  EXPECT_EQ(sent_to(*twin_, nowhere, now_), "");
  EXPECT_EQ(twin_->ledger().consents, 0u);
}

INSTANTIATE_TEST_SUITE_P(shipped, every_consent, testing::ValuesIn(ways()),
                         [](const auto& each) { return name_of(each); });

class every_consent_by_a_node : public tests::running_node,
                                public testing::WithParamInterface<way> {
protected:
  void SetUp() override {
    const auto& [name, auth] = GetParam();
    tests::words words{"twin", name, "--no-limits", "--records", "3"};
    if (!auth.empty())
      words.insert(words.end(), {"--auth", auth});
    program_.emplace("tenon", words);
    ASSERT_TRUE(program_->first_line().starts_with("http://")) << program_->errors();
    const auto connector = read_manifest(name);
    ASSERT_TRUE(connector);
    auto t = twin::make(connector, {.count = 1, .auth = auth});
    ASSERT_TRUE(t);
    secrets_ = t->secrets();
    ASSERT_NO_FATAL_FAILURE(start_node());
    fill_in(secrets_);
    const object account{{"connector", name},
                         {"through", program_->first_line()},
                         {"config", t->config()},
                         {"credential", "gen"}};
    const object from{
        {"connector", object{{"integration", "gen"}, {"stream", connector->streams.front().name}}}};
    const tests::subscription all;
    apply({all.resource("integration", account),
           all.resource("sync", object{{"from", from}, {"into", "gen"}, {"retries", 1}})});
  }
  void fill_in(const object& secrets) {
    apply({tests::subscription{}.resource("credential", object{{"secrets", secrets}})});
  }

  std::string begin() {
    const auto begun =
        api_->post(api_->path({"credentials", "gen", "connect"}), object{{"integration", "gen"}});
    EXPECT_TRUE(begun) << begun.why.why;
    return nodes::cli::text_at(begun.body, "url");
  }
  static tests::raw_response visit(const std::string& address, const char* method = "GET") {
    const auto read = parse_url(address);
    EXPECT_TRUE(read) << address;
    tests::raw_client browser{read->port};
    browser.send(std::string{method} + ' ' + read->target +
                 " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    return browser.response();
  }
  /// Where the twin sends whoever follows the address.
  std::string sent_to(const std::string& address) {
    EXPECT_TRUE(address.starts_with(program_->first_line() + '/')) << address;
    const auto came = visit(address);
    EXPECT_EQ(came.status, 302u) << came.head << came.body;
    const auto at = came.head.find("Location: ");
    return at == came.head.npos ? ""
                                : came.head.substr(at + 10, came.head.find('\r', at) - at - 10);
  }
  std::string token() {
    const auto credential = get({"credentials", "gen"});
    return nodes::cli::text_at(*credential.find("status"), "token");
  }

  std::optional<tests::started_program> program_;
  object secrets_;
};

TEST_P(every_consent_by_a_node, is_given_at_the_twin_and_syncs_until_it_ends_and_after) {
  const auto back = sent_to(begin());
  const auto page = visit(back);
  ASSERT_EQ(page.status, 200u) << page.head << page.body;
  EXPECT_EQ(token(), "there");
  EXPECT_EQ(visit(back).status, 400u) << "it is good for one time";
  const auto first = run("gen");
  EXPECT_EQ(state(first), "succeeded") << write_json(first);
  ASSERT_EQ(visit(program_->first_line() + "/_twin/wear-out", "POST").status, 200u);
  auto second = run("gen");
  if (token() == "to be connected") {
    EXPECT_EQ(state(second), "failed") << write_json(second);
    EXPECT_EQ(visit(sent_to(begin())).status, 200u);
    second = run("gen");
  }
  EXPECT_EQ(state(second), "succeeded") << write_json(second);
}

TEST_P(every_consent_by_a_node, leaves_nothing_behind_when_something_is_wrong) {
  const auto denied = visit(sent_to(begin() + "&twin_says=no"));
  EXPECT_EQ(denied.status, 400u);
  EXPECT_NE(denied.body.find("The provider said: "), std::string::npos) << denied.body;
  auto forged = sent_to(begin());
  const auto at = forged.find("state=") + 50;
  forged[at] = forged[at] == 'A' ? 'B' : 'A';
  EXPECT_EQ(visit(forged).status, 400u);
  EXPECT_EQ(token(), "none");
  auto wrong = secrets_;
  for (auto& [name, content] : wrong)
    content = "wrong-" + *content.as<std::string>();
  fill_in(wrong);
  const auto refused = visit(sent_to(begin()));
  // Where the provider signs whom it sends back, it is not believed, and its code is not shown to
  // it.
  const auto proof =
      read_manifest(GetParam().connector)->auth_for(object{{"auth", GetParam().auth}});
  const bool signs = !proof.method->sent_back({}, scope{}, noon);
  EXPECT_EQ(refused.status, signs ? 400u : 502u) << refused.body;
  const auto* why = signs ? "the signature is not right" : "could not be connected";
  EXPECT_NE(refused.body.find(why), std::string::npos) << refused.body;
  EXPECT_NE(token(), "there");
  fill_in(secrets_);
  EXPECT_EQ(visit(sent_to(begin())).status, 200u) << "and can be connected after that";
}

INSTANTIATE_TEST_SUITE_P(shipped, every_consent_by_a_node, testing::ValuesIn(ways()),
                         [](const auto& each) { return name_of(each); });

} // namespace
} // namespace tenon::actors::connectors
