#include "actors/integration/page/record_reader.hpp"

#include "protocols/identity.hpp"
#include "protocols/json.hpp"

namespace tenon::actors::connectors {
namespace {

/// The record with members that it has not itself, at its beginning: what a platform says stays.
std::string with_added(const json_text& text, std::string_view raw, const object& added) {
  std::string made{'{'};
  for (const auto& [name, content] : added) {
    if (text.member(raw, name))
      continue;
    write_json_text(name, made);
    made += ':';
    made += write_json(content);
    made += ',';
  }
  auto rest = raw.substr(1);
  const auto begin = rest.find_first_not_of(" \t\r\n");
  if (rest.substr(begin).starts_with('}') && made.size() > 1)
    made.pop_back();
  return made.append(rest);
}

} // namespace

record_reader::record_reader(const stream& s, const connection& c, const value& part,
                             const json_text& text, const blob& body, page& into, moment now)
    : stream_{s}, text_{text}, body_{body}, into_{into}, part_{part} {
  names_.bind("conn", c.settings).bind("partition", part).set_now(now);
}

void record_reader::read(std::string_view raw) {
  ++items_;
  last_ = raw;
  if (first_.empty())
    first_ = raw;
  names_.bind_json("outer", raw);
  if (!stream_.expand)
    return read_record(raw);
  const auto inner = find(text_, raw, *stream_.expand);
  if (!inner || is_null(*inner))
    return; // it has none
  outer_ = raw;
  if (!is_list(*inner))
    return read_record(*inner);
  for (json_text::walk items{text_, *inner}; items.next();)
    read_record(items.content());
}

void record_reader::read_again(std::string_view outer, std::string_view raw) {
  names_.bind_json("outer", outer);
  read_record(raw);
}

void record_reader::read_record(std::string_view raw) {
  ++count_;
  at_ = raw;
  if (!is_object(raw))
    return refuse(raw, "a record is an object, and this is not");
  if (raw.size() > max_record_bytes)
    return refuse(raw, "the record has " + std::to_string(raw.size()) + " bytes, more than " +
                           std::to_string(max_record_bytes));
  if (!stream_.add)
    return read_content({text_, body_}, raw);
  names_.bind_json("record", raw);
  const auto added = stream_.add->evaluate(names_);
  const auto* members = added ? added->as<object>() : nullptr;
  if (members == nullptr)
    return refuse(raw, "add: " + (added ? "not an object" : added.error().why));
  const auto made = blob::from(with_added(text_, raw, *members));
  const auto text = json_text::check(made.view());
  if (!text)
    return refuse(raw, "add: " + text.error().why);
  read_content({*text, made}, text->root());
}

void record_reader::read_content(where from, std::string_view raw) {
  names_.bind_json("record", raw);
  if (stream_.keep) {
    const auto kept = runtime::expression::evaluate_condition(*stream_.keep, names_);
    if (!kept)
      return refuse(at_, "keep: " + kept.error().why);
    if (!*kept) {
      read_cursor(from, raw); // what is left out has been read nevertheless
      ++into_.filtered;
      return;
    }
  }
  record made;
  if (!read_key(from, raw, made.key) || !read_deleted(from, raw, made.deleted) ||
      !read_map(from, raw, made.json))
    return;
  made.cursor = read_cursor(from, raw);
  into_.records.push_back(std::move(made));
}

std::uint64_t record_reader::mark() const {
  return items_ == 0 ? 0 : stable_hash(last_, stable_hash(first_, items_)) | 1;
}

void record_reader::refuse(std::string_view raw, std::string reason) {
  into_.malformed.push_back(
      {"record " + std::to_string(count_) + ", byte " + std::to_string(text_.offset_of(raw)),
       std::move(reason), body_.slice(raw),
       malformed_record::surroundings{part_, outer_.empty() ? blob{} : body_.slice(outer_)}});
}

/// One field is its text; several are joined by ':', which is escaped within them, so that no two
/// different keys read the same.
bool record_reader::read_key(where from, std::string_view raw, std::string& into) {
  for (const auto& field : stream_.key) {
    const auto found = find(from.text, raw, field);
    const auto text = found ? scalar_text(*found) : std::nullopt;
    if (!text || text->empty()) {
      refuse(at_, !found || is_null(*found) || text
                      ? "the key field `" + field.text + "` is missing or empty"
                      : "the key field `" + field.text + "` is a list or an object");
      return false;
    }
    if (stream_.key.size() == 1) {
      into = *text;
      break;
    }
    if (&field != &stream_.key.front())
      into += ':';
    for (const char c : *text)
      into += c == ':' ? "%3A" : c == '%' ? "%25" : std::string(1, c);
  }
  if (into.size() <= max_key_bytes)
    return true;
  refuse(at_, "the key has " + std::to_string(into.size()) + " bytes, more than " +
                  std::to_string(max_key_bytes));
  return false;
}

bool record_reader::read_deleted(where from, std::string_view raw, bool& into) {
  if (!stream_.deleted)
    return true;
  if (stream_.deleted->field) {
    const auto found = find(from.text, raw, *stream_.deleted->field);
    into = found && !is_null(*found) && *found != "false" && *found != "\"\"" && *found != "0";
    return true;
  }
  const auto holds = runtime::expression::evaluate_condition(*stream_.deleted->condition, names_);
  if (!holds) {
    refuse(at_, "deleted: " + holds.error().why);
    return false;
  }
  into = *holds;
  return true;
}

bool record_reader::read_map(where from, std::string_view raw, blob& into) {
  if (!stream_.map) {
    into = from.bytes.slice(raw);
    return true;
  }
  auto mapped = stream_.map->evaluate(names_);
  if (!mapped) {
    refuse(at_, "map: " + mapped.error().why);
    return false;
  }
  into = blob::from(write_json(*mapped));
  return true;
}

std::optional<std::int64_t> record_reader::read_cursor(where from, std::string_view raw) {
  if (!stream_.cursor || stream_.cursor->what == progress_rule::kind::token)
    return std::nullopt;
  const auto found = find(from.text, raw, stream_.cursor->field);
  if (stream_.cursor->is_text()) {
    if (auto id = found ? scalar_text(*found) : std::nullopt; id && !id->empty())
      into_.progress.given = *std::move(id);
    else
      ++into_.without_cursor;
    return std::nullopt;
  }
  const auto at = found ? read_field(*stream_.cursor, *found) : std::nullopt;
  if (!at)
    ++into_.without_cursor;
  else if (!into_.progress.high || *at > *into_.progress.high)
    into_.progress.high = at;
  return at;
}

} // namespace tenon::actors::connectors
