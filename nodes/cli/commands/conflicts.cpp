// tenon conflicts COLLECTION [--resolve KEY --keep local|vendor | --record JSON]: records that both
// sides changed, which wait for a person.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/listing.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"
#include "protocols/json.hpp"

namespace tenon::nodes::cli {
namespace {

struct wanted {
  std::string collection;
  std::string key;
  std::string feed;
  std::string keep;
  std::string record; // JSON
};

/// Both sides in one line each, so that they can be compared.
value in_columns(const value& one) {
  const auto text = [&](const char* name) {
    const auto* side = one.find(name);
    return side == nullptr || side->is_null() ? std::string{"(deleted)"} : write_json(*side);
  };
  return object{{"key", text_at(one, "key")},
                {"feed", text_at(one, "feed")},
                {"local", text("local")},
                {"vendor", text("vendor")},
                {"before", text("before")}};
}

exit_code show(const shell& s, const wanted& w) {
  return show_list(s, {"records", w.collection, "conflicts"}, "no conflicts wait", in_columns);
}

exit_code resolve(const shell& s, const wanted& w) {
  object decided{{"key", w.key}};
  if (!w.feed.empty())
    decided["feed"] = w.feed;
  if (!w.keep.empty())
    decided["keep"] = w.keep;
  if (!w.record.empty()) {
    auto record = read_json(w.record);
    if (!record) {
      auto why = std::move(record).error();
      why.where = why.where.empty() ? "--record" : "--record, " + why.where;
      return s.report(why);
    }
    decided["record"] = *std::move(record);
  }
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto answered =
      server->post(server->path({"records", w.collection, "conflicts", "resolve"}), decided);
  if (!answered)
    return s.report(answered);
  if (!s.printed_json(answered.body))
    s.screen.out << inked(s.screen.out_look, ink::strong, w.key) << " resolved: version "
                 << number_at(answered.body, "version").value_or(0)
                 << " goes to both sides with the next runs\n";
  return exit_code::done;
}

} // namespace

void declare_conflicts(const command_words& app, shell& s) {
  auto w = std::make_shared<wanted>();
  auto conflicts =
      app.command("conflicts", "Records that both sides of a sync changed").group(running_group);
  conflicts.option("collection", w->collection, "Whose").required();
  auto key =
      conflicts.option("--resolve", w->key, "Decide about the record of this key").type_name("KEY");
  auto keep = conflicts.option("--keep", w->keep, "The side that counts")
                  .one_of({"local", "vendor"})
                  .type_name("local|vendor")
                  .needs(key);
  conflicts.option("--record", w->record, "What both sides are to have")
      .type_name("JSON")
      .needs(key)
      .excludes(keep);
  conflicts.option("--feed", w->feed, "Whose conflict, if the record has several")
      .type_name("SYNC")
      .needs(key);
  s.does(conflicts, [&s, w] { return w->key.empty() ? show(s, *w) : resolve(s, *w); });
}

} // namespace tenon::nodes::cli
