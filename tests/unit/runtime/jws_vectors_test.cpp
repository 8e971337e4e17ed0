// Published JSON Web Signatures against what our algorithms make of them: every vector is checked,
// or it is in the table of those that are not, with the reason. A reason that holds no longer
// fails.
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "runtime/signing/signing.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <sstream>

namespace tenon::runtime::signing {
namespace {

struct signed_text {
  std::string name;
  std::string algorithm;
  value key{};
  std::string text{}; // what was signed
  std::string signature{};
  bool valid = true;
};

constexpr auto no_algorithm = "no platform that we know of asks for the algorithm";
constexpr auto no_key_sets =
    "we read no sets of JSON Web Keys, whose members say what a key is for";
constexpr auto weak_key = "the vendor chose the key, and we cannot ask for a better one";

const std::map<std::string, std::string> waived{
    {"4_2.rsa-pss_signature", no_algorithm},
    {"4_3.ecdsa_signature", no_algorithm},
    {"4_8.multiple_signatures 2", no_algorithm},
    {"json_web_key 1", no_key_sets},
    {"json_web_key 4", no_key_sets},
    {"json_web_key 6", no_key_sets},
    {"json_web_key 7", weak_key},
    {"json_web_key 8", weak_key},
    {"json_web_key 9", weak_key},
    {"json_web_key 10", weak_key},
    {"json_web_key 11", no_algorithm},
    {"json_web_key 12", weak_key},
    {"json_web_key 14", no_algorithm},
    {"json_web_key 16", weak_key},
    {"json_web_key 17", no_algorithm},
    {"json_web_key 18", weak_key},
    {"json_web_key 19", no_key_sets},
    {"json_web_key 20", no_key_sets},
    {"json_web_key 21", no_key_sets},
    {"json_web_key 23", no_key_sets},
    {"json_web_key 24", no_key_sets},
    {"json_web_key 25", no_key_sets},
    {"json_web_key 26", no_key_sets},
};

value recording(const std::string& name) {
  std::ifstream in{"tests/recordings/" + name + ".json"};
  std::stringstream text;
  text << in.rdbuf();
  auto read = read_json(text.str());
  EXPECT_TRUE(read) << name;
  return read ? *std::move(read) : value{};
}

std::string text_at(const value& v, const char* name) {
  const auto* member = v.find(name);
  const auto* text = member ? member->as<std::string>() : nullptr;
  return text ? *text : "";
}

std::string bytes_at(const value& v, const char* name) {
  return read_base64(text_at(v, name)).value_or("");
}

/// A compact token's parts; its header says the algorithm.
signed_text of_compact(std::string name, value key, const std::string& token, bool valid) {
  const auto dot = token.rfind('.');
  const auto header = read_json(read_base64(token.substr(0, token.find('.'))).value_or(""));
  EXPECT_TRUE(header) << name;
  return {std::move(name),
          text_at(*header, "alg"),
          std::move(key),
          token.substr(0, dot),
          read_base64(token.substr(dot + 1)).value_or(""),
          valid};
}

std::vector<signed_text> from_the_cookbook() {
  std::vector<signed_text> all;
  for (const auto* name :
       {"4_1.rsa_v15_signature", "4_2.rsa-pss_signature", "4_3.ecdsa_signature",
        "4_4.hmac-sha2_integrity_protection", "4_5.signature_with_detached_content",
        "4_6.protecting_specific_header_fields", "4_7.protecting_content_only",
        "4_8.multiple_signatures", "curve25519_jws"}) {
    const auto one = recording(std::string{"jose/"} + name);
    const auto& input = *one.find("input");
    const auto& made = *one.find("signing");
    const auto* several = made.as<list>();
    for (std::size_t i = 0; i < (several ? several->size() : 1); ++i) {
      const auto& part = several ? (*several)[i] : made;
      const auto& key = *input.find("key");
      const auto& algorithm = *input.find("alg");
      all.push_back({std::string{name} + (several ? ' ' + std::to_string(i + 1) : ""),
                     *(several ? (*algorithm.as<list>())[i] : algorithm).as<std::string>(),
                     several ? (*key.as<list>())[i] : key, text_at(part, "sig-input"),
                     bytes_at(part, "sig")});
    }
  }
  return all;
}

std::vector<signed_text> from_rfcs() {
  std::vector<signed_text> all;
  const auto vectors = recording("jose/jwt_rfc7515_7519");
  for (const auto& v : *vectors.find("vectors")->as<list>()) {
    const auto* key = v.find("jwk");
    all.push_back(of_compact(text_at(v, "id"), key ? *key : value{}, text_at(v, "token"),
                             *v.find("valid") == value{true}));
  }
  return all;
}

std::vector<signed_text> from_wycheproof() {
  std::vector<signed_text> all;
  const auto vectors = recording("crypto/json_web_key_test");
  for (const auto& group : *vectors.find("testGroups")->as<list>()) {
    const auto* open = group.find("public");
    const auto& keys = *(open ? open : group.find("private"))->find("keys")->as<list>();
    for (const auto& v : *group.find("tests")->as<list>())
      all.push_back(of_compact("json_web_key " + write_json(*v.find("tcId")), keys.front(),
                               text_at(v, "jws"), text_at(v, "result") == "valid"));
  }
  return all;
}

result<public_key> rsa_of(const value& jwk) {
  auto* builder = OSSL_PARAM_BLD_new();
  std::vector<BIGNUM*> numbers;
  for (const auto& [parameter, name] :
       {std::pair{OSSL_PKEY_PARAM_RSA_N, "n"}, std::pair{OSSL_PKEY_PARAM_RSA_E, "e"}}) {
    const auto bytes = bytes_at(jwk, name);
    numbers.push_back(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                                static_cast<int>(bytes.size()), nullptr));
    OSSL_PARAM_BLD_push_BN(builder, parameter, numbers.back());
  }
  auto* parameters = OSSL_PARAM_BLD_to_param(builder);
  auto* context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
  EVP_PKEY* key = nullptr;
  EXPECT_EQ(EVP_PKEY_fromdata_init(context), 1);
  EXPECT_EQ(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  for (auto* n : numbers)
    BN_free(n);
  BIO* out = BIO_new(BIO_s_mem());
  EXPECT_EQ(PEM_write_bio_PUBKEY(out, key), 1);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out, &bytes);
  auto read = public_key::read({bytes, static_cast<std::size_t>(size)});
  BIO_free(out);
  EVP_PKEY_free(key);
  return read;
}

result<public_key> p256_of(const value& jwk) {
  // SubjectPublicKeyInfo: a fixed head, then the point.
  const auto head = from_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004").value_or("");
  return public_key::read(to_base64(head + bytes_at(jwk, "x") + bytes_at(jwk, "y")));
}

/// Whether the signature is good; nothing where the algorithm is none of ours.
std::optional<bool> checked(const signed_text& one) {
  const auto by = [&](const result<public_key>& key, algorithm how) {
    return key && key->verify(how, one.text, one.signature);
  };
  const auto keyed = [&](digest how) {
    return same(hmac(how, bytes_at(one.key, "k"), one.text), one.signature);
  };
  if (one.algorithm == "none")
    return false; // there is no such algorithm: nobody can ask for it
  if (one.algorithm == "HS256")
    return keyed(digest::sha256);
  if (one.algorithm == "HS512")
    return keyed(digest::sha512);
  if (one.algorithm == name_of(algorithm::rs256))
    return by(rsa_of(one.key), algorithm::rs256);
  if (one.algorithm == name_of(algorithm::es256))
    return by(p256_of(one.key), algorithm::es256);
  if (one.algorithm == name_of(algorithm::ed25519))
    return by(public_key::of_ed25519(bytes_at(one.key, "x")), algorithm::ed25519);
  return std::nullopt;
}

TEST(jws_vectors, are_judged_as_published_or_waived_with_a_reason_that_holds) {
  std::size_t seen = 0, judged = 0;
  for (const auto& all : {from_the_cookbook(), from_rfcs(), from_wycheproof()})
    for (const auto& one : all) {
      const auto said = checked(one);
      const bool agrees = said == one.valid;
      const auto reason = waived.find(one.name);
      ++seen;
      judged += agrees;
      if (reason == waived.end())
        EXPECT_TRUE(agrees) << one.name << " of " << one.algorithm
                            << (said ? ": wrong" : ": not ours");
      else
        EXPECT_FALSE(agrees) << one.name << " is judged rightly: \"" << reason->second
                             << "\" holds no longer";
      if (reason != waived.end() && reason->second == no_algorithm) {
        EXPECT_FALSE(said) << one.name << ": " << one.algorithm << " is one of ours";
      }
    }
  EXPECT_EQ(seen, 11u + 4u + 26u);
  EXPECT_EQ(judged, seen - waived.size());
}

} // namespace
} // namespace tenon::runtime::signing
