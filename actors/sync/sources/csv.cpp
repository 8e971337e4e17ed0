// `from: {csv: {path: orders.csv, key: id}}`: the records of CSV files, as RFC 4180 has them and in
// the dialects that there are. The options of every kind of file are in files/kind.hpp; besides:
//
//   delimiter: one character, or `tab`; a comma unless told.
//   quote:     one character; `"` unless told, `none` when quotes are only text.
//   escape:    a character that makes the next one text; unless told, a quote in quotes is doubled.
//   comment:   lines that begin with this character are skipped.
//   header:    true unless `columns` is there: the first line names the columns. With both, that
//              line is skipped.
//   columns:   the names of the columns, in their order.
//   nulls:     what a field without quotes says for null, or a list of that: `\N`, "", NA.
//   types:     infer, or the type of each column: `{age: integer, paid: boolean}`; see
//              csv/columns.hpp. A value that is not of its type makes the record a letter.
//   ragged:    letter (unless told) or fill: what becomes of a record with too few fields. Filled
//              are nulls; fields beyond the columns may then be empty.
//
// Text is UTF-8, its byte order mark is dropped; a record that is not is a letter. Empty lines are
// skipped. A quote that never closes fails: nobody can know where the next record begins.
//
// A letter keeps the header of its file: when it is replayed, header and record are read together
// as the options are then. The file itself is not looked at, because it may be another by then.
#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/csv/columns.hpp"
#include "actors/sync/sources/files/format.hpp"
#include "actors/sync/sources/files/kind.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>
#include <set>

namespace tenon::actors::files {
namespace {

constexpr std::size_t max_columns = 2'000;
constexpr std::size_t shown_bytes = 80; // of a header

/// The names in a header; an empty one is called after its place.
result<std::vector<std::string>> header_names(const record_scan& r, const std::string& file) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  std::string room;
  for (const auto& f : r.fields()) {
    std::string name{r.decoded(f, room)};
    if (name.empty())
      name = "column " + std::to_string(names.size() + 1);
    if (f.wide && !is_utf8(name))
      return failure{code::malformed, "the header of " + file + " is not UTF-8", file,
                     "Write the file as UTF-8: iconv -f WINDOWS-1252 -t UTF-8."};
    if (!seen.insert(name).second)
      return failure{code::malformed, "the header of " + file + " has " + name + " twice", file,
                     "Name the columns with `columns`, and say `header: true` to skip this line."};
    names.push_back(std::move(name));
  }
  if (names.size() > max_columns)
    return failure{code::too_large, "the header of " + file + " has more than 2000 columns", file,
                   "Look whether `delimiter` and `quote` are those of the file."};
  return names;
}

/// A line, as far as it is needed to know it again.
std::string shown(std::string_view line) {
  std::string text{line.substr(0, std::min(line.find_first_of("\r\n"), shown_bytes))};
  return is_utf8(text) ? text : "it is not UTF-8";
}

class csv_reader final : public reader {
public:
  csv_reader(input& in, const mark& from, const csv_options& o)
      : in_{in}, options_{o}, scan_{o.dialect}, at_{from} {}

  result<void> begin() {
    const auto from = at_.offset;
    if (!options_.header || from == 0)
      return in_.begin_text(from);
    // What the columns are called stands at the beginning.
    const auto later = std::exchange(at_, mark{});
    if (auto begun = in_.begin_text(0); !begun)
      return begun;
    if (auto found = find_header(); !found)
      return found;
    at_ = later;
    return in_.go_to(from);
  }

  result<step> next(rows& onto) override {
    if (!columns_ && options_.header)
      return read_header();
    if (!columns_)
      if (auto named = name_columns(options_.columns, {}); !named)
        return std::move(named).error();
    const auto found = find_record();
    if (!found)
      return found.error();
    switch (*found) {
    case found_there::end:
      return step::end;
    case found_there::nothing:
      return pass(step::nothing);
    case found_there::too_long:
      return skip(onto);
    case found_there::record:
      break;
    }
    columns_->write(scan_, options_, onto, {':', at_.line}, again_);
    in_.take(scan_.size());
    return pass(step::taken);
  }

  mark here() const override { return at_; }

  /// Reads on to where the columns have their names.
  result<void> find_header() {
    while (!columns_) {
      const auto read = read_header();
      if (!read)
        return read.error();
      if (*read == step::end)
        return failure{code::stale, in_.name() + " has lost its header", in_.name(),
                       "It is read from the beginning."};
    }
    return {};
  }

private:
  enum class found_there : std::uint8_t { record, nothing, too_long, end };

  step pass(step s) {
    at_.offset = in_.offset();
    at_.line += lines_;
    at_.records += s == step::taken;
    return s;
  }

