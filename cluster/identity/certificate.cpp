#include "cluster/identity/certificate.hpp"

#include "cluster/identity/openssl_values.hpp"
#include "protocols/ensure.hpp"
#include "runtime/signing/signing.hpp"

#include <algorithm>
#include <cctype>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace tenon::cluster {
namespace {

constexpr std::string_view scheme = "tenon://";
constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_title = 64; // what a common name may hold

/// The library only fails here when memory is short or it was built without what we need.
void made(bool well) {
  must(well, "OpenSSL cannot make a certificate");
}

void name(X509_NAME* who, const std::string& text) {
  made(X509_NAME_add_entry_by_txt(who, "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(text.data()),
                                  static_cast<int>(text.size()), -1, 0) == 1);
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& text) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>> one{
      X509V3_EXT_conf_nid(nullptr, &context, kind, text.c_str())};
  made(one && X509_add_ext(certificate, one.get(), -1) == 1);
}

void number(X509* certificate) {
  unsigned char bytes[16];
  made(RAND_bytes(bytes, sizeof bytes) == 1);
  bytes[0] &= 0x7f; // a positive number
  const std::unique_ptr<BIGNUM, freed_by<BN_free>> serial{BN_bin2bn(bytes, sizeof bytes, nullptr)};
  made(serial && BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)));
}

void date(X509* certificate, moment from, moment until) {
  const auto seconds = [](moment m) {
    return std::chrono::floor<std::chrono::seconds>(m).time_since_epoch().count();
  };
  made(ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(from)) != nullptr);
  made(ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(until)) != nullptr);
}

std::string uri_of(const std::string& cluster, bearer who, const std::string& name) {
  auto uri = std::string{scheme} + cluster;
  if (who != bearer::authority)
    uri += (who == bearer::node ? "/node/" : "/client/") + name;
  return uri;
}

/// Only when there is exactly one name, and it is a URI.
std::optional<std::string> only_uri(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>> all{
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  if (!all || sk_GENERAL_NAME_num(all.get()) != 1)
    return std::nullopt;
  const auto* only = sk_GENERAL_NAME_value(all.get(), 0);
  if (only->type != GEN_URI)
    return std::nullopt;
  return std::string{reinterpret_cast<const char*>(ASN1_STRING_get0_data(only->d.ia5)),
                     static_cast<std::size_t>(ASN1_STRING_length(only->d.ia5))};
}

failure foreign(std::string why) {
  return {code::unauthenticated, std::move(why), "certificate",
          "Use a certificate that this cluster's authority made: join the node with a token."};
}

std::optional<certified> read_uri(std::string_view uri) {
  if (!uri.starts_with(scheme))
    return std::nullopt;
  uri.remove_prefix(scheme.size());
  certified found;
  const auto slash = uri.find('/');
  found.cluster = uri.substr(0, slash);
  if (!is_certifiable(found.cluster))
    return std::nullopt;
  found.bearer = bearer::authority;
  if (slash == uri.npos)
    return found;
  uri.remove_prefix(slash);
  for (const auto& [prefix, who] :
       {std::pair<std::string_view, bearer>{"/node/", bearer::node}, {"/client/", bearer::client}})
    if (uri.starts_with(prefix)) {
      found.bearer = who;
      found.name = uri.substr(prefix.size());
    }
  if (!is_certifiable(found.name))
    return std::nullopt;
  return found;
}

/// A node's may serve; a client's must not; an authority's is one. Otherwise the URI lies.
bool usage_agrees(X509* certificate, bearer who) {
  const bool signs = X509_check_ca(certificate) == 1;
  const auto uses = X509_get_extended_key_usage(certificate);
  if (who == bearer::authority)
    return signs;
  const bool limited = (X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) != 0;
  const bool calls = limited && (uses & XKU_SSL_CLIENT) != 0;
  const bool serves = limited && (uses & XKU_SSL_SERVER) != 0;
  return !signs && calls && serves == (who == bearer::node);
}

result<certified> read(X509* certificate) {
  const auto uri = only_uri(certificate);
  if (!uri)
    return foreign("the certificate does not name a cluster");
  auto found = read_uri(*uri);
  if (!found)
    return foreign("the certificate names '" + uri->substr(0, 200) + "', which is nobody here");
  if (!usage_agrees(certificate, found->bearer))
    return foreign("the certificate of '" + *uri + "' is not made for that use");
  found->from = moment_of(X509_get0_notBefore(certificate));
  found->until = moment_of(X509_get0_notAfter(certificate));
  return *std::move(found);
}

failure uncertifiable(const std::string& name) {
  return {code::malformed, "'" + name.substr(0, longest_name) + "' cannot be in a certificate",
          "name", "Use up to 64 letters, digits, '-', '_' and '.'."};
}

result<void> is_fresh_key(X509_REQ* request) {
  auto* const key = X509_REQ_get0_pubkey(request);
  char group[32]{};
  std::size_t size = 0;
  const bool fits = key && EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1 &&
                    std::string_view{group} == "prime256v1";
  if (!fits || X509_REQ_verify(request, key) != 1) {
    openssl_reason();
    return failure{code::malformed, "the request is not signed by the P-256 key it is for",
                   "request", "Make a fresh request on the node that joins."};
  }
  return {};
}

/// Whatever is not about who it is for.
owned_certificate begin(EVP_PKEY* key, const std::string& title, moment now, span life) {
  owned_certificate fresh{X509_new()};
  auto* const x = fresh.get();
  made(x && X509_set_version(x, 2) == 1 && X509_set_pubkey(x, key) == 1);
  number(x);
  date(x, now - clocks_may_differ, now + life);
  name(X509_get_subject_name(x), title);
  return fresh;
}

} // namespace

