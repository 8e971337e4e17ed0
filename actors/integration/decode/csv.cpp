// CSV as RFC 4180 has it: the first line names the columns, each line after it is a record whose
// values are texts. A field with nothing in it is null. What is no record is kept aside.
#include "actors/formats/csv/record_scan.hpp"
#include "actors/integration/decode/decoder.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <set>

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t max_columns = 2'000;

/// The text, line by line.
class table {
public:
  explicit table(const blob& body) : body_{body}, rest_{body.view()} {
    if (rest_.starts_with("\xef\xbb\xbf"))
      rest_.remove_prefix(3);
  }

  /// The columns' names; an empty one is called after its place. None: there is no line.
  result<void> read_header() {
    const auto found = next();
    if (!found || !*found)
      return found ? result<void>{} : result<void>{found.error()};
    std::set<std::string> seen;
    for (const auto& f : scan_.fields()) {
      std::string name{scan_.decoded(f, room_)};
      if (name.empty())
        name = "column " + std::to_string(members_.size() + 1);
      if (!is_utf8(name))
        return failure{code::malformed, "its header is not UTF-8", "line 1"};
      if (!seen.insert(name).second)
        return failure{code::malformed, "its header has " + name + " twice", "line 1"};
      std::string member{members_.empty() ? '{' : ','};
      write_json_text(name, member);
      members_.push_back(member + ':');
    }
    if (members_.size() > max_columns)
      return failure{code::too_large, "its header has more than 2000 columns", "line 1"};
    return {};
  }

  result<decoded> read_records() {
    decoded made;
    std::string all{'['};
    for (;;) {
      const auto found = next();
      if (!found)
        return found.error();
      if (!*found)
        break;
      const auto before = all.size();
      if (before > 1)
        all += ',';
      if (auto wrong = write(all); !wrong.empty()) {
        all.resize(before);
        made.malformed.push_back(
            {"line " + std::to_string(line_), std::move(wrong), body_.slice(scan_.bytes())});
      }
    }
    made.json = blob::from(std::move(all += ']'));
    return made;
  }

private:
  /// Whether there is another line that says something; it is then scanned.
  result<bool> next() {
    while (!rest_.empty()) {
      line_ += lines_;
      if (scan_.scan(rest_, true) == formats::scanned::unclosed)
        return failure{code::malformed, "a quote in it never closes",
                       "line " + std::to_string(line_)};
      lines_ = scan_.lines();
      rest_.remove_prefix(scan_.size());
      const auto& fields = scan_.fields();
      if (fields.size() > 1 || !fields[0].bytes.empty() || fields[0].quoted)
        return true;
    }
    return false;
  }

  /// Why it is no record, or "".
  std::string write(std::string& onto) {
    const auto& fields = scan_.fields();
    if (scan_.faulty())
      return "something stands between a closing quote and the next comma";
    if (fields.size() != members_.size())
      return "it has " + std::to_string(fields.size()) + " fields, and the header has " +
             std::to_string(members_.size());
    if (scan_.wide() && !is_utf8(scan_.bytes()))
      return "it is not UTF-8";
    for (std::size_t i = 0; i < fields.size(); ++i) {
      onto += members_[i];
      if (fields[i].bytes.empty())
        onto += "null";
      else
        write_json_text(scan_.decoded(fields[i], room_), onto);
    }
    onto += '}';
    return {};
  }

  const blob& body_;
  std::string_view rest_;
  formats::record_scan scan_{formats::dialect{}};
  std::vector<std::string> members_; // `{"name":`, `,"name":`
  std::string room_;
  std::size_t line_ = 1;
  std::size_t lines_ = 0; // of what was scanned last
};

result<decoded> decode(const blob& body) {
  table read{body};
  if (auto header = read.read_header(); !header)
    return std::move(header).error();
  return read.read_records();
}

} // namespace

const decoder csv_decoder{"csv", "text/csv", decode};

} // namespace tenon::actors::connectors
