#include "runtime/signing/signing.hpp"

#include "protocols/base64.hpp"
#include "protocols/json.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <sstream>

namespace tenon::runtime::signing {
namespace {

value recording(const std::string& name) {
  std::ifstream in{"tests/recordings/" + name};
  std::stringstream text;
  text << in.rdbuf();
  auto read = read_json(text.str());
  EXPECT_TRUE(read) << name;
  return read ? *std::move(read) : value{};
}

std::string text_at(const value& v, const char* name) {
  const auto* member = v.find(name);
  const auto* text = member ? member->as<std::string>() : nullptr;
  EXPECT_NE(text, nullptr) << name;
  return text ? *text : "";
}

std::string hex_at(const value& v, const char* name) {
  const auto bytes = from_hex(text_at(v, name));
  EXPECT_TRUE(bytes) << name;
  return bytes.value_or("");
}

std::string pem_of(EVP_PKEY* key, bool secret) {
  BIO* out = BIO_new(BIO_s_mem());
  const int written =
      secret ? PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr)
             : PEM_write_bio_PUBKEY(out, key);
  EXPECT_EQ(written, 1);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out, &bytes);
  std::string text{bytes, static_cast<std::size_t>(size)};
  BIO_free(out);
  return text;
}

struct key_texts {
  std::string secret;
  std::string open;
};

key_texts texts_of(EVP_PKEY* key) {
  key_texts made{pem_of(key, true), pem_of(key, false)};
  EVP_PKEY_free(key);
  return made;
}

key_texts rsa_of(const value& jwk) {
  auto* builder = OSSL_PARAM_BLD_new();
  std::vector<BIGNUM*> numbers;
  const std::pair<const char*, const char*> members[]{
      {OSSL_PKEY_PARAM_RSA_N, "n"},          {OSSL_PKEY_PARAM_RSA_E, "e"},
      {OSSL_PKEY_PARAM_RSA_D, "d"},          {OSSL_PKEY_PARAM_RSA_FACTOR1, "p"},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, "q"},    {OSSL_PKEY_PARAM_RSA_EXPONENT1, "dp"},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, "dq"}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, "qi"}};
  for (const auto& [parameter, name] : members) {
    const auto bytes = read_base64(text_at(jwk, name)).value_or("");
    numbers.push_back(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                                static_cast<int>(bytes.size()), nullptr));
    OSSL_PARAM_BLD_push_BN(builder, parameter, numbers.back());
  }
  auto* parameters = OSSL_PARAM_BLD_to_param(builder);
  auto* context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
  EVP_PKEY* key = nullptr;
  EXPECT_EQ(EVP_PKEY_fromdata_init(context), 1);
  EXPECT_EQ(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters), 1);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  for (auto* n : numbers)
    BN_free(n);
  return texts_of(key);
}

TEST(signing, hmac_agrees_with_published_vectors) {
  const auto all = recording("crypto/hmac_sha256_test.json");
  int looked_at = 0;
  for (const auto& group : *all.find("testGroups")->as<list>())
    for (const auto& one : *group.find("tests")->as<list>()) {
      const auto tag = hex_at(one, "tag");
      const auto made = hmac(digest::sha256, hex_at(one, "key"), hex_at(one, "msg"));
      EXPECT_EQ(same(std::string_view{made}.substr(0, tag.size()), tag),
                text_at(one, "result") == "valid")
          << write_json(one);
      ++looked_at;
    }
  EXPECT_EQ(looked_at, 174);
}

TEST(signing, ed25519_agrees_with_published_vectors) {
  const auto all = recording("crypto/ed25519_test.json");
  int looked_at = 0;
  for (const auto& group : *all.find("testGroups")->as<list>()) {
    const auto key = public_key::of_ed25519(hex_at(*group.find("publicKey"), "pk"));
    const auto from_pem = public_key::read(text_at(group, "publicKeyPem"));
    ASSERT_TRUE(key && from_pem);
    for (const auto& one : *group.find("tests")->as<list>()) {
      const bool valid = text_at(one, "result") == "valid";
      const auto message = hex_at(one, "msg");
      const auto signature = hex_at(one, "sig");
      EXPECT_EQ(key->verify(algorithm::ed25519, message, signature), valid) << write_json(one);
      EXPECT_EQ(from_pem->verify(algorithm::ed25519, message, signature), valid);
      ++looked_at;
    }
  }
  EXPECT_EQ(looked_at, 151);
}

