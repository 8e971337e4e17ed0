// The changes of one page: the last of each key, written as records when the page is full. Changes
// whose columns are others than those before them belong to another page.
#pragma once

#include "actors/sync/sources/postgres/page.hpp"
#include "actors/sync/sources/postgres/stream.hpp"

#include <map>

namespace tenon::actors::postgres {

class changed_rows {
public:
  explicit changed_rows(const relational::table_options& o) : options_{o} {}

  /// False when it belongs to another page. `stale` when the table was emptied.
  result<bool> take(session&, const stream&, stream::change&);

  std::size_t count() const { return taken_; }
  std::size_t bytes() const { return bytes_; }

  /// Reads from the table what the server left out, and writes everything into the page.
  result<void> finish(session&, source_page&);

private:
  struct entry {
    std::string key;
    bool gone = false;
    session::message held; // what the fields point into
    field_texts fields{};
    std::vector<std::string> reread{}; // the key's values, when fields are missing
  };

  enum class belonging : std::uint8_t { here, elsewhere, to_the_next_page };
  result<belonging> place_of(session&, const pgoutput::relation&);
  result<void> follow(session&, const pgoutput::relation&);
  void note(entry);
  std::optional<std::vector<std::string>> key_in(const pgoutput::tuple&) const;
  std::string joined(const std::vector<std::string>& values) const;
  void note_key(relational::rows&, const field_texts&) const;
  result<void> reread(session&, source_page&);

  const relational::table_options& options_;
  std::optional<pgoutput::relation> relation_; // whose changes are in this page
  described_table table_;                      // as the changes describe it
  std::vector<std::size_t> sources_;           // of each of its columns: the place in a tuple
  std::vector<entry> entries_;
  std::map<std::string, std::size_t> newest_; // entry of each key
  std::size_t taken_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace tenon::actors::postgres
