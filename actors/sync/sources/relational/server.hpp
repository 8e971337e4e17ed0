// A database server that is reached over the network: where it is, who asks, how the way there is
// protected; and a source that reads it on threads that may block. The address guard judges what a
// host's name stands for, and the connection is made to what was judged.
//
// Without a choice of `sslmode`, a server at a public address must prove its name with TLS
// (verify-full); one in a network that the operator allowed is asked for TLS and used without it if
// it has none (prefer).
#pragma once

#include "actors/sync/source.hpp"
#include "actors/sync/sources/relational/table.hpp"
#include "runtime/outbound/guard.hpp"
#include "runtime/outbound/resolver.hpp"

#include <functional>

namespace tenon::runtime {
class host;
}

namespace tenon::actors {
struct surroundings;
}

namespace tenon::actors::relational {

/// The secrets of a credential.
using secrets_of = std::function<runtime::task<result<object>>(identity credential)>;

/// As the node's actors keep them.
secrets_of secrets_from(runtime::host&);

struct database_options {
  secrets_of secrets;
  runtime::executor& blocking; // where pages are read; a read holds its thread
  runtime::outbound::policy policy{};
  runtime::outbound::lookup lookup = runtime::outbound::system_lookup;
  span statement_limit = std::chrono::seconds{60}; // of one statement
  span lock_limit = std::chrono::seconds{10};      // of waiting for somebody's lock
  std::stop_token closing{};                       // the node's end: what is being read is given up
};

/// What a node offers, with pages read on those threads.
database_options options_within(const surroundings&, runtime::executor& blocking);

enum class protection : std::uint8_t { prefer, require, verify_full };

struct server_options {
  std::string host;
  std::uint16_t port = 0;
  std::string database;
  std::string user;       // of the URL; the credential's counts more
  std::string credential; // its name; empty: none
  std::optional<relational::protection> protection;
  std::string ca; // PEM, trusted for verify_full instead of the system's store
};

/// The member, if it is about the server: url, credential, sslmode, ca.
result<void> read_server_option(server_options&, const option_names&,
                                const std::vector<std::string>& schemes, std::uint16_t usual_port,
                                const std::string& name, const value&);

struct login {
  std::string user;
  std::string password;
};

/// Who asks, with the credential's secrets as they are now.
runtime::task<result<login>> log_in(secrets_of, std::string user, identity credential);

/// Connections of equal keys are interchangeable.
std::string key_of(const server_options&, const login&);

/// A server as it is to be connected to now.
struct found_server {
  std::vector<runtime::outbound::address> addresses; // each judged
  relational::protection protection = protection::verify_full;
};

/// Blocks while the name is looked up.
result<found_server> find_server(const server_options&, const database_options&,
                                 const option_names&);

/// A file in memory, for libraries that take certificates by their path alone.
class file_in_memory {
public:
  explicit file_in_memory(std::string_view content);
  ~file_in_memory();
  file_in_memory(const file_in_memory&) = delete;
  file_in_memory& operator=(const file_in_memory&) = delete;
  const std::string& path() const { return path_; }

private:
  int descriptor_ = -1;
  std::string path_;
};

using page_reader =
    std::function<result<source_page>(const login&, const page_request&, std::stop_token)>;

/// Lets go of what the server keeps for the sync.
using forgetter = std::function<result<void>(const login&, std::stop_token)>;

/// Reads again what a letter is about: from the letter alone, or by asking the server.
using letter_reader = std::function<result<source_page>(const protocols::letter_types::kept&)>;
using row_reader = std::function<result<source_page>(
    const login&, const protocols::letter_types::kept&, std::stop_token)>;

/// What a kind of source does at its server; what it does not is left out.
struct server_calls {
  page_reader read;
  forgetter forget{};
  letter_reader from_letter{};
  row_reader from_server{};
};

/// Reads each page on `options.blocking`, with the credential's secrets as they are then.
std::unique_ptr<source> server_source(const database_options& options, const server_options&,
                                      const option_names&, identity sync, server_calls);

} // namespace tenon::actors::relational
