// How a cluster begins and how nodes come into it: founding, tokens, and what a newcomer is given.
// The authority's key is kept by every worker, as the master key is: each of them holds the data
// that both protect, and the loss of one machine must not close the cluster to new ones.
#include "cluster/identity/join_token.hpp"
#include "nodes/cluster/steward_loop.hpp"
#include "nodes/node/master_key.hpp"
#include "runtime/signing/signing.hpp"
#include "runtime/telemetry/log.hpp"

namespace tenon::nodes::cluster {
namespace {

namespace signing = runtime::signing;

failure is_busy() {
  return {code::conflict, "a cluster is being made of this node", "cluster",
          "Wait, and see `tenon cluster status`.", span{1'000}};
}

} // namespace

void steward::loop::found(const std::string& name, std::uint32_t factor,
                          answer<council_words::told> next) {
  if (settings_.host.empty())
    return next(failure{code::conflict, "this node was given no address for other nodes",
                        "--cluster-address",
                        "Start it with --cluster-address HOST:PORT, which others can reach."});
  if (founding_)
    return next(is_busy());
  if (card_)
    return look([name, next = std::move(next)](const result<survey>& got) {
      if (!got)
        return next(got.error());
      const auto& s = *got->state;
      if (s.name == name)
        return next(council_words::told{got->self, s.id, s.feature_level});
      next(failure{code::conflict, "this node belongs to the cluster " + s.name + " already",
                   "name", "One node is of one cluster: use another data directory."});
    });
  auto made = make_card(draw_cluster_id(random_), name, clock_.now());
  if (!made)
    return next(std::move(made).error());
  if (auto kept = keep(settings_.data, *made); !kept)
    return next(std::move(kept).error());
  be_founded(*std::move(made), name, factor, std::move(next));
}

/// The port is bound before the council hears of it: what cannot be reached is not founded.
void steward::loop::be_founded(card made, const std::string& name, std::uint32_t factor,
                               answer<council_words::told> next) {
  founding_ = true;
  card_ = std::move(made);
  const auto undo = [me = shared_from_this()] {
    me->founding_ = false;
    me->close_network();
    me->card_.reset();
    drop_card(me->settings_.data);
  };
  if (auto opened = open_network(); !opened) {
    undo();
    return next(std::move(opened).error());
  }
  cluster_words::init init{card_->cluster, name, settings_.partitions, factor,
                           description_of(settings_)};
  tell(std::move(init),
       [me = shared_from_this(), undo, next = std::move(next)](result<council_words::told> told) {
         if (!told) {
           undo();
           return next(std::move(told));
         }
         me->founding_ = false;
         me->started_ = true;
         me->tick();
         me->look([told, next](const result<survey>&) { next(told); });
       });
}

void steward::loop::issue_token(span lives, answer<shown_token> next) {
  if (!card_)
    return next(alone());
  const auto fingerprint = tenon::cluster::fingerprint_of(card_->shown.trusted);
  if (!fingerprint)
    return next(fingerprint.error());
  auto issued = tenon::cluster::issue_join_token(random_, *fingerprint, clock_.now(), lives);
  const auto hash = signing::from_hex(issued.kept.hash);
  shown_token shown{std::move(issued.text), settings_.advertised, state_->name,
                    issued.kept.expires};
  tell(cluster_words::issue_token{blob::copy_of(hash.value_or("")), lives},
       [shown = std::move(shown), next = std::move(next)](const result<council_words::told>& told) {
         next(told ? result<shown_token>{shown} : result<shown_token>{told.error()});
       });
}

void steward::loop::admit(council_words::newcomer n, answer<council_words::welcome> next) {
  if (!card_->authority) {
    std::string others;
    for (const auto& [id, address] : peers_)
      if (const auto* m = membership::find(*state_, id); m != nullptr && m->worker)
        others += (others.empty() ? "" : " or ") + address;
    return next(failure{code::unavailable, "only workers let nodes in, and this is an edge",
                        "--join", "Ask " + (others.empty() ? "a worker" : others) + "."});
  }
  // What could not be certified must not use up a token.
  if (auto tried = tenon::cluster::sign(*card_->authority, n.request, tenon::cluster::bearer::node,
                                        "1", clock_.now());
      !tried)
    return next(std::move(tried).error());
  const auto secret = signing::hash(signing::digest::sha256, n.secret);
  n.secret.clear();
  cluster_words::join join{n.cluster.empty() ? state_->name : n.cluster, blob::copy_of(secret),
                           n.node, n.replaces};
  tell(std::move(join), [me = shared_from_this(), n = std::move(n),
                         next = std::move(next)](const result<council_words::told>& told) {
    if (!told) {
      runtime::log::warn("cluster.newcomer_refused",
                         {{"name", n.node.name}, {"why", told.error().why}});
      return next(told.error());
    }
    me->welcome(n, told->node, next);
  });
}

void steward::loop::welcome(const council_words::newcomer& n, membership::node_id id,
                            answer<council_words::welcome> next) {
  auto certificate = tenon::cluster::sign(
      *card_->authority, n.request, tenon::cluster::bearer::node, std::to_string(id), clock_.now());
  if (!certificate)
    return next(std::move(certificate).error());
  auto shared = shared_master_key_of(settings_.data);
  if (!shared)
    return next(std::move(shared).error());
  council_words::welcome w;
  w.node = id;
  w.cluster_id = card_->cluster;
  w.partitions = settings_.partitions;
  w.certificate = *std::move(certificate);
  w.trusted = card_->shown.trusted;
  if (n.node.worker)
    w.authority_key = card_->authority->key;
  if (!n.has_master_key)
    w.master_key = std::move(shared->key);
  w.master_check = std::move(shared->check);
  w.master_rule = std::move(shared->rule);
  runtime::log::info("cluster.joined", {{"name", n.node.name}, {"node", id}});
  look([w = std::move(w), next = std::move(next)](const result<survey>& got) mutable {
    if (!got)
      return next(got.error());
    w.state = *got->state;
    next(std::move(w));
  });
}

} // namespace tenon::nodes::cluster
