// A PostgreSQL table as it is written to. One that was empty is filled by COPY itself, as long as
// every row is new. Otherwise rows go by COPY into a temporary table of the session's and from
// there with INSERT … ON CONFLICT, so that a row costs little more than its COPY. Few rows,
// composites, and users who may make no temporary table go through json_populate_recordset instead.
#pragma once

#include "actors/sync/destinations/postgres/copy_text.hpp"
#include "actors/sync/destinations/tables/writer.hpp"
#include "actors/sync/sources/postgres/session.hpp"

namespace tenon::actors::postgres {

/// What of a table is written, as it is now.
struct written_table {
  std::string spelled; // "public"."customers"
  tables::columns columns{};
  std::vector<column_form> forms{};
  std::vector<bool> as_text{};      // it can only be compared so
  std::vector<std::string> same{};  // the operator that finds its equal
  std::vector<std::string> types{}; // their numbers and modifiers
  bool takes_copies = false;        // COPY does what INSERT does: no rules, no policies
};

result<written_table> describe(session&, const tables::target&, const relational::option_names&);

/// A session with its temporary tables.
struct writing_session {
  std::unique_ptr<session> db;
  std::map<std::string, std::string> staging{}; // names, by what they are for
  std::size_t made = 0;                         // of those, ever
  bool may_stage = true;
  std::map<std::string, bool> filling{}; // tables, and whether all their rows were new so far

  bool reusable() const { return db->reusable(); }
};

class written final : public tables::open_table {
public:
  written(writing_session& s, const written_table& t) : session_{s}, db_{*s.db}, table_{t} {}

  result<void> begin() override;
  result<tables::written_rows> upsert(const tables::some_rows&) override;
  result<tables::written_rows> erase(const tables::some_rows&) override;
  result<void> commit() override;
  result<void> roll_back() override;
  tables::fault newest_fault() const override { return fault_; }

private:
  result<std::string> stage(const tables::some_rows&);
  result<void> copy(const std::string& into, const tables::some_rows&);
  result<bool> fill(const tables::some_rows&);
  result<std::string> populating(const tables::some_rows&);
  std::string insertion(const tables::some_rows&, const std::string& from) const;
  std::string listed(const std::vector<std::size_t>& columns) const;
  failure told(failure);

  writing_session& session_;
  session& db_;
  const written_table& table_;
  tables::fault fault_{};
  std::map<std::string, std::string> fresh_{}; // temporary tables of this transaction
};

} // namespace tenon::actors::postgres
