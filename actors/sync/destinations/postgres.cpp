#include "actors/sync/destinations/postgres.hpp"

#include "actors/sync/outcome.hpp"
#include "actors/sync/sources/postgres/table.hpp"
#include "actors/sync/sources/relational/kept.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <span>

namespace tenon::actors {
namespace {

using postgres::in_quotes;
using postgres::session;
using runtime::task;
using changes = std::span<const outgoing_change>;

constexpr std::uint32_t page_of_rows = 5'000;
constexpr std::uint16_t usual_port = 5432;

// The parts that sources and destinations share speak of spec.from.
const relational::option_names names{
    "postgres",
    "a PostgreSQL destination",
    "{postgres: {url: postgres://host/database, credential: …, table: …, key: …}}",
    {"url", "credential", "sslmode", "ca", "table", "key"}};

failure at_destination(failure why) {
  constexpr std::string_view from{"spec.from."};
  if (why.where.starts_with(from))
    why.where = "spec.to." + why.where.substr(from.size());
  return why;
}

struct target {
  relational::server_options server;
  relational::table_options rows;
};

result<target> read_target(const object& written) {
  target t;
  auto rows = relational::read_table_options(
      written, names, {}, [&](const std::string& name, const value& v) {
        return relational::read_server_option(t.server, names, {"postgres", "postgresql"},
                                              usual_port, name, v);
      });
  if (!rows)
    return at_destination(std::move(rows).error());
  t.rows = *std::move(rows);
  if (t.server.host.empty())
    return at_destination(names.wrong("url", "it is not said where the server is",
                                      "Write url: postgres://host:port/database."));
  if (t.rows.table.empty() || t.rows.key.empty())
    return at_destination(names.wrong(t.rows.table.empty() ? "table" : "key", "it is missing",
                                      "Write table: public.customers, key: id."));
  return t;
}

/// What can be written of a table, as it is now.
struct columns {
  std::string spelled;               // "public"."customers"
  std::map<std::string, bool> types; // by name: whether it can only be compared as text
};

result<columns> describe(session& db, const relational::table_options& rows) {
  const auto name = postgres::name_of(rows);
  if (!name)
    return name.error();
  columns made{in_quotes(name->first) + '.' + in_quotes(name->second), {}};
  const auto found = db.ask(
      "SELECT a.attname, t.typname IN ('json','xml','point','polygon','path','box','circle','line')"
      " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
      " WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped"
      " AND a.attgenerated = ''",
      {made.spelled});
  if (!found)
    return found.error();
  for (const auto& row : *found)
    made.types[*row[0]] = row[1] == "t";
  if (made.types.empty())
    return failure{code::not_found, "there is no table " + rows.table, names.place_of("table"),
                   "Create it, or check schema and name."};
  for (const auto& key : rows.key)
    if (!made.types.contains(key))
      return failure{code::not_found, "the table " + rows.table + " has no column " + key,
                     names.place_of("key"), "Name columns that the table has."};
  return made;
}

std::string listed(const std::vector<std::string>& all, std::string_view before = {}) {
  std::string text;
  for (const auto& one : all)
    text += (text.empty() ? "" : ", ") + std::string{before} + in_quotes(one);
  return text;
}

/// Writes the changes of one page on one session.
class writer {
public:
  writer(session& db, const target& to, const columns& there) : db_{db}, to_{to}, there_{there} {}

  settled out;

  /// All of them, or those before the trouble.
  result<void> write(changes all) {
    const auto before = out;
    auto done = in_a_transaction(all);
    if (done) {
      out.count += all.size();
      return {};
    }
    out = before;
    const auto group = std::string_view{state_}.substr(0, 2);
    const bool about_content = group == "21" || group == "22" || group == "23";
    const auto why = std::move(done).error();
    if (!about_content && !mistaken_)
      return why;
    if (all.size() == 1) {
      refuse(all.front(), why);
      return {};
    }
    const auto middle = (all.size() + 1) / 2;
    if (auto ok = write(all.first(middle)); !ok)
      return ok;
    return write(all.subspan(middle));
  }

private:
  /// Rows that say the same columns.
  struct rows {
    std::string json{'['};
    std::size_t count = 0;

    void add(const blob& content) {
      if (count++ > 0)
        json += ',';
      json += content.view();
    }
  };

