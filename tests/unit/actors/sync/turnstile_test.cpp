// Syncs as they are hosted, with a source whose pages are handed out by the test: who is at work at
// once, and who waits, is then what the test says and not what the machine does.
#include "actors/catalog.hpp"
#include "actors/integration.hpp"
#include "actors/sync.hpp"
#include "actors/sync/transfer.hpp"
#include "protocols/json.hpp"
#include "tests/support/hosted.hpp"

#include <gtest/gtest.h>

#include <condition_variable>

namespace tenon::actors {
namespace {

using wire = protocols::sync;
using runtime::task;

constexpr std::chrono::seconds patience{120};

/// Where reads of the source are counted, and held until the test lets them go.
class desk {
public:
  using let_go = runtime::completion<bool>;

  void come_in(const identity& sync, const std::string& integration, let_go go) {
    const std::lock_guard hold{guard_};
    read_.push_back(sync.name);
    most_ = std::max(most_, ++inside_);
    auto& of = of_[integration];
    most_of_[integration] = std::max(most_of_[integration], ++of);
    if (open_)
      go(true);
    else
      held_.push_back(std::move(go));
    changed_.notify_all();
  }
  void leave(const std::string& integration) {
    const std::lock_guard hold{guard_};
    --inside_;
    --of_[integration];
  }

  void let_one_go() {
    const std::lock_guard hold{guard_};
    held_.front()(true);
    held_.erase(held_.begin());
  }
  void open() {
    const std::lock_guard hold{guard_};
    open_ = true;
    for (const auto& go : held_)
      go(true);
    held_.clear();
  }
  void await_held(std::size_t n) {
    std::unique_lock hold{guard_};
    EXPECT_TRUE(changed_.wait_for(hold, patience, [&] { return held_.size() == n; }));
  }

  std::vector<std::string> read() const { return in(read_); }
  void await_read(std::size_t n) {
    std::unique_lock hold{guard_};
    EXPECT_TRUE(changed_.wait_for(hold, patience, [&] { return read_.size() == n; }));
  }
  std::size_t most() const { return in(most_); }
  std::size_t most_of(const std::string& integration) const { return in(most_of_).at(integration); }

private:
  template <class T> T in(const T& kept) const {
    const std::lock_guard hold{guard_};
    return kept;
  }

  mutable std::mutex guard_;
  std::condition_variable changed_;
  bool open_ = false;
  std::vector<let_go> held_;
  std::vector<std::string> read_; // whose page, in the order of reading
  std::size_t inside_ = 0, most_ = 0;
  std::map<std::string, std::size_t> of_, most_of_;
};

class handed_out final : public source {
public:
  handed_out(desk& d, std::string integration, std::int64_t pages)
      : desk_{d}, integration_{std::move(integration)}, pages_{pages} {}

  task<page_or_trouble> read(page_request wanted) override {
    const auto number = wanted.position.empty() ? 0 : std::stoll(wanted.position);
    co_await runtime::callback<bool>([this, &wanted](desk::let_go go) {
      desk_.come_in(wanted.sync, integration_, std::move(go));
    });
    desk_.leave(integration_);
    source_page p;
    p.records.push_back(
        {wanted.sync.name + '.' + std::to_string(number), blob::copy_of("{}"), false});
    p.position = std::to_string(number + 1);
    p.last = number + 1 >= pages_;
    co_return p;
  }

private:
  desk& desk_;
  std::string integration_;
  std::int64_t pages_;
};

class handing_out final : public source_kind {
public:
  explicit handing_out(desk& d) : desk_{d} {}
  std::string_view name() const override { return "connector"; }
  result<void> check(const object&) const override { return {}; }
  result<std::unique_ptr<source>> open(const identity&, const object& options) override {
    const auto* integration = options.find("integration");
    return std::unique_ptr<source>{
        std::make_unique<handed_out>(desk_, integration ? *integration->as<std::string>() : "",
                                     *options.find("pages")->as<std::int64_t>())};
  }

private:
  desk& desk_;
};

class turnstiles : public ::testing::Test {
protected:
  ~turnstiles() override {
    turns_->close();
    timer_.close();
    node_.end();
  }

