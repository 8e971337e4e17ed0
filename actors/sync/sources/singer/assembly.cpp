#include "actors/sync/sources/singer/assembly.hpp"

#include "protocols/json.hpp"

#include <charconv>

namespace tenon::actors::singer {
namespace {

failure at(std::string_view option, code c, std::string why, std::string remedy) {
  return {c, std::move(why), "spec.from.singer." + std::string{option}, std::move(remedy)};
}

constexpr std::size_t most_state_bytes = 1u << 20;

std::string version_in(const std::optional<std::int64_t>& v) {
  return v ? std::to_string(*v) : "null";
}

std::string state_and_version(const std::string& state, const std::optional<std::int64_t>& v) {
  return "{\"state\":" + (state.empty() ? "null" : state) + ",\"version\":" + version_in(v);
}

blob words_of(const std::vector<connectors::json_path>& key) {
  list names;
  for (const auto& each : key)
    names.push_back(each.text);
  return words_for_again("singer", write_json(names));
}

/// The state is kept as it was said: whatever JSON it is, it is the tap's.
bool read_state(const connectors::json_text& text, std::string& state,
                std::optional<std::int64_t>& version) {
  const auto said = text.member(text.root(), "state");
  const auto number = text.member(text.root(), "version");
  if (!said || !number || !(connectors::is_object(*said) || connectors::is_null(*said)))
    return false;
  state = connectors::is_null(*said) ? "" : *said;
  std::int64_t n = 0;
  if (std::from_chars(number->data(), number->data() + number->size(), n).ec == std::errc{})
    version = n;
  return version || connectors::is_null(*number);
}

} // namespace

std::string write_place(const place& p) {
  return state_and_version(p.state, p.version) + ",\"whole\":" + (p.whole ? "true" : "false") +
         ",\"pages\":" + std::to_string(p.pages) + ",\"bad_ends\":" + std::to_string(p.bad_ends) +
         ",\"activated\":" + version_in(p.activated) + '}';
}

result<place> read_place(const std::string& text) {
  place p;
  if (text.empty())
    return p;
  const auto document = connectors::json_text::check(text);
  const auto whole = document ? document->member(document->root(), "whole") : std::nullopt;
  const auto take = [&](std::string_view name, std::uint64_t& n) {
    const auto raw = document->member(document->root(), name);
    return raw && std::from_chars(raw->data(), raw->data() + raw->size(), n).ec == std::errc{};
  };
  if (!whole || !read_state(*document, p.state, p.version) || !take("pages", p.pages) ||
      !take("bad_ends", p.bad_ends))
    return failure{
        code::stale, "the position is not one of a tap", {}, "It is read from the beginning."};
  p.whole = *whole == "true";
  // A place of earlier releases does not say it.
  std::int64_t n = 0;
  if (const auto said = document->member(document->root(), "activated");
      said && std::from_chars(said->data(), said->data() + said->size(), n).ec == std::errc{})
    p.activated = n;
  return p;
}

std::string write_cursor(const known& k) {
  return state_and_version(k.state, k.version) + '}';
}

result<known> read_cursor(const std::string& text) {
  known k;
  if (text.empty())
    return k;
  const auto document = connectors::json_text::check(text);
  if (!document || !read_state(*document, k.state, k.version))
    return failure{code::malformed, "the cursor is not one of a tap", "cursor",
                   "Rewind the sync; everything is then read from the beginning."};
  return k;
}

assembly::assembly(const source_options& o, std::vector<connectors::json_path>& key, place from,
                   const known& before, covering secrets)
    : options_{o}, key_{key}, place_{std::move(from)}, before_{before},
      secrets_{std::move(secrets)}, rows_{o.page_size}, again_{words_of(key_)} {
  rows_.enter(o.stream);
}

result<void> assembly::learn_key(const std::vector<std::string>& names) {
  if (!options_.key.empty() || names.empty())
    return {};
  std::vector<connectors::json_path> paths;
  for (const auto& name : names) {
    // A property's name, whatever is in it.
    std::string escaped;
    for (const char c : name) {
      if (c == '.' || c == '\\' || c == '*')
        escaped += '\\';
      escaped += c;
    }
    auto path = connectors::compile_path(escaped);
    if (!path)
      return at("key", code::malformed, "the tap names a key that cannot be read: " + name,
                "Write `key` with the field that identifies a record.");
    paths.push_back(*std::move(path));
  }
  key_ = std::move(paths);
  again_ = words_of(key_);
  return {};
}

result<void> assembly::take_record(const message& m) {
  if (key_.empty())
    return at("key", code::malformed,
              "the tap does not say by what a record of " + options_.stream +
                  " is known (key_properties)",
              "Write `key` with the field that identifies one, as in key: id.");
  place_.whole = place_.whole && m.version && m.version != before_.version;
  place_.version = m.version;
  place_.activated.reset();
  bytes_ += m.content.size();
  const auto letters = rows_.letters();
  rows_.keep_json(m.content, key_, {'#', ++lines_}, again_);
  if (m.deleted && rows_.letters() == letters)
    deleted_.push_back(count_ - letters);
  ++count_;
  ++since_state_;
  return {};
}

/// A letter, with as much of the line as a letter has; empty: it is too long.
void assembly::refuse(const line_reader::line& line, const std::string& why) {
  bytes_ += line.text.size();
  ++count_;
  const auto text = secrets_(line.text.substr(0, line_reader::kept_of_longer));
  if (why.empty())
    rows_.refuse_long({'#', ++lines_}, text);
  else
    rows_.refuse(rows_.text().size(), {'#', ++lines_}, secrets_(why), text);
}

result<void> assembly::take(const line_reader::line& line) {
  if (line.cut) {
    refuse(line, {});
    return {};
  }
  const auto m = read_message(line.text);
  if (!m) {
    refuse(line, m.error().why);
    return {};
  }
  switch (m->kind) {
  case message_kind::schema:
    return m->stream == options_.stream ? learn_key(m->key) : result<void>{};
  case message_kind::record:
    return m->stream == options_.stream ? take_record(*m) : result<void>{};
  case message_kind::state:
    if (m->content.size() > most_state_bytes)
      return at("tap", code::too_large, "a STATE of the tap has more than 1 MiB",
                "Let the tap keep less in it, or sync fewer streams of it at once.");
    place_.state = m->content;
    place_.bad_ends = 0;
    changed_ = true;
    since_state_ = 0;
    return {};
  case message_kind::activate_version:
    if (m->stream == options_.stream)
      place_.activated = m->version;
    return {};
  case message_kind::other:
    break;
  }
  if (m->type == "BATCH")
    return at("config", code::malformed, "the tap gives its records as files (BATCH)",
              "Turn batches off in the tap's configuration.");
  return {};
}

bool assembly::full() const {
  return rows_.full() || (changed_ && since_state_ == 0 && count_ >= (options_.page_size + 1) / 2);
}

source_page assembly::finish(bool last) && {
  ++place_.pages;
  const bool is_new = place_.version && place_.version != before_.version;
  source_page page;
  std::move(rows_).finish(page);
  for (const auto i : deleted_)
    page.records[i].deleted = true;
  page.bytes = bytes_;
  page.last = last;
  // Activated with no record of it at all: everything there was is gone.
  const bool all_gone =
      last && !place_.version && place_.activated && place_.activated != before_.version;
  page.complete = last
                      ? place_.whole && ((is_new && place_.activated == place_.version) || all_gone)
                      : place_.whole && is_new;
  page.position = write_place(place_);
  const auto version = last && page.complete ? place_.activated : before_.version;
  page.cursor = write_cursor({place_.state.empty() ? before_.state : place_.state, version});
  return page;
}

result<source_page> read_again(const source_options& o,
                               const protocols::letter_types::kept& letter) {
  const auto words = needed_for(letter, "singer");
  const auto said = words ? read_json(*words) : result<value>{of_another_kind(letter)};
  const auto* names = said ? said->as<list>() : nullptr;
  if (!names)
    return of_another_kind(letter);
  auto key = o.key;
  if (key.empty())
    for (const auto& each : *names)
      if (const auto* name = each.as<std::string>())
        key.push_back(*name);
  std::vector<connectors::json_path> paths;
  for (const auto& field : key) {
    auto path = connectors::compile_path(field);
    if (!path)
      return std::move(path).error();
    paths.push_back(*std::move(path));
  }
  files::rows again{1};
  again.keep_json(letter.bytes.view(), paths, {}, letter.again);
  source_page page;
  std::move(again).finish(page);
  for (auto& record : page.records) {
    const auto text = connectors::json_text::check(record.content.view());
    record.deleted = text && is_deleted(*text, text->root());
  }
  return page;
}

result<std::string> select_stream(std::string_view found, const std::string& stream) {
  auto catalog = read_json(found, {.bytes = 64u << 20});
  auto* streams =
      catalog && catalog->is<object>() ? catalog->as<object>()->find("streams") : nullptr;
  auto* all = streams ? streams->as<list>() : nullptr;
  if (!all)
    return at("catalog", code::malformed, "what the tap finds is no catalog",
              "Write the catalog, if this tap cannot find it by itself (--discover).");
  bool is_there = false;
  std::string names;
  for (auto& each : *all) {
    auto* one = each.as<object>();
    if (!one)
      continue;
    const auto* id = one->find("tap_stream_id");
    const auto* name = one->find("stream");
    const auto is = [&](const value* v) { return v && *v == value{stream}; };
    const bool wanted = is(name) || (is(id) && !name);
    is_there = is_there || wanted;
    if (const auto* text = name ? name->as<std::string>() : nullptr)
      names += (names.empty() ? "" : ", ") + *text;
    (*one)["selected"] = wanted;
    if (auto* schema = one->find("schema"); schema && schema->is<object>())
      (*schema->as<object>())["selected"] = wanted;
    auto& described = (*one)["metadata"];
    if (!described.is<list>())
      described = list{};
    bool whole = false;
    for (auto& part : *described.as<list>()) {
      auto* words = part.is<object>() ? part.as<object>()->find("metadata") : nullptr;
      const auto* crumbs = part.find("breadcrumb");
      if (!words || !words->is<object>() || !crumbs)
        continue;
      whole = whole || *crumbs == value{list{}};
      const auto* inclusion = words->find("inclusion");
      if (!inclusion || *inclusion != value{"unsupported"})
        (*words->as<object>())["selected"] = wanted;
    }
    if (!whole)
      described.as<list>()->push_back(
          object{{"breadcrumb", list{}}, {"metadata", object{{"selected", wanted}}}});
  }
  if (!is_there)
    return at("stream", code::not_found, "the tap has no stream " + stream,
              names.empty() ? "It has none at all." : "It has " + names.substr(0, 500) + '.');
  return write_json(*catalog);
}

} // namespace tenon::actors::singer
