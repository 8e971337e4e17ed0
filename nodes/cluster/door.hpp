// Where nodes come in, at the same port as the cluster's network: one that shows a token becomes a
// member, and a member that shows its certificate may ask the council, before its own network is
// up or when it knows nobody's address. One question each; who is slow or says too much is sent
// away, and what a stranger said goes into no log.
//
// For the thread of the io_context.
#pragma once

#include "nodes/cluster/letters.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/io_context.hpp>

#include <set>

namespace tenon::nodes::cluster {

struct door_calls {
  template <class T> using answer = std::function<void(result<T>)>; // on any thread, once

  std::function<void(protocols::council::newcomer, answer<protocols::council::welcome>)>
      on_newcomer;
  /// `node` is what the certificate says; whether it still belongs here is the host's to know.
  std::function<void(const std::string& node, blob command, answer<blob>)> on_command;
};

class door {
public:
  /// `malformed` when the credentials cannot be used.
  static result<std::unique_ptr<door>> open(boost::asio::io_context&, const runtime::clock&,
                                            const std::string& cluster,
                                            const tenon::cluster::credentials&, door_calls);
  ~door();
  door(const door&) = delete;
  door& operator=(const door&) = delete;

  void receive(boost::asio::ip::tcp::socket);
  /// Who comes from now on is shown these.
  result<void> renew(const tenon::cluster::credentials&);

private:
  struct hall;
  class visit;
  explicit door(std::shared_ptr<hall>);
  std::shared_ptr<hall> hall_;
};

} // namespace tenon::nodes::cluster
