#include "actors/sync/sources/postgres/said.hpp"

#include <algorithm>

namespace tenon::actors::postgres {
namespace {

std::string first_line(std::string_view text) {
  return std::string{text.substr(0, text.find('\n'))};
}

std::string server_of(const relational::server_options& s) {
  return s.host + ':' + std::to_string(s.port);
}

bool is_any_of(std::string_view state, std::initializer_list<std::string_view> those) {
  return std::ranges::find(those, state) != those.end();
}

/// The place of "  28P01: " in verbose words.
std::size_t find_state(std::string_view says) {
  const auto part = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  for (auto at = says.find(":  "); at != says.npos; at = says.find(":  ", at + 1)) {
    const auto state = says.substr(at + 3, 5);
    if (state.size() == 5 && std::ranges::all_of(state, part) && says.substr(at + 8, 2) == ": ")
      return at + 3;
  }
  return says.npos;
}

} // namespace

failure failure_of(std::string_view state, std::string_view says,
                   const relational::server_options& s, const std::string& user) {
  const auto group = state.substr(0, 2);
  const auto told = [&](code c, std::string why, std::string_view option, std::string remedy) {
    return failure{c, why + ": " + first_line(says), options.place_of(option), std::move(remedy)};
  };
  if (group == "28")
    return told(code::forbidden, "the server does not let " + user + " in", "credential",
                "Check the credential's user and password, and that the server accepts this user "
                "from here (pg_hba.conf).");
  if (state == "3D000")
    return told(code::not_found, "there is no database " + s.database, "url",
                "Name the database after the server: postgres://host/database.");
  if (state == "42501")
    return told(code::forbidden, user + " may not do this", "credential",
                "Grant it: GRANT USAGE ON SCHEMA … and GRANT SELECT ON … TO " + user +
                    "; for changes also ALTER ROLE " + user + " REPLICATION.");
  if (state == "55P03")
    return told(code::unavailable, "the table is locked by somebody else", "table",
                "It is tried again.");
  if (state == "55006")
    return told(code::unavailable, "the slot is in use", "changes.slot",
                "It is tried again; a slot serves one sync.");
  if (state == "57014")
    return told(code::timed_out, "the server gave a statement up", "table",
                "Create an index on the key, or on the cursor and the key; or ask for smaller "
                "pages with page_size.");
  if (is_any_of(state, {"42P01", "42703", "42704"}))
    return told(code::stale, "the table changed while it was read", "table",
                "It is read from the beginning.");
  if (group == "22" && is_any_of(state, {"22P05", "22021"}))
    return told(code::malformed,
                "the database has text that is not in its own encoding, or that "
                "UTF-8 has no word for",
                "columns", "Correct it there, or leave its column out with `columns`.");
  if (group == "42" || group == "22")
    return told(code::malformed, "the server does not understand what is asked", "where",
                "Check `where`, if there is one.");
  if (state == "53400" || state == "55000")
    return told(code::conflict, "the server has no place for it", "changes",
                "Look at max_replication_slots and max_wal_senders, and at the slots that nobody "
                "uses (pg_replication_slots).");
  if (group == "08" || group == "53" || group == "57" || group == "58" || group == "40")
    return told(code::unavailable, "the server " + server_of(s) + " cannot answer now", "url",
                "It is tried again.");
  return told(code::internal, "the server refused with " + std::string{state}, "table",
              "Look into the server's log.");
}

failure failure_to_connect(std::string_view says, const relational::server_options& s,
                           const std::string& user) {
  const auto at = find_state(says);
  if (at != says.npos)
    return failure_of(says.substr(at, 5), says.substr(at + 7), s, user);
  for (const auto word : {"certificate", "SSL"})
    if (says.find(word) != says.npos)
      return failure{code::forbidden,
                     "no protected connection to " + server_of(s) + ": " + first_line(says),
                     options.place_of("sslmode"),
                     "Give the authority's certificate with `ca`; or choose `sslmode: require` or "
                     "`prefer`, which believe whoever answers."};
  return connection_lost(says, s);
}

failure connection_lost(std::string_view says, const relational::server_options& s) {
  return {code::unavailable, "no connection to " + server_of(s) + ": " + first_line(says),
          options.place_of("url"), "Check host and port, and that the server runs."};
}

} // namespace tenon::actors::postgres
