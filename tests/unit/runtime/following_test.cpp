// A host that follows comes to the same stored state as the one that decides. The seed is printed;
// TENON_SEED repeats one.
#include "actors/breaker.hpp"
#include "actors/dead_letters.hpp"
#include "runtime/telemetry/log.hpp"
#include "tests/support/steered_nodes.hpp"
#include "tests/support/tally_actor.hpp"
#include "tests/support/until.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace {

using namespace tenon;
using runtime::partition_number;
using tests::steered_log;
using tests::steered_nodes;
using tests::tally;
using wire = protocols::tally;
using letters = protocols::dead_letters;

constexpr partition_number partitions = 4;

runtime::catalog kinds() {
  auto all = tests::tally_kinds();
  all.push_back(runtime::describe<actors::breaker>("breaker"));
  all.push_back(runtime::describe<actors::dead_letters>("dead_letters"));
  return all;
}

class prompt final : public runtime::performer {
  void perform(runtime::effect, std::function<void(blob)> outcome) override {
    outcome(protocols::encode(wire::command{wire::heard{3}}));
  }
};

class followed {
public:
  explicit followed(std::uint64_t seed)
      : random_{seed}, nodes_{kinds(),
                              2,
                              {.follow_entries = 20, .following_limits = {.bytes = 2000}},
                              partitions,
                              [](std::size_t) { return std::make_unique<prompt>(); }} {
    for (partition_number p = 0; p < partitions; ++p)
      nodes_.log.give(p, 0);
    for (int i = 0; i < 8; ++i)
      people_.push_back({"acme", i % 2 == 0 ? "tally" : "chronicle", "p" + std::to_string(i)});
    for (const auto& id : people_) // without it there is nothing to keep of them
      nodes_.done<tally>(0, id, wire::add{1});
  }

  void step() {
    const auto& to = people_[random_() % people_.size()];
    const auto other = to_string(people_[random_() % people_.size()]);
    const auto word = std::to_string(random_() % 30);
    switch (random_() % 10) {
    case 0:
      return nodes_.turn();
    case 1:
      return asked(nodes_.ask<tally>(0, to, wire::put{word, blob::copy_of(word)}));
    case 2:
      return asked(nodes_.ask<tally>(0, to, wire::ask{word}));
    case 3:
      return asked(nodes_.ask<tally>(
          0, to, wire::wake_at{nodes_.clock.now() + span{random_() % 400} - span{100}}));
    case 4:
      return asked(nodes_.ask<tally>(0, to, wire::pass{other, 1, random_() % 4 != 0}));
    case 5:
      return asked(nodes_.ask<actors::dead_letters>(
          0, {"acme", "dead_letters", "all"},
          letters::park{"acme/tally/x", "tally.add", blob::copy_of(word), "why"}));
    case 6:
      return asked(nodes_.ask<actors::breaker>(0, {"acme", "breaker", "b" + word},
                                               actors::breaker::acquire{}));
    default:
      asked(nodes_.ask<tally>(0, to, wire::add{random_() % 9, blob::copy_of(word)}));
    }
  }

  void end() {
    for (int i = 0; i < 4; ++i) { // is there, has rows, and goes
      const identity gone{"acme", i % 2 == 0 ? "tally" : "chronicle", "gone" + std::to_string(i)};
      nodes_.done<tally>(0, gone, wire::add{1});
      nodes_.done<tally>(0, gone, wire::put{"k", blob::copy_of("v")});
      nodes_.turn();
      nodes_.done<tally>(0, gone, wire::forget{});
    }
    const auto settled = [this] {
      nodes_.turn();
      for (partition_number p = 0; p < partitions; ++p)
        for (std::size_t node = 0; node < 2; ++node)
          if (nodes_.state(node).checkpointed(p) != nodes_.log.last(p))
            return false;
      return shown(0) == shown(1);
    };
    EXPECT_TRUE(tests::until(settled, [](bool same) { return same; }));
    EXPECT_EQ(shown(0), shown(1));
    std::vector<wire::sum> before, after;
    for (const auto& id : people_)
      before.push_back(nodes_.done<tally>(0, id, wire::peek{}));
    for (partition_number p = 0; p < partitions; ++p)
      nodes_.log.give(p, 1);
    for (const auto& id : people_)
      after.push_back(nodes_.done<tally>(0, id, wire::peek{}));
    EXPECT_EQ(before, after);
  }

private:
  template <class Reply> static void asked(const result<Reply>& r) {
    EXPECT_TRUE(r) << r.error().why;
  }

