#include "actors/integration/stream.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

vocabulary request_words() {
  return {{"conn", "cursor", "cursor_end", "partition"}};
}

vocabulary record_words() {
  return {{"record", "conn", "partition", "outer"}, "record"};
}

std::vector<json_path> take_key(form& fields) {
  std::vector<json_path> made;
  for (const auto& text : fields.texts("key")) {
    auto path = compile_path(text);
    if (path && path->steps.empty())
      path = failure{code::malformed, "a key is a field, not the whole record"};
    if (path)
      made.push_back(*std::move(path));
    else
      fields.found().add(fields.at("key"), std::move(path).error());
  }
  if (made.size() > max_key_fields)
    fields.note("key", "a key has at most " + std::to_string(max_key_fields) + " fields");
  return made;
}

void take_records(form& fields, stream& into) {
  const auto* said = fields.take("records");
  if (said == nullptr)
    return;
  if (said->is<object>()) {
    form inner{*said, fields.at("records"), fields.found()};
    into.records_optional = inner.flag("optional").value_or(false);
    inner.require("path", "path: data");
    auto path = compile_path(inner.text("path").value_or(""));
    if (path)
      into.records = *std::move(path);
    else
      fields.found().add(inner.at("path"), std::move(path).error());
    inner.finish();
    return;
  }
  auto path = compile_path(fields.text("records").value_or(""));
  if (path)
    into.records = *std::move(path);
  else
    fields.found().add(fields.at("records"), std::move(path).error());
}

void take_page(form& fields, stream& into) {
  const auto stop = fields.texts("stop");
  const auto* said = fields.take("page");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("page"), fields.found()};
  auto rules = inner.texts("stop");
  rules.insert(rules.end(), stop.begin(), stop.end());
  std::vector<std::string> kinds;
  for (const auto& kind : all_pagers()) {
    kinds.emplace_back(kind.name);
    const auto* settings = inner.take(kind.name);
    if (settings == nullptr)
      continue;
    if (into.page != nullptr)
      inner.note(kind.name, "a stream has one kind of page, not several");
    into.page = kind.compile(*settings, inner.at(kind.name), rules, fields.found());
  }
  const auto before = fields.found().count();
  inner.finish();
  if (into.page == nullptr && inner.is_object() && fields.found().count() == before)
    fields.note("page", "the kind of page is missing", "Use " + listed(kinds) + ".");
}

bool is_field(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
  });
}

void take_deleted(form& fields, stream& into) {
  const auto text = fields.text("deleted");
  if (!text)
    return;
  deletion made;
  auto path = is_field(*text) ? compile_path(*text)
                              : result<json_path>{failure{code::malformed, "no path"}};
  if (path && !path->steps.empty())
    made.field = *std::move(path);
  else
    made.condition = compile_bare(*text, fields.at("deleted"), record_words(), fields.found());
  into.deleted = std::move(made);
}

