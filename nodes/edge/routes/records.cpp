// Records of a collection: a page as JSON, or all of them streamed as NDJSON.
#include "actors/collection.hpp"
#include "actors/sync/replaying.hpp"
#include "nodes/edge/environment.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "protocols/outlet.hpp"
#include "protocols/row.hpp"
#include "protocols/utf8.hpp"
#include "runtime/tasks/workers.hpp"

#include <charconv>

namespace tenon::nodes::edge::routes {
namespace {

using wire = protocols::collection;

/// The fields that came from another feed, or at another time, than the record's newest change.
void write_provenance(const std::vector<protocols::row_types::origin>& fields, std::string& onto) {
  onto += ",\"fields\":{";
  for (const auto& one : fields) {
    onto += onto.back() == '{' ? "" : ",";
    write_json_text(one.path, onto);
    onto += ":{\"feed\":";
    write_json_text(one.feed, onto);
    onto += ",\"changed_at\":";
    write_json(value{one.at}, onto);
    onto += '}';
  }
  onto += '}';
}

/// What those whom it was delivered to have answered of it.
void write_returned(const std::vector<protocols::outlet_types::held>& all, std::string& onto) {
  onto += ",\"returned\":{";
  for (const auto& one : all) {
    onto += onto.back() == '{' ? "" : ",";
    write_json_text(one.outlet, onto);
    onto += ':';
    onto += one.content.view();
  }
  onto += '}';
}

void write_item(const wire::item& item, std::string& onto) {
  onto += "{\"key\":";
  write_json_text(item.key, onto);
  onto += ",\"version\":" + std::to_string(item.row.version) + ",\"deleted\":";
  onto += item.row.deleted ? "true" : "false";
  onto += ",\"changed_at\":";
  write_json(value{item.row.changed_at}, onto);
  onto += ",\"feed\":";
  write_json_text(item.row.feed, onto);
  onto += ",\"run\":" + std::to_string(item.row.run);
  if (!item.row.origins.empty())
    write_provenance(item.row.origins, onto);
  if (!item.returned.empty())
    write_returned(item.returned, onto);
  onto += ",\"record\":";
  onto += item.row.content.empty() ? std::string_view{"null"} : item.row.content.view();
  onto += '}';
}

/// Asks the collection for page after page, as fast as the client takes them.
class record_stream final : public body_stream, public std::enable_shared_from_this<record_stream> {
public:
  record_stream(runtime::host& host, identity collection, wire::read first, std::uint64_t limit)
      : host_{host}, collection_{std::move(collection)}, next_{std::move(first)}, left_{limit} {}

