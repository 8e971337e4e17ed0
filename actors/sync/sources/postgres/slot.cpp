#include "actors/sync/sources/postgres/slot.hpp"

#include <algorithm>

namespace tenon::actors::postgres {
namespace {

constexpr std::size_t max_name_bytes = 63;
constexpr int looks_for_the_slot = 100;

failure lost(const change_options& o, std::string why) {
  return {code::stale, "slot " + o.slot + ' ' + std::move(why), options.place_of("changes.slot"),
          "The table is read anew from the beginning, with a fresh slot."};
}

result<void> check_server(session& db) {
  const auto level = db.ask_one("SHOW wal_level");
  if (!level)
    return level.error();
  if (*level != "logical")
    return failure{code::conflict,
                   "the server does not keep changes for others: wal_level is " +
                       level->value_or("unknown"),
                   options.place_of("changes"),
                   "ALTER SYSTEM SET wal_level = logical; and restart the server. Or sync by a "
                   "cursor column instead."};
  return {};
}

/// A row that is gone is told by its identity alone: the key must be in it.
result<void> check_identity(const described_table& t) {
  for (const auto k : t.table.key)
    if (std::ranges::find(t.identifying, t.columns[k].name) == t.identifying.end())
      return options.wrong("key",
                           "the server would not say which row is gone: column " +
                               t.columns[k].name + " is not of the table's replica identity",
                           "Name the primary key; or ALTER TABLE " + t.spelled +
                               " REPLICA IDENTITY FULL.");
  return {};
}

/// May write until it ends.
class writing {
public:
  explicit writing(session& db) : db_{db} {}
  result<void> begin() { return set("off"); }
  result<void> end() { return set("on"); }

private:
  result<void> set(const char* mode) {
    auto done = db_.ask(std::string{"SET default_transaction_read_only = "} + mode);
    return done ? result<void>{} : std::move(done).error();
  }
  session& db_;
};

result<void> done(session& db, const described_table& t, const change_options& o,
                  const std::string& sql) {
  auto made = db.ask(sql);
  if (made)
    return {};
  auto why = std::move(made).error();
  if (why.code == code::forbidden)
    why.remedy = "Let the table's owner say: CREATE PUBLICATION " + o.publication + " FOR TABLE " +
                 t.spelled +
                 " WITH (publish_via_partition_root = true); and name it in changes.publication.";
  return why;
}

result<void> ensure_publication(session& db, const described_table& t, const change_options& o) {
  const auto there = db.ask("SELECT pubviaroot FROM pg_catalog.pg_publication WHERE pubname = $1",
                            {o.publication});
  if (!there)
    return there.error();
  if (there->empty())
    return done(db, t, o,
                "CREATE PUBLICATION " + in_quotes(o.publication) + " FOR TABLE " + t.spelled +
                    " WITH (publish_via_partition_root = true)");
  if (t.partitioned && there->front()[0] != "t")
    return failure{
        code::conflict,
        "publication " + o.publication + " tells of the table's partitions and not of the table",
        options.place_of("changes.publication"),
        "ALTER PUBLICATION " + o.publication + " SET (publish_via_partition_root = true)."};
  const auto has = db.ask_one("SELECT 1 FROM pg_catalog.pg_publication_tables WHERE pubname = $1 "
                              "AND schemaname = $2 AND tablename = $3",
                              {o.publication, t.schema, t.name});
  if (!has || *has)
    return has ? result<void>{} : has.error();
  if (o.publication != o.slot)
    return failure{code::conflict, "publication " + o.publication + " has no table " + t.table.name,
                   options.place_of("changes.publication"),
                   "ALTER PUBLICATION " + o.publication + " ADD TABLE " + t.spelled + '.'};
  // Ours: the sync was about another table before.
  return done(db, t, o,
              "ALTER PUBLICATION " + in_quotes(o.publication) + " SET TABLE " + t.spelled);
}

/// A stream that was given up holds its slot until the server has noticed. If somebody else holds
/// it for longer, dropping it fails and says so.
result<void> wait_for_its_end(session& db, const change_options& o) {
  for (int i = 0; i < looks_for_the_slot; ++i) {
    const auto in_use = db.ask_one("SELECT 1 FROM pg_catalog.pg_replication_slots, LATERAL "
                                   "pg_catalog.pg_sleep(0.03) WHERE slot_name = $1 AND active",
                                   {o.slot});
    if (!in_use)
      return in_use.error();
    if (!*in_use)
      break;
  }
  return {};
}

result<void> drop_slot(session& db, const change_options& o) {
  if (auto ended = wait_for_its_end(db, o); !ended)
    return ended;
  auto dropped = db.ask("SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM "
                        "pg_catalog.pg_replication_slots WHERE slot_name = $1",
                        {o.slot});
  return dropped ? result<void>{} : std::move(dropped).error();
}

result<pgoutput::position> make_slot(session& db, const change_options& o) {
  if (auto dropped = drop_slot(db, o); !dropped)
    return std::move(dropped).error();
  const auto made = db.ask_one(
      "SELECT lsn FROM pg_catalog.pg_create_logical_replication_slot($1, 'pgoutput')", {o.slot});
  if (!made)
    return made.error();
  const auto at = *made ? pgoutput::to_position(**made) : std::nullopt;
  if (!at)
    return failure{code::internal, "the server does not say where slot " + o.slot + " begins"};
  return *at;
}

} // namespace

change_options named(change_options o, const identity& sync) {
  if (o.slot.empty()) {
    const auto hash = std::to_string(stable_hash(sync.tenant + '/' + sync.name));
    std::string words;
    for (const char c : sync.name)
      words += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
    constexpr std::string_view before{"tenon_"};
    const auto room = max_name_bytes - before.size() - 1 - hash.size();
    o.slot = std::string{before} + words.substr(0, room) + '_' + hash;
  }
  if (o.publication.empty())
    o.publication = o.slot;
  return o;
}

result<pgoutput::position> begin_slot(session& db, const described_table& t,
                                      const change_options& o) {
  if (auto fine = check_server(db); !fine)
    return std::move(fine).error();
  if (auto fine = check_identity(t); !fine)
    return std::move(fine).error();
  writing allowed{db};
  if (auto begun = allowed.begin(); !begun)
    return std::move(begun).error();
  auto there = ensure_publication(db, t, o);
  result<pgoutput::position> at = there ? make_slot(db, o) : std::move(there).error();
  if (auto ended = allowed.end(); !ended)
    return std::move(ended).error();
  return at;
}

result<void> end_slot(session& db, const change_options& o, bool with_publication) {
  writing allowed{db};
  if (auto begun = allowed.begin(); !begun)
    return begun;
  auto dropped = drop_slot(db, o);
  if (dropped && with_publication)
    if (auto gone = db.ask("DROP PUBLICATION IF EXISTS " + in_quotes(o.publication)); !gone)
      dropped = std::move(gone).error();
  if (!dropped)
    dropped.error().remedy = "Drop it by hand: SELECT pg_drop_replication_slot('" + o.slot + "');";
  return dropped;
}

result<void> check_slot(session& db, const change_options& o, pgoutput::position from) {
  const auto found = db.ask("SELECT confirmed_flush_lsn, wal_status, plugin, database = "
                            "pg_catalog.current_database() FROM pg_catalog.pg_replication_slots "
                            "WHERE slot_name = $1",
                            {o.slot});
  if (!found)
    return found.error();
  if (found->empty())
    return lost(o, "is gone, and with it what changed since");
  const auto& f = found->front();
  if (f[2] != "pgoutput" || f[3] != "t")
    return lost(o, "is of another kind, or of another database");
  if (f[1] == "lost")
    return lost(o, "fell too far behind, and the server gave it up (max_slot_wal_keep_size)");
  const auto confirmed = pgoutput::to_position(f[0].value_or(""));
  if (!confirmed || *confirmed > from)
    return lost(o, "is further than what was read, at " + f[0].value_or("no place"));
  const auto end = end_of_log(db);
  if (!end)
    return end.error();
  if (*end < from)
    return lost(o, "has not come to " + pgoutput::to_text(from) + ": this is another server");
  return {};
}

result<pgoutput::position> end_of_log(session& db) {
  const auto said = db.ask_one("SELECT pg_catalog.pg_current_wal_flush_lsn()");
  if (!said)
    return said.error();
  const auto at = *said ? pgoutput::to_position(**said) : std::nullopt;
  if (!at)
    return failure{code::internal, "the server does not say how far its log is"};
  return *at;
}

} // namespace tenon::actors::postgres
