// Connectors whose accounts can prove who they are in several ways: each way is tried against the
// twin that wants it, needs what it needs and nothing of the others, and is refused with wrong
// secrets. The first is what nobody has to choose.
#include "protocols/json.hpp"
#include "tests/support/driven_twin.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

namespace tenon::actors::connectors {
namespace {

struct choice {
  std::string connector;
  std::string auth;
};

std::ostream& operator<<(std::ostream& out, const choice& c) {
  return out << c.connector << ' ' << c.auth;
}

std::vector<choice> choices() {
  std::vector<choice> all;
  for (const auto& name : names())
    if (const auto m = read_manifest(name))
      for (const auto& [alternative, unused] : m->alternatives)
        all.push_back({name, alternative});
  return all;
}

/// A key that the platform does not know.
std::string another_key() {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  BIO* out = BIO_new(BIO_s_mem());
  EXPECT_EQ(PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr), 1);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out, &bytes);
  std::string text{bytes, static_cast<std::size_t>(size)};
  BIO_free(out);
  EVP_PKEY_free(key);
  return text;
}

class every_alternative : public testing::TestWithParam<choice> {
protected:
  void SetUp() override {
    connector_ = read_manifest(GetParam().connector);
    ASSERT_TRUE(connector_);
    auto made = twin::make(connector_, {.limits = false, .auth = GetParam().auth});
    ASSERT_TRUE(made) << made.error().where << ": " << made.error().why;
    twin_.emplace(*std::move(made));
  }

  const method& proof() const { return *auth_of(*connector_, twin_->connection()).method; }
  bool is_needed(const parameter& p) const {
    return std::ranges::find(p.needed_by, GetParam().auth) != p.needed_by.end();
  }
  result<connection> without(const std::string& parameter) const {
    auto config = twin_->config();
    auto secrets = twin_->secrets();
    config.erase(parameter);
    secrets.erase(parameter);
    return introduce(*connector_, "one", config, secrets);
  }

  std::shared_ptr<const manifest> connector_;
  std::optional<twin> twin_;
};

TEST_P(every_alternative, reads_each_stream_and_goes_on_when_a_token_has_ended) {
  driver d{*twin_, *connector_};
  for (const auto& s : connector_->streams) {
    const auto done = d.read(s);
    ASSERT_TRUE(done.ended) << s.name << ": "
                            << (done.troubles.empty() ? "" : done.troubles.back().why);
    EXPECT_FALSE(done.records.empty()) << s.name;
  }
  twin_->wear_out_tokens();
  EXPECT_TRUE(d.read(connector_->streams.front()).ended);
  EXPECT_EQ(d.renewals, proof().needs_token() ? 2u : 0u);
}

TEST_P(every_alternative, needs_its_own_parameters_and_none_of_the_others) {
  for (const auto& p : connector_->parameters) {
    if (p.needed_by.empty())
      continue;
    const auto made = without(p.name);
    const bool can_do_without = !is_needed(p) || !p.required;
    EXPECT_EQ(made.has_value(), can_do_without) << p.name;
    const auto where = (p.secret ? "secrets." : "settings.") + p.name;
    EXPECT_TRUE(made || made.error().where == where) << made.error().where;
  }
}

TEST_P(every_alternative, that_is_the_first_is_what_nobody_has_to_choose) {
  const auto& first = connector_->alternatives.front();
  EXPECT_EQ(connector_->auth_kind, first.second.kind);
  EXPECT_EQ(connector_->auth_for({}).method, first.second.method);
  auto unknown = twin_->config();
  unknown["auth"] = "anything";
  const auto made = introduce(*connector_, "one", unknown, twin_->secrets());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().where, "settings.auth");
  EXPECT_NE(made.error().remedy.find(GetParam().auth), std::string::npos) << made.error().remedy;
}

TEST_P(every_alternative, is_refused_with_secrets_of_somebody_else) {
  auto stranger = twin_->connection();
  bool has_any = false;
  for (const auto& p : connector_->parameters) {
    const bool shown = p.secret && (p.needed_by.empty() || is_needed(p));
    auto* secret = shown ? stranger.secrets.as<object>()->find(p.name) : nullptr;
    if (secret == nullptr || secret->is_null())
      continue;
    has_any = true;
    *secret = p.name == "private_key" ? another_key() : "wrong-" + *secret->as<std::string>();
  }
  if (!has_any) {
    EXPECT_EQ(auth_of(*connector_, stranger).kind, "none");
    return;
  }
  const auto& s = connector_->streams.front();
  const reading r{*connector_, s, stranger};
  auto request = page_request(r, *first_position(r, noon), {}, noon);
  ASSERT_TRUE(request);
  if (!proof().needs_token()) {
    ASSERT_TRUE(authenticate(*connector_, stranger, nullptr, *request));
    EXPECT_EQ(twin_->answer(*request, noon).status, 401u);
    return;
  }
  auto so_far = begun(*twin_, *connector_, noon);
  const auto asked = next_request(*connector_, stranger, so_far, {noon, "nonce"});
  ASSERT_TRUE(asked && *asked);
  const auto heard =
      hear_answer(*connector_, stranger, twin_->answer(**asked, noon), so_far, {noon, "nonce"});
  ASSERT_FALSE(heard);
  EXPECT_EQ(name_of(heard.error().code), name_of(code::unauthenticated)) << heard.error().why;
}

INSTANTIATE_TEST_SUITE_P(shipped, every_alternative, testing::ValuesIn(choices()),
                         [](const auto& each) {
                           return each.param.connector + '_' + each.param.auth;
                         });

} // namespace
} // namespace tenon::actors::connectors