  void begin(turns::limits most) {
    node_.add("sync.transfer", [this, most] {
      turns_ = std::make_shared<turnstile>(most, node_.host(), meters_);
      return std::make_unique<transfer>(node_.host(), workers_, timer_, sources_, destinations_,
                                        turns_);
    });
    node_.add("sync.withdraw", [this] { return withdrawing(turns_); });
    sources_.push_back(std::make_unique<handing_out>(desk_));
    node_.begin();
  }

  static identity sync_of(const std::string& name, const std::string& tenant = "acme") {
    return {tenant, "sync", name};
  }
  static std::string spec(const std::string& from, const std::string& into = "all",
                          const std::string& priority = "normal") {
    return R"({"from":{"connector":)" + from + R"(},"into":")" + into + R"(","priority":")" +
           priority + "\"}";
  }
  void configure(const identity& id, const std::string& text) {
    node_.done<sync>(id, sync::configure{.spec = text});
  }
  void start(const identity& id) { node_.done<sync>(id, sync::start{}); }
  double waiting(const std::string& priority = "normal") {
    return meters_
        .level("tenon_sync_turns_waiting", "Pages of syncs that wait for their turn.",
               {{"priority", priority}})
        .Value();
  }
  template <class Holds> void await(Holds holds) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "in vain";
      std::this_thread::yield();
    }
  }
  sync::run run_of(const identity& id) { return node_.done<sync>(id, sync::read_run{}); }
  bool succeeded(const identity& id) { return run_of(id).outcome == sync::outcome::succeeded; }

  desk desk_;
  runtime::meters meters_;
  tests::hosted node_{catalog()};
  runtime::timer timer_;
  source_kinds sources_;
  destination_kinds destinations_;
  std::shared_ptr<turnstile> turns_;
  runtime::workers workers_{{.threads = 2}};
};

TEST_F(turnstiles, let_ten_thousand_syncs_through_a_few_at_once) {
  constexpr std::size_t count = 10'000, at_once = 16;
  begin({.node = at_once, .tenant = 0});
  std::atomic<std::size_t> done{0};
  const auto each = [&](const auto& command_for) {
    done = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto id = sync_of("s" + std::to_string(i));
      node_.host().ask<sync>(id, command_for(i), [&](auto answer) {
        EXPECT_TRUE(answer) << answer.error().why;
        ++done;
      });
      if (i % 500 == 499) // as many at a time as mailboxes and the journal take in
        await([&] { return done == i + 1; });
    }
  };
  each([](std::size_t i) {
    return sync::configure{.spec = spec(R"({"pages":1})", "c" + std::to_string(i % 64))};
  });
  each([](std::size_t) { return sync::start{}; });
  desk_.await_held(at_once);
  await([&] { return waiting() == count - at_once; });
  EXPECT_EQ(desk_.read().size(), at_once);
  desk_.open();
  desk_.await_read(count);
  await([&] { return waiting() == 0; });
  for (std::size_t i = 0; i < count; i += 97)
    await([&] { return succeeded(sync_of("s" + std::to_string(i))); });
  EXPECT_EQ(desk_.most(), at_once);
}

TEST_F(turnstiles, keep_to_the_limits_of_integration_tenant_and_node_with_what_is_read_ahead) {
  begin({.node = 8, .tenant = 6});
  for (const auto* tenant : {"acme", "other"})
    for (const auto& [name, most] : {std::pair{"crm", "2"}, std::pair{"shop", "0"}})
      node_.done<integration>({tenant, "integration", name},
                              integration::configure{.spec = R"({"connector":"x","concurrency":)" +
                                                             std::string{most} + "}"});
  std::vector<identity> all;
  for (int i = 0; i < 24; ++i) {
    all.push_back(sync_of("s" + std::to_string(i), i < 16 ? "acme" : "other"));
    configure(all.back(), spec(R"({"pages":4,"integration":")" +
                               std::string{i % 2 == 0 ? "crm" : "shop"} + "\"}"));
  }
  for (const auto& id : all)
    start(id);
  desk_.await_held(8);
  desk_.open();
  for (const auto& id : all)
    await([&] { return succeeded(id); });
  EXPECT_EQ(desk_.most(), 8u);
  EXPECT_LE(desk_.most_of("crm"), 4u); // two of each tenant
  EXPECT_EQ(desk_.read().size(), 24u * 4);
}

