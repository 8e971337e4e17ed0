#include "actors/sync/sources/mariadb/session.hpp"

namespace tenon::actors::mariadb {

failure failure_of(unsigned number, std::string_view says, const relational::server_options& s,
                   const std::string& user) {
  const auto told = [&](code c, std::string why, std::string_view option, std::string remedy) {
    return failure{c, (std::move(why) += ": ").append(says), options.place_of(option),
                   std::move(remedy)};
  };
  switch (number) {
  case 1045: // ER_ACCESS_DENIED_ERROR, and without a password, and with a proof we do not give
  case 1698:
  case 1251:
  case 1862:
  case 2012:
  case 2058:
  case 2059:
    return told(code::forbidden, "the server does not let " + user + " in", "credential",
                "Check the credential's user and password, and that the user may come from here.");
  case 1044: // ER_DBACCESS_DENIED_ERROR, and for tables and columns
  case 1142:
  case 1143:
  case 1227:
  case 1370:
    return told(code::forbidden, user + " may not do this", "credential",
                "Grant it: GRANT SELECT ON … TO " + user + '.');
  case 1049:
    return told(code::not_found, "there is no database " + s.database, "url",
                "Name the database after the server: mariadb://host/database.");
  case 1054: // ER_BAD_FIELD_ERROR, ER_NO_SUCH_TABLE, ER_TABLE_DEF_CHANGED
  case 1146:
  case 1412:
    return told(code::stale, "the table changed while it was read", "table",
                "It is read from the beginning.");
  case 1064: // what only the options' own words can bring about
  case 1111:
  case 1305:
  case 1582:
  case 1630:
  case 1792:
    return told(code::malformed, "the server does not understand what is asked", "where",
                "Check `where`, if there is one.");
  case 1205:
  case 1213:
    return told(code::unavailable, "the table is locked by somebody else", "table",
                "It is tried again.");
  case 1969:
  case 3024:
    return told(code::timed_out, "the server gave a statement up", "table",
                "Create an index on the key, or on the cursor and the key; or ask for smaller "
                "pages with page_size.");
  case 1153:
  case 2020:
    return told(code::too_large, "a row is larger than 256 MiB", "columns",
                "Leave its column out with `columns`.");
  case 2026:
    return told(code::forbidden, "no protected connection to " + s.host, "sslmode",
                "Give the authority's certificate with `ca`; or choose `sslmode: require` or "
                "`prefer`, which believe whoever answers.");
  default:
    break;
  }
  // Connections that ended or were not made, a server that stops, runs full or was told to stop us.
  const bool passes = (number >= 2000 && number < 3000) || number == 1040 || number == 1053 ||
                      number == 1129 || number == 1158 || number == 1159 || number == 1160 ||
                      number == 1161 || number == 1203 || number == 1226 || number == 1317 ||
                      number == 1927 || number == 1041 || number == 1135;
  if (passes)
    return told(code::unavailable, "no answer from " + s.host + ':' + std::to_string(s.port), "url",
                "Check host and port, and that the server runs.");
  return told(code::internal, "the server refused with " + std::to_string(number), "table",
              "Look into the server's log.");
}

} // namespace tenon::actors::mariadb
