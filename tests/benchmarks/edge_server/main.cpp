// The edge with two small routes, for ../edge_benchmark.sh: checks a key, a tenant's limits, routes
// and counts, as every API request does. A GET is answered at once; a POST is read as JSON and told
// to one of 64 actors, which answers and changes nothing. Prints its port and a key, and ends with
// its standard input.
//
//   edge_server <threads> <data directory, which is made> [certificate key]
#include "nodes/edge/gateway.hpp"
#include "nodes/edge/server.hpp"
#include "protocols/json.hpp"
#include "tests/support/stored_host.hpp"
#include "tests/support/tally_actor.hpp"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>
#include <span>
#include <string>

using namespace tenon;
using namespace tenon::nodes;

namespace {

using counting = tests::tally;

/// Takes what it is told and keeps nothing.
struct listener : counting {
  using counting::on;
  static decision<add> on(const state& s, const add& c, moment) {
    auto sum = total(s);
    sum.heard = c.payload.size();
    return reply(sum);
  }
};

edge::route small_document() {
  return {.method = edge::method::get,
          .pattern = "/api/v1/{tenant}/syncs/{name}",
          .summary = "A small document.",
          .permission = "sync:read",
          .handle = [](edge::request&&, edge::reply&& r) {
            std::move(r)(
                edge::response::json(R"({"message":"Hello, World!","id":12345,"ok":true})"));
          }};
}

edge::route into_an_actor(runtime::host& host) {
  const auto handle = [&host](edge::request&& q, edge::reply&& r) {
    if (const auto body = read_json(q.body.view()); !body)
      return std::move(r)(body.error());
    const identity to{std::string{q.tenant}, "listener", "n" + std::to_string(q.id.number % 64)};
    host.ask<listener>(
        to, listener::add{1, q.body},
        [shared = std::make_shared<edge::reply>(std::move(r))](const auto& answer) {
          if (!answer)
            return std::move(*shared)(answer.error());
          std::move (*shared)(edge::response::json(write_json(object{{"heard", answer->heard}})));
        });
  };
  return {.method = edge::method::post,
          .pattern = "/api/v1/{tenant}/messages",
          .summary = "Tells an actor.",
          .permission = "sync:write",
          .handle = handle};
}

} // namespace

int main(int count, char** arguments) {
  const std::span words{arguments, static_cast<std::size_t>(count)};
  if (count < 3)
    return std::fprintf(stderr, "threads and data directory are missing\n"), 2;
  tests::stored_host host{{runtime::describe<listener>("listener")}, words[2]};
  edge::options chosen;
  chosen.port = 0;
  chosen.threads = static_cast<unsigned>(std::atoi(words[1]));
  if (count > 4)
    chosen.tls = edge::certificate_files{words[3], words[4]};

  std::array<std::uint8_t, 40> randomness{};
  std::random_device device;
  for (auto& r : randomness)
    r = static_cast<std::uint8_t>(device());
  const auto key = edge::issue_key("acme", edge::role::owner, std::nullopt, randomness);
  edge::remembered_keys keys;
  keys.add(key.kept);

  edge::route_list routes;
  routes.push_back(small_document());
  routes.push_back(into_an_actor(*host));
  const runtime::system_clock clock;
  runtime::meters meters;
  auto gateway = edge::gateway::make(std::move(routes), {clock, keys, meters},
                                     {.per_second = 1e9, .burst = 1'000'000'000}, chosen.threads);
  if (!gateway)
    return std::fprintf(stderr, "%s\n", gateway.error().why.c_str()), 1;
  auto server = edge::server::open(chosen, **gateway, meters);
  if (!server)
    return std::fprintf(stderr, "%s\n", server.error().why.c_str()), 1;
  std::cout << (*server)->port() << ' ' << key.text << std::endl;
  std::cin.get();
  (*server)->stop(span{1000});
  return 0;
}
