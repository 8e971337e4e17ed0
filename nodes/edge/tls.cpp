#include "nodes/edge/tls.hpp"

namespace tenon::nodes::edge {
namespace {

using boost::asio::ssl::context;

failure unusable(const std::string& file, std::string_view what,
                 const boost::system::error_code& e) {
  return {code::malformed, "the " + std::string{what} + " " + file + ": " + e.message(),
          "edge.tls." + std::string{what},
          "Give PEM files: the certificate chain, own certificate first, and its private key."};
}

} // namespace

result<std::unique_ptr<context>> make_tls(const certificate_files& files) {
  auto made = std::make_unique<context>(context::tls_server);
  boost::system::error_code e;
  made->use_certificate_chain_file(files.chain, e);
  if (e)
    return unusable(files.chain, "certificate", e);
  made->use_private_key_file(files.key, context::pem, e);
  if (e)
    return unusable(files.key, "key", e);
  auto* native = made->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  // Of TLS 1.2 only suites with forward secrecy and authenticated encryption.
  SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20");
  return made;
}

} // namespace tenon::nodes::edge
