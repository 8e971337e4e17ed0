// What the library would get wrong without its host: each guard, and what happens without it where
// that can be shown in a few steps. The simulation takes them away under random faults.
#include "tests/unit/cluster/raft/replicas.hpp"

#include <algorithm>

namespace tenon::tests {

namespace {

namespace say = raft::say;

template <class Said> std::vector<Said> sent_to(const replicas& all, raft::node_id node) {
  std::vector<Said> found;
  for (const auto& [from, m] : all.sent)
    if (const auto* said = std::get_if<Said>(&m.message.said); said && m.to == node)
      found.push_back(*said);
  return found;
}

bool has_change(const say::append& m) {
  return std::ranges::count(m.entries, raft::kind::configuration, &raft::entry::kind) > 0;
}

/// A follower misses commands with a change of members between them, and comes back.
replicas behind_a_change(const raft::options& chosen) {
  replicas all{voters({1, 2, 3}), chosen, {4}};
  all.elect();
  all.lead(1);
  all.pass(span{100});
  all.cut_off(3);
  all.submit(1, "a");
  EXPECT_TRUE(all.at(1).change({4, raft::role::learner}, all.now));
  all.settle();
  all.submit(1, "b");
  all.cuts.clear();
  all.pass(span{300});
  return all;
}

TEST(raft_guards, send_a_change_of_members_alone_so_that_followers_can_make_the_next) {
  auto all = behind_a_change({});
  for (const raft::node_id node : {2, 3, 4})
    for (const auto& m : sent_to<say::append>(all, node))
      EXPECT_TRUE(!has_change(m) || m.entries.size() == 1);
  all.lead(3);
  all.pass(span{200});
  EXPECT_TRUE(all.at(3).change({5, raft::role::spare}, all.now));
}

TEST(raft_guards, show_that_the_library_misplaces_a_change_that_is_not_alone) {
  raft::options without;
  without.guards.configuration_alone = false;
  auto all = behind_a_change(without);
  all.lead(3);
  all.pass(span{200});
  const auto done = all.at(3).change({5, raft::role::spare}, all.now);
  ASSERT_FALSE(done) << "the library is mended: the guard can go";
  EXPECT_EQ(done.error().code, code::conflict);
}

/// A follower that has stored a state up to its last entry and forgotten what is before, and the
/// message with which a leader that has not heard of that begins anew.
struct forgotten_prefix {
  explicit forgotten_prefix(const raft::options& chosen) : all{voters({1, 2, 3}), chosen} {
    all.elect();
    all.lead(1);
    for (const auto* text : {"a", "b", "c", "d"})
      all.submit(1, text);
    all.pass(span{100});
    last = all.nodes[3].log->last();
    all.save(3, 1);
    again = {all.at(1).standing().term,
             say::append{.before_index = 1, .before_term = 1, .committed = last, .entries = {}}};
    auto& entries = std::get<say::append>(again.said).entries;
    for (std::uint64_t at = 2; at <= last; ++at)
      entries.push_back(all.nodes[1].log->at(at));
  }

