#include "actors/sync/sources/postgres/session.hpp"

#include "actors/sync/sources/postgres/said.hpp"

#include <algorithm>

#include <poll.h>

namespace tenon::actors::postgres {
namespace {

using clock = std::chrono::steady_clock;

constexpr span connect_limit = std::chrono::seconds{10};
constexpr span look = span{50};                              // for the task's stop, while waiting
constexpr span beyond_the_servers = std::chrono::seconds{5}; // before we give up ourselves
// Read past what is wanted, so that the session can go on; with more, a fresh one is cheaper.
constexpr int lines_to_spare = 2;
const std::string system_certificates = "/etc/ssl/certs/ca-certificates.crt";

} // namespace

std::string in_quotes(std::string_view identifier) {
  return relational::quoted_by('"', identifier);
}

std::string literal(std::string_view text) {
  return relational::quoted_by('\'', text);
}

session::session(const settings& s, const relational::database_options& o, std::stop_token stop)
    : settings_{s}, statement_limit_{o.statement_limit}, lock_limit_{o.lock_limit}, stop_{std::move(
                                                                                        stop)} {}

result<std::unique_ptr<session>>
session::open(const settings& s, const relational::database_options& o, std::stop_token stop) {
  const auto there = relational::find_server(s.server, o, options);
  if (!there)
    return there.error();
  std::unique_ptr<session> made{new session{s, o, std::move(stop)}};
  result<void> connected = failure{code::unavailable, "the host has no address"};
  for (const auto& address : there->addresses) {
    connected = made->connect_to(address, there->protection);
    if (connected || connected.error().code != code::unavailable)
      break;
  }
  if (!connected)
    return std::move(connected).error();
  if (auto ready = made->prepare(); !ready)
    return std::move(ready).error();
  return made;
}

result<void> session::connect_to(const runtime::outbound::address& address,
                                 relational::protection protection) {
  using relational::protection::verify_full;
  const auto& s = settings_.server;
  const auto at = to_text(address), port = std::to_string(s.port);
  const bool verified = protection == verify_full;
  const char* const mode = verified                                        ? "verify-full"
                           : protection == relational::protection::require ? "require"
                                                                           : "prefer";
  std::optional<relational::file_in_memory> ca;
  if (verified && !s.ca.empty())
    ca.emplace(s.ca);
  std::vector<const char*> names, values;
  const auto with = [&](const char* name, const char* value) {
    names.push_back(name);
    values.push_back(value);
  };
  with("host", s.host.c_str());
  with("hostaddr", at.c_str());
  with("port", port.c_str());
  with("dbname", s.database.c_str());
  with("user", settings_.who.user.c_str());
  // Never empty: libpq would look for one in the node's own environment and home.
  with("password", settings_.who.password.empty() ? "-" : settings_.who.password.c_str());
  with("sslmode", mode);
  if (verified)
    with("sslrootcert", ca ? ca->path().c_str() : system_certificates.c_str());
  with("gssencmode", "disable");
  with("client_encoding", "UTF8");
  with("application_name", "tenon");
  with("tcp_user_timeout", "60000");
  if (settings_.replication)
    with("replication", "database");
  names.push_back(nullptr);
  values.push_back(nullptr);

  held_.reset(PQconnectStartParams(names.data(), values.data(), 0));
  auto* const c = held_.get();
  if (!c || PQstatus(c) == CONNECTION_BAD)
    return lost();
  PQsetErrorVerbosity(c, PQERRORS_VERBOSE); // says the code of what went wrong
  const auto until = clock::now() + connect_limit;
  for (auto step = PGRES_POLLING_WRITING; step != PGRES_POLLING_OK; step = PQconnectPoll(c)) {
    if (step == PGRES_POLLING_FAILED)
      return failure_to_connect(PQerrorMessage(c), s, settings_.who.user);
    if (auto ready = wait(step == PGRES_POLLING_WRITING, until); !ready)
      return ready;
  }
  PQsetErrorVerbosity(c, PQERRORS_DEFAULT);
  PQsetNoticeReceiver(
      c, [](void*, const PGresult*) {}, nullptr);
  return {};
}

result<void> session::prepare() {
  const auto ms = [](span s) { return std::to_string(s.count()); };
  std::string sql = "SET datestyle = 'ISO, YMD'; SET timezone = 'UTC'; SET intervalstyle = "
                    "'iso_8601'; SET extra_float_digits = 1; SET bytea_output = 'hex'; SET "
                    "standard_conforming_strings = on; SET search_path = ''; SET statement_timeout "
                    "= " +
                    ms(statement_limit_) + "; SET lock_timeout = " + ms(lock_limit_);
  if (!settings_.replication && !settings_.writes)
    sql += "; SET default_transaction_read_only = on";
  // Bytes without an encoding: the server would refuse the whole page for one that is not UTF-8.
  const char* const encoding = PQparameterStatus(held_.get(), "server_encoding");
  if (encoding && std::string_view{encoding} == "SQL_ASCII")
    sql += "; SET client_encoding = 'SQL_ASCII'";
  auto set = ask(sql);
  return set ? result<void>{} : std::move(set).error();
}

/// Twice, because what libpq's buffer has no room for stays in TLS, where no socket tells of it.
result<void> session::read_more(time_point until) {
  if (auto ready = wait(false, until); !ready)
    return ready;
  auto* const c = held_.get();
  return PQconsumeInput(c) && PQconsumeInput(c) ? result<void>{} : lost();
}

session::time_point session::statement_end() const {
  return clock::now() + statement_limit_ + beyond_the_servers;
}

result<void> session::wait(bool to_write, time_point until) {
  for (;;) {
    const auto left = std::chrono::duration_cast<span>(until - clock::now());
    if (left <= span{0})
      return failure{code::timed_out, "the server did not answer in time", options.place_of("url"),
                     "It is tried again."};
    if (stop_.stop_requested())
      return failure{code::unavailable, "the reading was stopped", {}, "It is tried again."};
    pollfd watched{PQsocket(held_.get()), static_cast<short>(to_write ? POLLOUT : POLLIN), 0};
    if (::poll(&watched, 1, static_cast<int>(std::min(left, look).count())) != 0)
      return {}; // an error is libpq's to tell
  }
}

result<void> session::send(const std::string& sql, const std::vector<std::string>& parameters) {
  state_.clear();
  context_.clear();
  changed_ = 0;
  std::vector<const char*> values;
  for (const auto& p : parameters)
    values.push_back(p.c_str());
  auto* const c = held_.get();
  // With the extended protocol there is one statement and no more, whatever the options say.
  const bool simple = parameters.empty() && !sql.starts_with("COPY");
  const int sent = simple ? PQsendQuery(c, sql.c_str())
                          : PQsendQueryParams(c, sql.c_str(), static_cast<int>(values.size()),
                                              nullptr, values.data(), nullptr, nullptr, 0);
  reusable_ = false; // until the answer has been read to its end
  if (!sent)
    return lost();
  return {};
}

result<session::outcome> session::next_outcome() {
  const auto until = statement_end();
  while (PQisBusy(held_.get()))
    if (auto read = read_more(until); !read)
      return std::move(read).error();
  return outcome{PQgetResult(held_.get())};
}

result<void> session::finish() {
  for (;;) {
    auto rest = next_outcome();
    if (!rest)
      return std::move(rest).error();
    if (!*rest)
      break;
    if (PQresultStatus(rest->get()) == PGRES_FATAL_ERROR)
      return trouble(rest->get());
  }
  reusable_ = true;
  return {};
}

result<answer> session::ask(const std::string& sql, const std::vector<std::string>& parameters) {
  if (auto sent = send(sql, parameters); !sent)
    return std::move(sent).error();
  answer all;
  std::optional<failure> why;
  for (;;) {
    const auto got = next_outcome();
    if (!got)
      return got.error();
    if (!*got)
      break;
    const auto* r = got->get();
    const auto status = PQresultStatus(r);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && !why)
      why = trouble(r);
    changed_ = std::strtoul(PQcmdTuples(got->get()), nullptr, 10);
    for (int row = 0; row < PQntuples(r); ++row) {
      auto& line = all.emplace_back();
      for (int i = 0; i < PQnfields(r); ++i)
        line.push_back(
            PQgetisnull(r, row, i)
                ? std::nullopt
                : std::optional{std::string{PQgetvalue(r, row, i),
                                            static_cast<std::size_t>(PQgetlength(r, row, i))}});
    }
  }
  reusable_ = true;
  if (why)
    return *why;
  return all;
}