  void next(piece_reply piece) override {
    next_.limit = static_cast<std::uint32_t>(std::min<std::uint64_t>(left_, 500));
    host_.ask<actors::collection>(
        collection_, next_,
        [self = shared_from_this(), piece = std::move(piece)](auto page) mutable {
          if (!page)
            return std::move(piece).fail(page.error());
          std::string lines;
          for (const auto& item : page->items) {
            write_item(item, lines);
            lines += '\n';
          }
          self->left_ -= page->items.size();
          self->next_.after = page->next;
          const bool last = page->next.empty() || self->left_ == 0;
          auto bytes = blob::from(std::move(lines));
          last ? std::move(piece).end(std::move(bytes)) : std::move(piece).give(std::move(bytes));
        });
  }

private:
  runtime::host& host_;
  identity collection_;
  wire::read next_;
  std::uint64_t left_;
};

/// Nobody makes collections: one is there when a sync, or a hook, has stored something.
failure no_such_collection(const std::string& name) {
  return {code::not_found,
          "there is no collection " + name,
          {},
          "It is made when a sync that feeds it first runs; `tenon get collections` lists them."};
}

/// Answers what `handle` is asked of a collection, if that is there.
void if_there(const environment& e, request&& q, reply&& r,
              void (*handle)(const environment&, request&&, reply&&)) {
  const identity collection{std::string{q.tenant}, "collection",
                            std::string{q.arguments.path("collection")}};
  if (auto ok = check(collection); !ok)
    return std::move(r)(std::move(ok).error());
  e.host->ask<actors::collection>(
      collection, protocols::resource::describe{},
      [e, handle, name = collection.name, q = std::move(q), r = std::move(r)](auto there) mutable {
        if (!there)
          return std::move(r)(there.error().code == code::not_found ? no_such_collection(name)
                                                                    : there.error());
        handle(e, std::move(q), std::move(r));
      });
}

void records(const environment& e, request&& q, reply&& r) {
  const identity collection{std::string{q.tenant}, "collection",
                            std::string{q.arguments.path("collection")}};
  const bool all =
      q.headers.find("accept").value_or("").find(media::ndjson) != std::string_view::npos;
  std::uint64_t limit = all ? ~std::uint64_t{0} : 100;
  if (const auto said = q.arguments.query("limit"))
    if (std::from_chars(said->data(), said->data() + said->size(), limit).ec != std::errc{} ||
        limit == 0)
      return std::move(r)(failure{code::malformed, "the limit is no number above 0", "limit"});
  wire::read wanted{.after = std::string{q.arguments.query("after").value_or("")},
                    .limit = static_cast<std::uint32_t>(std::min<std::uint64_t>(limit, 1000)),
                    .filter = std::string{q.arguments.query("filter").value_or("")},
                    .tombstones = q.arguments.query("deleted") == "true"};
  if (all)
    return std::move(r)(response{
        .content_type = media::ndjson,
        .body = std::make_shared<record_stream>(*e.host, collection, std::move(wanted), limit)});
  e.host->ask<actors::collection>(collection, wanted, [r = std::move(r)](auto page) mutable {
    if (!page)
      return std::move(r)(page.error());
    std::string text{"{\"items\":["};
    for (std::size_t i = 0; i < page->items.size(); ++i) {
      if (i > 0)
        text += ',';
      write_item(page->items[i], text);
    }
    text += "],\"next\":";
    page->next.empty() ? void(text += "null") : write_json_text(page->next, text);
    text += '}';
    std::move(r)(response::json(std::move(text)));
  });
}

/// Text has no words for every byte: where it has not, they are there once more.
object shown(const protocols::letter_types::numbered& l) {
  object all{{"number", l.number},
             {"key", l.letter.key},
             {"place", l.letter.place},
             {"reason", l.letter.reason},
             {"bytes", l.letter.bytes.text()},
             {"feed", l.letter.feed},
             {"run", l.letter.run},
             {"at", l.letter.at}};
  if (!is_utf8(l.letter.bytes.view()))
    all["base64"] = to_base64(l.letter.bytes.view());
  return all;
}

void letters(const environment& e, request&& q, reply&& r) {
  const identity collection{std::string{q.tenant}, "collection",
                            std::string{q.arguments.path("collection")}};
  wire::list_letters wanted;
  if (const auto after = q.arguments.query("after"))
    std::from_chars(after->data(), after->data() + after->size(), wanted.after);
  e.host->ask<actors::collection>(collection, wanted, [r = std::move(r)](auto page) mutable {
    if (!page)
      return std::move(r)(page.error());
    list items;
    for (const auto& l : page->letters)
      items.push_back(shown(l));
    std::move(r)(response::json(write_json(
        object{{"items", std::move(items)}, {"next", page->next ? value{page->next} : value{}}})));
  });
}

/// A person has decided about a letter.
void settle(const environment& e, bool replay, request&& q, reply&& r) {
  const identity collection{std::string{q.tenant}, "collection",
                            std::string{q.arguments.path("collection")}};
  wire::settle_letter decided{.replay = replay};
  const auto text = q.arguments.path("number");
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), decided.number);
  if (wrong != std::errc{} || end != text.data() + text.size())
    return std::move(r)(failure{code::malformed, std::string{text} + " is no number of a letter",
                                "number", "The list of letters has them."});
  auto told = std::make_shared<reply>(std::move(r));
  const auto done = [told, replay](result<protocols::letter_types::replayed> settled) {
    if (!settled)
      return std::move(*told)(settled.error());
    object shown{{"place", settled->place}};
    if (replay)
      shown["outcome"] = name_of(settled->fate);
    if (!settled->reason.empty())
      shown["reason"] = settled->reason;
    std::move (*told)(response::json(write_json(shown)));
  };
  if (!replay)
    return e.host->ask<actors::collection>(collection, decided, done);
  auto trying = actors::replay_letter(*e.host, *e.sources, collection, decided.number);
  if (const auto begun =
          runtime::start<protocols::letter_types::replayed>(*e.workers, std::move(trying), done);
      !begun)
    std::move (*told)(begun.error());
}

} // namespace

route_list records(const environment& e) {
  if (!e.host)
    return {};
  const auto query = [](std::string name, std::string description) {
    return parameter{
        .name = std::move(name), .in = place::query, .description = std::move(description)};
  };
  route_list all;
  all.push_back(
      {.method = method::get,
       .pattern = "/api/v1/{tenant}/records/{collection}",
       .summary = "Records by key: a page, or with Accept: application/x-ndjson all.",
       .permission = "records:read",
       .handle = [e](request&& q, reply&& r) { if_there(e, std::move(q), std::move(r), records); },
       .parameters = {query("limit", "At most this many; 1 to 1000 for a page."),
                      query("after", "Those after this key."),
                      query("filter", "An expression over record."),
                      query("deleted", "true: tombstones as well.")},
       .response_schema = object{{"type", "object"}},
       .refusals = {code::not_found}});
  all.push_back(
      {.method = method::get,
       .pattern = "/api/v1/{tenant}/records/{collection}/letters",
       .summary = "Records that could not be read, stored or written, as they came.",
       .permission = "records:read",
       .handle = [e](request&& q, reply&& r) { if_there(e, std::move(q), std::move(r), letters); },
       .parameters = {query("after", "Those after this number.")},
       .response_schema = object{{"type", "object"}},
       .refusals = {code::not_found}});
  const std::string letter = "/api/v1/{tenant}/records/{collection}/letters/{number}";
  all.push_back(
      {.method = method::post,
       .pattern = letter + "/replay",
       .summary = "Reads and stores what a letter holds, or delivers it again, and forgets it.",
       .permission = "records:operate",
       .handle = [e](request&& q, reply&& r) { settle(e, true, std::move(q), std::move(r)); },
       .response_schema = object{{"type", "object"}}});
  all.push_back(
      {.method = method::post,
       .pattern = letter + "/discard",
       .summary = "Gives a letter up for good.",
       .permission = "records:operate",
       .handle = [e](request&& q, reply&& r) { settle(e, false, std::move(q), std::move(r)); },
       .response_schema = object{{"type", "object"}}});
  return all;
}

} // namespace tenon::nodes::edge::routes
