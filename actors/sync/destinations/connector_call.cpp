#include "actors/sync/destinations/connector_call.hpp"

#include "actors/integration/writer.hpp"
#include "actors/sync/outcome.hpp"
#include "protocols/json.hpp"

namespace tenon::actors {

using namespace connectors;
using runtime::task;

namespace {

constexpr std::string_view doubt_member{"in_doubt"};
constexpr conduct of_syncs{.comes_again = true, .unknown = nobody_knows};

source_trouble trouble_in(write_stop stop) {
  auto made = stop.said ? trouble_of(*std::move(stop.said)) : trouble_from(std::move(stop.why));
  if (stop.doubtful) {
    made.transient = true;
    made.attempt = doubtful(made.attempt);
  }
  return made;
}

} // namespace

std::string doubtful(const std::string& attempt) {
  const auto written = attempt.empty() ? result<value>{value{object{}}} : read_json(attempt);
  auto members = written && written->is<object>() ? *written->as<object>() : object{};
  members[doubt_member] = true;
  return write_json(members);
}

bool is_doubtful(const std::string& attempt) {
  const auto written = attempt.empty() ? result<value>{value{}} : read_json(attempt);
  const auto* said = written ? written->find(doubt_member) : nullptr;
  return said && *said == value{true};
}

task<calls> carry_by_call(platform& p, session& s, writing w, std::vector<outgoing_record> batch,
                          position tries, std::string in_doubt) {
  writer one{p, s, w.connector, w.action, of_syncs};
  auto made = co_await one.write(std::move(batch), std::move(tries), std::move(in_doubt));
  s = one.session();
  calls all{.done = std::move(made.done)};
  if (made.stop)
    all.trouble = trouble_in(*std::move(made.stop));
  co_return all;
}

} // namespace tenon::actors
