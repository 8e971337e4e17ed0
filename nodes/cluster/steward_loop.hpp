// What a steward holds and does on its thread. Only nodes/cluster/steward*.cpp and admitting.cpp
// name it.
#pragma once

#include "nodes/cluster/card.hpp"
#include "nodes/cluster/door.hpp"
#include "nodes/cluster/steward.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <mutex>
#include <thread>

namespace tenon::nodes::cluster {

namespace link = tenon::cluster::link;
namespace placement = tenon::cluster::placement;
using cluster_words = protocols::cluster;
using council_words = protocols::council;

class steward::loop final : public network, public std::enable_shared_from_this<loop> {
public:
  loop(steward_settings, ask_council, const runtime::clock&, runtime::meters&, runtime::entropy&,
       replicas&);

  void run();
  void stop();

  // Everything below belongs to the loop's thread, except what is constant.
  void begin(answer<void>);
  void found(const std::string& name, std::uint32_t factor, answer<council_words::told>);
  void issue_token(span lives, answer<shown_token>);
  void tell(cluster_words::command, answer<council_words::told>);
  void look(answer<survey>);

  boost::asio::io_context& io() { return *io_; }
  const steward_settings& settings() const { return settings_; }

  // For the replicas, on any thread.
  result<void> send(node_id to, link::channel, link::topic, blob) override;

private:
  // Asking the council: through the network, or before there is one at the doors of those who are
  // known.
  void ask(const council_words::command&, answer<blob>);
  void ask_at_doors(std::shared_ptr<const blob>, std::vector<std::string> addresses,
                    std::size_t next, failure last, answer<blob>);
  template <class Reply> void ask_for(const council_words::command&, answer<Reply>);
  std::vector<std::string> doors() const;

  static failure alone();

  // Starting.
  void find_council(std::chrono::steady_clock::time_point until, answer<void>);
  void start_again(std::chrono::steady_clock::time_point until, answer<void>);
  void say_started(answer<council_words::told>);
  result<void> open_network();
  link::mesh_calls calls_of_network();
  void close_network();

  // Upkeep.
  void tick();
  void take(const council_words::seen&);
  void set_peers();
  void bring_about();
  void place(moment now);
  void order(cluster_words::command);
  void renew();

  // Founding and admitting.
  void be_founded(card, const std::string& name, std::uint32_t factor, answer<council_words::told>);
  void ask_for_member(const std::string& node, const blob& command, answer<blob>);
  void admit(council_words::newcomer, answer<council_words::welcome>);
  void welcome(const council_words::newcomer&, membership::node_id, answer<council_words::welcome>);

  const steward_settings settings_;
  const ask_council ask_;
  const runtime::clock& clock_;
  runtime::meters& meters_;
  runtime::entropy& random_;
  replicas& replicas_;

  // Gone before the rest: what waits in it holds this loop.
  std::unique_ptr<boost::asio::io_context> io_ = std::make_unique<boost::asio::io_context>(1);
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> stays_;
  std::optional<boost::asio::steady_timer> ticks_;
  std::mutex gate_; // between who answers from elsewhere and the end
  bool stopped_ = false;
  std::optional<card> card_;
  std::shared_ptr<const membership::state> state_ = std::make_shared<membership::state>();
  std::uint32_t checksum_ = 0;
  bool started_ = false;
  bool founding_ = false;
  neighbours neighbours_;
  placement::health health_;
  const placement::limits limits_{};
  std::map<membership::node_id, std::string> peers_;
  std::map<membership::node_id, std::string> called_from_; // where who came says it can be reached
  std::unique_ptr<door> door_;
  std::unique_ptr<link::mesh> mesh_;
  std::thread thread_;
};

template <class Reply>
void steward::loop::ask_for(const council_words::command& c, answer<Reply> next) {
  ask(c, [next = std::move(next)](result<blob> got) {
    next(got ? protocols::decode<Reply>(*got) : result<Reply>{std::move(got).error()});
  });
}

} // namespace tenon::nodes::cluster
