#include "actors/sync/destinations/csv.hpp"

#include "actors/integration/form/form.hpp"
#include "actors/sync/destinations/catalog.hpp"
#include "actors/sync/destinations/csv/lines.hpp"
#include "actors/sync/destinations/csv/whole_file.hpp"
#include "actors/sync/destinations/local/blocking_write.hpp"
#include "actors/sync/outcome.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>

namespace tenon::actors {
namespace {

namespace fs = std::filesystem;
using csv_files::lines;
using runtime::task;

constexpr std::uint32_t page_of_rows = 10'000;
constexpr std::size_t digits = 8; // of a file's number
constexpr auto place = "spec.to.csv";

struct options {
  std::string path;
  std::string name;
  std::vector<std::string> columns{};
  csv_files::dialect dialect{};
};

void read_character(connectors::form& f, const char* name, char& into) {
  const auto said = f.text(name);
  if (!said)
    return;
  if (*said == "tab" || *said == "none")
    into = *said == "tab" ? '\t' : '\0';
  else if (said->size() == 1 && said->front() > ' ')
    into = said->front();
  else
    f.note(name, "one ASCII character is expected, or `tab`");
}

result<options> read_options(const object& written) {
  options o;
  connectors::problems found;
  const value content{written};
  connectors::form f{content, place, found};
  if (f.require("path", "`path: exports`, a directory"))
    o.path = f.text("path").value_or("");
  o.name = f.text("name").value_or("");
  if (o.name.find('/') != o.name.npos || o.name.starts_with('.') || o.name.size() > 200)
    f.note("name", "this cannot begin a file's name");
  o.columns = f.texts("columns");
  o.dialect.deleted = f.text("deleted").value_or("");
  o.dialect.null = f.text("nulls").value_or("");
  o.dialect.header = f.flag("header").value_or(true);
  auto& m = o.dialect.marks;
  read_character(f, "delimiter", m.delimiter);
  read_character(f, "quote", m.quote);
  read_character(f, "escape", m.escape);
  if (m.delimiter == '\0' || m.delimiter == m.quote || m.delimiter == m.escape)
    f.note("delimiter", "the delimiter is also something else", "Use another character.");
  if (o.dialect.null.find_first_of(std::string{"\r\n\""} + m.delimiter) != std::string::npos)
    f.note("nulls", "this cannot stand in a line without quotes");
  if (!o.dialect.header && o.columns.empty())
    f.note("columns", "without a header the columns need names", "Write `columns: [id, name]`.");
  auto names = o.columns;
  names.push_back(o.dialect.deleted);
  if (std::set<std::string>{names.begin(), names.end()}.size() < names.size())
    f.note("columns", "a name is there twice, or empty", "Name each column once.");
  f.finish();
  auto all = std::move(found).take();
  if (!all.empty())
    return std::move(all.front());
  return o;
}

/// What the newest file has, as it is written down before that file.
struct newest {
  std::string owner{};
  std::uint64_t run = 0;
  std::uint64_t number = 0;
  std::set<std::string> effects{};
};

std::string to_text(const newest& n) {
  list effects;
  for (const auto& e : n.effects)
    effects.push_back(e);
  return write_json(object{{"owner", n.owner},
                           {"run", std::to_string(n.run)},
                           {"number", std::to_string(n.number)},
                           {"effects", std::move(effects)}});
}

std::uint64_t number_in(const value* v) {
  const auto* text = v ? v->as<std::string>() : nullptr;
  std::uint64_t n = 0;
  if (text)
    std::from_chars(text->data(), text->data() + text->size(), n);
  return n;
}

/// One that is not there, or was made by something else, says nothing.
newest read_newest(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::stringstream text;
  text << in.rdbuf();
  const auto read = read_json(text.str());
  if (!read)
    return {};
  newest n{.run = number_in(read->find("run")), .number = number_in(read->find("number"))};
  if (const auto* owner = read->find("owner"); owner && owner->is<std::string>())
    n.owner = *owner->as<std::string>();
  if (const auto* effects = read->find("effects"); effects && effects->is<list>())
    for (const auto& e : *effects->as<list>())
      if (const auto* effect = e.as<std::string>())
        n.effects.insert(*effect);
  return n;
}

std::string file_name(const std::string& name, std::uint64_t number) {
  auto text = std::to_string(number);
  text.insert(0, digits - std::min(digits, text.size()), '0');
  return name + '-' + text + ".csv";
}

/// The number of the last file of that name; 0 without one.
std::uint64_t last_number(const fs::path& directory, const std::string& name) {
  std::uint64_t last = 0;
  std::error_code wrong;
  for (const auto& each : fs::directory_iterator{directory, wrong}) {
    const auto file = each.path().filename().string();
    std::uint64_t n = 0;
    if (!file.starts_with(name + '-') || !file.ends_with(".csv"))
      continue;
    const auto* from = file.data() + name.size() + 1;
    const auto* end = file.data() + file.size() - 4;
    if (std::from_chars(from, end, n).ptr == end)
      last = std::max(last, n);
  }
  return last;
}

/// The page's lines; letters for what can be none.
lines make_lines(const options& o, const delivery& d, settled& out) {
  lines made{o.dialect, o.columns};
  for (const auto& one : d.changes) {
    ++out.count;
    out.bytes += one.content.size();
    if (one.deleted && o.dialect.deleted.empty()) {
      ++out.unchanged;
      continue;
    }
    auto why = made.add(one.content.view(), one.deleted);
    if (why.empty()) {
      ++out.written;
      out.deleted += one.deleted;
    } else {
      out.letters.push_back({.place = one.key,
                             .reason = "the record can be no line of CSV: " + why,
                             .bytes = one.content});
    }
  }
  return made;
}

/// Whether the newest file is this page, written and never acknowledged: then the page begins in
/// it. The same changes come again in another run, too, when it writes everything again or when the
/// sync was made anew: what they are in then stays.
bool is_in(const newest& last, const delivery& d) {
  const bool may_be = last.run == d.run || (d.repeated && !d.full);
  return may_be && !d.changes.empty() && last.effects.contains(d.changes.front().effect);
}

/// A page that was written and never acknowledged takes the place of its file.
result<settled> write_page(const options& o, const allowed_roots& roots, const delivery& d) {
  const auto directory = writable_path(o.path, roots, std::string{place} + ".path");
  if (!directory)
    return directory.error();
  std::error_code wrong;
  if (!fs::is_directory(*directory, wrong))
    return failure{code::malformed, o.path + " is no directory", std::string{place} + ".path",
                   "Name a directory; files in it are named by `name`."};
  const auto name = o.name.empty() ? d.sync.name : o.name;
  const auto owner = to_string(d.sync);
  const auto note = *directory / ('.' + name + ".last");
  auto last = read_newest(note);
  if (!last.owner.empty() && last.owner != owner)
    return failure{code::conflict, "files called " + name + " are written by " + last.owner,
                   std::string{place} + ".name", "Choose another `name`, or another directory."};
  settled out;
  const auto made = make_lines(o, d, out);
  if (made.count() == 0)
    return out;
  const bool again = is_in(last, d);
  newest now{.owner = owner, .run = d.run, .number = last.number};
  if (!again)
    now.number = std::max(last.number, last_number(*directory, name)) + 1;
  for (const auto& one : d.changes)
    now.effects.insert(one.effect);
  auto written = csv_files::write_whole(note, to_text(now));
  if (written)
    written = csv_files::write_whole(*directory / file_name(name, now.number), made.text());
  if (!written) {
    written.error().where = std::string{place} + ".path";
    return std::move(written).error();
  }
  return out;
}

class csv_directory final : public destination {
public:
  csv_directory(written_files f, options o) : files_{std::move(f)}, options_{std::move(o)} {}