  result<void> name_columns(std::vector<std::string> names, std::string_view header) {
    auto made = csv_columns::make(options_, std::move(names));
    if (!made)
      return std::move(made).error();
    columns_ = *std::move(made);
    again_ = words_for_again("csv", header);
    return {};
  }

  /// `end` when it is not there yet, in a file that grows.
  result<step> read_header() {
    const auto found = find_record();
    if (!found)
      return found.error();
    if (*found == found_there::nothing)
      return pass(step::nothing);
    if (*found == found_there::end && options_.grows)
      return step::end;
    if (*found != found_there::record)
      return failure{code::malformed,
                     in_.name() + (*found == found_there::end
                                       ? " has no header: there is nothing in it"
                                       : " has no header within 4 MiB"),
                     in_.name(), "Write one, or name the columns with `columns`."};
    auto names = header_names(scan_, in_.name());
    if (!names)
      return std::move(names).error();
    auto named = name_columns(options_.columns.empty() ? *std::move(names) : options_.columns,
                              scan_.bytes());
    if (!named)
      return std::move(named).error();
    in_.take(scan_.size());
    return pass(step::nothing);
  }

  /// The record that begins with the window is then scanned. Of lines that are none, one is taken.
  result<found_there> find_record() {
    for (;;) {
      const auto bytes = in_.window();
      if (!bytes.empty()) {
        if (options_.dialect.comment != '\0' && bytes.front() == options_.dialect.comment)
          return pass_comment();
        const auto found = scan_.scan(bytes, ended_);
        lines_ = scan_.lines();
        if (found == scanned::unclosed)
          return failure{code::malformed, "a quote in this record never closes",
                         place_of(in_.name(), {':', at_.line}),
                         "Close it, or say `quote: none` if quotes are only text."};
        if (found == scanned::record && scan_.size() <= max_record_bytes)
          return take_empty() ? found_there::nothing : found_there::record;
        if (bytes.size() > max_record_bytes)
          return found_there::too_long;
      } else if (ended_) {
        return found_there::end;
      }
      const auto came = in_.more();
      if (!came)
        return came.error();
      if (!*came && options_.grows)
        return found_there::end;
      ended_ = !*came;
    }
  }

  bool take_empty() {
    const auto& fields = scan_.fields();
    const bool empty = fields.size() == 1 && fields[0].bytes.empty() && !fields[0].quoted;
    if (empty)
      in_.take(scan_.size());
    return empty;
  }

  result<found_there> pass_comment() {
    for (;;) {
      const auto bytes = in_.window();
      const auto end = bytes.find_first_of("\n\r");
      lines_ = end != bytes.npos && bytes[end] == '\n';
      in_.take(end == bytes.npos ? bytes.size() : end + 1);
      if (end != bytes.npos || ended_)
        return found_there::nothing;
      const auto came = in_.more();
      if (!came)
        return came.error();
      if (!*came && options_.grows)
        return found_there::end;
      ended_ = !*came;
    }
  }

  result<step> skip(rows& onto) {
    const std::string first{in_.window().substr(0, max_letter_bytes + 1)};
    bool ended = false;
    for (bool begins = true; !ended; begins = false) {
      in_.take(scan_.pass(in_.window(), begins, ended));
      if (ended)
        break;
      if (in_.offset() - at_.offset > most_skipped)
        return failure{code::too_large, "the record has more than 4 GiB",
                       place_of(in_.name(), {':', at_.line}),
                       "Look whether a quote in it never closes."};
      const auto came = in_.more();
      if (!came)
        return came.error();
      if (!*came && options_.grows)
        return step::end;
      if (!*came && scan_.within_quotes())
        return failure{code::malformed, "a quote in this record never closes",
                       place_of(in_.name(), {':', at_.line}),
                       "Close it, or say `quote: none` if quotes are only text."};
      ended = !*came;
    }
    lines_ = scan_.lines();
    onto.refuse_long({':', at_.line}, first);
    return pass(step::taken);
  }

  input& in_;
  const csv_options& options_;
  record_scan scan_;
  std::optional<csv_columns> columns_;
  blob again_; // what a letter of this file needs to be read again
  mark at_;
  std::size_t lines_ = 0; // of what was found last
  bool ended_ = false;
};

class csv_format final : public format {
public:
  explicit csv_format(csv_options o) : options_{std::move(o)} {}

  result<std::unique_ptr<reader>> open(input& in, const mark& from) const override {
    auto made = std::make_unique<csv_reader>(in, from, options_);
    if (auto begun = made->begin(); !begun)
      return std::move(begun).error();
    return std::unique_ptr<reader>{std::move(made)};
  }

