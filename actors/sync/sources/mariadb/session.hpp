// One connection to a MariaDB server: read-only unless it is told to write, in UTF-8 and UTC, and
// with every failure said in words. The client library blocks; the task's stop ends it by closing
// the socket below it.
#pragma once

#include "actors/sync/sources/relational/server.hpp"

#include <mysql.h>

#include <memory>
#include <stop_token>

namespace tenon::actors::mariadb {

extern const relational::option_names options;

using fields = std::vector<std::optional<std::string>>;
using field_texts = std::vector<std::optional<std::string_view>>;

class session {
public:
  static result<std::unique_ptr<session>> open(const relational::server_options&,
                                               const relational::login&,
                                               const relational::database_options&, std::stop_token,
                                               bool writes = false);

  result<std::vector<fields>> ask(const std::string& sql);
  /// Each row as it comes, until `take` says that it is enough.
  result<void> each(const std::string& sql,
                    const std::function<result<bool>(const field_texts&)>& take);

  /// Of the newest statement: its failure's number and SQLSTATE, the rows that it has changed, and
  /// how many of those were there before.
  unsigned last_number() const { return mysql_errno(held_.get()); }
  std::string last_state() const { return mysql_sqlstate(held_.get()); }
  std::string last_words() const { return mysql_error(held_.get()); }
  std::size_t last_changed() const;

  /// Whose page this is from now on.
  void use(std::stop_token);
  bool reusable() const { return reusable_; }

private:
  struct closer {
    void operator()(MYSQL* m) const { mysql_close(m); }
  };
  struct freer {
    void operator()(MYSQL_RES* r) const { mysql_free_result(r); }
  };
  session(relational::server_options s, std::string user)
      : server_{std::move(s)}, user_{std::move(user)} {}

  result<void> connect(const std::string& host, const relational::login&, relational::protection,
                       const relational::database_options&);
  result<void> prepare(const relational::database_options&, bool writes);
  failure trouble();

  const relational::server_options server_;
  const std::string user_;
  bool reusable_ = true;
  std::stop_token stop_;
  std::unique_ptr<MYSQL, closer> held_;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

/// What a server says by its number, as a failure.
failure failure_of(unsigned number, std::string_view says, const relational::server_options&,
                   const std::string& user);

/// The bytes as a text that is compared by the rules of its column.
std::string text_literal(std::string_view bytes);
std::string octets_literal(std::string_view bytes);
std::string in_quotes(std::string_view identifier);

} // namespace tenon::actors::mariadb
