// tenon records COLLECTION: what a sync has stored, as a table, as JSON, or as one JSON line per
// record, page by page, so that a collection of any size can go through a pipe.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/item_table.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <limits>

namespace tenon::nodes::cli {
namespace {

constexpr std::size_t page = 500;
constexpr std::size_t shown_unless_told = 20; // a table is for looking, a pipe for everything

struct options {
  std::string collection;
  std::optional<std::size_t> limit;
  std::string filter;
  bool ndjson = false;
};

bool deleted(const value& item) {
  const auto* mark = item.find("deleted");
  return mark != nullptr && *mark == value{true};
}

bool merged(const value& item) {
  return item.find("fields") != nullptr;
}

// Who wrote it: the feed of its newest change, if it was one, then those of fields where they
// differ.
std::string writers_of(const value& item) {
  auto told = text_at(item, "feed");
  const auto* others = item.find("fields");
  if (const auto* fields = others ? others->as<object>() : nullptr)
    for (const auto& [field, origin] : *fields)
      told += (told.empty() ? "" : ", ") + field + ": " + text_at(origin, "feed");
  return told;
}

bool known_elsewhere(const value& item) {
  return item.find("returned") != nullptr;
}

// What the other sides have answered of it, such as what they call it.
std::string told_by_others(const value& item) {
  std::string told;
  const auto* others = item.find("returned");
  if (const auto* syncs = others ? others->as<object>() : nullptr)
    for (const auto& [sync, returned] : *syncs)
      told += (told.empty() ? "" : ", ") + sync + ": " + write_json(returned);
  return told;
}

struct shown_of_some {
  bool deleted = false;
  bool merged = false;
  bool returned = false;
};

// A record as a line: its key, whether it is deleted where some are, who wrote what of it where
// some were written by several, what was returned of it where that is known of some, then its plain
// members.
value line_of(const value& item, shown_of_some some) {
  object line{{"key", text_at(item, "key")}};
  if (some.deleted)
    line.append("deleted", deleted(item) ? "yes" : "");
  if (some.merged)
    line.append("written by", writers_of(item));
  if (some.returned)
    line.append("returned", told_by_others(item));
  if (const auto* record = item.find("record"); record != nullptr)
    if (const auto* members = record->as<object>())
      for (const auto& [key, member] : *members)
        line.append(line.find(key) == nullptr ? key : "record." + key, member);
  return line;
}

exit_code show(const shell& s, const options& o) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  auto limit = o.limit.value_or(o.ndjson ? 0 : shown_unless_told);
  limit = limit == 0 ? std::numeric_limits<std::size_t>::max() : limit;
  auto target =
      server->path({"records", o.collection}) + "?limit=" + std::to_string(std::min(limit, page));
  if (!o.filter.empty())
    target += "&filter=" + percent_encoded(o.filter);
  std::size_t count = 0;
  list items;
  const auto got = server->each(target, [&](const value& item) {
    if (o.ndjson)
      s.screen.out << write_json(item) << '\n';
    else
      items.push_back(item);
    return ++count < limit && s.screen.out.good();
  });
  s.screen.out << std::flush;
  if (!got)
    return s.report(got);
  if (o.ndjson || s.printed_json(object{{"items", items}}))
    return exit_code::done;
  if (items.empty()) {
    s.screen.err << "no records\n";
    return exit_code::done;
  }
  const shown_of_some some{std::ranges::any_of(items, deleted), std::ranges::any_of(items, merged),
                           std::ranges::any_of(items, known_elsewhere)};
  std::vector<value> lines;
  for (const auto& item : items)
    lines.push_back(line_of(item, some));
  s.screen.out << item_table(lines, s.screen.out_look);
  if (count == limit && s.screen.out_look.width != 0)
    s.screen.err << inked(s.screen.err_look, ink::dim,
                          "the first " +
                              as_count(static_cast<std::int64_t>(count), "record", "records") +
                              "; --limit N shows more, --ndjson all")
                 << '\n';
  return exit_code::done;
}

} // namespace

void declare_records(const command_words& app, shell& s) {
  auto o = std::make_shared<options>();
  auto command = app.command("records", "Show what syncs have stored").group(resources_group);
  command.option("collection", o->collection, "Which collection").required();
  command
      .option("--limit", o->limit, "At most so many; 0 for all (20 unless told, with --ndjson all)")
      .type_name("N");
  command.option("--filter", o->filter, "Only records for which this expression is true")
      .type_name("EXPRESSION");
  command.flag("--ndjson", o->ndjson, "One JSON line per record");
  s.does(command, [&s, o] { return show(s, *o); });
}

} // namespace tenon::nodes::cli
