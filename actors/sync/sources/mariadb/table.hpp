// What the options of a MariaDB source ask for, what the server says about the table, and its
// values as JSON:
//
//     integers, year, bit   numbers; text beyond what 64 bits with a sign hold
//     float, double         numbers
//     decimal               the very digits, as relational/values.hpp has it
//     timestamp             "2026-01-31T12:00:00.5Z"; datetime the same without the Z
//     date, time            text as the server writes it; so "0000-00-00"
//     binary, blobs         base64 text
//     json                  embedded, where the column is checked to be JSON
//     geometries            text (WKT)
//     all others            text: char, text, enum, set, uuid, inet4, inet6
#pragma once

#include "actors/sync/sources/mariadb/session.hpp"
#include "actors/sync/sources/relational/reading.hpp"

namespace tenon::actors::mariadb {

struct source_options {
  relational::server_options server;
  relational::table_options rows;
};

result<source_options> read_options(const object& written);

enum class kind : std::uint8_t {
  text,
  whole,
  real,
  decimal,
  bits,
  bytes,
  json,
  time,
  instant,
  shape
};

struct described_column {
  std::string name;
  mariadb::kind kind = kind::text;
  std::string data_type;
  bool large = false; // may have more than a value may
};

struct described_table {
  relational::table table;
  std::vector<described_column> columns; // beside those of `table`
  std::string spelled;                   // `shop`.`customers`
};

result<described_table> describe_table(session&, const source_options&);

class table_reader final : public relational::connection {
public:
  table_reader(session&, const described_table&, const relational::table_options&);

  std::string quoted(std::string_view identifier) const override { return in_quotes(identifier); }
  std::string value_of(std::size_t column, const relational::cell&,
                       std::vector<relational::cell>& parameters) override;
  std::string after(const std::vector<std::string>& terms,
                    const std::vector<std::string>& values) const override;
  result<std::uint64_t> count(const relational::query&) override;
  result<std::optional<relational::cell>> greatest(std::size_t column) override;
  result<relational::cell> before(const relational::cell& cursor) override;
  result<void> each(const relational::query&,
                    const std::function<result<bool>(const relational::row&)>& take) override;

private:
  session& db_;
  const described_table& table_;
  const relational::table_options& options_;
  std::string select_;
};

} // namespace tenon::actors::mariadb
