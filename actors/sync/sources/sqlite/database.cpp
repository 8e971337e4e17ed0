#include "actors/sync/sources/sqlite/database.hpp"

namespace tenon::actors::sqlite {
namespace {

namespace fs = std::filesystem;

// A writer that commits in the usual way is through by then; longer is the sync's own back-off.
constexpr int busy_ms = 500;
constexpr int instructions_per_look = 1'000'000;
// A row is in memory while it is read.
constexpr int max_row_bytes = 256 << 20;
constexpr int max_columns = 2'000;
constexpr int million_instructions_to_write = 10'000;

} // namespace

const relational::option_names options{
    "sqlite",
    "a SQLite source",
    "{sqlite: {file: …, table: …, key: …}}",
    {"file", "table", "key", "columns", "cursor", "page_size", "deleted"}};

std::string in_quotes(std::string_view identifier) {
  return relational::quoted_by('"', identifier);
}

result<fs::path> allowed_file(const std::string& written, const allowed_roots& roots) {
  auto file = allowed_path(written, roots, options.place_of("file"));
  std::error_code wrong;
  if (file && !fs::is_regular_file(*file, wrong))
    return failure{code::malformed, written + " is no file", options.place_of("file"),
                   "Name the database file itself."};
  return file;
}

result<bool> statement::step() {
  switch (sqlite3_step(held_.get())) {
  case SQLITE_ROW:
    return true;
  case SQLITE_DONE:
    return false;
  default:
    return of_->trouble();
  }
}

std::string statement::text_at(int column) const {
  const auto* bytes = sqlite3_column_text(held_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(held_.get(), column));
  return bytes ? std::string{reinterpret_cast<const char*>(bytes), size} : std::string{};
}

std::int64_t statement::number_at(int column) const {
  return sqlite3_column_int64(held_.get(), column);
}

std::optional<cell> statement::at(int column) const {
  switch (sqlite3_column_type(held_.get(), column)) {
  case SQLITE_INTEGER:
    return cell{std::int64_t{sqlite3_column_int64(held_.get(), column)}};
  case SQLITE_FLOAT:
    return cell{sqlite3_column_double(held_.get(), column)};
  case SQLITE_TEXT:
    return cell{text{text_at(column)}};
  case SQLITE_BLOB: {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(held_.get(), column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(held_.get(), column));
    return cell{octets{bytes ? std::string{bytes, size} : std::string{}}};
  }
  default:
    return std::nullopt;
  }
}

void statement::bind(int parameter, const cell& c) {
  auto* const s = held_.get();
  if (const auto* n = std::get_if<std::int64_t>(&c))
    sqlite3_bind_int64(s, parameter, *n);
  else if (const auto* d = std::get_if<double>(&c))
    sqlite3_bind_double(s, parameter, *d);
  else if (const auto* t = std::get_if<text>(&c))
    sqlite3_bind_text64(s, parameter, t->bytes.data(), t->bytes.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
  else if (const auto* o = std::get_if<octets>(&c))
    sqlite3_bind_blob64(s, parameter, o->bytes.data(), o->bytes.size(), SQLITE_TRANSIENT);
}

result<std::unique_ptr<database>> database::open(const fs::path& file, std::stop_token stop,
                                                 int million_instructions) {
  std::unique_ptr<database> db{new database{file, std::move(stop)}};
  db->looks_left_ = million_instructions;
  if (auto connected = db->connect(SQLITE_OPEN_READONLY,
                                   "PRAGMA query_only = 1; PRAGMA cell_size_check = 1; BEGIN");
      !connected)
    return std::move(connected).error();
  return db;
}

result<std::unique_ptr<database>> database::open_to_write(const fs::path& file,
                                                          std::stop_token stop) {
  std::unique_ptr<database> db{new database{file, std::move(stop)}};
  db->looks_left_ = million_instructions_to_write;
  db->writes_ = true;
  if (auto connected =
          db->connect(SQLITE_OPEN_READWRITE, "PRAGMA foreign_keys = 1; PRAGMA cell_size_check = 1");
      !connected)
    return std::move(connected).error();
  return db;
}

result<void> database::connect(int how, const char* first) {
  sqlite3* raw = nullptr;
  // The path has no link left in it; one that appears since is somebody leading us astray.
  const int opened = sqlite3_open_v2(file_.c_str(), &raw,
                                     how | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, nullptr);
  held_.reset(raw);
  if (opened != SQLITE_OK)
    return trouble();
  auto* const db = held_.get();
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, busy_ms);
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, max_row_bytes);
  sqlite3_limit(db, SQLITE_LIMIT_COLUMN, max_columns);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_progress_handler(db, instructions_per_look, &watch, this);
  return run(first);
}

