// Reads the records of one body into a page. What is the same for all of them is made once. A
// record that is none, or whose expressions fail, is kept aside with the reason; the others go on.
#pragma once

#include "actors/integration/interpreter.hpp"

#include <string>
#include <string_view>

namespace tenon::actors::connectors {

class record_reader {
public:
  /// `part` is what `partition` means. All must outlive the reader.
  record_reader(const stream&, const connection&, const value& part, const json_text&,
                const blob& body, page& into, moment now);

  /// One item at `records`: a record, or with `expand` as many as its list has.
  void read(std::string_view raw);
  /// One record that was not read before; what the item was that it was in, if not itself.
  void read_again(std::string_view outer, std::string_view raw);

  std::size_t count() const { return count_; } // records
  std::size_t items() const { return items_; } // as the server counts
  std::string_view last() const { return last_; }
  /// Tells this page from another by its first and last record and their number.
  std::uint64_t mark() const;

private:
  /// What a record is read from: the body, or the text that `add` made of it.
  struct where {
    const json_text& text;
    const blob& bytes;
  };

  void read_record(std::string_view raw);
  void read_content(where, std::string_view raw);
  void refuse(std::string_view raw, std::string reason);
  bool read_key(where, std::string_view raw, std::string& into);
  bool read_deleted(where, std::string_view raw, bool& into);
  bool read_map(where, std::string_view raw, blob& into);
  std::optional<std::int64_t> read_cursor(where, std::string_view raw);

  const stream& stream_;
  const json_text& text_;
  const blob& body_;
  page& into_;
  const value& part_;
  scope names_;
  std::size_t count_ = 0;
  std::size_t items_ = 0;
  std::string_view first_{};
  std::string_view last_{};
  std::string_view at_{};    // the record that is being read, for messages
  std::string_view outer_{}; // the item that it is in, if it is not that itself
};

} // namespace tenon::actors::connectors