void take_cap(form& fields, stream& into) {
  const auto* said = fields.take("cap");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("cap"), fields.found()};
  const auto pages = inner.number("pages", 1, 10'000'000);
  const auto records = inner.number("records", 1, 10'000'000'000);
  into.cap.pages = static_cast<std::uint64_t>(pages.value_or(100'000));
  into.cap.records = static_cast<std::uint64_t>(records.value_or(100'000'000));
  into.cap.rows = static_cast<std::uint64_t>(inner.number("rows", 1, 10'000'000).value_or(0));
  inner.choice("then", {"narrow_window"});
  inner.finish();
  if (into.cap.rows > 0 && (!into.cursor || into.cursor->is_text()))
    inner.note("rows", "after so many, the stream is asked for anew from its cursor, and has none",
               "Add cursor: {time: …} or cursor: {seq: …}, and sort by its field.");
}

void take_partition(form& fields, stream& into) {
  const auto* said = fields.take("partition");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("partition"), fields.found()};
  std::vector<std::string> kinds;
  for (const auto& kind : all_partitions()) {
    kinds.emplace_back(kind.name);
    const auto* settings = inner.take(kind.name);
    if (settings == nullptr)
      continue;
    if (into.parts != nullptr)
      inner.note(kind.name, "a stream has one kind of parts, not several");
    into.parts = kind.compile(*settings, inner.at(kind.name), fields.found());
  }
  const auto before = fields.found().count();
  if (const auto* group = inner.take("group")) {
    form sized{*group, inner.at("group"), fields.found()};
    sized.require("size", "how many parts at a time, size: 50");
    into.group = static_cast<std::size_t>(sized.number("size", 1, 1000).value_or(0));
    sized.finish();
  }
  inner.finish();
  if (into.parts == nullptr && inner.is_object() && fields.found().count() == before)
    fields.note("partition", "the kind of parts is missing", "Use " + listed(kinds) + ".");
}

void take_decode(form& fields, stream& into) {
  std::vector<std::string> names;
  for (const auto& one : all_decoders())
    names.emplace_back(one.name);
  if (const auto chosen = fields.choice("decode", names))
    into.decode = &all_decoders()[*chosen];
  into.request.accept = into.decode->accept;
  if (fields.choice("unpack", {"gzip", "zip", "tar.gz"}))
    into.unpack = true;
}

void take_expand(form& fields, stream& into) {
  into.expand = take_path(fields, "expand");
  if (into.expand && into.expand->steps.empty())
    fields.note("expand", "what is expanded is a list within a record", "Write expand: lines.");
  if (const auto* add = fields.take("add")) {
    if (!add->is<object>())
      fields.note("add", "a map of fields and expressions is expected");
    into.add = pattern::compile(*add, fields.at("add"), record_words(), fields.found());
  }
}

/// What to make of the records.
void take_content(form& fields, stream& into, bool needs_key) {
  take_expand(fields, into);
  if (needs_key)
    fields.require("key", "the field that tells records apart, key: id");
  if (auto key = take_key(fields); !key.empty())
    into.key = std::move(key);
  if (const auto keep = fields.text("keep"))
    into.keep = compile_bare(*keep, fields.at("keep"), record_words(), fields.found());
  if (const auto* map = fields.take("map")) {
    if (!map->is<object>())
      fields.note("map", "a map of fields and expressions is expected");
    into.map = pattern::compile(*map, fields.at("map"), record_words(), fields.found());
  }
  take_deleted(fields, into);
}

/// With a token, a platform may answer in another shape: what is not said is as in the stream.
stream compile_changes(const stream& usual, const value& said, const std::string& where,
                       problems& found) {
  form fields{said, where, found};
  stream made = usual;
  if (const auto* request = fields.take("request")) {
    form asked{*request, fields.at("request"), found};
    made.request = take_request(asked, request_words());
    asked.finish();
  }
  if (said.find("page") != nullptr)
    made.page = nullptr;
  take_answer(fields, made);
  take_content(fields, made, false);
  fields.finish();
  return made;
}

void take_cursor(form& fields, stream& into) {
  const auto* said = fields.take("cursor");
  if (said == nullptr)
    return;
  const auto where = fields.at("cursor");
  into.cursor = compile_progress(*said, where, fields.found());
  const auto* token = said->find("token");
  if (token == nullptr || !token->is<object>())
    return;
  if (const auto* start = token->find("start")) {
    token_start made;
    form inner{*start, where + ".token.start", fields.found()};
    made.request = take_request(inner, {{"conn"}});
    inner.require("token", "where the answer has the token, token: startPageToken");
    made.path = take_path(inner, "token").value_or(json_path{});
    inner.finish();
    into.start = std::move(made);
  }
  if (const auto* changes = token->find("changes"))
    into.changes = std::make_shared<const stream>(
        compile_changes(into, *changes, where + ".token.changes", fields.found()));
}

/// Read out of what a job has made: how is said there.
void take_job(form& fields, const std::string& name, const jobs& all, stream& into) {
  for (const auto* told : {"request", "decode", "unpack", "records", "page", "stop"})
    if (fields.take(told) != nullptr)
      fields.note(told, "the stream is read out of what a job has made",
                  "Write it below jobs." + name + ".download.");
  const auto found = std::ranges::find(all, name, [](const auto& j) { return j->name; });
  if (found == all.end()) {
    std::vector<std::string> names;
    for (const auto& j : all)
      names.push_back(j->name);
    return fields.note("job", "there is no job `" + name + "`",
                       names.empty() ? "Describe it below `jobs`." : "Use " + listed(names) + ".");
  }
  into.job = *found;
  const auto& result = *into.job->download;
  into.request = result.request;
  into.decode = result.decode;
  into.unpack = result.unpack;
  into.records = result.records;
  into.records_optional = result.records_optional;
  into.page = result.page;
}

} // namespace

void take_answer(form& fields, stream& into) {
  take_decode(fields, into);
  take_records(fields, into);
  take_page(fields, into);
  const auto* page = fields.take("page");
  const bool in_pieces = page != nullptr && page->find("range") != nullptr;
  if (in_pieces && (into.unpack || into.decode->name != "jsonl"))
    fields.note("page", "only lines can be read in pieces of a file",
                "Write decode: jsonl without unpack, or leave `range` out.");
}

stream compile_stream(const std::string& name, const value& said, const std::string& where,
                      const jobs& all, problems& found) {
  form fields{said, where, found};
  stream made;
  made.name = name;
  if (const auto job = fields.text("job")) {
    take_job(fields, *job, all, made);
  } else {
    if (const auto* request =
            fields.require("request", "what to ask, request: {get: /customers}")) {
      form asked{*request, fields.at("request"), found};
      made.request = take_request(asked, request_words());
      asked.finish();
    }
    take_answer(fields, made);
  }
  take_content(fields, made, true);
  take_cursor(fields, made);
  if (made.job && made.cursor && made.cursor->is_text())
    fields.note("cursor", "what a job makes has no token to go on from",
                "Use cursor: {time: …} or cursor: {seq: …}.");
  take_cap(fields, made);
  take_partition(fields, made);
  fields.text("title");
  fields.text("docs");
  if (const auto* schema = fields.take("schema"))
    made.schema = compile_schema(*schema, fields.at("schema"), found);
  fields.finish();
  return made;
}

} // namespace tenon::actors::connectors