  result<void> in_a_transaction(changes all) {
    mistaken_ = false;
    state_.clear();
    std::map<std::vector<std::string>, rows> live;
    rows dead;
    for (const auto& one : all) {
      out.bytes += one.content.size();
      auto fields = fields_of(one);
      if (!fields)
        return std::move(fields).error();
      (one.deleted ? dead : live[*std::move(fields)]).add(one.content);
    }
    if (auto begun = db_.ask("BEGIN"); !begun)
      return begun.error();
    for (auto& [fields, some] : live)
      if (auto ok = upsert(fields, some); !ok)
        return roll_back(std::move(ok).error());
    if (dead.count > 0)
      if (auto ok = erase(dead); !ok)
        return roll_back(std::move(ok).error());
    const auto ended = db_.ask("COMMIT");
    state_ = db_.last_state(); // a rule may be looked at only now
    return ended ? result<void>{} : result<void>{ended.error()};
  }

  failure roll_back(failure why) {
    state_ = db_.last_state();
    if (auto undone = db_.ask("ROLLBACK"); !undone)
      return std::move(undone).error();
    return why;
  }

  result<std::vector<std::string>> fields_of(const outgoing_change& one) {
    const auto read = read_json(one.content.view());
    const auto* members = read ? read->as<object>() : nullptr;
    std::vector<std::string> all;
    if (members)
      for (const auto& [name, content] : *members)
        if (!one.deleted || std::ranges::find(to_.rows.key, name) != to_.rows.key.end())
          all.push_back(name);
    std::ranges::sort(all);
    for (const auto& key : to_.rows.key)
      if (std::ranges::find(all, key) == all.end()) {
        mistaken_ = true;
        return failure{code::malformed, "the record has no " + key + ", which is of the key"};
      }
    for (const auto& name : all)
      if (!there_.types.contains(name))
        return failure{code::not_found,
                       "the table " + to_.rows.table + " has no column " + name +
                           ", which the record has",
                       names.place_of("table"), "Add it there, or leave it out with `map`."};
    return all;
  }

  result<void> upsert(const std::vector<std::string>& fields, rows& some) {
    std::string set, differs;
    for (const auto& name : fields) {
      if (std::ranges::find(to_.rows.key, name) != to_.rows.key.end())
        continue;
      const auto quoted = in_quotes(name);
      const auto as_text = there_.types.at(name) ? "::text" : "";
      set += (set.empty() ? "" : ", ") + quoted + " = EXCLUDED." + quoted;
      differs += (differs.empty() ? "" : " OR ") + ("t." + quoted) + as_text +
                 " IS DISTINCT FROM EXCLUDED." + quoted + as_text;
    }
    const auto columns = listed(fields);
    auto sql = "WITH w AS (INSERT INTO " + there_.spelled + " AS t (" + columns + ") SELECT " +
               columns + " FROM json_populate_recordset(NULL::" + there_.spelled +
               ", $1::json) ON CONFLICT (" + listed(to_.rows.key) + ") DO ";
    sql += set.empty() ? "NOTHING" : "UPDATE SET " + set + " WHERE " + differs;
    sql += " RETURNING 1) SELECT count(*) FROM w";
    const auto written = count(sql, some);
    if (!written)
      return written.error();
    out.written += *written;
    out.unchanged += some.count - *written;
    return {};
  }

  result<void> erase(rows& some) {
    std::string same;
    for (const auto& key : to_.rows.key) {
      const auto quoted = in_quotes(key);
      same += (same.empty() ? "t." : " AND t.") + quoted + " = x." + quoted;
    }
    const auto gone =
        count("WITH w AS (DELETE FROM " + there_.spelled +
                  " AS t USING json_populate_recordset(NULL::" + there_.spelled +
                  ", $1::json) AS x WHERE " + same + " RETURNING 1) SELECT count(*) FROM w",
              some);
    if (!gone)
      return gone.error();
    out.written += *gone;
    out.deleted += *gone;
    out.unchanged += some.count - *gone;
    return {};
  }

  result<std::size_t> count(const std::string& sql, rows& some) {
    some.json += ']';
    const auto text = db_.ask_one(sql, {some.json});
    if (!text)
      return text.error();
    return *text ? std::stoul(**text) : 0;
  }

