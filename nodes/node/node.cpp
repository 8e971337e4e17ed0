#include "nodes/node/node.hpp"

#include "actors/catalog.hpp"
#include "actors/integration/effects.hpp"
#include "actors/integration/health/gathering.hpp"
#include "actors/integration/hooks/errands.hpp"
#include "actors/sync/destinations/catalog.hpp"
#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/relational/server.hpp"
#include "actors/sync/sources/singer.hpp"
#include "actors/sync/transfer.hpp"
#include "actors/trigger/starting.hpp"
#include "nodes/cluster/card.hpp"
#include "nodes/cluster/consensus.hpp"
#include "nodes/cluster/steward.hpp"
#include "nodes/edge/environment.hpp"
#include "nodes/edge/gateway.hpp"
#include "nodes/edge/server.hpp"
#include "nodes/node/keys.hpp"
#include "nodes/node/master_key.hpp"
#include "nodes/node/shipped.hpp"
#include "runtime/store/data_directory.hpp"
#include "runtime/telemetry/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <csignal>
#include <thread>

namespace tenon::nodes {
namespace {

// Reading files and databases: a few at a time is what a disk gives.
constexpr unsigned blocking_threads = 2;
// Reading databases on other machines, which mostly is waiting for them.
constexpr unsigned database_threads = 8;
// Waiting for what comes, for as long as a page may last: apart from each other and from all that
// is asked and answers, so that what is quiet holds up nobody else.
constexpr unsigned broker_threads = 16;
constexpr unsigned tap_threads = 16; // as many as run at once
constexpr span grace = std::chrono::seconds{10};

struct actor_settings : caf::actor_system_config {
  explicit actor_settings(std::size_t threads) {
    set("scheduler.policy", caf::atom("sharing")); // stealing sleeps when idle: 125 µs a crossing
    set("scheduler.max-threads", threads);
    set("scheduler.max-throughput", std::size_t{100});
  }
};

/// The address that others are told; without a slash at its end.
result<std::string> public_address(const node_settings& s) {
  auto text = s.public_url;
  while (text.ends_with('/'))
    text.pop_back();
  const auto read = runtime::outbound::parse_url(text);
  if (!read || read->target.find('?') != std::string::npos)
    return failure{code::malformed, "it is no address of a node: " + s.public_url, "--public-url",
                   "Write it as https://tenon.example.com."};
  return text;
}

result<std::map<std::string, std::filesystem::path>> allowed_taps(const node_settings& s) {
  std::map<std::string, std::filesystem::path> taps;
  for (const auto& text : s.stdio) {
    auto tap = actors::read_allowed_tap(text);
    if (!tap)
      return std::move(tap).error();
    taps.insert(*std::move(tap));
  }
  return taps;
}

runtime::catalog kinds_of_actors() {
  auto all = actors::catalog();
  all.push_back(cluster::council_kind());
  return all;
}

constexpr std::uint16_t usual_partitions = 16;

/// Chosen once in the life of a data directory.
result<std::uint16_t> partitions_for(const node_settings& s) {
  const auto there = runtime::store::partitions_of(s.data);
  if (!there)
    return there.error();
  if (*there && s.partitions != 0 && **there != s.partitions)
    return failure{code::conflict,
                   "the data directory has " + std::to_string(**there) + " partitions, and not " +
                       std::to_string(s.partitions),
                   "--partitions",
                   "Their number is chosen at the first start: leave the option out, or begin "
                   "with a new directory."};
  if (*there)
    return static_cast<std::uint16_t>(**there);
  return s.partitions == 0 ? usual_partitions : s.partitions;
}

/// Ready once every partition has recovered and the edge listens, for as long as it does.
class node_readiness final : public edge::readiness {
public:
  std::vector<edge::condition> conditions() const override {
    return {{"actors", recovered.load(), "partitions are being recovered"},
            {"partitions", agreement && agreement->is_led(),
             "partitions have no leader: fewer than a majority of their replicas can be reached"},
            {"running", !stopping.load(), "the node is stopping"}};
  }
  const cluster::consensus* agreement = nullptr;
  std::atomic<bool> recovered{false};
  std::atomic<bool> stopping{false};
};

} // namespace

struct node::parts {
  explicit parts(std::size_t threads) : settings{threads}, system{settings} {}
  ~parts() {
    if (turns)
      turns->close(); // before those who would perform what begins
    if (host)
      host->stop();
    steward.reset();
    if (agreement)
      agreement->stop(); // which tells the host what it owns
  }

  result<void> open_data(const node_settings&);
  result<void> join_cluster(const node_settings&);
  result<void> add_kinds(const node_settings&, const runtime::outbound::policy&);
  void add_performers(const node_settings&);

