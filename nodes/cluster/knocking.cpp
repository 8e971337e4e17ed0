#include "nodes/cluster/knocking.hpp"

#include "cluster/link/introduction.hpp"

#include <boost/asio/connect.hpp>
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

class caller : public std::enable_shared_from_this<caller> {
public:
  caller(asio::io_context& io, const runtime::clock& clock, knocking k,
         std::function<void(result<words::answer>)> next)
      : clock_{clock}, knocking_{std::move(k)}, next_{std::move(next)}, limit_{io}, resolver_{io},
        socket_{io}, length_(4, '\0') {}

  void begin() {
    const auto parts = link::parts_of_address(knocking_.address);
    if (!parts)
      return asio::post(socket_.get_executor(), [me = shared_from_this()] {
        me->end(failure{code::malformed, "'" + me->knocking_.address + "' is no address", "--join",
                        "Write host:port, or [address]:port for IPv6."});
      });
    limit_.expires_after(patience_at_the_door);
    limit_.async_wait([me = shared_from_this()](error_code e) {
      if (!e)
        me->end(me->nobody("it did not answer in " + to_text(patience_at_the_door)));
    });
    resolver_.async_resolve(
        parts->first, parts->second, [me = shared_from_this()](error_code e, auto found) {
          if (me->ended_)
            return;
          if (e)
            return me->end(me->nobody("the name cannot be resolved: " + e.message()));
          asio::async_connect(me->socket_, found, [me](error_code failed, const auto&) {
            if (me->ended_)
              return;
            if (failed)
              return me->end(me->nobody(failed == asio::error::connection_refused
                                            ? "nobody listens there"
                                            : "it cannot be reached: " + failed.message()));
            me->greet();
          });
        });
  }

private:
  failure nobody(std::string why) const {
    return {code::unavailable, std::move(why), knocking_.address,
            "See that a node of the cluster runs, that this is its --cluster-address, and that it "
            "can be reached from here."};
  }
  failure no_door() const { return nobody("what answers there is no node that lets others in"); }

  void greet() {
    asio::async_write(socket_, asio::buffer(greeting_at_the_door),
                      [me = shared_from_this()](error_code e, std::size_t) {
                        if (me->ended_)
                          return;
                        if (e)
                          return me->end(me->no_door());
                        me->look();
                      });
  }

  void look() {
    asio::async_read(socket_, asio::buffer(length_),
                     [me = shared_from_this()](error_code e, std::size_t) {
                       if (me->ended_)
                         return;
                       const auto size = e ? result<std::size_t>{me->no_door()}
                                           : length_of(me->length_, most_certificate_bytes);
                       if (!size)
                         return me->end(me->no_door());
                       me->authority_.resize(*size);
                       asio::async_read(me->socket_, asio::buffer(me->authority_),
                                        [me](error_code cut, std::size_t) {
                                          if (me->ended_)
                                            return;
                                          if (cut)
                                            return me->end(me->no_door());
                                          me->judge();
                                        });
                     });
  }

  void judge() {
    auto security = knocking_.judge(authority_);
    if (!security)
      return end(std::move(security).error());
    wire_ = link::make_wire(std::move(socket_), *security);
    wire_->handshake(link::side::dialling, clock_.now(), [me = shared_from_this()](error_code e) {
      if (me->ended_)
        return;
      if (e)
        return me->end(me->wire_->explain(e));
      if (auto known = me->is_a_node(); !known)
        return me->end(std::move(known).error());
      me->say();
    });
  }

  result<void> is_a_node() const {
    const auto authority = tenon::cluster::read_certificate(authority_);
    if (!authority)
      return authority.error();
    const auto shown = wire_->shown();
    if (!shown || !*shown)
      return no_door();
    return tenon::cluster::admit(**shown, {authority->cluster, std::nullopt}, clock_.now());
  }

  void say() {
    write_letter(wire_, protocols::encode(knocking_.say),
                 [me = shared_from_this()](result<void> said) {
                   if (me->ended_)
                     return;
                   if (!said)
                     return me->end(std::move(said).error());
                   read_letter(me->wire_, most_letter_bytes,
                               [me](result<blob> got) { me->hear(std::move(got)); });
                 });
  }

  void hear(result<blob> got) {
    if (ended_)
      return;
    if (!got)
      return end(std::move(got).error());
    auto answer = protocols::decode<words::answer>(*got);
    if (!answer)
      return end(std::move(answer).error());
    if (const auto* refused = std::get_if<words::refusal>(&*answer))
      return end(failure_of(*refused));
    end(*std::move(answer));
  }

  void end(result<words::answer> how) {
    if (std::exchange(ended_, true))
      return;
    error_code ignored;
    limit_.cancel();
    resolver_.cancel();
    socket_.close(ignored);
    if (wire_)
      wire_->close();
    std::exchange(next_, nullptr)(std::move(how));
  }

  const runtime::clock& clock_;
  const knocking knocking_;
  std::function<void(result<words::answer>)> next_;
  asio::steady_timer limit_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  std::string length_, authority_;
  shared_wire wire_;
  bool ended_ = false;
};

} // namespace

void knock(asio::io_context& io, const runtime::clock& clock, knocking k,
           std::function<void(result<words::answer>)> next) {
  std::make_shared<caller>(io, clock, std::move(k), std::move(next))->begin();
}

} // namespace tenon::nodes::cluster