  void refuse(const outgoing_change& one, const failure& why) {
    // In front of the server's own words is what that would mean for somebody who reads.
    const auto own = why.why.find(": ");
    const auto reason = mistaken_ || own == why.why.npos ? why.why : why.why.substr(own + 2);
    ++out.count;
    out.letters.push_back(
        {.place = one.key, .reason = "the database refuses it: " + reason, .bytes = one.content});
  }

  session& db_;
  const target& to_;
  const columns& there_;
  bool mistaken_ = false; // the record itself cannot be written, whatever the database says
  std::string state_{};   // the SQLSTATE of what was refused
};

class postgres_table final : public destination {
public:
  postgres_table(relational::database_options o, std::shared_ptr<const target> t, identity sync,
                 std::shared_ptr<relational::kept<session>> sessions)
      : options_{std::move(o)}, target_{std::move(t)}, sync_{std::move(sync)}, sessions_{std::move(
                                                                                   sessions)} {}

  std::uint32_t page_size() const override { return page_of_rows; }

  task<settled> write(delivery d) override {
    const identity credential{sync_.tenant, "credential", target_->server.credential};
    const auto who =
        co_await relational::log_in(options_.secrets, target_->server.user, credential);
    if (!who) {
      auto why = who.error();
      why.where = "spec.to.postgres.credential";
      co_return settled{.trouble = trouble(std::move(why))};
    }
    const auto stop = co_await runtime::stop_token_of_task{};
    auto shared = std::make_shared<const delivery>(std::move(d));
    auto begin = [&](runtime::completion<settled> done) {
      auto started = runtime::start<settled>(
          options_.blocking, write_there(options_, target_, sessions_, *who, shared),
          [done](result<settled> r) { done(std::move(r)); }, stop);
      if (!started)
        done(std::move(started).error());
    };
    auto made = co_await runtime::callback<settled>(std::move(begin));
    if (!made)
      co_return settled{.trouble = trouble(made.error())};
    co_return *std::move(made);
  }

private:
  static source_trouble trouble(failure why) {
    return trouble_from(at_destination(std::move(why)));
  }

  static task<result<settled>> write_there(relational::database_options options,
                                           std::shared_ptr<const target> to,
                                           std::shared_ptr<relational::kept<session>> sessions,
                                           relational::login who,
                                           std::shared_ptr<const delivery> d) {
    const auto stop = co_await runtime::stop_token_of_task{};
    std::stop_source either;
    const auto end = [&either] { either.request_stop(); };
    const std::stop_callback when_stopped{stop, end}, when_closing{options.closing, end};
    const auto open = [&] {
      return session::open({.server = to->server, .who = who, .writes = true}, options,
                           either.get_token());
    };
    const auto work = [&](session& db) -> result<settled> {
      db.use(either.get_token());
      const auto there = describe(db, to->rows);
      if (!there)
        return there.error();
      writer w{db, *to, *there};
      if (auto ok = w.write(d->changes); !ok)
        w.out.trouble = trouble(std::move(ok).error());
      return std::move(w.out);
    };
    auto done = relational::read_on(*sessions, relational::key_of(to->server, who), open, work);
    if (!done)
      co_return settled{.trouble = trouble(std::move(done).error())};
    co_return *std::move(done);
  }

  const relational::database_options options_;
  const std::shared_ptr<const target> target_;
  const identity sync_;
  const std::shared_ptr<relational::kept<session>> sessions_;
};

class postgres_kind final : public destination_kind {
public:
  explicit postgres_kind(relational::database_options o) : options_{std::move(o)} {}

  std::string_view name() const override { return "postgres"; }
  result<void> check(const object& written) const override {
    const auto t = read_target(written);
    return t ? result<void>{} : t.error();
  }
  task<result<std::unique_ptr<destination>>> open(identity sync, object written) override {
    auto t = read_target(written);
    if (!t)
      co_return std::move(t).error();
    auto shared = std::make_shared<const target>(*std::move(t));
    std::unique_ptr<destination> made =
        std::make_unique<postgres_table>(options_, std::move(shared), std::move(sync), sessions_);
    co_return made;
  }

private:
  const relational::database_options options_;
  const std::shared_ptr<relational::kept<session>> sessions_ =
      std::make_shared<relational::kept<session>>();
};

} // namespace

std::unique_ptr<destination_kind> postgres_destination(relational::database_options o) {
  return std::make_unique<postgres_kind>(std::move(o));
}

} // namespace tenon::actors