  runtime::system_clock clock;
  runtime::meters meters;
  node_readiness ready;
  const runtime::catalog kinds = kinds_of_actors();
  runtime::system_entropy random;
  std::unique_ptr<runtime::store::data_directory> data;
  std::optional<cluster::consensus> agreement; // ends before the data it writes is closed
  std::filesystem::path directory;
  std::string public_url;
  std::optional<runtime::seal> seal;
  actor_settings settings;
  caf::actor_system system;
  std::optional<runtime::host> host;

  std::unique_ptr<runtime::outbound::client> web;
  std::optional<runtime::timer> timer;
  std::optional<runtime::workers> blocking;
  std::optional<runtime::workers> databases;
  std::optional<runtime::workers> brokers;
  std::optional<runtime::workers> taps;
  std::stop_source closing;
  std::optional<runtime::workers> workers;
  shipped_manifests shipped;
  std::optional<actors::connectors::platform> platform;
  std::shared_ptr<actors::turnstile> turns;
  actors::source_kinds sources;
  actors::destination_kinds destinations;

  std::unique_ptr<kept_keys> keys;
  std::optional<cluster::steward> steward;
  std::unique_ptr<edge::gateway> gateway;
  std::unique_ptr<edge::server> server;
  std::chrono::milliseconds start_time{};
};

result<void> node::parts::open_data(const node_settings& s) {
  const auto partitions = partitions_for(s);
  if (!partitions)
    return partitions.error();
  const auto card = cluster::kept_card(s.data, clock.now());
  if (!card && card.error().code != code::not_found)
    return card.error();
  const auto self = card ? card->node : cluster::founder;
  agreement.emplace(self, s.steward.boot, random, clock, meters);
  auto opened = runtime::store::data_directory::open(
      {.directory = s.data, .partitions = *partitions, .log = {}, .journal = agreement->journal()},
      meters);
  if (!opened)
    return std::move(opened).error();
  data = *std::move(opened);
  directory = s.data;
  // A member never founds anything: if its logs are gone, others know more.
  if (auto begun = agreement->start(*data, card.has_value()); !begun)
    return begun;
  ready.agreement = &*agreement;
  auto master_keys = open_master_keys(s.data, s.master_key, random);
  if (!master_keys)
    return std::move(master_keys).error();
  seal.emplace(*std::move(master_keys), random);
  auto kept = kept_keys::open(s.data, s.owner_key);
  if (!kept)
    return std::move(kept).error();
  keys = *std::move(kept);
  return {};
}

/// After the actors, one of which knows the members.
result<void> node::parts::join_cluster(const node_settings& s) {
  auto settings = s.steward;
  settings.data = s.data;
  settings.partitions = data->journal().partitions();
  steward.emplace(
      std::move(settings),
      [this](blob command, cluster::answer<blob> next) {
        host->ask(cluster::the_council, std::move(command), runtime::answer_once{std::move(next)});
      },
      clock, meters, random, *agreement);
  return steward->start();
}

/// What syncs read from and write to.
result<void> node::parts::add_kinds(const node_settings& s,
                                    const runtime::outbound::policy& policy) {
  auto programs = allowed_taps(s);
  if (!programs)
    return std::move(programs).error();
  const actors::surroundings around{.platform = &*platform,
                                    .secrets = actors::relational::secrets_from(*host),
                                    .policy = policy,
                                    .readable = s.allow_files,
                                    .writable = s.allow_file_writes,
                                    .taps = *std::move(programs),
                                    .taps_at_once = tap_threads,
                                    .files = *blocking,
                                    .databases = *databases,
                                    .brokers = *brokers,
                                    .tapping = *taps,
                                    .closing = closing.get_token()};
  sources = actors::sources::all(around);
  destinations = actors::destinations::all(around);
  return {};
}

/// Who does what actors ask for.
void node::parts::add_performers(const node_settings& s) {
  turns = std::make_shared<actors::turnstile>(
      actors::turns::limits{s.sync_concurrency, s.tenant_sync_concurrency}, *host, meters);
  host->add("sync.transfer", std::make_unique<actors::transfer>(*host, *workers, *timer, sources,
                                                                destinations, turns));
  host->add("trigger.start", actors::starting_syncs(*host));
  host->add("sync.withdraw", actors::withdrawing(turns));
  host->add("credential.acquire", actors::connectors::token_fetching(*platform, *workers));
  host->add("credential.leave", actors::connectors::leaving(*platform, *workers));
  host->add("hook.arrange",
            actors::connectors::subscribing(*platform, *workers, [this] { return public_url; }));
  host->add("integration.probe", actors::connectors::probing(*platform, *workers));
  host->add("integration.appraise",
            actors::connectors::health::appraising(*platform, *workers, meters));
}

node::node(std::unique_ptr<parts> p) : parts_{std::move(p)} {}

result<std::unique_ptr<node>> node::start(node_settings s) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto begun = std::chrono::steady_clock::now();
  const unsigned threads =
      s.threads > 0 ? s.threads : std::max(1u, std::thread::hardware_concurrency());
  auto p = std::make_unique<parts>(threads);

