#include "nodes/cluster/steward.hpp"

#include "nodes/cluster/knocking.hpp"
#include "nodes/cluster/steward_loop.hpp"
#include "runtime/telemetry/log.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <future>

namespace tenon::nodes::cluster {
namespace {

std::string written(const std::string& host, std::uint16_t port) {
  const bool six = host.find(':') != host.npos;
  return (six ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

membership::node_id number_of(const std::string& node) {
  return static_cast<membership::node_id>(std::strtoul(node.c_str(), nullptr, 10));
}

steward_settings settled(steward_settings s) {
  if (!s.host.empty() && s.port == 0)
    s.port = free_port(s.host);
  if (!s.host.empty() && s.advertised.empty())
    s.advertised = written(s.host, s.port);
  return s;
}

} // namespace

protocols::cluster::node description_of(const steward_settings& s) {
  protocols::cluster::node n;
  n.name = s.name;
  n.addresses = {s.advertised};
  n.zone = s.zone;
  n.worker = s.worker;
  n.edge = true;
  n.version = s.version;
  n.speaks_from = oldest_features;
  n.speaks_to = newest_features;
  n.boot_id = s.boot;
  return n;
}

std::uint16_t free_port(const std::string& host) {
  boost::system::error_code e;
  const auto address = boost::asio::ip::make_address(host, e);
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor taken{io};
  if (!e)
    taken.open({address.is_v6() ? boost::asio::ip::tcp::v6() : boost::asio::ip::tcp::v4()}, e);
  if (!e)
    taken.bind({address, 0}, e);
  return e ? std::uint16_t{0} : taken.local_endpoint(e).port();
}

failure steward::loop::alone() {
  return {code::conflict, "this node is alone: there is no cluster", "cluster",
          "Make one with `tenon cluster init NAME`."};
}

steward::loop::loop(steward_settings s, ask_council ask, const runtime::clock& clock,
                    runtime::meters& meters, runtime::entropy& random, replicas& r)
    : settings_{settled(std::move(s))}, ask_{std::move(ask)}, clock_{clock}, meters_{meters},
      random_{random}, replicas_{r}, stays_{io_->get_executor()}, ticks_{*io_}, health_{
                                                                                    clock.now()} {}

void steward::loop::run() {
  thread_ = std::thread{[this] { io_->run(); }};
}

void steward::loop::stop() {
  io_->stop();
  if (thread_.joinable())
    thread_.join();
  const std::lock_guard held{gate_};
  stopped_ = true;
  close_network();
  ticks_.reset();
  stays_.reset();
  io_.reset();
}

void steward::loop::close_network() {
  replicas_.disconnect();
  door_.reset();
  mesh_.reset();
}

result<void> steward::loop::send(node_id to, link::channel c, link::topic about, blob bytes) {
  return mesh_->send(std::to_string(to), c, about, std::move(bytes));
}

void steward::loop::ask(const council_words::command& c, answer<blob> next) {
  auto command = protocols::encode(c);
  if (const auto known = doors(); !mesh_ && !known.empty() && !replicas_.leads(the_council))
    return ask_at_doors(std::make_shared<const blob>(std::move(command)), known, 0,
                        {code::unavailable, "no other node of the cluster is known", "cluster",
                         "Start this node with --join and the address of one."},
                        std::move(next));
  ask_(std::move(command), [weak = weak_from_this(), next = std::move(next)](result<blob> got) {
    const auto me = weak.lock();
    if (!me)
      return;
    const std::lock_guard held{me->gate_};
    if (!me->stopped_)
      boost::asio::post(*me->io_, [next, got = std::move(got)]() mutable { next(std::move(got)); });
  });
}

std::vector<std::string> steward::loop::doors() const {
  std::vector<std::string> all;
  for (const auto& [node, address] : called_from_)
    all.push_back(address);
  for (const auto& n : state_->nodes)
    if (card_ && n.id != card_->node && membership::is_member(n))
      all.insert(all.end(), n.addresses.begin(), n.addresses.end());
  if (card_ && !settings_.seed.empty() && std::ranges::find(all, settings_.seed) == all.end())
    all.push_back(settings_.seed);
  return all;
}

void steward::loop::ask_at_doors(std::shared_ptr<const blob> command,
                                 std::vector<std::string> addresses, std::size_t at, failure last,
                                 answer<blob> next) {
  if (at == addresses.size())
    return next(std::move(last));
  knocking k{.address = addresses[at],
             .judge = [held = card_->shown](const std::string&) { return link::secure(held); },
             .say = council_words::question{*command}};
  knock(*io_, clock_, std::move(k),
        [me = shared_from_this(), command = std::move(command), addresses = std::move(addresses),
         at, next = std::move(next)](result<council_words::answer> got) mutable {
          if (got && std::holds_alternative<council_words::report>(*got))
            return next(std::get<council_words::report>(*std::move(got)).reply);
          auto why = got ? failure{code::malformed, "the door answered something else",
                                   addresses[at], "Install the same version on all nodes."}
                         : std::move(got).error();
          const bool decided = why.code != code::unavailable && why.code != code::timed_out &&
                               why.code != code::unauthenticated;
          if (decided)
            return next(std::move(why));
          me->ask_at_doors(std::move(command), std::move(addresses), at + 1, std::move(why),
                           std::move(next));
        });
}

void steward::loop::tell(cluster_words::command c, answer<council_words::told> next) {
  if (!card_)
    return next(alone());
  // Who says that it starts is not yet the process that is known as this node.
  const bool starts = std::holds_alternative<cluster_words::start>(c);
  const auto seen = neighbours_.seen_from(starts ? 0 : card_->node, *state_);
  ask_for<council_words::told>(council_words::tell{std::move(c), seen.self, seen.alive},
                               std::move(next));
}

void steward::loop::look(answer<survey> next) {
  if (!card_)
    return next(survey{});
  ask_for<council_words::seen>(
      council_words::look{checksum_},
      [me = shared_from_this(), next = std::move(next)](result<council_words::seen> got) {
        if (!got)
          return next(std::move(got).error());
        me->take(*got);
        auto seen = me->neighbours_.seen_from(me->card_->node, *me->state_);
        next(survey{me->state_, seen.self, std::move(seen.alive), me->replicas_.groups()});
      });
}

/// A certificate outlives a membership: who has left asks nothing any more. Who lives is judged
/// from here, because the asker's network may not be up, and it may be there twice.
void steward::loop::ask_for_member(const std::string& node, const blob& command,
                                   answer<blob> next) {
  const auto read = protocols::decode<council_words::command>(command);
  if (!read)
    return next(read.error());
  look([me = shared_from_this(), node, read = *read,
        next = std::move(next)](const result<survey>& got) {
    if (!got)
      return next(got.error());
    const auto* n = membership::find(*got->state, number_of(node));
    if (n == nullptr || !membership::is_member(*n))
      return next(failure{code::forbidden,
                          "node " + node + " is no member of the cluster " + got->state->name,
                          "node", "Empty its data directory and join with a new token."});
    auto asked = read;
    if (auto* t = std::get_if<council_words::tell>(&asked)) {
      t->self = got->self;
      t->alive = got->alive;
    }
    me->ask(asked, next);
  });
}

link::mesh_calls steward::loop::calls_of_network() {
  return {.on_frame =
              [this](link::arrival a) {
                const auto from = number_of(std::string{a.node});
                replicas_.arrived(from, std::move(a));
              },
          .on_up =
              [this](const std::string& node, const link::hello& h) {
                neighbours_.up(number_of(node), h.boot);
                if (!h.address.empty())
                  called_from_[number_of(node)] = h.address;
                health_.hear(number_of(node), true, clock_.now());
                replicas_.up(number_of(node));
              },
          .on_down =
              [this](const std::string& node, const failure&) {
                neighbours_.down(number_of(node));
                called_from_.erase(number_of(node));
                health_.hear(number_of(node), false, clock_.now());
                replicas_.down(number_of(node));
              },
          .on_bulk_lost = [this](const std::string& node,
                                 const failure&) { replicas_.bulk_lost(number_of(node)); },
          .admits =
              [this](const std::string& node) {
                const auto* n = membership::find(*state_, number_of(node));
                return n != nullptr && membership::is_member(*n);
              },
          .on_visitor =
              [this](boost::asio::ip::tcp::socket s) {
                if (door_)
                  door_->receive(std::move(s));
              }};
}

result<void> steward::loop::open_network() {
  door_calls at_door{
      .on_newcomer =
          [this](council_words::newcomer n, door_calls::answer<council_words::welcome> next) {
            admit(std::move(n), std::move(next));
          },
      .on_command =
          [this](const std::string& node, const blob& command, door_calls::answer<blob> next) {
            ask_for_member(node, command, std::move(next));
          }};
  auto opened = door::open(*io_, clock_, card_->cluster, card_->shown, std::move(at_door));
  if (!opened)
    return std::move(opened).error();
  door_ = *std::move(opened);
  link::mesh_options options{.cluster = card_->cluster,
                             .node = std::to_string(card_->node),
                             .boot = settings_.boot,
                             .features = newest_features,
                             .host = settings_.host,
                             .port = settings_.port,
                             .advertised = settings_.advertised,
                             .credentials = card_->shown};
  auto mesh = link::mesh::open(*io_, std::move(options), calls_of_network(), clock_, meters_);
  if (!mesh)
    return std::move(mesh).error();
  mesh_ = *std::move(mesh);
  replicas_.connect(*this);
  health_.hear(card_->node, true, clock_.now());
  peers_.clear();
  set_peers();
  return {};
}

steward::steward(steward_settings s, ask_council ask, const runtime::clock& clock,
                 runtime::meters& meters, runtime::entropy& random, replicas& r)
    : loop_{std::make_shared<loop>(std::move(s), std::move(ask), clock, meters, random, r)} {
  loop_->run();
}

steward::~steward() {
  loop_->stop();
}

result<void> steward::start() {
  const auto said = std::make_shared<std::promise<result<void>>>();
  boost::asio::post(loop_->io(), [l = loop_, said] {
    l->begin([said](result<void> r) {
      if (!r)
        runtime::log::warn("cluster.not_started", {{"why", r.error().why}});
      said->set_value(std::move(r));
    });
  });
  auto answered = said->get_future();
  // Members that are silent may be so for long, and this node may be one they wait for.
  if (answered.wait_for(2 * loop_->settings().settling) != std::future_status::ready)
    return {};
  return answered.get();
}

void steward::found(const std::string& name, std::uint32_t factor,
                    answer<protocols::council::told> next) {
  boost::asio::post(loop_->io(), [l = loop_, name, factor, next = std::move(next)] {
    l->found(name, factor, next);
  });
}

void steward::issue_token(span lives, answer<shown_token> next) {
  boost::asio::post(loop_->io(),
                    [l = loop_, lives, next = std::move(next)] { l->issue_token(lives, next); });
}

void steward::tell(protocols::cluster::command c, answer<protocols::council::told> next) {
  boost::asio::post(loop_->io(), [l = loop_, c = std::move(c), next = std::move(next)]() mutable {
    l->tell(std::move(c), std::move(next));
  });
}

void steward::look(answer<survey> next) {
  boost::asio::post(loop_->io(), [l = loop_, next = std::move(next)] { l->look(next); });
}

const std::string& steward::address() const {
  return loop_->settings().advertised;
}

} // namespace tenon::nodes::cluster
