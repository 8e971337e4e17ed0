// One connection to a PostgreSQL server, through libpq and never blocking inside it: every wait
// ends with the task's stop or its deadline, and every failure is said in words, without secrets.
// The session speaks UTF-8 and writes times in UTC in ISO form, whatever server and role are set
// to.
//
// libpq and not libpqxx, because a page wants COPY row by row without exceptions, connections that
// can be given up, and the replication protocol, of which libpqxx has none.
#pragma once

#include "actors/sync/sources/relational/server.hpp"

#include <chrono>
#include <libpq-fe.h>
#include <memory>
#include <stop_token>

namespace tenon::actors::postgres {

extern const relational::option_names options;

using fields = std::vector<std::optional<std::string>>;
using answer = std::vector<fields>;

/// What a connection is made with; sessions of equal settings are interchangeable.
struct settings {
  relational::server_options server;
  relational::login who;
  bool replication = false; // speaks the replication protocol too, and may change things
  bool writes = false;      // may change things
};

class session {
public:
  static result<std::unique_ptr<session>> open(const settings&, const relational::database_options&,
                                               std::stop_token);

  /// The rows as texts. One statement, unless there are no parameters.
  result<answer> ask(const std::string& sql, const std::vector<std::string>& parameters = {});
  /// The first field of the first row; nothing when it is NULL or there is no row.
  result<std::optional<std::string>> ask_one(const std::string& sql,
                                             const std::vector<std::string>& parameters = {});

  /// The lines of a COPY … TO STDOUT as they come, to be changed at will, until `take` says that it
  /// is enough; then the session is of no more use.
  result<void> copy_out(const std::string& sql,
                        const std::function<result<bool>(char*, std::size_t)>& take);

  /// A COPY … FROM STDIN: `give` appends some of the lines, and says whether there are more.
  result<void> copy_in(const std::string& sql,
                       const std::function<result<bool>(std::string&)>& give);

  /// START_REPLICATION, and the messages after it: one when it is there, none when nothing came
  /// within so long.
  result<void> start_streaming(const std::string& command);
  using message = std::unique_ptr<char, decltype(&PQfreemem)>;
  result<std::optional<std::pair<message, std::size_t>>> next_message(span patience);
  result<void> send_message(std::string_view);

  /// The SQLSTATE of the newest failure; "" without one.
  const std::string& last_state() const { return state_; }
  /// Where in what was given the server says that it was.
  const std::string& last_context() const { return context_; }
  /// The rows that the newest statement has changed.
  std::size_t last_changed() const { return changed_; }

  /// Whose page this is from now on.
  void use(std::stop_token stop) { stop_ = std::move(stop); }
  bool reusable() const { return reusable_ && PQstatus(held_.get()) == CONNECTION_OK; }

private:
  struct closer {
    void operator()(PGconn* c) const { PQfinish(c); }
  };
  struct clearer {
    void operator()(PGresult* r) const { PQclear(r); }
  };
  using outcome = std::unique_ptr<PGresult, clearer>;
  using time_point = std::chrono::steady_clock::time_point;

  session(const settings&, const relational::database_options&, std::stop_token);

  result<void> connect_to(const runtime::outbound::address&, relational::protection);
  result<void> prepare();
  result<void> send(const std::string& sql, const std::vector<std::string>& parameters);
  result<outcome> next_outcome();
  result<void> finish();
  result<void> flush();
  result<void> read_more(time_point until);
  /// Until there is something to read, or to write.
  result<void> wait(bool to_write, time_point until);
  time_point statement_end() const;
  failure trouble(const PGresult*);
  failure lost() const;

  const settings settings_;
  const span statement_limit_;
  const span lock_limit_;
  std::stop_token stop_;
  bool reusable_ = true;
  std::string state_{};
  std::string context_{};
  std::size_t changed_ = 0;
  std::unique_ptr<PGconn, closer> held_;
};

/// The text between apostrophes.
std::string literal(std::string_view text);
std::string in_quotes(std::string_view identifier);

} // namespace tenon::actors::postgres
