// What Prometheus scrapes.
#include "nodes/edge/environment.hpp"

namespace tenon::nodes::edge::routes {

route_list metrics(const environment& e) {
  route scrape{.method = method::get,
               .pattern = "/metrics",
               .summary = "Everything counted, in the Prometheus text format.",
               .permission = "",
               .handle = [&meters = e.meters](request&&, reply&& r) {
                 std::move(r)(response{200, media::metrics, meters.exposition()});
               }};
  scrape.response_type = "text/plain";
  scrape.response_schema = object{{"type", "string"}};
  return {std::move(scrape)};
}

} // namespace tenon::nodes::edge::routes