  result<void> read_again(const protocols::letter_types::kept& letter, rows& onto) const override {
    const auto header = needed_for(letter, "csv");
    if (!header)
      return of_another_kind(letter);
    auto o = options_;
    o.grows = false;
    o.header = o.header && o.columns.empty();
    if (o.header)
      if (auto fits = check_header(o, letter, *header); !fits)
        return fits;
    const auto in =
        input::of(letter.place, std::string{o.header ? *header : ""}.append(letter.bytes.view()));
    csv_reader reader{*in, {}, o};
    for (;;) {
      const auto read = reader.next(onto);
      if (!read && read.error().code == code::malformed)
        onto.refuse(onto.text().size(), {}, read.error().why, letter.bytes.view());
      else if (!read)
        return read.error();
      if (!read || *read == step::end)
        return {};
    }
  }

private:
  /// Whether what was one header is one still: the record behind it must not be taken for it.
  static result<void> check_header(const csv_options& o, const protocols::letter_types::kept& l,
                                   std::string_view header) {
    if (header.empty())
      return failure{code::conflict, "no header was kept with " + l.place + ": it had none",
                     o.place + ".columns", "Name the columns with `columns`."};
    const auto in = input::of(l.place, std::string{header});
    csv_reader reader{*in, {}, o};
    auto found = reader.find_header();
    if (!found && reader.here().offset == 0) // it says itself what is wrong with it
      return found;
    if (found && reader.here().offset == header.size())
      return {};
    return failure{code::conflict,
                   "the header that was kept with " + l.place +
                       " is not one line as the options are now: " + shown(header),
                   o.place,
                   "Name the columns with `columns`; or read the file again (tenon sync run " +
                       l.feed + " --full), and discard the letter."};
  }

  const csv_options options_;
};

/// One character that can be told from the ends of lines and from letters of other alphabets.
void read_character(connectors::form& f, const char* name, const char* none, char& into) {
  const auto said = f.text(name);
  if (!said)
    return;
  if (*said == "tab")
    into = '\t';
  else if (none && *said == none)
    into = '\0';
  else if (said->size() == 1 && said->front() > 0 && *said != "\n" && *said != "\r")
    into = said->front();
  else
    f.note(name, "one ASCII character is expected, or `tab`");
}

void read_types(connectors::form& f, csv_options& o) {
  const auto* said = f.take("types");
  if (!said)
    return;
  const auto type_of = [&](const value& v) {
    const auto* word = v.as<std::string>();
    const auto it = word ? std::ranges::find(csv_types, *word) : csv_types.end();
    if (it == csv_types.end())
      f.note("types", "this is no type", "Write " + connectors::listed(csv_types) + '.');
    return static_cast<csv_type>(it == csv_types.end() ? 0 : it - csv_types.begin());
  };
  if (const auto* each = said->as<object>())
    for (const auto& [name, type] : *each)
      o.types.emplace(name, type_of(type));
  else
    o.type = type_of(*said);
}

std::shared_ptr<const format> read_options(connectors::form& f, const asked& a) {
  csv_options o{.dialect = {},
                .place = a.place,
                .key = a.key,
                .columns = f.texts("columns"),
                .nulls = f.texts("nulls"),
                .types = {},
                .grows = a.grows};
  read_character(f, "delimiter", nullptr, o.dialect.delimiter);
  read_character(f, "quote", "none", o.dialect.quote);
  read_character(f, "escape", nullptr, o.dialect.escape);
  read_character(f, "comment", nullptr, o.dialect.comment);
  o.header = f.flag("header").value_or(o.columns.empty());
  if (const auto ragged = f.choice("ragged", {"letter", "fill"}))
    o.fill = *ragged == 1;
  read_types(f, o);
  const auto& d = o.dialect;
  if (d.delimiter == d.quote || d.delimiter == d.escape || d.delimiter == d.comment)
    f.note("delimiter", "the delimiter is also something else", "Use another character.");
  if (!o.header && o.columns.empty())
    f.note("columns", "without a header the columns need names", "Write `columns: [id, name]`.");
  if (std::set<std::string>{o.columns.begin(), o.columns.end()}.size() < o.columns.size())
    f.note("columns", "a name is there twice", "Name each column once.");
  return std::make_shared<csv_format>(std::move(o));
}

} // namespace

const format_kind csv_kind{"csv", true, read_options};

} // namespace tenon::actors::files

namespace tenon::actors::sources {

std::unique_ptr<source_kind> csv(const surroundings& s) {
  return files::file_source(files::csv_kind, {s.readable, s.files});
}

} // namespace tenon::actors::sources