result<std::optional<std::string>> session::ask_one(const std::string& sql,
                                                    const std::vector<std::string>& parameters) {
  auto all = ask(sql, parameters);
  if (!all)
    return std::move(all).error();
  if (all->empty() || all->front().empty())
    return std::optional<std::string>{};
  return std::move(all->front().front());
}

result<void> session::copy_out(const std::string& sql,
                               const std::function<result<bool>(char*, std::size_t)>& take) {
  if (auto sent = send(sql, {}); !sent)
    return sent;
  const auto begun = next_outcome();
  if (!begun)
    return begun.error();
  if (PQresultStatus(begun->get()) != PGRES_COPY_OUT) {
    auto why = trouble(begun->get());
    if (auto finished = finish(); !finished && finished.error().code != why.code)
      return finished;
    return why;
  }
  bool enough = false;
  int spare = lines_to_spare;
  for (;;) {
    char* raw = nullptr;
    const int size = PQgetCopyData(held_.get(), &raw, 1);
    const message line{raw, &PQfreemem};
    if (size > 0) {
      const auto more = enough ? result<bool>{true} : take(raw, static_cast<std::size_t>(size));
      if (!more)
        return more.error();
      enough = enough || !*more;
      if (enough && spare-- == 0)
        return {};
    } else if (size == 0) {
      if (auto read = read_more(statement_end()); !read)
        return read;
    } else {
      return size == -1 ? finish() : lost();
    }
  }
}

