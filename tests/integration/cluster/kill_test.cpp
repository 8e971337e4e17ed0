// What a node sees of the death of another's process.
#include "tests/integration/cluster/linked_node.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tenon::tests {
namespace {

/// A process that is node n2 and is killed with everything it has.
class other_process {
public:
  /// To be made before this process has threads.
  explicit other_process(cluster::credentials own) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    child_ = ::fork();
    if (child_ == 0)
      live(std::move(own), ends[0]);
    told_ = ends[1];
    ::close(ends[0]);
  }
  ~other_process() {
    end(SIGKILL);
    ::close(told_);
    ::waitpid(child_, nullptr, 0);
  }
  other_process(const other_process&) = delete;
  other_process& operator=(const other_process&) = delete;

  void join(std::uint16_t port) {
    EXPECT_EQ(::write(told_, &port, sizeof port), static_cast<ssize_t>(sizeof port));
  }
  void end(int how) { ::kill(child_, how); }

private:
  [[noreturn]] static void live(cluster::credentials own, int told) {
    std::uint16_t port = 0;
    if (::read(told, &port, sizeof port) == static_cast<ssize_t>(sizeof port)) {
      linked_node node{"n2", std::move(own)};
      node->set_peer("n1", "127.0.0.1:" + std::to_string(port));
      for (;;)
        ::pause();
    }
    ::_exit(1);
  }

  pid_t child_ = -1;
  int told_ = -1;
};

TEST(killed_peer, is_down_within_milliseconds) {
  const auto ours = make_authority();
  other_process other{certify(ours, "n2")};
  linked_node a{"n1", certify(ours, "n1")};
  a->set_peer("n2", "");
  other.join(a->port());
  ASSERT_TRUE(becomes([&] { return a.sees("n2"); }));
  other.end(SIGKILL);
  const auto killed = std::chrono::steady_clock::now();
  ASSERT_TRUE(becomes([&] { return a.changes().back().starts_with("down n2"); }));
  EXPECT_LT(std::chrono::steady_clock::now() - killed, std::chrono::milliseconds{500});
  EXPECT_EQ(a.changes().back(), "down n2: the peer closed the connection");
}

TEST(killed_peer, that_is_only_stopped_is_down_after_its_silence_and_up_when_it_goes_on) {
  const auto ours = make_authority();
  other_process other{certify(ours, "n2")};
  linked_node a{"n1", certify(ours, "n1")};
  a->set_peer("n2", "");
  other.join(a->port());
  ASSERT_TRUE(becomes([&] { return a.sees("n2"); }));
  const auto before = a.of("n2").control.epoch;
  other.end(SIGSTOP);
  ASSERT_TRUE(becomes([&] { return a.changes().back().starts_with("down n2"); }));
  EXPECT_EQ(a.changes().back(), "down n2: nothing was heard of the peer for too long");
  other.end(SIGCONT);
  ASSERT_TRUE(becomes([&] { return a.sees("n2"); }));
  EXPECT_GT(a.of("n2").control.epoch, before);
}

} // namespace
} // namespace tenon::tests
