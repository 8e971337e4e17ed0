#include "nodes/edge/uses.hpp"

#include "actors/sync.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/asking.hpp"

namespace tenon::nodes::edge {
namespace {

using runtime::task;

constexpr std::size_t listed_at_once = 1000;
constexpr std::size_t most_named = 5;

bool uses(const std::string& spec, const std::string& collection) {
  const auto written = read_json(spec);
  if (!written)
    return false;
  const value name{collection};
  const auto* into = written->find("into");
  const auto* from = written->find("from");
  const auto* options = from ? from->find("collection") : nullptr;
  const auto* read = options ? options->find("name") : nullptr;
  return (into && *into == name) || (read && *read == name);
}

} // namespace

task<result<void>> check_unused(runtime::host& host, identity collection) {
  const protocols::resource::describe as_it_is{};
  std::string users, after;
  std::size_t count = 0;
  for (bool more = true; more;) {
    const auto names = host.list(collection.tenant, "sync", after, listed_at_once);
    more = names.size() == listed_at_once;
    for (const auto& name : names) {
      const identity sync{collection.tenant, "sync", name};
      const auto told = co_await runtime::ask<actors::sync>(host, sync, as_it_is);
      if (!told && told.error().code != code::not_found)
        co_return told.error();
      if (told && uses(told->spec, collection.name) && count++ < most_named)
        users += (users.empty() ? "" : ", ") + name;
    }
    if (more)
      after = names.back();
  }
  if (count == 0)
    co_return result<void>{};
  if (count > most_named)
    users += " and " + std::to_string(count - most_named) + " more";
  co_return failure{code::conflict,
                    "the collection is fed or read by " + users,
                    {},
                    "Delete those syncs first, or let them use another collection."};
}

} // namespace tenon::nodes::edge
