#include "protocols/json.hpp"
#include "tests/conformance/subjects/destinations/catalog.hpp"
#include "tests/support/canned_server.hpp"
#include "tests/support/connected_platform.hpp"
#include "tests/support/offered.hpp"

#include <mutex>

namespace tenon::tests::conformance::subjects::destinations {
namespace {

constexpr auto manifest = R"({"connector": "rows", "version": 1, "base": "{{conn.base_url}}",
    "params": {"base_url": {"title": "address"}}, "auth": {"none": {}},
    "streams": {"rows": {"request": {"get": "/rows"}, "records": "data", "key": "id"}},
    "actions": {
      "put": {"mode": "upsert", "request": {"post": "/rows"},
        "batch": {"max": 100, "body": "rows", "results": "results", "item_key": "id",
                  "failed": "result.refused", "say": "{{result.why}}"}},
      "drop": {"mode": "delete", "request": {"delete": "/rows/{{key}}"}}}})";

/// Keeps rows as a table does, and refuses the same.
class rows {
public:
  canned_answer answer(const canned_request& r) {
    const std::scoped_lock lock{mutex_};
    if (r.method == "DELETE") {
      kept_.erase(std::stoll(r.target.substr(r.target.rfind('/') + 1)));
      return {.status = 204, .body = ""};
    }
    list results;
    const auto body = read_json(r.body);
    for (const auto& row : *body->find("rows")->as<list>())
      if (row.is<object>()) // of what is none it says nothing
        results.push_back(put(row));
    return {.body = write_json(object{{"results", std::move(results)}})};
  }
  contents now() const {
    const std::scoped_lock lock{mutex_};
    return kept_;
  }

private:
  value put(const value& row) {
    const auto id = *row.find("id")->as<std::int64_t>();
    const auto* n = row.find("n");
    const bool refused = n && *n == value{13};
    if (!refused)
      kept_[id] =
          *row.find("v")->as<std::string>() + '|' + (n && !n->is_null() ? write_json(*n) : "");
    return object{{"id", id}, {"refused", refused}, {"why", refused ? "not thirteen" : ""}};
  }

  mutable std::mutex mutex_;
  contents kept_;
};

struct vendor {
  rows table;
  std::optional<canned_server> server{std::in_place,
                                      [this](const canned_request& r) { return table.answer(r); }};
  connected_platform connected{"rows", manifest, server->url()};
};

} // namespace

place connector() {
  const auto begun = std::make_shared<vendor>();
  return {offered({}, &begun->connected.platform()),
          {{"integration", "rows"}, {"action", "put"}, {"delete", "drop"}},
          [begun] { return begun->table.now(); },
          [begun] { begun->server.reset(); }};
}

} // namespace tenon::tests::conformance::subjects::destinations