  replicas all;
  std::uint64_t last = 0;
  raft::message again;
};

TEST(raft_guards, take_entries_that_begin_below_what_is_forgotten) {
  forgotten_prefix given{{}};
  auto& all = given.all;
  all.sent.clear();
  all.at(3).receive(1, 1, given.again, all.now);
  const auto todo = all.at(3).take();
  EXPECT_TRUE(todo.writes.empty()) << "it has all of them";
  ASSERT_EQ(todo.messages.size(), 1u);
  const auto& said = std::get<say::appended>(todo.messages[0].message.said);
  EXPECT_EQ(said.refused, 0u);
  EXPECT_EQ(said.last_index, given.last);
}

TEST(raft_guards, take_what_is_new_of_entries_that_begin_below_what_is_forgotten) {
  forgotten_prefix given{{}};
  auto& all = given.all;
  auto& entries = std::get<say::append>(given.again.said).entries;
  entries.push_back({.term = given.again.term, .bytes = blob::copy_of("e")});
  all.at(3).receive(1, 1, given.again, all.now);
  const auto todo = all.at(3).take();
  ASSERT_EQ(todo.writes.size(), 1u);
  EXPECT_EQ(todo.writes[0].from, given.last + 1);
  ASSERT_EQ(todo.writes[0].entries.size(), 1u);
  EXPECT_EQ(todo.writes[0].entries[0].bytes.view(), "e");
}

TEST(raft_guards, show_that_the_library_refuses_what_matches_below_what_is_forgotten) {
  raft::options without;
  without.guards.cut_to_what_is_there = false;
  forgotten_prefix given{without};
  given.all.at(3).receive(1, 1, given.again, given.all.now);
  const auto todo = given.all.at(3).take();
  ASSERT_EQ(todo.messages.size(), 1u);
  EXPECT_NE(std::get<say::appended>(todo.messages[0].message.said).refused, 0u)
      << "the library is mended: the guard can go";
}

TEST(raft_guards, hold_a_vote_back_until_it_is_written) {
  replicas all{voters({1, 2, 3})};
  auto& voter = all.at(2);
  all.nodes[2].holds_writes = true;
  voter.receive(1, 1, {5, say::ask_vote{.last_index = 1, .last_term = 1}}, all.now);
  auto todo = voter.take();
  ASSERT_EQ(todo.writes.size(), 1u);
  EXPECT_EQ(todo.writes[0].ballot, (raft::ballot{5, 1}));
  EXPECT_TRUE(todo.messages.empty());
  // What is said later waits too, in its order.
  voter.receive(1, 1, {5, say::append{.before_index = 1, .before_term = 1}}, all.now);
  EXPECT_TRUE(voter.take().messages.empty());
  voter.written(todo.writes[0].number, all.now);
  todo = voter.take();
  ASSERT_EQ(todo.messages.size(), 2u);
  EXPECT_TRUE(std::get<say::vote>(todo.messages[0].message.said).granted);
  EXPECT_TRUE(std::holds_alternative<say::appended>(todo.messages[1].message.said));
}

TEST(raft_guards, hold_back_what_was_appended_until_it_is_written) {
  replicas all{voters({1, 2, 3})};
  all.elect();
  all.lead(1);
  all.nodes[2].holds_writes = true;
  all.sent.clear();
  const auto index = all.submit(1, "a");
  for (const auto& m : sent_to<say::appended>(all, 1))
    EXPECT_TRUE(m.last_index < index || all.nodes[3].log->last() == index);
  all.cut_off(3);
  const auto next = all.submit(1, "b");
  EXPECT_LT(all.nodes[1].applied, next);
  all.nodes[2].holds_writes = false;
  all.settle();
  EXPECT_EQ(all.nodes[1].applied, next);
}

TEST(raft_guards, do_not_take_a_write_for_done_that_was_replaced_before_it_was) {
  // The same entry is written, cut and written again: only the last write counts.
  replicas all{voters({1, 2, 3})};
  auto& node = all.at(3);
  const auto two = raft::entry{.term = 2, .bytes = blob::copy_of("two")};
  const auto three = raft::entry{.term = 3, .bytes = blob::copy_of("three")};
  const auto append = [&](std::uint64_t term, const raft::entry& e) {
    node.receive(1, 1, {term, say::append{1, 1, 1, {e}}}, all.now);
  };
  append(2, two);
  append(3, three);
  append(4, two);
  auto todo = node.take();
  std::vector<std::uint64_t> with_entries;
  for (const auto& w : todo.writes)
    if (!w.entries.empty())
      with_entries.push_back(w.number);
  ASSERT_EQ(with_entries.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    node.written(with_entries[i], all.now);
    std::uint64_t durable = 0;
    for (const auto& m : node.take().messages)
      if (const auto* said = std::get_if<say::appended>(&m.message.said))
        durable = std::max(durable, said->last_index);
    EXPECT_EQ(durable == 2, i == 2) << "after write " << i;
  }
}

TEST(raft_guards, cut_messages_at_their_size) {
  raft::options small;
  small.message_bytes = 100;
  replicas all{voters({1, 2, 3}), small};
  all.elect();
  all.lead(1);
  all.cut_off(3);
  for (int i = 0; i < 20; ++i)
    all.submit(1, std::string(60, 'x'));
  all.cuts.clear();
  all.sent.clear();
  all.pass(span{300});
  EXPECT_EQ(all.nodes[3].applied, all.nodes[1].applied);
  for (const auto& m : sent_to<say::append>(all, 3))
    EXPECT_LE(m.entries.size(), 2u);
}

TEST(raft_guards, send_no_more_than_may_be_in_flight) {
  raft::options few;
  few.in_flight = 10;
  replicas all{voters({1, 2, 3}), few};
  all.elect();
  all.lead(1);
  all.pass(span{100});
  all.nodes[3].holds_writes = true;
  all.sent.clear();
  for (int i = 0; i < 50; ++i)
    all.submit(1, "x");
  std::size_t sent = 0;
  for (const auto& m : sent_to<say::append>(all, 3))
    sent += m.entries.size();
  EXPECT_LE(sent, 10u);
  all.nodes[3].holds_writes = false;
  all.pass(span{300});
  EXPECT_EQ(all.nodes[3].applied, all.nodes[1].applied);
}

TEST(raft_guards, drop_what_an_older_connection_brings) {
  replicas all{voters({1, 2, 3})};
  auto& node = all.at(2);
  node.receive(1, 7, {5, say::append{.before_index = 1, .before_term = 1}}, all.now);
  EXPECT_EQ(node.standing().term, 5u);
  node.receive(1, 6, {9, say::append{.before_index = 1, .before_term = 1}}, all.now);
  EXPECT_EQ(node.standing().term, 5u);
}

TEST(raft_guards, raise_the_term_when_a_lone_voter_starts_again) {
  replicas all{voters({1}), {}, {2}};
  all.settle();
  ASSERT_TRUE(all.at(1).change({2, raft::role::learner}, all.now));
  all.pass(span{100});
  // An entry reaches the learner, and is lost where it was made.
  all.nodes[1].holds_writes = true;
  all.submit(1, "lost");
  EXPECT_EQ(all.texts(2), std::vector<std::string>{"lost"});
  const auto term = all.at(1).standing().term;
  all.crash(1);
  all.nodes[1].holds_writes = false;
  all.start(1);
  all.settle();
  EXPECT_GT(all.at(1).standing().term, term);
  all.submit(1, "kept");
  all.pass(span{500});
  EXPECT_EQ(all.texts(1), std::vector<std::string>{"kept"});
  EXPECT_EQ(all.texts(2), all.texts(1));
}

/// The lone voter makes a learner a voter, and dies before the other hears of it.
replicas unheard_promotion(const raft::options& chosen) {
  replicas all{voters({1}), chosen, {2}};
  all.settle();
  EXPECT_TRUE(all.at(1).change({2, raft::role::learner}, all.now));
  all.pass(span{200});
  all.cut(1, 2);
  EXPECT_TRUE(all.at(1).change({2, raft::role::voter}, all.now));
  all.settle();
  all.crash(1);
  all.start(1);
  all.cuts.clear();
  all.pass(span{3000});
  return all;
}

TEST(raft_guards, let_vote_who_has_not_heard_of_its_promotion) {
  auto all = unheard_promotion({});
  EXPECT_NE(all.leader(), 0u);
  EXPECT_EQ(raft::voters_of(*all.at(2).members()), 2u);
}

TEST(raft_guards, show_that_the_library_elects_nobody_after_an_unheard_promotion) {
  raft::options without;
  without.guards.strangers_vote = false;
  EXPECT_EQ(unheard_promotion(without).leader(), 0u) << "the library is mended: the guard can go";
}

TEST(raft_guards, let_nobody_vote_twice_in_a_term_nor_for_a_shorter_log) {
  replicas all{voters({1}), {}, {2}};
  all.settle();
  ASSERT_TRUE(all.at(1).change({2, raft::role::learner}, all.now));
  all.submit(1, "a");
  all.pass(span{200});
  all.crash(1);
  all.pass(span{1000});
  const auto last = all.at(2).last();
  const auto term = all.at(2).standing().term;
  const auto ask = [&](raft::node_id from, std::uint64_t in, std::uint64_t index) {
    all.at(2).receive(from, 1, {in, say::ask_vote{.last_index = index, .last_term = term}},
                      all.now);
    for (const auto& w : all.at(2).take().writes)
      all.at(2).written(w.number, all.now);
    const auto todo = all.at(2).take();
    return !todo.messages.empty() && std::get<say::vote>(todo.messages.back().message.said).granted;
  };
  EXPECT_FALSE(ask(3, term + 1, last - 1)) << "it lacks an entry";
  EXPECT_TRUE(ask(4, term + 1, last));
  EXPECT_FALSE(ask(5, term + 1, last)) << "the vote of this term is given";
  EXPECT_FALSE(ask(5, term, last)) << "the term is over";
}

TEST(raft_guards, tell_the_term_with_a_tentative_refusal) {
  replicas all{voters({1, 2, 3})};
  all.at(2).receive(1, 1, {9, say::append{.before_index = 1, .before_term = 1}}, all.now);
  all.settle();
  all.at(2).receive(3, 1, {5, say::ask_vote{.last_index = 1, .last_term = 1, .tentative = true}},
                    all.now);
  const auto todo = all.at(2).take();
  ASSERT_EQ(todo.messages.size(), 1u);
  EXPECT_FALSE(std::get<say::vote>(todo.messages[0].message.said).granted);
  EXPECT_EQ(todo.messages[0].message.term, 9u);
}

TEST(raft_guards, drop_what_no_sound_peer_says) {
  replicas all{voters({1, 2, 3})};
  all.elect();
  all.lead(1);
  const auto term = all.at(1).standing().term;
  const raft::entry ordinary{.term = term};
  const raft::entry unreadable{
      .term = term, .kind = raft::kind::configuration, .bytes = blob::copy_of("nonsense")};
  const raft::entry nobody{.term = term,
                           .kind = raft::kind::configuration,
                           .bytes = protocols::encode(raft::configuration{})};
  const std::vector<raft::message> unsound{
      {0, say::append{}},
      {term, say::append{}}, // to the leader of this very term
      {term + 1, say::append{.before_index = 5}},
      {term + 1, say::append{.before_term = 5}},
      {term + 1, say::append{.before_index = 1, .before_term = term + 2}},
      {term + 1, say::append{1, 1, 1, {{.term = 0}}}},
      {term + 1, say::append{1, 1, 1, {{.term = term + 2}}}},
      {term + 2, say::append{1, 1, 1, {{.term = term + 1}, ordinary}}},
      {term + 1, say::append{1, 1, 1, {unreadable}}},
      {term + 1, say::append{1, 1, 1, {nobody}}},
      {term + 1, say::offer{}},
      {std::uint64_t{1} << 63, say::append{.before_index = 1, .before_term = 1}},
  };
  for (const auto& m : unsound)
    all.at(1).receive(2, 1, m, all.now);
  EXPECT_EQ(all.at(1).dropped(), unsound.size());
  EXPECT_EQ(all.at(1).standing().term, term);
  EXPECT_TRUE(all.at(1).take().messages.empty());
}

/// The one that is to take over has the log, and makes it durable in two steps.
raft::node_id handed_over_while_it_writes(const raft::options& chosen) {
  replicas all{voters({1, 2, 3}), chosen};
  all.elect();
  all.lead(1);
  all.pass(span{100});
  auto& heir = all.nodes.at(2);
  heir.holds_writes = true;
  all.submit(1, "a");
  all.submit(1, "b");
  EXPECT_TRUE(all.at(1).transfer(2, all.now));
  all.settle();
  EXPECT_EQ(heir.unwritten.size(), 2u);
  heir.log->keep(heir.unwritten.front());
  heir.group->written(heir.unwritten.front().number, all.now);
  heir.unwritten.pop_front();
  all.settle();
  heir.holds_writes = false;
  all.pass(span{100});
  return all.leader();
}

TEST(raft_guards, hand_over_once_the_whole_log_is_there) {
  EXPECT_EQ(handed_over_while_it_writes({}), 2u);
}

TEST(raft_guards, show_that_the_library_hands_over_too_early_and_only_once) {
  raft::options without;
  without.guards.hand_over_whole_log = false;
  EXPECT_EQ(handed_over_while_it_writes(without), 1u) << "the library is mended";
}

TEST(raft_guards, give_a_hand_over_up_that_does_not_come_to_its_end) {
  replicas all{voters({1, 2, 3})};
  all.elect();
  all.lead(1);
  all.cut(1, 2);
  all.submit(1, "a");
  ASSERT_TRUE(all.at(1).transfer(2, all.now));
  EXPECT_TRUE(all.at(1).is_transferring());
  EXPECT_FALSE(all.at(1).submit({blob::copy_of("b")}, all.now));
  all.pass(span{350});
  EXPECT_FALSE(all.at(1).is_transferring());
  all.submit(1, "c");
  EXPECT_EQ(all.texts(3), (std::vector<std::string>{"a", "c"}));
}

} // namespace

} // namespace tenon::tests