int database::watch(void* self) {
  auto& db = *static_cast<database*>(self);
  return db.stop_.stop_requested() || --db.looks_left_ <= 0;
}

result<void> database::run(const char* sql) {
  if (sqlite3_exec(held_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return trouble();
  return {};
}

result<statement> database::prepare(const std::string& sql, const std::vector<cell>& parameters) {
  sqlite3_stmt* raw = nullptr;
  const auto size = static_cast<int>(sql.size());
  if (sqlite3_prepare_v2(held_.get(), sql.data(), size, &raw, nullptr) != SQLITE_OK)
    return trouble();
  statement made{*this, raw};
  for (std::size_t i = 0; i < parameters.size(); ++i)
    made.bind(static_cast<int>(i) + 1, parameters[i]);
  return made;
}

result<std::vector<std::string>> database::texts(const std::string& sql,
                                                 const std::vector<cell>& parameters) {
  auto asked = prepare(sql, parameters);
  if (!asked)
    return std::move(asked).error();
  std::vector<std::string> all;
  for (;;) {
    const auto row = asked->step();
    if (!row)
      return row.error();
    if (!*row)
      return all;
    all.push_back(asked->text_at(0));
  }
}

bool database::plain_collation(const std::string& table, const std::string& column) {
  const char* collation = nullptr;
  return sqlite3_table_column_metadata(held_.get(), "main", table.c_str(), column.c_str(), nullptr,
                                       &collation, nullptr, nullptr, nullptr) == SQLITE_OK &&
         collation && sqlite3_stricmp(collation, "BINARY") == 0;
}

failure database::trouble() const {
  const auto says = [&](code c, const char* why, const char* remedy) {
    return failure{c, file_.filename().string() + ' ' + why + ": " + sqlite3_errmsg(held_.get()),
                   options.place_of("file"), remedy};
  };
  switch (sqlite3_extended_errcode(held_.get()) & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return says(code::unavailable, "is locked by a writer", "It is tried again.");
  case SQLITE_IOERR:
  case SQLITE_FULL:
  case SQLITE_NOMEM:
    return says(code::unavailable, writes_ ? "cannot be written now" : "cannot be read now",
                "Look at the disk and its free space.");
  case SQLITE_NOTADB:
    return says(code::malformed, "is not a SQLite database",
                "Name a SQLite 3 file; one that is encrypted cannot be read.");
  case SQLITE_CORRUPT:
    return says(code::malformed, "is damaged",
                "Run `PRAGMA integrity_check` on it and restore it from a backup.");
  case SQLITE_CANTOPEN:
  case SQLITE_PERM:
  case SQLITE_READONLY:
  case SQLITE_AUTH:
    if (writes_)
      return says(code::forbidden, "may not be written",
                  "Give the node's user the right to write it, and its directory.");
    return says(code::forbidden, "may not be opened",
                "Give the node's user the right to read it; in WAL mode also to write in its "
                "directory.");
  case SQLITE_SCHEMA:
    return says(code::stale, "changed its tables", "It is read from the beginning.");
  case SQLITE_TOOBIG:
    return says(code::too_large, "has a row of more than 256 MiB", "Sync a table without it.");
  case SQLITE_INTERRUPT:
    if (stop_.stop_requested())
      return says(code::unavailable, "was not read to the end of the page", "It is tried again.");
    return says(code::too_large, "takes too long for one page",
                "Create an index on the key, or on the cursor and the key.");
  default:
    return says(code::internal, "cannot be read", "Run `PRAGMA integrity_check` on it.");
  }
}

} // namespace tenon::actors::sqlite
