#include "actors/sync/sources/mariadb/session.hpp"

#include <algorithm>
#include <mutex>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace tenon::actors::mariadb {
namespace {

constexpr unsigned connect_seconds = 10;
constexpr unsigned beyond_the_servers = 5; // seconds, before we give up ourselves
constexpr unsigned long most_row_bytes = 256ul << 20;
// Read past what is wanted, so that the session can go on; with more, a fresh one is cheaper.
constexpr int rows_to_spare = 2;
// None that would tell the password to whoever asks.
constexpr const char* proofs = "mysql_native_password,client_ed25519,caching_sha2_password";
constexpr const char* system_certificates = "/etc/ssl/certs/ca-certificates.crt";

unsigned seconds_of(span s) {
  return static_cast<unsigned>(std::max<std::int64_t>(1, (s.count() + 999) / 1000));
}

std::string in_hex(std::string_view bytes) {
  constexpr std::string_view digits{"0123456789abcdef"};
  std::string out{"x'"};
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out += '\'';
}

/// Whom the socket is connected to.
std::string peer_of(int socket) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  char text[INET6_ADDRSTRLEN]{};
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    return {};
  const void* const bytes =
      at.ss_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(at).sin6_addr)
          : &reinterpret_cast<const sockaddr_in&>(at).sin_addr;
  const auto* const read = ::inet_ntop(at.ss_family, bytes, text, sizeof text);
  return read ? read : "";
}

} // namespace

std::string text_literal(std::string_view bytes) {
  return "_utf8mb4 " + in_hex(bytes);
}

std::string octets_literal(std::string_view bytes) {
  return in_hex(bytes);
}

std::string in_quotes(std::string_view identifier) {
  return relational::quoted_by('`', identifier);
}

result<std::unique_ptr<session>> session::open(const relational::server_options& s,
                                               const relational::login& who,
                                               const relational::database_options& o,
                                               std::stop_token stop, bool writes) {
  static std::once_flag once; // the library's own state, which threads must not race to make
  std::call_once(once, [] { mysql_server_init(0, nullptr, nullptr); });
  const auto there = relational::find_server(s, o, options);
  if (!there)
    return there.error();
  std::unique_ptr<session> made{new session{s, who.user}};
  // The library verifies the name that it connects to, so with verify_full it is given the name;
  // whoever proves to be that is then still asked for the address.
  const bool by_name = there->protection == relational::protection::verify_full;
  std::vector<std::string> hosts;
  for (const auto& address : there->addresses)
    hosts.push_back(to_text(address));
  result<void> connected = failure{code::unavailable, "the host has no address"};
  for (const auto& host : by_name ? std::vector{s.host} : hosts) {
    connected = made->connect(host, who, there->protection, o);
    if (connected || connected.error().code != code::unavailable)
      break;
  }
  if (!connected)
    return std::move(connected).error();
  if (std::ranges::find(hosts, peer_of(static_cast<int>(mysql_get_socket(made->held_.get())))) ==
      hosts.end())
    return failure{code::forbidden, s.host + " has led to another address than was allowed",
                   options.place_of("url"), "Write the server's address."};
  made->use(std::move(stop));
  if (auto ready = made->prepare(o, writes); !ready)
    return std::move(ready).error();
  return made;
}

result<void> session::connect(const std::string& host, const relational::login& who,
                              relational::protection protection,
                              const relational::database_options& o) {
  held_.reset(mysql_init(nullptr));
  auto* const m = held_.get();
  if (!m)
    return failure{code::overloaded, "there is no memory for a connection"};
  const auto set = [m](mysql_option what, auto v) { mysql_options(m, what, &v); };
  const unsigned wait = seconds_of(o.statement_limit) + beyond_the_servers;
  set(MYSQL_OPT_CONNECT_TIMEOUT, connect_seconds);
  set(MYSQL_OPT_READ_TIMEOUT, wait);
  set(MYSQL_OPT_WRITE_TIMEOUT, wait);
  set(MYSQL_OPT_LOCAL_INFILE, 0u); // a server could ask for the node's files
  set(MYSQL_OPT_RECONNECT, my_bool{0});
  set(MYSQL_OPT_MAX_ALLOWED_PACKET, most_row_bytes);
  set(MYSQL_OPT_PROTOCOL, unsigned{MYSQL_PROTOCOL_TCP});
  mysql_options(m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options(m, MARIADB_OPT_RESTRICTED_AUTH, proofs);
  std::optional<relational::file_in_memory> ca;
  const bool verified = protection == relational::protection::verify_full;
  if (verified && !server_.ca.empty())
    ca.emplace(server_.ca);
  mysql_ssl_set(m, nullptr, nullptr,
                verified ? (ca ? ca->path().c_str() : system_certificates) : nullptr, nullptr,
                nullptr);
  set(MYSQL_OPT_SSL_ENFORCE, my_bool{protection != relational::protection::prefer});
  set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, my_bool{verified});
  // Never null: the library would look for names and files in the node's own environment.
  if (!mysql_real_connect(m, host.c_str(), who.user.c_str(), who.password.c_str(),
                          server_.database.c_str(), server_.port, nullptr, 0))
    return trouble();
  return {};
}

