#include "cluster/link/introduction.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tenon::cluster::link {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class introduction : public std::enable_shared_from_this<introduction> {
public:
  introduction(manners m, side which, std::string address, std::optional<std::string> node,
               own_hello ours, introduced next)
      : manners_{std::move(m)}, side_{which}, address_{std::move(address)}, node_{std::move(node)},
        ours_{std::move(ours)}, next_{std::move(next)}, timer_{manners_.io}, resolver_{manners_.io},
        socket_{manners_.io}, checking_{manners_.security ? checking::none : checking::crc32c},
        reader_{checking_} {}

  void dial() {
    start_clock();
    const auto parts = parts_of_address(address_);
    if (!parts)
      return asio::post(manners_.io, [me = shared_from_this()] {
        me->end(failure{code::malformed, "'" + me->address_ + "' is no address", "address",
                        "Write host:port, or [address]:port for IPv6."});
      });
    resolver_.async_resolve(
        parts->first, parts->second, [me = shared_from_this()](error_code e, auto found) {
          if (me->ended_)
            return;
          if (e)
            return me->end(failure{code::unavailable, "the name cannot be resolved: " + e.message(),
                                   "address", "Correct the node's address, or the name server."});
          asio::async_connect(me->socket_, found, [me](error_code failed, const auto&) {
            if (me->ended_)
              return;
            if (failed)
              return me->end(explained_by(failed));
            me->shake_hands(std::move(me->socket_));
          });
        });
  }

  void receive(tcp::socket socket) {
    start_clock();
    shake_hands(std::move(socket));
  }

  void cancel() {
    next_ = nullptr;
    end(failure{code::unavailable, "given up"});
  }

private:
  static failure explained_by(error_code e) {
    return {code::unavailable,
            e == asio::error::connection_refused ? "nobody listens there"
                                                 : "it cannot be reached: " + e.message(),
            "connection", "See whether the node runs, and can be reached from here."};
  }

  void start_clock() {
    timer_.expires_after(manners_.limit);
    timer_.async_wait([me = shared_from_this()](error_code e) {
      if (!e)
        me->end(failure{code::timed_out,
                        "the peer did not say who it is in " + to_text(me->manners_.limit),
                        "handshake", "See whether a node of this cluster is at that address."});
    });
  }

  void shake_hands(tcp::socket socket) {
    wire_ = make_wire(std::move(socket), manners_.security);
    wire_->handshake(side_, manners_.clock.now(), [me = shared_from_this()](error_code e) {
      if (me->ended_)
        return;
      if (e)
        return me->end(me->wire_->explain(e));
      if (auto known = me->look_at_certificate(); !known)
        return me->refuse(std::move(known).error());
      if (me->side_ == side::dialling)
        me->say_hello(nullptr);
      else
        me->listen();
    });
  }

  result<void> look_at_certificate() {
    const auto shown = wire_->shown();
    if (!shown)
      return {};
    if (!*shown)
      return shown->error();
    certified_node_ = (*shown)->name;
    return admit(**shown, {manners_.cluster, node_}, manners_.clock.now());
  }

  void say_hello(const hello* theirs) {
    auto own = ours_(theirs);
    if (!own)
      return refuse(std::move(own).error());
    own_ = *std::move(own);
    if (theirs) {
      if (auto judged = judge(*theirs); !judged)
        return refuse(std::move(judged).error());
    }
    said_ = to_frame(own_, checking_);
    wire_->write(said_, {}, [me = shared_from_this()](error_code e, std::size_t) {
      if (me->ended_)
        return;
      if (e && me->side_ == side::accepting)
        return me->end(me->wire_->explain(e));
      if (me->side_ == side::dialling)
        me->listen(); // also when it failed: the peer may have said why it closed
      else
        me->succeed();
    });
  }

  result<void> judge(const hello& theirs) {
    auto agreed = agree(own_, theirs, certified_node_);
    if (!agreed)
      return std::move(agreed).error();
    if (node_ && theirs.node != *node_)
      return failure{code::unauthenticated,
                     "node " + theirs.node + " answers where node " + *node_ + " was expected",
                     "hello.node", "Correct the address of node " + *node_ + "."};
    agreed_ = *agreed;
    theirs_ = theirs;
    return {};
  }

  /// The peer hears why before the connection ends; a dialling node has nobody to tell yet.
  void refuse(failure why) {
    if (side_ == side::dialling)
      return end(std::move(why));
    said_ = to_frame(why, checking_);
    wire_->write(said_, {}, [me = shared_from_this(), why = std::move(why)](auto, auto) mutable {
      if (!me->ended_)
        me->end(std::move(why));
    });
  }

  void listen() {
    wire_->read_some(reader_.room(), [me = shared_from_this()](error_code e, std::size_t count) {
      if (me->ended_)
        return;
      if (e)
        return me->end(me->wire_->explain(e));
      if (auto read = me->reader_.filled(count, me->frames_); !read)
        return me->end(std::move(read).error());
      if (me->frames_.empty())
        return me->listen();
      me->hear();
    });
  }

  void hear() {
    auto theirs = read_greeting(frames_.front());
    frames_.erase(frames_.begin());
    if (!theirs)
      return end(std::move(theirs).error());
    if (side_ == side::accepting)
      return say_hello(&*theirs);
    if (auto judged = judge(*theirs); !judged)
      return end(std::move(judged).error());
    succeed();
  }

  void succeed() {
    end(acquaintance{std::move(wire_), std::move(reader_), std::move(frames_), std::move(theirs_),
                     agreed_, side_ == side::dialling});
  }

  void end(result<acquaintance> how) {
    if (ended_)
      return;
    ended_ = true;
    error_code ignored;
    timer_.cancel();
    resolver_.cancel();
    socket_.close(ignored);
    if (wire_)
      wire_->close();
    if (!how)
      how.error().where = address_ + " (" + how.error().where + ")";
    const auto next = std::exchange(next_, nullptr);
    ours_ = nullptr;
    if (next)
      next(std::move(how));
  }

  const manners manners_;
  const side side_;
  const std::string address_;
  const std::optional<std::string> node_;
  own_hello ours_;
  introduced next_;
  asio::steady_timer timer_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  const checking checking_;
  frame_reader reader_;
  std::unique_ptr<wire> wire_;
  std::vector<frame> frames_;
  std::string said_;
  std::optional<std::string> certified_node_;
  hello own_, theirs_;
  agreement agreed_;
  bool ended_ = false;
};

