// The edge with one small route, for ../edge_benchmark.sh: checks a key, a tenant's limits, routes
// and counts, as every API request does. Prints its port and a key, and ends with its standard
// input.
#include "nodes/edge/gateway.hpp"
#include "nodes/edge/server.hpp"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>
#include <span>
#include <string>

using namespace tenon;
using namespace tenon::nodes;

int main(int count, char** arguments) {
  const std::span words{arguments, static_cast<std::size_t>(count)};
  edge::options chosen;
  chosen.port = 0;
  chosen.threads = count > 1 ? static_cast<unsigned>(std::atoi(words[1])) : 1;
  if (count > 3)
    chosen.tls = edge::certificate_files{words[2], words[3]};

  std::array<std::uint8_t, 40> randomness{};
  std::random_device device;
  for (auto& r : randomness)
    r = static_cast<std::uint8_t>(device());
  const auto key = edge::issue_key("acme", edge::role::viewer, std::nullopt, randomness);
  edge::remembered_keys keys;
  keys.add(key.kept);

  edge::route_list routes;
  routes.push_back(
      {.method = edge::method::get,
       .pattern = "/api/v1/{tenant}/syncs/{name}",
       .summary = "A small document.",
       .permission = "sync:read",
       .handle = [](edge::request&&, edge::reply&& r) {
         std::move(r)(edge::response::json(R"({"message":"Hello, World!","id":12345,"ok":true})"));
       }});
  const runtime::system_clock clock;
  runtime::meters meters;
  auto gateway = edge::gateway::make(std::move(routes), {clock, keys, meters},
                                     {.per_second = 1e9, .burst = 1'000'000}, chosen.threads);
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