TEST_F(turnstiles, take_turns_page_by_page) {
  begin({.node = 1});
  for (const auto* name : {"a", "b"}) {
    configure(sync_of(name), spec(R"({"pages":3})"));
    start(sync_of(name));
    desk_.await_held(1);
  }
  for (int page = 0; page < 5; ++page) {
    await([&] { return waiting() == 1; });
    desk_.let_one_go();
    desk_.await_held(1);
  }
  desk_.let_one_go();
  await([&] { return succeeded(sync_of("a")) && succeeded(sync_of("b")); });
  EXPECT_EQ(desk_.read(), (std::vector<std::string>{"a", "b", "a", "b", "a", "b"}));
}

TEST_F(turnstiles, are_left_by_who_is_paused_or_cancelled_while_it_waits) {
  begin({.node = 1});
  for (const auto* name : {"a", "b", "c"}) {
    configure(sync_of(name), spec(R"({"pages":1})"));
    start(sync_of(name));
    desk_.await_held(1);
  }
  await([&] { return waiting() == 2; });
  node_.done<sync>(sync_of("b"), sync::cancel{});
  node_.done<sync>(sync_of("c"), sync::pause{});
  await([&] { return waiting() == 0; });
  desk_.open();
  await([&] { return succeeded(sync_of("a")); });
  EXPECT_EQ(run_of(sync_of("b")).outcome, sync::outcome::cancelled);
  EXPECT_EQ(desk_.read(), std::vector<std::string>{"a"});
  node_.done<sync>(sync_of("c"), sync::resume{});
  await([&] { return succeeded(sync_of("c")); });
  start(sync_of("b"));
  await([&] { return succeeded(sync_of("b")); });
}

TEST_F(turnstiles, let_the_higher_priority_through_first) {
  begin({.node = 1});
  configure(sync_of("working"), spec(R"({"pages":1})"));
  start(sync_of("working"));
  desk_.await_held(1);
  for (const auto* priority : {"low", "normal", "high"}) {
    configure(sync_of(priority), spec(R"({"pages":1})", "all", priority));
    start(sync_of(priority));
    await([&] { return waiting(priority) == 1; });
  }
  desk_.open();
  for (const auto* priority : {"low", "normal", "high"})
    await([&] { return succeeded(sync_of(priority)); });
  EXPECT_EQ(desk_.read(), (std::vector<std::string>{"working", "high", "normal", "low"}));
}

TEST_F(turnstiles, ask_for_a_page_once_more_after_a_crash_and_only_once_at_a_time) {
  begin({.node = 1});
  for (const auto* name : {"a", "b"}) {
    configure(sync_of(name), spec(R"({"pages":1})"));
    start(sync_of(name));
    desk_.await_held(1);
  }
  await([&] { return waiting() == 1; });
  // The actor comes back and asks for what it has heard nothing of: the page that waits, again.
  ASSERT_TRUE(node_.host().operate(sync_of("b"), runtime::host::operation::restart));
  EXPECT_EQ(run_of(sync_of("b")).outcome, sync::outcome::running);
  EXPECT_EQ(waiting(), 1);
  desk_.open();
  await([&] { return succeeded(sync_of("a")) && succeeded(sync_of("b")); });
  EXPECT_EQ(desk_.read(), (std::vector<std::string>{"a", "b"}));
}

} // namespace
} // namespace tenon::actors
