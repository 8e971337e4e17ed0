// A node alone: the journal as everything above it knows it, with one voter for each partition.
#include "tests/unit/cluster/replication/replicating_node.hpp"

namespace tenon::tests {

namespace {

class a_lone_node : public testing::Test {
protected:
  a_lone_node() { options.self = 1; }
  ~a_lone_node() override { stop(); }

  void open() {
    auto opened = runtime::store::log_store::open(
        {.file = directory_ / "log.mdb", .partitions = partitions}, meters_);
    ASSERT_TRUE(opened) << opened.error().why;
    store_ = *std::move(opened);
    journal_ = std::make_unique<replicated_journal>(
        loop_.io, *store_, options, replication::replication_calls{}, clock_, meters_);
    owned_ = std::make_unique<noted_ownership>(*journal_);
    journal_->watch(*owned_);
  }
  void start(const std::vector<replication::stored_state>& stored = {}) {
    open();
    journal_->found(voting({1}));
    const auto started = journal_->start(stored);
    ASSERT_TRUE(started) << started.error().why;
    for (partition_number p = 0; p < partitions; ++p)
      ASSERT_TRUE(until([&] { return !owned_->of(p).empty(); }, [](bool told) { return told; }));
  }
  void stop() {
    if (journal_)
      loop_.run([&] { journal_.reset(); });
    store_.reset();
  }
  std::uint64_t append(partition_number p, const std::string& text) {
    const auto index = journal_->append(p, journal_->term(p), blob::copy_of(text), listener_);
    EXPECT_TRUE(index) << index.error().why;
    return index ? *index : 0;
  }
  /// The loop does nothing else until the answer is destroyed.
  std::shared_ptr<void> held_loop() {
    auto let_go = std::make_shared<std::promise<void>>();
    std::promise<void> held;
    boost::asio::post(loop_.io, [&held, waits = let_go->get_future().share()] {
      held.set_value();
      waits.wait();
    });
    held.get_future().wait();
    return {nullptr, [let_go](void*) { let_go->set_value(); }};
  }

  static constexpr partition_number partitions = 4;
  replication::replication_options options;
  temporary_directory directory_;
  runtime::meters meters_;
  runtime::system_clock clock_;
  awaited_index listener_;
  loop_thread loop_;
  std::unique_ptr<runtime::store::log_store> store_;
  std::unique_ptr<replicated_journal> journal_;
  std::unique_ptr<noted_ownership> owned_;
};

TEST_F(a_lone_node, owns_every_partition_at_once_and_appends_and_reads_back) {
  start();
  EXPECT_EQ(journal_->leader(2), 1u);
  const auto first = append(2, "a");
  const auto second = append(2, "b");
  EXPECT_EQ(second, first + 1);
  ASSERT_TRUE(listener_.wait_for(second));
  EXPECT_EQ(journal_->durable(2), second);
  EXPECT_EQ(entries_of(*journal_, 2),
            (std::map<std::uint64_t, std::string>{{first, "a"}, {second, "b"}}));
  EXPECT_EQ(entries_of(*journal_, 2, first).size(), 1u);
  EXPECT_TRUE(entries_of(*journal_, 1).empty()) << "barriers and members are nobody's entries";
  std::vector<std::string> read;
  const std::vector<std::uint64_t> wanted{1, 2, second, second + 7};
  journal_->read(2, wanted,
                 [&](const runtime::journal_entry& e) { read.push_back(e.bytes.text()); });
  EXPECT_EQ(read, std::vector<std::string>{"b"});
}

TEST_F(a_lone_node, owns_what_it_had_in_a_higher_term_after_a_restart) {
  start();
  const auto index = append(0, "before");
  ASSERT_TRUE(listener_.wait_for(index));
  const auto before = owned_->of(0).back();
  stop();
  start();
  const auto after = owned_->of(0).front();
  EXPECT_TRUE(after.gained);
  EXPECT_GT(after.term, before.term);
  EXPECT_GE(after.durable, index) << "all that was confirmed can be read when it is told";
  EXPECT_EQ(after.term, journal_->term(0));
  EXPECT_EQ(entries_of(*journal_, 0), (std::map<std::uint64_t, std::string>{{index, "before"}}));
  EXPECT_GT(append(0, "after"), index);
}

TEST_F(a_lone_node, takes_nothing_of_another_term) {
  start();
  const auto term = journal_->term(0);
  for (const auto wrong : {term - 1, term + 1, std::uint64_t{0}}) {
    const auto refused = journal_->append(0, wrong, blob::copy_of("x"), listener_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::unavailable);
  }
  const auto index = append(0, "y");
  ASSERT_TRUE(listener_.wait_for(index));
  EXPECT_EQ(entries_of(*journal_, 0).size(), 1u);
}

TEST_F(a_lone_node, refuses_what_is_too_large_and_what_comes_when_too_much_waits) {
  options.limits.entry_bytes = 1000;
  options.limits.most_waiting = 2500;
  start();
  const auto large = blob::copy_of(std::string(1001, 'x'));
  EXPECT_EQ(journal_->append(0, journal_->term(0), large, listener_).error().code, code::too_large);
  std::uint64_t last = 0;
  {
    const auto held = held_loop();
    append(0, std::string(1000, 'x'));
    last = append(0, std::string(1000, 'y'));
    const auto full =
        journal_->append(0, journal_->term(0), large.slice(large.view().substr(1)), listener_);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, code::overloaded);
    EXPECT_GT(full.error().retry_after, span{0});
    append(1, "another partition has room");
  }
  ASSERT_TRUE(listener_.wait_for(last));
  EXPECT_EQ(append(0, "again"), last + 1) << "what was refused took no index";
}

TEST_F(a_lone_node, refuses_when_all_partitions_together_have_too_much_waiting) {
  options.limits.most_together = 2500;
  start();
  const auto held = held_loop();
  append(0, std::string(1000, 'x'));
  append(1, std::string(1000, 'y'));
  const auto full =
      journal_->append(2, journal_->term(2), blob::copy_of(std::string(1000, 'z')), listener_);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, code::overloaded);
}

