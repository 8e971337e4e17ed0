// Calling an action of a connector and waiting for what comes of each record: for people and
// programs that want one thing done now, where a sync would do all that there is.
#include "actors/integration/calling.hpp"
#include "nodes/edge/environment.hpp"
#include "nodes/edge/work.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::nodes::edge::routes {
namespace {

namespace connectors = actors::connectors;
using said = std::variant<response, failure>;
using all_called = std::vector<connectors::called>;

constexpr std::size_t max_key = 255;

/// What `{{key}}` is: the member of that name, else the record's number.
std::string key_of(const value& record, std::string_view member, std::size_t number) {
  const auto* named = record.find(member);
  if (named == nullptr || named->is_null() || named->is<object>() || named->is<list>())
    return std::to_string(number + 1);
  const auto* text = named->as<std::string>();
  return text != nullptr ? *text : write_json(*named);
}

result<std::vector<connectors::outgoing_record>> read_records(const request& q) {
  auto body = read_json(q.body.view());
  if (!body)
    return std::move(body).error();
  list all;
  if (auto* several = body->as<list>())
    all = std::move(*several);
  else
    all.push_back(*std::move(body));
  if (all.empty() || all.size() > connectors::max_called)
    return failure{code::malformed,
                   "no record, or a list of 1 to " + std::to_string(connectors::max_called), "body",
                   "Send a record, or a list of them; for more, use a sync."};
  const std::string member{q.arguments.query("key").value_or("id")};
  std::vector<connectors::outgoing_record> records;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].is<object>())
      return failure{code::malformed,
                     "expected an object, found " + std::string{all[i].type_name()},
                     "body[" + std::to_string(i) + "]"};
    records.push_back(
        {.key = key_of(all[i], member, i), .json = blob::from(write_json(all[i])), .effect = {}});
  }
  return records;
}

/// A key of one's own choice; others of the same tenant may have chosen it for something else.
result<std::string> read_key(const request& q) {
  const auto key = q.headers.find("idempotency-key").value_or("");
  const bool fits = key.size() <= max_key &&
                    std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!fits)
    return failure{code::malformed, "it has blanks, is longer than 255 or not of ASCII",
                   "Idempotency-Key"};
  return std::string{key};
}

value shown(const connectors::called& one, const std::string& key) {
  object v{{"key", key}, {"outcome", name_of(one.fate)}};
  if (!one.returned.is_null())
    v["returned"] = one.returned;
  if (one.fate == connectors::fate::written)
    return v;
  object problem{{"code", name_of(one.why.code)}, {"detail", one.why.why}};
  if (!one.why.where.empty())
    problem["field"] = one.why.where;
  if (!one.why.remedy.empty())
    problem["remedy"] = one.why.remedy;
  if (one.why.retry_after)
    problem["retry_after_ms"] = one.why.retry_after->count();
  v["problem"] = std::move(problem);
  return v;
}

void call(const environment& e, request&& q, reply&& r) {
  auto records = read_records(q);
  if (!records)
    return std::move(r)(std::move(records).error());
  auto key = read_key(q);
  if (!key)
    return std::move(r)(std::move(key).error());
  std::vector<std::string> keys;
  for (const auto& one : *records)
    keys.push_back(one.key);
  const identity integration{std::string{q.tenant}, "integration",
                             std::string{q.arguments.path("name")}};
  connectors::action_call asked{std::string{q.arguments.path("action")}, *std::move(records),
                                *std::move(key)};
  const auto tell = [keys = std::move(keys)](result<all_called> all) -> said {
    if (!all)
      return std::move(all).error();
    list items;
    std::int64_t written = 0;
    for (std::size_t i = 0; i < all->size(); ++i) {
      written += (*all)[i].fate == connectors::fate::written ? 1 : 0;
      items.push_back(shown((*all)[i], keys[i]));
    }
    return response::json(write_json(object{{"written", written}, {"items", std::move(items)}}));
  };
  answer_by<all_called>(e, connectors::call_action(*e.platform, integration, std::move(asked)),
                        std::move(r), tell);
}

value schema_of_answer() {
  const auto text = object{{"type", "string"}};
  const list outcomes{"written", "refused", "uncertain", "untried"};
  object members{{"key", text},
                 {"outcome", object{{"type", "string"}, {"enum", outcomes}}},
                 {"returned", object{{"type", "object"}}},
                 {"problem", object{{"type", "object"}}}};
  const object item{{"type", "object"}, {"properties", std::move(members)}};
  return object{{"type", "object"},
                {"properties", object{{"written", object{{"type", "integer"}}},
                                      {"items", object{{"type", "array"}, {"items", item}}}}}};
}

} // namespace

route_list calls(const environment& e) {
  if (!e.platform || !e.workers)
    return {};
  route one{.method = method::post,
            .pattern = "/api/v1/{tenant}/integrations/{name}/actions/{action}",
            .summary =
                "Calls an action with a record or a list of them, and says what came of each.",
            .permission = "integrations:write",
            .handle = [e](request&& q, reply&& r) { call(e, std::move(q), std::move(r)); }};
  one.parameters = {
      {.name = "key", .description = "The member by which a record is known; `id` unless told."},
      {.name = "Idempotency-Key",
       .in = place::header,
       .description = "Names the call to the platform, so that it is done once however often it is "
                      "made; only for actions of which the platform knows that."}};
  one.request_schema = object{{"type", list{"object", "array"}}};
  one.response_schema = schema_of_answer();
  one.refusals = {code::not_found, code::conflict, code::malformed, code::unavailable};
  return {std::move(one)};
}

} // namespace tenon::nodes::edge::routes