/// What libpq holds back, given to the server.
result<void> session::flush() {
  const auto until = statement_end();
  for (;;) {
    const int left = PQflush(held_.get());
    if (left <= 0)
      return left == 0 ? result<void>{} : lost();
    if (auto ready = wait(true, until); !ready)
      return ready;
  }
}

result<void> session::copy_in(const std::string& sql,
                              const std::function<result<bool>(std::string&)>& give) {
  if (auto sent = send(sql, {}); !sent)
    return sent;
  const auto begun = next_outcome();
  if (!begun)
    return begun.error();
  if (PQresultStatus(begun->get()) != PGRES_COPY_IN) {
    auto why = trouble(begun->get());
    if (auto finished = finish(); !finished && finished.error().code != why.code)
      return finished;
    return why;
  }
  auto* const c = held_.get();
  PQsetnonblocking(c, 1);
  std::string chunk;
  result<bool> more{true};
  while (more && *more) {
    chunk.clear();
    more = give(chunk);
    if (!more)
      break;
    if (PQputCopyData(c, chunk.data(), static_cast<int>(chunk.size())) < 0)
      return lost();
    if (auto gone = flush(); !gone)
      return gone;
  }
  if (PQputCopyEnd(c, more ? nullptr : "given up") < 0)
    return lost();
  if (auto gone = flush(); !gone)
    return gone;
  PQsetnonblocking(c, 0);
  std::optional<failure> why;
  for (;;) {
    const auto ended = next_outcome();
    if (!ended)
      return ended.error();
    if (!*ended)
      break;
    if (PQresultStatus(ended->get()) == PGRES_FATAL_ERROR && !why)
      why = trouble(ended->get());
    changed_ = std::strtoul(PQcmdTuples(ended->get()), nullptr, 10);
  }
  reusable_ = true;
  if (!more)
    return more.error();
  return why ? result<void>{*why} : result<void>{};
}

result<void> session::start_streaming(const std::string& command) {
  if (auto sent = send(command, {}); !sent)
    return sent;
  const auto begun = next_outcome();
  if (!begun)
    return begun.error();
  if (PQresultStatus(begun->get()) != PGRES_COPY_BOTH)
    return trouble(begun->get());
  return {};
}

result<std::optional<std::pair<session::message, std::size_t>>>
session::next_message(span patience) {
  using found = std::optional<std::pair<message, std::size_t>>;
  const auto until = clock::now() + patience;
  for (;;) {
    char* raw = nullptr;
    const int size = PQgetCopyData(held_.get(), &raw, 1);
    if (size > 0)
      return found{{message{raw, &PQfreemem}, static_cast<std::size_t>(size)}};
    if (size < 0) {
      const auto ended = next_outcome();
      if (!ended)
        return ended.error();
      return *ended ? trouble(ended->get()) : lost();
    }
    auto read = read_more(until);
    if (!read && read.error().code == code::timed_out)
      return found{};
    if (!read)
      return std::move(read).error();
  }
}

result<void> session::send_message(std::string_view bytes) {
  auto* const c = held_.get();
  if (PQputCopyData(c, bytes.data(), static_cast<int>(bytes.size())) < 0 || PQflush(c) < 0)
    return lost();
  return {};
}

failure session::trouble(const PGresult* r) {
  const char* const state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : nullptr;
  const char* const says = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
  if (!state || !says)
    return lost();
  const char* const context = PQresultErrorField(r, PG_DIAG_CONTEXT);
  state_ = state;
  context_ = context ? context : "";
  return failure_of(state, says, settings_.server, settings_.who.user);
}

failure session::lost() const {
  return connection_lost(held_ ? PQerrorMessage(held_.get()) : "out of memory", settings_.server);
}

} // namespace tenon::actors::postgres
