#include "actors/sync/sources/redis/place.hpp"

#include "protocols/json.hpp"

#include <charconv>
#include <limits>

namespace tenon::actors::redis {
namespace {

bool read_number(std::string_view text, std::uint64_t& n) {
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
  return bad == std::errc{} && end == text.data() + text.size();
}

const std::string* text_at(const value& v, std::string_view name) {
  const auto* t = v.find(name);
  return t ? t->as<std::string>() : nullptr;
}

bool take_id(const value& v, std::string_view name, entry_id& into) {
  const auto* t = text_at(v, name);
  const auto id = t ? read_id(*t) : std::nullopt;
  into = id.value_or(entry_id{});
  return id.has_value();
}

bool take_number(const value& v, std::string_view name, std::int64_t& into) {
  const auto* n = v.find(name);
  const auto* number = n ? n->as<std::int64_t>() : nullptr;
  into = number ? *number : 0;
  return number != nullptr;
}

std::string between(const passage& p) {
  return " between " + to_text(p.from) + " and " + to_text(p.end) + " of " + p.stream;
}

} // namespace

std::string to_text(entry_id id) {
  return std::to_string(id.ms) + '-' + std::to_string(id.number);
}

std::optional<entry_id> read_id(std::string_view text) {
  const auto dash = text.find('-');
  entry_id id;
  if (dash == text.npos || !read_number(text.substr(0, dash), id.ms) ||
      !read_number(text.substr(dash + 1), id.number))
    return std::nullopt;
  return id;
}

entry_id after(entry_id id) {
  if (id.number == std::numeric_limits<std::uint64_t>::max())
    return {id.ms + 1, 0};
  return {id.ms, id.number + 1};
}

std::uint64_t passage::expected() const {
  return before < 0 || added < before ? 0 : static_cast<std::uint64_t>(added - before);
}

passage begin(std::string stream, const std::optional<known_stream>& known, const standing& now) {
  passage p{.stream = std::move(stream), .end = now.newest, .added = now.added};
  const bool begun_anew =
      known &&
      (now.newest < known->at || (now.added >= 0 && known->added >= 0 && now.added < known->added));
  if (known && !begun_anew) {
    p.from = p.at = known->at;
    p.before = now.added < 0 ? -1 : known->added;
    const bool counted = p.before >= 0;
    if (!counted && p.end > p.from && now.last_read_is_there == false)
      p.note = "entries" + between(p) + " may have been deleted or trimmed before they were read";
    return p;
  }
  if (begun_anew)
    p.note = p.stream + " was deleted and begun anew: what was added to the former one after " +
             to_text(known->at) + " was never read";
  // What was gone before anybody asked for it is not missing.
  if (now.added >= 0)
    p.before = std::max<std::int64_t>(0, now.added - now.length);
  return p;
}

std::string missing(const passage& p) {
  if (!p.note.empty())
    return p.note;
  const auto lost = p.before < 0 || p.added < 0 ? 0 : p.added - p.before - p.read;
  if (lost <= 0)
    return {};
  return std::to_string(lost) + (lost == 1 ? " entry" : " entries") + between(p) +
         (lost == 1 ? " was" : " were") + " deleted or trimmed before being read";
}

known_stream known_after(const passage& p) {
  return {p.end, p.added};
}

std::string write_place(const place& p) {
  object said;
  if (!p.last_name.empty())
    said["done"] = p.last_name;
  if (p.now)
    said["now"] = object{{"stream", p.now->stream},  {"from", to_text(p.now->from)},
                         {"at", to_text(p.now->at)}, {"end", to_text(p.now->end)},
                         {"before", p.now->before},  {"added", p.now->added},
                         {"read", p.now->read},      {"note", p.now->note}};
  return write_json(said);
}

result<place> read_place(const std::string& text) {
  place p;
  if (text.empty())
    return p;
  const auto document = read_json(text);
  bool right = document && document->is<object>();
  if (const auto* done = right ? text_at(*document, "done") : nullptr)
    p.last_name = *done;
  if (const auto* now = right ? document->find("now") : nullptr) {
    auto& one = p.now.emplace();
    const auto* name = text_at(*now, "stream");
    const auto* note = text_at(*now, "note");
    right = name && note && take_id(*now, "from", one.from) && take_id(*now, "at", one.at) &&
            take_id(*now, "end", one.end) && take_number(*now, "before", one.before) &&
            take_number(*now, "added", one.added) && take_number(*now, "read", one.read);
    if (right) {
      one.stream = *name;
      one.note = *note;
    }
  }
  if (!right || (!p.now && p.last_name.empty()))
    return failure{
        code::stale, "the position is not one of streams", {}, "It is read from the beginning."};
  return p;
}

std::string write_cursor(const known_streams& all) {
  if (all.empty())
    return {};
  object names;
  for (const auto& [name, known] : all)
    names.append(name, list{to_text(known.at), known.added});
  return write_json(object{{"streams", std::move(names)}});
}

result<known_streams> read_cursor(const std::string& text) {
  known_streams all;
  if (text.empty())
    return all;
  const auto document = read_json(text);
  const auto* names = document ? document->find("streams") : nullptr;
  bool right = names && names->is<object>();
  if (right)
    for (const auto& [name, said] : *names->as<object>()) {
      const auto* two = said.as<list>();
      const auto* at = two && two->size() == 2 ? (*two)[0].as<std::string>() : nullptr;
      const auto* added = at ? (*two)[1].as<std::int64_t>() : nullptr;
      const auto id = added ? read_id(*at) : std::nullopt;
      right = right && id;
      if (id)
        all[name] = {*id, *added};
    }
  if (!right)
    return failure{code::malformed, "the cursor is not one of streams", "cursor",
                   "Rewind the sync; everything that is still there is then read again."};
  return all;
}

} // namespace tenon::actors::redis