TEST(signing, rs256_signs_as_rfc_7520_does) {
  const auto example = recording("jose/4_1.rsa_v15_signature.json");
  const auto texts = rsa_of(*example.find("input")->find("key"));
  const auto compact = text_at(*example.find("output"), "compact");
  const auto dot = compact.rfind('.');
  const auto signed_part = compact.substr(0, dot);
  const auto expected = read_base64(compact.substr(dot + 1)).value_or("");
  const auto key = private_key::read(texts.secret);
  ASSERT_TRUE(key);
  EXPECT_EQ(*key->sign(algorithm::rs256, signed_part), expected);
  const auto open = public_key::read(texts.open);
  ASSERT_TRUE(open);
  EXPECT_TRUE(open->verify(algorithm::rs256, signed_part, expected));
  EXPECT_FALSE(open->verify(algorithm::rs256, signed_part + " ", expected));
  EXPECT_FALSE(open->verify(algorithm::es256_der, signed_part, expected)) << "another algorithm";
  // As a file of a service account has it, when it is copied out of its JSON.
  std::string one_line;
  for (const char c : texts.secret)
    one_line += c == '\n' ? std::string{"\\n"} : std::string{c};
  EXPECT_TRUE(private_key::read(one_line));
}

TEST(signing, es256_checks_the_example_of_rfc_7515) {
  // Its key (A.3) as SubjectPublicKeyInfo: a fixed head, then the point.
  const auto x = read_base64("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU").value_or("");
  const auto y = read_base64("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0").value_or("");
  const auto head = from_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004").value_or("");
  const auto key = public_key::read(to_base64(head + x + y));
  ASSERT_TRUE(key);
  const std::string signed_part =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
      "LmNvbS9pc19yb290Ijp0cnVlfQ";
  auto signature =
      read_base64("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQ"
                  "xfKTUJqPP3-Kg6NU1Q")
          .value_or("");
  EXPECT_TRUE(key->verify(algorithm::es256, signed_part, signature));
  signature.back() = static_cast<char>(signature.back() ^ 1);
  EXPECT_FALSE(key->verify(algorithm::es256, signed_part, signature));
  EXPECT_FALSE(key->verify(algorithm::es256, signed_part, "short"));
}

TEST(signing, es256_writes_both_forms_of_a_signature) {
  const auto texts = texts_of(EVP_EC_gen("P-256"));
  const auto key = private_key::read(texts.secret);
  const auto open = public_key::read(texts.open);
  ASSERT_TRUE(key && open);
  for (int i = 0; i < 50; ++i) { // numbers with leading zeros come by chance
    const auto text = "message " + std::to_string(i);
    const auto raw = key->sign(algorithm::es256, text);
    const auto der = key->sign(algorithm::es256_der, text);
    ASSERT_TRUE(raw && der);
    EXPECT_EQ(raw->size(), 64u);
    EXPECT_TRUE(open->verify(algorithm::es256, text, *raw));
    EXPECT_TRUE(open->verify(algorithm::es256_der, text, *der));
    EXPECT_FALSE(open->verify(algorithm::es256_der, text, *raw));
  }
  EXPECT_FALSE(key->sign(algorithm::rs256, "x"));
}

TEST(signing, makes_tokens_that_their_public_key_confirms) {
  const auto texts = texts_of(EVP_EC_gen("P-256"));
  const auto token = make_jwt(*private_key::read(texts.secret), algorithm::es256, "k1",
                              object{{"iss", "me"}, {"exp", 17}});
  ASSERT_TRUE(token);
  const auto dot = token->rfind('.');
  EXPECT_TRUE(public_key::read(texts.open)
                  ->verify(algorithm::es256, token->substr(0, dot),
                           read_base64(token->substr(dot + 1)).value_or("")));
  EXPECT_EQ(read_base64(token->substr(0, token->find('.'))),
            R"({"alg":"ES256","typ":"JWT","kid":"k1"})");
}

TEST(signing, says_nothing_of_a_text_that_is_no_key) {
  for (const std::string text :
       {"", "tiger", "-----BEGIN PRIVATE KEY-----\ntiger\n-----END PRIVATE KEY-----\n",
        "dGlnZXI="}) {
    const auto secret = private_key::read(text);
    const auto open = public_key::read(text);
    ASSERT_FALSE(secret || open) << text;
    for (const auto& f : {secret.error(), open.error()}) {
      EXPECT_EQ(f.code, code::malformed);
      EXPECT_EQ((f.why + f.remedy).find("tiger"), std::string::npos);
    }
  }
  EXPECT_FALSE(public_key::of_ed25519("short"));
}

TEST(signing, compares_and_spells) {
  EXPECT_TRUE(same("", ""));
  EXPECT_TRUE(same("abc", "abc"));
  EXPECT_FALSE(same("abc", "abd"));
  EXPECT_FALSE(same("abc", "ab"));
  EXPECT_EQ(from_hex("00fF"), (std::string{'\0', '\xff'}));
  EXPECT_EQ(to_hex(std::string{'\0', '\xff'}), "00ff");
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_EQ(read_base64("_-8"), read_base64("/+8="));
  EXPECT_FALSE(read_base64("a"));
  EXPECT_FALSE(read_base64("a b="));
}

} // namespace
} // namespace tenon::runtime::signing
