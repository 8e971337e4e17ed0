#include "nodes/cluster/door.hpp"

#include "runtime/telemetry/log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace tenon::nodes::cluster {
namespace {

namespace asio = boost::asio;
namespace link = tenon::cluster::link;
using asio::ip::tcp;
using boost::system::error_code;
using words = protocols::council;

constexpr std::size_t most_visitors = 32;

} // namespace

struct door::hall {
  asio::io_context& io;
  const runtime::clock& clock;
  const std::string cluster;
  door_calls calls;
  link::security security{};
  std::string shown{}; // the authority's certificate, with its length
  std::set<std::shared_ptr<visit>> visits{};
  bool closed = false;
};

/// One visitor, from its first byte to the answer.
class door::visit : public std::enable_shared_from_this<visit> {
public:
  visit(const std::shared_ptr<hall>& h, tcp::socket socket)
      : hall_{h}, io_{h->io}, clock_{h->clock}, cluster_{h->cluster}, security_{h->security},
        shown_{h->shown}, socket_{std::move(socket)}, limit_{h->io},
        greeting_(greeting_at_the_door.size(), '\0') {}

  void begin() {
    limit_.expires_after(patience_at_the_door);
    limit_.async_wait([me = shared_from_this()](error_code e) {
      if (!e)
        me->end();
    });
    asio::async_read(socket_, asio::buffer(greeting_),
                     [me = shared_from_this()](error_code e, std::size_t) {
                       if (e || me->greeting_ != greeting_at_the_door)
                         return me->end();
                       me->show();
                     });
  }

  void end() {
    if (std::exchange(ended_, true))
      return;
    limit_.cancel();
    error_code ignored;
    socket_.close(ignored);
    if (wire_)
      wire_->close();
    if (const auto h = hall_.lock())
      h->visits.erase(shared_from_this());
  }

private:
  void show() {
    asio::async_write(socket_, asio::buffer(shown_),
                      [me = shared_from_this()](error_code e, std::size_t) {
                        if (e || me->ended_)
                          return me->end();
                        me->shake_hands();
                      });
  }

  void shake_hands() {
    wire_ = link::make_wire(std::move(socket_), security_);
    wire_->handshake(link::side::accepting, clock_.now(), [me = shared_from_this()](error_code e) {
      if (e || me->ended_)
        return me->end();
      read_letter(me->wire_, most_knock_bytes, [me](result<blob> said) {
        if (!said || me->ended_)
          return me->end();
        me->hear(*said);
      });
    });
  }

  void hear(const blob& said) {
    const auto h = hall_.lock();
    auto knock = protocols::decode<words::knock>(said);
    if (!h || !knock)
      return answer(refusal_of({code::malformed, "the door does not understand what was said",
                                "message", "Install the version that the other nodes have."}));
    const auto back = [weak = weak_from_this(), &io = io_](auto made) {
      return [weak, &io, made](auto got) {
        asio::post(io, [weak, made, got = std::move(got)]() mutable {
          if (const auto me = weak.lock())
            me->answer(got ? words::answer{made(*std::move(got))}
                           : words::answer{refusal_of(got.error())});
        });
      };
    };
    if (auto* one = std::get_if<words::newcomer>(&*knock))
      return h->calls.on_newcomer(std::move(*one), back([](words::welcome w) { return w; }));
    const auto node = who();
    if (!node)
      return answer(refusal_of(node.error()));
    h->calls.on_command(*node, std::get<words::question>(std::move(*knock)).command,
                        back([](blob b) { return words::report{std::move(b)}; }));
  }

  result<std::string> who() const {
    const auto shown = wire_->shown();
    if (!shown || !*shown)
      return failure{code::unauthenticated, "only members may ask this, and no certificate came",
                     "certificate", "Join the cluster with a token."};
    if (auto good = tenon::cluster::admit(**shown, {cluster_, std::nullopt}, clock_.now()); !good)
      return std::move(good).error();
    return (*shown)->name;
  }

  void answer(words::answer said) {
    if (ended_)
      return;
    write_letter(wire_, protocols::encode(said),
                 [me = shared_from_this()](result<void>) { me->end(); });
  }

  const std::weak_ptr<hall> hall_;
  asio::io_context& io_;
  const runtime::clock& clock_;
  const std::string cluster_;
  const link::security security_;
  const std::string shown_;
  tcp::socket socket_;
  asio::steady_timer limit_;
  std::string greeting_;
  shared_wire wire_;
  bool ended_ = false;
};

door::door(std::shared_ptr<hall> h) : hall_{std::move(h)} {}

door::~door() {
  hall_->closed = true;
  for (const auto& v : std::set{hall_->visits})
    v->end();
}

result<std::unique_ptr<door>> door::open(asio::io_context& io, const runtime::clock& clock,
                                         const std::string& cluster,
                                         const tenon::cluster::credentials& held,
                                         door_calls calls) {
  std::unique_ptr<door> made{
      new door{std::make_shared<hall>(hall{io, clock, cluster, std::move(calls)})}};
  if (auto ready = made->renew(held); !ready)
    return std::move(ready).error();
  return made;
}

result<void> door::renew(const tenon::cluster::credentials& held) {
  auto made = link::secure_door(held);
  if (!made)
    return std::move(made).error();
  hall_->security = *std::move(made);
  hall_->shown = with_length(held.trusted);
  return {};
}

void door::receive(tcp::socket socket) {
  if (hall_->closed || hall_->visits.size() >= most_visitors)
    return; // the socket closes
  const auto one = std::make_shared<visit>(hall_, std::move(socket));
  hall_->visits.insert(one);
  one->begin();
}

} // namespace tenon::nodes::cluster