  /// All that is stored, in words that can be compared.
  std::vector<std::string> shown(std::size_t node) {
    const runtime::sealed_state stored{
        nodes_.state(node), nodes_.seal(),
        [](std::string_view kind) { return kind == "dead_letters"; }};
    std::vector<std::string> all;
    for (partition_number p = 0; p < partitions; ++p) {
      stored.everyone(p, [&](const identity& id, const runtime::state_row& row) {
        const auto name = to_string(id);
        all.push_back(name + " " + std::to_string(row.index) + " " + row.bytes.text());
        stored.scan(p, id, {}, 1000, [&](std::string_view key, const blob& value) {
          all.push_back(name + " " + std::string{key} + ": " + value.text());
          return true;
        });
        stored.history(p, id, 0, 10'000, [&](std::uint64_t number, const blob& event) {
          all.push_back(name + " " + std::to_string(number) + ": " + event.text());
          return true;
        });
        return true;
      });
      for (const auto& id : stored.due(p, moment::max(), 1000))
        all.push_back("due " + to_string(id));
      for (const auto& id : stored.unfinished(p))
        all.push_back("unfinished " + to_string(id));
    }
    return all;
  }

  std::mt19937_64 random_;
  steered_nodes nodes_;
  std::vector<identity> people_;
};

TEST(following, comes_to_the_state_of_the_node_that_decides) {
  const char* given = std::getenv("TENON_SEED");
  const auto first = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  for (std::uint64_t seed = first; seed < first + (given ? 1 : 3); ++seed) {
    SCOPED_TRACE("TENON_SEED=" + std::to_string(seed));
    followed pair{seed};
    for (int i = 0; i < 400 && !testing::Test::HasFailure(); ++i)
      pair.step();
    pair.end();
  }
}

TEST(following, stops_at_what_it_cannot_read_says_so_once_and_goes_on_with_other_partitions) {
  std::mutex guard;
  std::vector<std::string> errors;
  runtime::log::set_sink([&](auto level, std::string_view event, std::string_view line) {
    const std::scoped_lock lock{guard};
    if (level == runtime::log::level::error)
      errors.push_back(std::string{event} + std::string{line});
  });
  {
    steered_nodes nodes{tests::tally_kinds(), 2};
    std::vector<identity> someone(partitions); // in each partition
    for (int i = 0; i < 64; ++i) {
      const identity id{"acme", "tally", "n" + std::to_string(i)};
      someone[nodes.host(0).partition_of(id)] = id;
    }
    for (partition_number p = 0; p < partitions; ++p) {
      nodes.log.give(p, 0);
      nodes.done<tally>(0, someone[p], wire::add{1});
    }
    nodes.log.plant(2, blob::copy_of("not an entry"));
    for (partition_number p = 0; p < partitions; ++p)
      nodes.done<tally>(0, someone[p], wire::add{1});
    tests::until(
        [&] {
          nodes.turn();
          return nodes.state(1).checkpointed(0) + nodes.state(1).checkpointed(1) +
                 nodes.state(1).checkpointed(3);
        },
        [](auto reached) { return reached == 6; });
    for (int i = 0; i < 30; ++i)
      nodes.turn();
    EXPECT_EQ(nodes.state(1).checkpointed(0), 2u);
    EXPECT_LE(nodes.state(1).checkpointed(2), 1u);
    EXPECT_EQ(nodes.done<tally>(1, someone[2], wire::peek{}).sum, 2u) << "the node goes on";
  }
  runtime::log::set_sink(nullptr);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors.front().find("following.stopped"), std::string::npos);
  EXPECT_NE(errors.front().find("tenon check"), std::string::npos);
}

} // namespace