result<void> session::prepare(const relational::database_options& o, bool writes) {
  const auto seconds = std::to_string(static_cast<double>(o.statement_limit.count()) / 1000.0);
  const auto lock = std::to_string(seconds_of(o.lock_limit));
  // Who writes wants an error instead of something else than was given.
  const std::string mode = writes ? "SET SESSION sql_mode = 'STRICT_ALL_TABLES,"
                                    "NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'"
                                  : "SET SESSION TRANSACTION READ ONLY";
  for (const auto& sql :
       {"SET time_zone = '+00:00', max_statement_time = " + seconds +
            ", lock_wait_timeout = " + lock + ", innodb_lock_wait_timeout = " + lock,
        mode})
    if (auto done = ask(sql); !done)
      return std::move(done).error();
  return {};
}

/// The server counts a row that it updates twice, and tells how many those were: "Records: 3
/// Duplicates: 1  Warnings: 0"; but not of a statement with a single row.
std::size_t session::last_changed() const {
  const auto affected = static_cast<std::size_t>(mysql_affected_rows(held_.get()));
  const char* const told = mysql_info(held_.get());
  if (!told)
    return affected;
  const std::string_view info{told};
  constexpr std::string_view word{"Duplicates: "};
  const auto at = info.find(word);
  return at == info.npos ? affected : affected - std::strtoul(told + at + word.size(), nullptr, 10);
}

void session::use(std::stop_token stop) {
  on_stop_.reset();
  stop_ = stop;
  const auto socket = static_cast<int>(mysql_get_socket(held_.get()));
  on_stop_.emplace(std::move(stop), [socket] { ::shutdown(socket, SHUT_RDWR); });
}

result<std::vector<fields>> session::ask(const std::string& sql) {
  std::vector<fields> all;
  const auto read = each(sql, [&](const field_texts& row) -> result<bool> {
    auto& kept = all.emplace_back();
    for (const auto& f : row)
      kept.push_back(f ? std::optional{std::string{*f}} : std::nullopt);
    return true;
  });
  if (!read)
    return read.error();
  return all;
}

result<void> session::each(const std::string& sql,
                           const std::function<result<bool>(const field_texts&)>& take) {
  reusable_ = false; // until the answer has been read to its end
  auto* const m = held_.get();
  if (mysql_real_query(m, sql.data(), sql.size()) != 0) {
    auto why = trouble();
    reusable_ = why.code != code::unavailable;
    return why;
  }
  const std::unique_ptr<MYSQL_RES, freer> rows{mysql_use_result(m)};
  if (!rows) {
    reusable_ = mysql_errno(m) == 0;
    return reusable_ ? result<void>{} : trouble();
  }
  const auto count = mysql_num_fields(rows.get());
  field_texts row(count);
  bool enough = false;
  int spare = rows_to_spare;
  while (auto* const raw = mysql_fetch_row(rows.get())) {
    if (!enough) {
      const auto* const sizes = mysql_fetch_lengths(rows.get());
      for (unsigned i = 0; i < count; ++i)
        row[i] = raw[i] ? std::optional{std::string_view{raw[i], sizes[i]}} : std::nullopt;
      const auto more = take(row);
      if (!more)
        return more.error();
      enough = !*more;
    }
    if (enough && spare-- == 0) {
      // Freeing the rows would read all the others.
      ::shutdown(static_cast<int>(mysql_get_socket(m)), SHUT_RDWR);
      return {};
    }
  }
  if (mysql_errno(m) != 0)
    return trouble();
  reusable_ = true;
  return {};
}

failure session::trouble() {
  if (stop_.stop_requested())
    return {code::unavailable, "the reading was stopped", {}, "It is tried again."};
  return failure_of(mysql_errno(held_.get()), mysql_error(held_.get()), server_, user_);
}

} // namespace tenon::actors::mariadb
