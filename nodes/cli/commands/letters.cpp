// tenon letters COLLECTION [--replay N|all | --discard N]: records that could not be read, stored
// or written.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/listing.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

#include <map>

namespace tenon::nodes::cli {
namespace {

struct wanted {
  std::string collection;
  std::string replay; // a letter's number, or "all"
  std::string discard;
};

/// Every letter there is; the answer that came last.
answer letters_of(const api& server, const wanted& w, list& into) {
  std::string after;
  for (;;) {
    auto got = server.get(server.path({"records", w.collection, "letters"}) + "?after=" + after);
    for (const auto& one : list_at(got.body, "items"))
      into.push_back(one);
    const auto next = number_at(got.body, "next");
    if (!got || !next)
      return got;
    after = std::to_string(*next);
  }
}

exit_code show(const shell& s, const wanted& w) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  list items;
  const auto got = letters_of(*server, w, items);
  return got ? show_items(s, std::move(items), "no letters") : s.report(got);
}

/// What became of a letter that was replayed.
std::string outcome_of(const value& answer) {
  const auto outcome = text_at(answer, "outcome");
  if (outcome == "stored")
    return "stored";
  if (outcome == "unchanged")
    return "forgotten: the record is so already";
  if (outcome == "filtered")
    return "forgotten: the sync does not keep such a record any more";
  if (outcome == "superseded")
    return "forgotten: the record has come again since";
  if (outcome == "waits")
    return "stored as a conflict: tenon conflicts shows it";
  if (outcome == "kept")
    return "stays: " + text_at(answer, "reason");
  return "will be written with the next run";
}

exit_code act(const shell& s, const wanted& w, const std::string& number, const char* verb) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto answered =
      server->post(server->path({"records", w.collection, "letters", number, verb}), object{});
  if (!answered)
    return s.report(answered);
  if (!s.printed_json(answered.body))
    s.screen.out << "letter " << inked(s.screen.out_look, ink::strong, number) << ' '
                 << (w.replay.empty() ? "given up" : printable(outcome_of(answered.body))) << '\n';
  return text_at(answered.body, "outcome") == "kept" ? exit_code::failed : exit_code::done;
}

/// Each once. One that fails again does not keep the others from it.
exit_code replay_all(const shell& s, const wanted& w) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  list letters;
  if (const auto got = letters_of(*server, w, letters); !got)
    return s.report(got);
  std::map<std::string, std::int64_t> outcomes;
  for (const auto& one : letters) {
    const auto number = std::to_string(number_at(one, "number").value_or(0));
    const auto answered = server->post(
        server->path({"records", w.collection, "letters", number, "replay"}), object{});
    const auto outcome = answered ? text_at(answered.body, "outcome") : "refused";
    ++outcomes[outcome.empty() ? "sent" : outcome];
    if (!answered)
      s.screen.err << "letter " << number << ": " << printable(answered.why.why) << ". "
                   << printable(answered.why.remedy) << '\n';
  }
  list lines;
  for (const auto& [outcome, count] : outcomes)
    lines.push_back(object{{"outcome", outcome}, {"letters", count}});
  show_items(s, std::move(lines), "no letters");
  if (outcomes.contains("refused"))
    return exit_code::refused;
  return outcomes.contains("kept") ? exit_code::failed : exit_code::done;
}

} // namespace

void declare_letters(const command_words& app, shell& s) {
  auto w = std::make_shared<wanted>();
  auto letters = app.command("letters", "Records that could not be read, stored or written")
                     .group(running_group);
  letters.option("collection", w->collection, "Whose").required();
  auto replay =
      letters
          .option("--replay", w->replay,
                  "Read, store or write this one once more, as its sync is now; all: each")
          .type_name("NUMBER");
  letters.option("--discard", w->discard, "Give this one up for good")
      .type_name("NUMBER")
      .excludes(replay);
  s.does(letters, [&s, w] {
    if (w->replay == "all")
      return replay_all(s, *w);
    if (!w->replay.empty())
      return act(s, *w, w->replay, "replay");
    if (!w->discard.empty())
      return act(s, *w, w->discard, "discard");
    return show(s, *w);
  });
}

} // namespace tenon::nodes::cli
