// Where a trace goes: from whoever asks, through durable messages and calls, over a crash.
#include "runtime/hosting/host.hpp"
#include "runtime/tasks/workers.hpp"
#include "tests/support/hosted.hpp"
#include "tests/support/tally_actor.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>

namespace {

using namespace tenon;
using runtime::trace_context;
using tests::hosted;
using tests::tally;
using wire = protocols::tally;

const identity ann{"acme", "tally", "ann"};
const trace_context example =
    *runtime::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

/// Performs nothing; remembers with which trace it was asked to, and on what the thread then works.
class noting final : public runtime::performer {
public:
  struct notes {
    std::mutex guard;
    std::vector<trace_context> asked, working;
  };
  explicit noting(notes& n) : notes_{n} {}
  void perform(runtime::effect e, std::function<void(blob)>) override {
    const std::lock_guard hold{notes_.guard};
    notes_.asked.push_back(e.trace);
    notes_.working.push_back(runtime::current_trace());
  }

private:
  notes& notes_;
};

std::size_t wait_for(noting::notes& n, std::size_t count) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  for (;;) {
    {
      const std::lock_guard hold{n.guard};
      if (n.asked.size() >= count || std::chrono::steady_clock::now() > end)
        return n.asked.size();
    }
    std::this_thread::yield();
  }
}

TEST(trace, reaches_a_call_that_another_actor_makes_because_of_a_message_also_after_a_crash) {
  noting::notes seen;
  hosted node{tests::tally_kinds()};
  node.add("tally.question", [&] { return std::make_unique<noting>(seen); });
  node.begin();
  {
    const runtime::trace_scope working{example};
    node.done<tally>(ann, wire::ask{"why"});
  }
  ASSERT_EQ(wait_for(seen, 1), 1u);
  node.end();
  node.begin(); // the call's outcome never came: it is performed again
  ASSERT_EQ(wait_for(seen, 2), 2u);
  EXPECT_EQ(seen.asked, (std::vector{example, example}));
  EXPECT_EQ(seen.working, seen.asked);
  EXPECT_FALSE(runtime::current_trace());
}

TEST(trace, is_in_the_log_lines_of_what_is_done_for_it) {
  std::mutex guard;
  std::vector<std::string> lines;
  runtime::log::set_sink([&](runtime::log::level, std::string_view event, std::string_view line) {
    const std::lock_guard hold{guard};
    if (event == "actor.crashed")
      lines.emplace_back(line);
  });
  runtime::host_options options;
  options.supervision.restarts = options.escalation.restarts = 0;
  hosted node{tests::tally_kinds(), options};
  node.begin();
  {
    const runtime::trace_scope working{example};
    EXPECT_FALSE(node.ask<tally>(ann, wire::crash{"deciding"}));
  }
  node.end();
  runtime::log::set_sink(nullptr);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("\"trace\":\"4bf92f3577b34da6a3ce929d0e0e4736\""), std::string::npos)
      << lines[0];
}

TEST(trace, is_shared_by_a_task_and_those_it_awaits) {
  const auto inner = []() -> runtime::task<trace_context> {
    co_return co_await runtime::trace_of_task{};
  };
  std::optional<trace_context> seen;
  {
    runtime::workers pool{{.threads = 1}};
    const runtime::trace_scope working{example};
    const auto outer = [&]() -> runtime::task<void> { seen = co_await inner(); };
    ASSERT_TRUE(runtime::start(pool, outer()));
  }
  EXPECT_EQ(seen, example);
}

} // namespace
