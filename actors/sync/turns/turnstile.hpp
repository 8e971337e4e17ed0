// Lets the pages of all syncs on a node in, each when its turn comes (actors/sync/turns/turns.hpp),
// and counts who waits, for how long, and who is at work.
//
// Who is at work holds a place, and so does what is read ahead for its next page: only when both
// have let go is it given on. What is read ahead while nobody else waits costs nobody anything, so
// the next page of the same sync may take the place over.
#pragma once

#include "actors/sync/turns/turns.hpp"
#include "runtime/hosting/host.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace tenon::actors {

class turnstile : public std::enable_shared_from_this<turnstile> {
public:
  turnstile(turns::limits, runtime::host&, runtime::meters&);

  /// Given back when the last who holds it lets go.
  class place {
  public:
    place(std::shared_ptr<turnstile> of, identity sync)
        : of_{std::move(of)}, sync_{std::move(sync)} {}
    ~place() { of_->give_back(sync_); }
    place(const place&) = delete;
    place& operator=(const place&) = delete;

    /// Somebody else could begin: it is better not kept for what is not asked for yet.
    bool is_wanted() const { return of_->is_wanted(sync_); }
    /// The page is done; whoever holds the place from now on only reads ahead.
    void rest() { of_->rest(sync_); }

  private:
    std::shared_ptr<turnstile> of_;
    identity sync_;
  };

  /// One page that is asked for. Either `begin` is called, once, when its turn has come, or
  /// `withdrawn`; neither when the node ends. Both from any thread, and neither may wait.
  struct page {
    turns::request wanted;
    std::uint64_t number = 0; // of the effect: the same, asked for again, is the same page
    std::function<void(std::shared_ptr<place>)> begin;
    std::function<void()> withdrawn;
  };

  /// Takes the place of a page of the same sync that still waits.
  void ask(page);
  /// The sync wants no page; one that is under way is not touched.
  void withdraw(const identity& sync);
  /// Nobody begins from now on.
  void close();

private:
  struct holder {
    std::weak_ptr<turnstile::place> place;
    std::string integration{};
    bool works = false;
  };
  struct metrics {
    explicit metrics(runtime::meters&);
    runtime::gauge& at_work;
    std::array<runtime::gauge*, 3> waiting; // by priority
    runtime::histogram& waited;
  };

  bool is_wanted(const identity& sync) const;
  void rest(const identity& sync);
  void give_back(const identity& sync);
  void look_up_limit(const identity& integration);
  void show();
  /// Everybody who may begin does; the lock is let go meanwhile.
  void let_in(std::unique_lock<std::mutex>&);

  runtime::host& host_;
  metrics metrics_;
  mutable std::mutex guard_;
  turns turns_;
  std::unordered_map<identity, page> waiting_; // at most one of each sync
  std::unordered_map<identity, holder> held_;
  std::map<identity, turns::time_point> looked_up_; // limits of integrations, by who asked last
  std::deque<std::pair<page, std::shared_ptr<place>>> beginning_;
  bool letting_in_ = false;
  bool closed_ = false;
};

/// Performs "sync.withdraw".
std::unique_ptr<runtime::performer> withdrawing(std::shared_ptr<turnstile>);

} // namespace tenon::actors
