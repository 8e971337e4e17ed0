// The records of one page, in one allocation. A record is written behind the others, as a JSON
// object, and then kept under its key; one that cannot be is a letter with its place in its file.
//
// A key is the text of its fields; several are joined by '|', with '\' before each '|' and '\'
// inside.
#pragma once

#include "actors/integration/page/path.hpp"
#include "actors/sync/source.hpp"

namespace tenon::actors::files {

inline constexpr std::size_t max_record_bytes = 4u << 20; // as it stands in the file, and as JSON
inline constexpr std::size_t max_key_bytes = 250;         // as a collection stores it

/// Where in its file something stands: ":17" in line 17, "#17" the 17th record.
struct spot {
  char sign = ':';
  std::uint64_t number = 1;
};
std::string place_of(std::string_view file, spot);

class record_key {
public:
  explicit record_key(std::size_t fields) : fields_{fields} {}

  void clear();
  void add(std::string_view field);
  /// There is no key, and why. The first reason counts.
  void miss(std::string why);

  const std::string& text() const { return text_; }
  const std::string& fault() const { return fault_; }
  std::string take() { return std::move(text_); }

private:
  std::size_t fields_;
  std::size_t added_ = 0;
  std::string text_;
  std::string fault_;
};

class rows {
public:
  explicit rows(std::size_t most);

  /// What follows is of this file.
  void enter(std::string file) { file_ = std::move(file); }

  /// Where the next record is written, at its end.
  std::string& text() { return text_; }
  /// What was written since `begin` is a record, or, if the key or the size is wrong, a letter with
  /// the bytes as they came and what it takes to read them again (actors/sync/letters.hpp).
  void keep(std::size_t begin, record_key&, spot, std::string_view came, const blob& again);
  /// What was written since `begin` is none: instead there is such a letter.
  void refuse(std::size_t begin, spot, std::string reason, std::string_view bytes,
              const blob& again = {});

  /// The same of one that is too long to be held; these are its first bytes.
  void refuse_long(spot, std::string_view first);

  /// One JSON text, under the key that these paths lead to.
  void keep_json(std::string_view json, const std::vector<connectors::json_path>& key, spot,
                 const blob& again = json_again());
  static const blob& json_again();

  bool full() const;
  std::size_t letters() const { return letters_.size(); }
  void finish(source_page&) &&;

private:
  struct part {
    std::string name; // a key, or a letter's place
    std::string reason;
    std::size_t begin;
    std::size_t end;
    blob again{};
  };

  const std::size_t most_;
  std::string file_;
  std::string text_;
  std::size_t beside_ = 0; // bytes that letters have beside the text
  std::vector<part> records_;
  std::vector<part> letters_;
};

} // namespace tenon::actors::files