  if (!s.public_url.empty()) {
    auto address = public_address(s);
    if (!address)
      return std::move(address).error();
    p->public_url = *std::move(address);
  }
  if (auto opened = p->open_data(s); !opened)
    return std::move(opened).error();

  runtime::outbound::client_options outbound;
  for (const auto& text : s.allow_networks) {
    auto network = runtime::outbound::parse_network(text);
    if (!network)
      return std::move(network).error();
    outbound.policy.allowed.push_back(*network);
  }
  const auto policy = outbound.policy;
  auto web = runtime::outbound::client::make(std::move(outbound), p->meters);
  if (!web)
    return std::move(web).error();
  p->web = *std::move(web);
  p->timer.emplace();
  p->blocking.emplace(runtime::workers::limits{.threads = blocking_threads});
  p->databases.emplace(runtime::workers::limits{.threads = database_threads});
  p->brokers.emplace(runtime::workers::limits{.threads = broker_threads});
  p->taps.emplace(runtime::workers::limits{.threads = tap_threads});
  p->workers.emplace(runtime::workers::limits{.threads = threads});

  auto& host = p->host.emplace(p->system, p->kinds, p->data->journal(), p->data->state(), *p->seal,
                               p->clock, p->meters);
  auto& platform = p->platform.emplace(actors::connectors::outside{
      host, *p->web, *p->timer, p->clock,
      [&shipped = p->shipped](std::string_view name) { return shipped.find(name); }});
  if (auto added = p->add_kinds(s, policy); !added)
    return std::move(added).error();
  p->add_performers(s);
  host.reach(p->agreement->elsewhere());
  p->agreement->serve(host);
  host.start();
  p->ready.recovered = true;
  if (auto joined = p->join_cluster(s); !joined)
    return std::move(joined).error();

  auto* parts = p.get();
  const edge::environment around{
      p->meters,
      p->ready,
      &host,
      &p->sources,
      &p->destinations,
      p->keys.get(),
      [parts](std::function<void()> work) {
        return runtime::start(*parts->blocking, [](std::function<void()> w) -> runtime::task<void> {
          w();
          co_return;
        }(std::move(work)));
      },
      [parts](const std::string& into) -> result<void> {
        if (auto copied = parts->data->backup(into); !copied)
          return copied;
        return copy_key_check(parts->directory, into);
      },
      &platform,
      &*p->workers,
      [parts] { return parts->public_url; },
      &*p->steward};
  edge::options listen{.address = s.address, .port = s.port, .threads = std::max(1u, threads / 2)};
  if (!s.tls_certificate.empty())
    listen.tls = edge::certificate_files{s.tls_certificate, s.tls_key};
  auto gateway = edge::gateway::make(edge::routes::all(around), {p->clock, *p->keys, p->meters}, {},
                                     listen.threads);
  if (!gateway)
    return std::move(gateway).error();
  p->gateway = *std::move(gateway);
  auto server = edge::server::open(listen, *p->gateway, p->meters);
  if (!server)
    return std::move(server).error();
  p->server = *std::move(server);
  if (p->public_url.empty()) { // nobody asks before somebody knows the port
    const bool six = s.address.find(':') != s.address.npos;
    p->public_url = (listen.tls ? "https://" : "http://") +
                    (six ? '[' + s.address + ']' : s.address) + ':' +
                    std::to_string(p->server->port());
  }
  p->start_time = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun);
  return std::unique_ptr<node>{new node{std::move(p)}};
}

node::~node() {
  auto& p = *parts_;
  p.ready.stopping = true;
  if (p.server)
    p.server->stop(grace);
  if (p.agreement)
    p.agreement->hand_over();
  // What waits outside hears that it is over, and its actors hear nothing more: the calls are
  // asked again after the next start.
  if (p.turns)
    p.turns->close();
  if (p.timer)
    p.timer->close();
  if (p.web)
    p.web->close();
  if (p.host)
    p.host->stop();
  p.closing.request_stop();
  p.workers.reset();
  p.databases.reset();
  p.brokers.reset();
  p.taps.reset();
  p.blocking.reset();
  p.steward.reset(); // not before: what cells wait for comes over its network
  if (p.agreement)
    p.agreement->stop();
  p.host.reset();
}

std::uint16_t node::port() const {
  return parts_->server->port();
}
const std::string& node::new_key() const {
  return parts_->keys->fresh();
}
std::chrono::milliseconds node::start_time() const {
  return parts_->start_time;
}

} // namespace tenon::nodes