  std::uint32_t page_size(const tuning::settings&) const override { return page_of_rows; }

  task<settled> write(delivery d) override {
    blocking_write work = [o = options_, roots = files_.roots](const delivery& some,
                                                               const std::stop_token& stop) {
      if (stop.stop_requested())
        return result<settled>{failure{code::unavailable, "the writing was stopped"}};
      return write_page(o, roots, some);
    };
    auto made =
        co_await write_page_on(files_.blocking, files_.closing, std::move(d), std::move(work));
    co_return made;
  }

private:
  const written_files files_;
  const options options_;
};

class csv_kind final : public destination_kind {
public:
  explicit csv_kind(written_files f) : files_{std::move(f)} {}

  std::string_view name() const override { return "csv"; }
  result<void> check(const object& written) const override {
    const auto o = read_options(written);
    if (!o)
      return o.error();
    // A directory that is not there yet may come; one that may never be written to is refused now.
    const auto found = writable_path(o->path, files_.roots, std::string{place} + ".path");
    return found || found.error().code != code::forbidden ? result<void>{} : found.error();
  }
  task<result<std::unique_ptr<destination>>> open(identity, object written) override {
    auto o = read_options(written);
    if (!o)
      co_return std::move(o).error();
    std::unique_ptr<destination> made = std::make_unique<csv_directory>(files_, *std::move(o));
    co_return made;
  }

private:
  const written_files files_;
};

} // namespace

std::unique_ptr<destination_kind> csv_destination(written_files f) {
  return std::make_unique<csv_kind>(std::move(f));
}

} // namespace tenon::actors

namespace tenon::actors::destinations {

std::unique_ptr<destination_kind> csv(const surroundings& s) {
  return csv_destination({s.writable, s.databases, s.closing});
}

} // namespace tenon::actors::destinations
