// One page of a table of a PostgreSQL server, with COPY … TO STDOUT in text form: the server writes
// each value as it would for anybody, row by row, and no row stays in memory but the one at hand.
// Values of more than 4 MiB are not even sent.
#pragma once

#include "actors/sync/sources/postgres/table.hpp"
#include "actors/sync/sources/relational/reading.hpp"

namespace tenon::actors::postgres {

/// A row's fields; nothing for NULL.
using field_texts = std::vector<std::optional<std::string_view>>;

/// Writes the row as a record. `too_large`: the column and size of a value that was not sent.
void write_row(relational::rows&, const described_table&, const field_texts&);

class table_reader final : public relational::connection {
public:
  table_reader(session&, const described_table&, const relational::table_options&);

  std::string quoted(std::string_view identifier) const override { return in_quotes(identifier); }
  std::string value_of(std::size_t column, const relational::cell&,
                       std::vector<relational::cell>& parameters) override;
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

} // namespace tenon::actors::postgres