std::string text_of(const tcp::socket& socket) {
  error_code e;
  const auto there = socket.remote_endpoint(e);
  if (e)
    return "a peer that is gone";
  const auto host = there.address().to_string();
  const auto port = std::to_string(there.port());
  return there.address().is_v6() ? '[' + host + "]:" + port : host + ':' + port;
}

} // namespace

std::function<void()> dial(const manners& m, const std::string& address, const std::string& node,
                           own_hello ours, introduced next) {
  const auto one = std::make_shared<introduction>(m, side::dialling, address, node, std::move(ours),
                                                  std::move(next));
  one->dial();
  return [weak = std::weak_ptr{one}] {
    if (const auto held = weak.lock())
      held->cancel();
  };
}

std::function<void()> receive(const manners& m, tcp::socket socket, own_hello ours,
                              introduced next) {
  const auto one = std::make_shared<introduction>(m, side::accepting, text_of(socket), std::nullopt,
                                                  std::move(ours), std::move(next));
  one->receive(std::move(socket));
  return [weak = std::weak_ptr{one}] {
    if (const auto held = weak.lock())
      held->cancel();
  };
}

std::optional<std::pair<std::string, std::string>> parts_of_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos || colon == 0 || colon + 1 == text.size())
    return std::nullopt;
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  unsigned number = 0;
  for (const char digit : port) {
    if (digit < '0' || digit > '9' || number > 65'535)
      return std::nullopt;
    number = number * 10 + static_cast<unsigned>(digit - '0');
  }
  if (number == 0 || number > 65'535)
    return std::nullopt;
  if (host.front() == '[') {
    if (host.size() < 3 || host.back() != ']')
      return std::nullopt;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return std::nullopt;
  }
  return std::pair{std::string{host}, std::string{port}};
}

} // namespace tenon::cluster::link
