// Assertions in XML, checked by a program that is not ours: xmlsec1.
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/actors/integration/talk.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace tenon::actors::connectors {
namespace {

/// Whether xmlsec1 confirms it for that key. Its words about a refusal are kept out of the test's.
bool confirmed(const std::string& assertion, const std::string& open) {
  const tests::temporary_directory directory;
  const auto file = directory / "assertion.xml";
  const auto key = directory / "key.pem";
  std::ofstream{file} << assertion;
  std::ofstream{key} << open;
  const auto command = "xmlsec1 --verify --id-attr:ID "
                       "urn:oasis:names:tc:SAML:2.0:assertion:Assertion --pubkey-pem " +
                       key.string() + ' ' + file.string() + " >/dev/null 2>&1";
  const int ended = std::system(command.c_str());
  EXPECT_NE(WEXITSTATUS(ended), 127) << "xmlsec1 is not installed";
  return ended == 0;
}

std::string form_member(std::string_view body, const std::string& name) {
  const auto at = body.find(name + '=');
  EXPECT_NE(at, body.npos) << body;
  const auto raw = body.substr(at + name.size() + 1);
  std::string plain;
  for (std::size_t i = 0; i < raw.size() && raw[i] != '&'; ++i)
    if (raw[i] == '%') {
      plain += static_cast<char>(std::stoi(std::string{raw.substr(i + 1, 2)}, nullptr, 16));
      i += 2;
    } else {
      plain += raw[i];
    }
  return plain;
}

std::string asked_with(const key_texts& keys, const char* algorithm) {
  talk t{R"({jwt_bearer: {format: saml, token: https://sf.example/oauth/token, alg: )" +
             std::string{algorithm} + R"(, aud: www.successfactors.com, ttl: 10m,
             token_params: {company_id: "acme & sons"},
             claims: {iss: "{{conn.client_id}}", sub: "{{conn.user}}", external: "{{conn.token}}",
                      api_key: "a<b>\"c\"&d"}}})",
         {{"private_key", keys.secret}},
         {{"client_id", "https://idp.example/?a=1&b=2"}, {"user", "Ann \"<O'Neil>\" Öztürk"}}};
  const auto request = t.asks();
  EXPECT_EQ(request.method, "POST");
  const std::string body{request.body.view()};
  EXPECT_EQ(form_member(body, "grant_type"), "urn:ietf:params:oauth:grant-type:saml2-bearer");
  EXPECT_EQ(form_member(body, "company_id"), "acme & sons");
  const auto assertion = read_base64(form_member(body, "assertion"));
  EXPECT_TRUE(assertion);
  return assertion.value_or("");
}

TEST(saml, is_signed_so_that_others_confirm_it) {
  const auto rsa = texts_of(EVP_RSA_gen(2048));
  const auto curve = p256();
  for (const auto& [algorithm, keys] : {std::pair{"RS256", rsa}, std::pair{"ES256", curve}}) {
    const auto assertion = asked_with(keys, algorithm);
    EXPECT_TRUE(confirmed(assertion, keys.open)) << algorithm << assertion;
    EXPECT_FALSE(confirmed(assertion, texts_of(EVP_RSA_gen(2048)).open));
  }
}

TEST(saml, that_somebody_changed_is_not_confirmed) {
  const auto keys = texts_of(EVP_RSA_gen(2048));
  const auto assertion = asked_with(keys, "RS256");
  ASSERT_TRUE(confirmed(assertion, keys.open));
  for (const std::string part : {"O'Neil", "www.successfactors.com", "12:10:00Z", "api_key"}) {
    auto changed = assertion;
    const auto at = changed.find(part);
    ASSERT_NE(at, changed.npos) << part << " is not in it: " << assertion;
    changed[at] = changed[at] == '1' ? '2' : 'x';
    EXPECT_FALSE(confirmed(changed, keys.open)) << part;
  }
}

TEST(saml, says_whom_it_is_about_for_whom_and_how_long) {
  const auto assertion = asked_with(texts_of(EVP_RSA_gen(2048)), "RS256");
  for (const std::string part :
       {" ID=\"_nonce-1\"", "<saml2:Issuer>https://idp.example/?a=1&amp;b=2</saml2:Issuer>",
        ">Ann \"&lt;O'Neil&gt;\" Öztürk</saml2:NameID>",
        " NotOnOrAfter=\"2026-03-01T12:10:00Z\" Recipient=\"https://sf.example/oauth/token\"",
        "<saml2:Audience>www.successfactors.com</saml2:Audience>",
        "<saml2:Attribute Name=\"api_key\"><saml2:AttributeValue>a&lt;b&gt;\"c\"&amp;d<"})
    EXPECT_NE(assertion.find(part), assertion.npos) << part << " is not in " << assertion;
  EXPECT_EQ(assertion.find("external"), assertion.npos) << "nothing was filled in for it";
}

TEST(saml, needs_a_key_that_is_one_for_its_algorithm) {
  const auto keys = p256();
  talk t{"{jwt_bearer: {format: saml, token: https://t/, alg: RS256, claims: {iss: a}}}",
         {{"private_key", keys.secret}}};
  const auto why = t.asks_in_vain();
  EXPECT_EQ(why.code, code::unauthenticated);
  EXPECT_EQ((why.why + why.remedy).find("PRIVATE"), std::string::npos);
}

} // namespace
} // namespace tenon::actors::connectors
