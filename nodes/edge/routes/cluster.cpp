// The cluster: what it is, and what an operator has it do. Every change is decided by the council.
#include "nodes/cluster/report.hpp"
#include "nodes/edge/environment.hpp"
#include "protocols/json.hpp"

namespace tenon::nodes::edge::routes {
namespace {

using cluster::find_node;
using cluster::report_of;
using cluster::survey;
using words = protocols::cluster;
using told = protocols::council::told;
using waiting = std::shared_ptr<reply>;
namespace placement = tenon::cluster::placement;

constexpr span longest_wait_for_a_token = std::chrono::days{7};

void say(const waiting& w, result<value> v) {
  if (v)
    std::move (*w)(response::json(write_json(*v)));
  else
    std::move (*w)(std::move(v).error());
}

result<void> may_ask(const request& q) {
  if (q.who && q.who->tenant != "*")
    return failure{code::forbidden,
                   "this key is of one tenant, and the cluster is everybody's",
                   {},
                   "Use a key of the installation."};
  return {};
}

result<value> body_of(const request& q) {
  if (q.body.view().empty())
    return value{object{}};
  auto body = read_json(q.body.view());
  if (body && !body->is<object>())
    return failure{code::malformed, "expected an object"};
  return body;
}

result<std::string> text_of(const value& body, std::string_view member) {
  const auto* v = body.find(member);
  const auto* text = v ? v->as<std::string>() : nullptr;
  if (!text)
    return failure{code::malformed, "expected a text", std::string{member}};
  return *text;
}

result<std::int64_t> number_of(const value& body, std::string_view member, std::int64_t most) {
  const auto* v = body.find(member);
  const auto* number = v ? v->as<std::int64_t>() : nullptr;
  if (!number || *number < 0 || *number > most)
    return failure{code::malformed, "expected a number from 0 to " + std::to_string(most),
                   std::string{member}};
  return *number;
}

/// With the members as they are now; a node that is alone has none.
void surveyed(const environment& e, const waiting& w, std::function<void(const survey&)> next) {
  e.cluster->look([w, next = std::move(next)](const result<survey>& s) {
    if (!s)
      return say(w, s.error());
    if (!s->state)
      return say(w, failure{code::conflict, "this node is alone: there is no cluster", "cluster",
                            "Make one with `tenon cluster init NAME`."});
    next(*s);
  });
}

void order(const environment& e, const waiting& w, words::command c, value done) {
  e.cluster->tell(std::move(c), [w, done = std::move(done)](const result<told>& r) {
    say(w, r ? result<value>{done} : result<value>{r.error()});
  });
}

void show(const environment& e, request&&, const waiting& w) {
  surveyed(e, w, [w](const survey& s) { say(w, report_of(s)); });
}

void init(const environment& e, request&& q, const waiting& w) {
  const auto body = body_of(q);
  const auto name = body ? text_of(*body, "name") : result<std::string>{body.error()};
  if (!name)
    return say(w, name.error());
  const auto factor = body->find("factor") ? number_of(*body, "factor", 5) : std::int64_t{3};
  if (!factor)
    return say(w, factor.error());
  e.cluster->found(
      *name, static_cast<std::uint32_t>(*factor), [w, name = *name](const result<told>& r) {
        if (!r)
          return say(w, r.error());
        say(w, value{object{{"name", name}, {"id", r->cluster_id}, {"node", r->node}}});
      });
}

void make_token(const environment& e, request&& q, const waiting& w) {
  const auto body = body_of(q);
  if (!body)
    return say(w, body.error());
  span lives = std::chrono::hours{1};
  if (body->find("lives_ms")) {
    const auto said = number_of(*body, "lives_ms", longest_wait_for_a_token.count());
    if (!said)
      return say(w, said.error());
    lives = span{*said};
  }
  e.cluster->issue_token(lives, [w](const result<cluster::shown_token>& t) {
    if (!t)
      return say(w, t.error());
    say(w, value{object{{"token", t->text},
                        {"address", t->address},
                        {"cluster", t->cluster},
                        {"expires_at", to_text(t->expires)}}});
  });
}

result<words::command> about_node(const survey& s, std::string_view node, std::string_view verb,
                                  const value& body) {
  const auto id = find_node(*s.state, node);
  if (!id)
    return id.error();
  if (verb == "drain")
    return words::command{words::drain{*id}};
  if (verb == "resume")
    return words::command{words::resume{*id}};
  if (verb == "leave")
    return words::command{words::leave{*id}};
  if (verb == "remove")
    return words::command{words::remove{*id}};
  if (verb != "zone")
    return failure{code::not_found, "a node has no such operation", "verb",
                   "There are: drain, resume, leave, remove and zone."};
  auto zone = text_of(body, "zone");
  if (!zone)
    return std::move(zone).error();
  return words::command{words::set_zone{*id, *std::move(zone)}};
}

void change_node(const environment& e, request&& q, const waiting& w) {
  const auto body = body_of(q);
  if (!body)
    return say(w, body.error());
  surveyed(e, w,
           [e, w, body = *body, node = std::string{q.arguments.path("node")},
            verb = std::string{q.arguments.path("verb")}](const survey& s) {
             auto c = about_node(s, node, verb, body);
             if (!c)
               return say(w, std::move(c).error());
             order(e, w, *std::move(c), object{{"node", node}, {"done", verb}});
           });
}

void set_factor(const environment& e, request&& q, const waiting& w) {
  const auto body = body_of(q);
  const auto factor = body ? number_of(*body, "factor", 5) : result<std::int64_t>{body.error()};
  if (!factor)
    return say(w, factor.error());
  order(e, w, words::set_factor{static_cast<std::uint32_t>(*factor)}, object{{"factor", *factor}});
}

void move(const environment& e, request&& q, const waiting& w) {
  const auto body = body_of(q);
  const auto partition =
      body ? number_of(*body, "partition", 4095) : result<std::int64_t>{body.error()};
  const auto from = body ? text_of(*body, "from") : result<std::string>{body.error()};
  const auto to = body ? text_of(*body, "to") : result<std::string>{body.error()};
  if (!partition)
    return say(w, partition.error());
  if (!from || !to)
    return say(w, from ? to.error() : from.error());
  surveyed(
      e, w,
      [e, w, p = static_cast<std::uint16_t>(*partition), from = *from, to = *to](const survey& s) {
        const auto source = find_node(*s.state, from);
        const auto target = find_node(*s.state, to);
        if (!source || !target)
          return say(w, source ? target.error() : source.error());
        const words::move m{p, *source, *target};
        order(e, w, m, report_of(placement::by_hand(*s.state, m), *s.state));
      });
}

void rebalance(const environment& e, request&& q, const waiting& w) {
  const auto body = body_of(q);
  if (!body)
    return say(w, body.error());
  const auto* apply = body->find("apply");
  const bool applies = apply && apply->is<bool>() && *apply->as<bool>();
  surveyed(e, w, [e, w, applies](const survey& s) {
    const auto plan = placement::rebalance(*s.state, {});
    auto shown = report_of(plan, *s.state);
    shown.as<object>()->append("applied", applies && !plan.rows.empty());
    if (!applies || plan.rows.empty())
      return say(w, std::move(shown));
    order(e, w, plan.command, std::move(shown));
  });
}

value member(std::string_view type) {
  return object{{"type", type}};
}

value body_schema(object members) {
  return object{{"type", "object"}, {"properties", std::move(members)}};
}

} // namespace

route_list cluster(const environment& e) {
  if (!e.cluster)
    return {};
  const std::string all = "/api/v1/cluster";
  route_list routes;
  const auto add = [&](method m, const std::string& below, std::string summary, auto handle,
                       value schema = {}) {
    route r{.method = m,
            .pattern = all + below,
            .summary = std::move(summary),
            .permission = m == method::get ? "cluster:read" : "cluster:administer",
            .handle = [e, handle](request&& q, reply&& answered) {
              const auto w = std::make_shared<reply>(std::move(answered));
              if (auto may = may_ask(q); !may)
                return say(w, std::move(may).error());
              handle(e, std::move(q), w);
            }};
    r.request_schema = std::move(schema);
    r.response_schema = member("object");
    r.refusals = {code::forbidden, code::not_found, code::conflict, code::unavailable};
    routes.push_back(std::move(r));
  };
  add(method::get, "", "The members, who leads what, and what is under-replicated.", show);
  add(method::post, "/init", "Makes a cluster of this node.", init,
      body_schema({{"name", member("string")}, {"factor", member("integer")}}));
  add(method::post, "/tokens", "Makes a token that lets one node in; it is shown this once.",
      make_token, body_schema({{"lives_ms", member("integer")}}));
  add(method::post, "/nodes/{node}/{verb}",
      "drain, resume, leave or remove a node, or say its zone.", change_node,
      body_schema({{"zone", member("string")}}));
  add(method::post, "/factor", "Sets how many replicas each partition has.", set_factor,
      body_schema({{"factor", member("integer")}}));
  add(method::post, "/move", "Moves one replica by hand.", move,
      body_schema({{"partition", member("integer")},
                   {"from", member("string")},
                   {"to", member("string")}}));
  add(method::post, "/rebalance", "Plans where replicas and leaders should be, and applies it.",
      rebalance, body_schema({{"apply", member("boolean")}}));
  return routes;
}

} // namespace tenon::nodes::edge::routes