bool is_certifiable(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  });
}

result<authority> make_authority(const std::string& cluster, const std::string& title, moment now,
                                 span life) {
  if (!is_certifiable(cluster))
    return uncertifiable(cluster);
  const owned_key key{EVP_EC_gen("P-256")};
  made(key != nullptr);
  const auto fresh =
      begin(key.get(), title.empty() ? cluster : title.substr(0, longest_title), now, life);
  auto* const x = fresh.get();
  made(X509_set_issuer_name(x, X509_get_subject_name(x)) == 1);
  extend(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(x, x, NID_subject_key_identifier, "hash");
  extend(x, x, NID_subject_alt_name, "URI:" + uri_of(cluster, bearer::authority, {}));
  made(X509_sign(x, key.get(), EVP_sha256()) != 0);
  return authority{to_pem(x), to_pem(key.get())};
}

result<signing_request> request_certificate(const std::string& who) {
  if (!is_certifiable(who))
    return uncertifiable(who);
  const owned_key key{EVP_EC_gen("P-256")};
  const owned_request fresh{X509_REQ_new()};
  made(key && fresh && X509_REQ_set_pubkey(fresh.get(), key.get()) == 1);
  name(X509_REQ_get_subject_name(fresh.get()), who);
  made(X509_REQ_sign(fresh.get(), key.get(), EVP_sha256()) != 0);
  return signing_request{to_pem(fresh.get()), to_pem(key.get())};
}

result<std::string> sign(const authority& by, const std::string& request, bearer kind,
                         const std::string& who, moment now, span life) {
  if (!is_certifiable(who) || kind == bearer::authority)
    return uncertifiable(who);
  const auto issuer = certificate_from(by.certificate);
  if (!issuer)
    return issuer.error();
  const auto issued_by = read(issuer->get());
  if (!issued_by)
    return issued_by.error();
  const auto key = key_from(by.key);
  if (!key)
    return key.error();
  if (issued_by->bearer != bearer::authority ||
      X509_check_private_key(issuer->get(), key->get()) != 1) {
    openssl_reason();
    return failure{code::forbidden, "this is not the key of a cluster's authority", "authority",
                   "Sign on the node that keeps the authority, or restore its file."};
  }
  const auto asked = request_from(request);
  if (!asked)
    return asked.error();
  if (auto fresh = is_fresh_key(asked->get()); !fresh)
    return std::move(fresh).error();
  const auto made_for = begin(X509_REQ_get0_pubkey(asked->get()), who, now, life);
  auto* const x = made_for.get();
  made(X509_set_issuer_name(x, X509_get_subject_name(issuer->get())) == 1);
  extend(x, issuer->get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(x, issuer->get(), NID_key_usage, "critical,digitalSignature");
  extend(x, issuer->get(), NID_ext_key_usage,
         kind == bearer::node ? "serverAuth,clientAuth" : "clientAuth");
  extend(x, issuer->get(), NID_authority_key_identifier, "keyid:always");
  extend(x, issuer->get(), NID_subject_alt_name, "URI:" + uri_of(issued_by->cluster, kind, who));
  made(X509_sign(x, key->get(), EVP_sha256()) != 0);
  return to_pem(x);
}

result<certified> read_certificate(const std::string& pem) {
  const auto held = certificate_from(pem);
  if (!held)
    return held.error();
  return read(held->get());
}

result<certified> read_shown_certificate(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const owned_certificate held{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  if (!held)
    return foreign("the certificate cannot be read: " + openssl_reason());
  return read(held.get());
}

result<std::string> fingerprint_of(const std::string& pem) {
  const auto held = certificate_from(pem);
  if (!held)
    return held.error();
  unsigned char* der = nullptr;
  const int size = i2d_X509(held->get(), &der);
  made(size > 0);
  const std::string bytes{reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)};
  OPENSSL_free(der);
  return runtime::signing::to_hex(runtime::signing::hash(runtime::signing::digest::sha256, bytes));
}

} // namespace tenon::cluster