TEST_F(a_lone_node, tells_who_watches_late_what_it_owns_before_it_goes_on) {
  start();
  noted_ownership late{*journal_};
  journal_->watch(late);
  for (partition_number p = 0; p < partitions; ++p) {
    ASSERT_EQ(late.of(p).size(), 1u);
    EXPECT_EQ(late.of(p).front().term, journal_->term(p));
  }
  stop(); // while it lives
}

TEST_F(a_lone_node, forgets_what_is_in_the_stored_state_and_begins_behind_it) {
  options.trailing.entries = 1;
  start();
  std::uint64_t last = 0;
  for (int i = 0; i < 50; ++i)
    last = append(0, std::to_string(i));
  ASSERT_TRUE(listener_.wait_for(last));
  journal_->trim(0, last - 10);
  ASSERT_TRUE(until([&] { return store_->trimmed(0); },
                    [&](auto trimmed) { return trimmed >= last - 12; }));
  EXPECT_LE(store_->trimmed(0), last - 10);
  EXPECT_EQ(entries_of(*journal_, 0, last - 10).size(), 10u);
  stop();
  start({{.index = last - 10}, {}, {}, {}});
  EXPECT_EQ(entries_of(*journal_, 0, last - 10).size(), 10u);
  EXPECT_GT(append(0, "more"), last);
}

TEST_F(a_lone_node, does_not_start_with_a_state_that_is_ahead_of_its_log) {
  open();
  journal_->found(voting({1}));
  const auto refused = journal_->start({{.index = 900}, {}, {}, {}});
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().remedy.empty());
}

TEST_F(a_lone_node, tells_nobody_anything_once_it_is_closed) {
  start();
  std::promise<result<std::uint64_t>> read;
  {
    const auto held = held_loop();
    append(0, "queued");
    journal_->read_barrier(0, [&](result<std::uint64_t> at) { read.set_value(std::move(at)); });
    boost::asio::post(loop_.io, [&] { journal_->close(); });
    // The round that was asked for comes before; another one does not.
  }
  loop_.run([] {});
  const auto answered = read.get_future().get();
  EXPECT_TRUE(answered || answered.error().code == code::unavailable);
  const auto calls = listener_.calls();
  const auto changes = owned_->of(0).size();
  const auto refused = journal_->append(0, 2, blob::copy_of("x"), listener_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::unavailable);
  stop();
  EXPECT_EQ(listener_.calls(), calls);
  EXPECT_EQ(owned_->of(0).size(), changes);
}

TEST_F(a_lone_node, answers_reads_and_shows_what_it_leads) {
  start();
  const auto index = append(3, "x");
  ASSERT_TRUE(listener_.wait_for(index));
  std::promise<result<std::uint64_t>> read;
  journal_->read_barrier(3, [&](result<std::uint64_t> at) { read.set_value(std::move(at)); });
  EXPECT_GE(read.get_future().get().value(), index);
  std::promise<std::vector<replication::view>> seen;
  journal_->look([&](std::vector<replication::view> all) { seen.set_value(std::move(all)); });
  const auto views = seen.get_future().get();
  ASSERT_EQ(views.size(), partitions);
  EXPECT_EQ(views[3].leader, 1u);
  EXPECT_EQ(views[3].committed, index);
  ASSERT_EQ(views[3].members.size(), 1u);
  EXPECT_TRUE(views[3].members[0].caught_up);
}

} // namespace

} // namespace tenon::tests
