#include "tests/conformance/subjects/lasting.hpp"
#include "tests/conformance/subjects/sources/catalog.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/redis_server.hpp"

namespace tenon::tests::conformance::subjects::sources {
namespace {

std::unique_ptr<redis_server> filled_server() {
  auto s = std::make_unique<redis_server>();
  redis_client db{*s};
  db.run({"ACL", "SETUSER", "tenon", "on", std::string{">"} + s->password, "~*", "+@all"});
  for (const auto* stream : {"a", "b", "c"})
    db.add(stream, 1, 130);
  return s;
}

subject reading(const lasting<redis_server>& server, std::string name, const value& streams,
                std::string cursor = {}) {
  const auto open = [server, streams] {
    return opened(
        "redis", offered(),
        {{"url", (*server).url()}, {"credential", "main"}, {"stream", streams}, {"page_size", 40}});
  };
  return {std::move(name), open, std::move(cursor)};
}

} // namespace

std::vector<subject> redis() {
  const lasting<redis_server> server{filled_server};
  return {reading(server, "redis_by_id", "a"),
          reading(server, "redis_by_id_from_a_cursor", "b", R"({"streams":{"b":["30-0",30]}})"),
          reading(server, "redis_of_several_streams", list{"a", "[bc]"})};
}

} // namespace tenon::tests::conformance::subjects::sources
