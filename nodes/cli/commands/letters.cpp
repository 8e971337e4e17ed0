// tenon letters COLLECTION [--replay N | --discard N]: records that could not be stored or written.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/listing.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {
namespace {

struct wanted {
  std::string collection;
  std::string replay; // a letter's number
  std::string discard;
};

exit_code show(const shell& s, const wanted& w) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  list items;
  std::string after;
  do {
    const auto got =
        server->get(server->path({"records", w.collection, "letters"}) + "?after=" + after);
    if (!got)
      return s.report(got);
    if (const auto* page = got.body.find("items"); page && page->is<list>())
      for (const auto& one : *page->as<list>())
        items.push_back(one);
    const auto next = number_at(got.body, "next");
    after = next ? std::to_string(*next) : "";
  } while (!after.empty());
  return show_items(s, std::move(items), "no letters");
}

exit_code act(const shell& s, const wanted& w, const std::string& number, const char* verb,
              const char* past) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto answered =
      server->post(server->path({"records", w.collection, "letters", number, verb}), object{});
  if (!answered)
    return s.report(answered);
  if (!s.printed_json(answered.body))
    s.screen.out << "letter " << inked(s.screen.out_look, ink::strong, number) << ' ' << past
                 << '\n';
  return exit_code::done;
}

} // namespace

void declare_letters(const command_words& app, shell& s) {
  auto w = std::make_shared<wanted>();
  auto letters =
      app.command("letters", "Records that could not be stored or written").group(running_group);
  letters.option("collection", w->collection, "Whose").required();
  auto replay = letters.option("--replay", w->replay, "Write what this one is about once more")
                    .type_name("NUMBER");
  letters.option("--discard", w->discard, "Give this one up for good")
      .type_name("NUMBER")
      .excludes(replay);
  s.does(letters, [&s, w] {
    if (!w->replay.empty())
      return act(s, *w, w->replay, "replay", "will be written with the next run");
    if (!w->discard.empty())
      return act(s, *w, w->discard, "discard", "given up");
    return show(s, *w);
  });
}

} // namespace tenon::nodes::cli
