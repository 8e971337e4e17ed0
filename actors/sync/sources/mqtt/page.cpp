#include "actors/sync/sources/mqtt/page.hpp"

#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>

namespace tenon::actors::mqtt {
namespace {

using clock = std::chrono::steady_clock;

// Of a page: where messages trickle, it is never quiet.
constexpr auto longest = std::chrono::seconds{5};
constexpr std::size_t most_held = 16u << 20; // bytes that were delivered; then the page ends

std::string key_of(const source_options& o, const std::string& delivered_as,
                   const std::string& json, std::string& why) {
  if (!o.key)
    return delivered_as;
  runtime::expression::scope names;
  names.bind_json("record", json);
  const auto said = runtime::expression::evaluate(*o.key, names);
  if (!said)
    why = "key: " + said.error().why;
  else if (const auto* text = said->as<std::string>())
    return *text;
  else if (said->is<std::int64_t>() || said->is<double>())
    return write_json(*said);
  else
    why = "key: it is a " + std::string{said->type_name()} + " and neither text nor a number";
  return {};
}

bool is_plain(const message& m) {
  return is_utf8(m.content_type) && std::ranges::all_of(m.properties, [](const auto& p) {
           return is_utf8(p.first) && is_utf8(p.second);
         });
}

/// What a letter needs beside the payload and the topic, which is its place.
blob words_of(const message& m, const std::string& delivered_as) {
  list properties;
  for (const auto& [name, said] : m.properties)
    properties.push_back(list{name, said});
  return words_for_again("mqtt", write_json(object{{"key", delivered_as},
                                                   {"retained", m.retained},
                                                   {"content_type", m.content_type},
                                                   {"properties", std::move(properties)}}));
}

/// Acknowledges what is known to be stored, as far as it is here.
result<bool> settle(session& s, const place& here) {
  const auto ids = s.delivered().settle(here.stored);
  if (auto told = s.acknowledge(ids); !told)
    return std::move(told).error();
  return !ids.empty();
}

/// Takes what is there until the page has what it may have, or nothing more comes. What was stored
/// and not acknowledged comes again on a fresh connection, before all else.
result<ended> wait_for(session& s, const source_options& o, const place& here, std::size_t most) {
  const auto end = clock::now() + std::max<span>(longest, 2 * o.quiet);
  bool told_more = false;
  auto how = ended::quiet;
  for (;;) {
    const auto settled = settle(s, here);
    if (!settled)
      return settled.error();
    told_more = told_more || *settled;
    if (s.delivered().bytes() >= most_held || s.delivered().fresh(here.last, most).size() == most) {
      how = ended::full;
      break;
    }
    if (clock::now() >= end) {
      how = ended::late;
      break;
    }
    const auto came = s.take(std::min(end, clock::now() + o.quiet));
    if (!came)
      return came.error();
    if (!*came && clock::now() < end)
      break;
  }
  if (told_more)
    if (auto heard = s.be_heard(); !heard)
      return std::move(heard).error();
  return how;
}

} // namespace

result<std::vector<std::string>> read_cursor(const std::string& text) {
  std::vector<std::string> topics;
  if (text.empty())
    return topics;
  const auto document = read_json(text);
  const auto* all = document ? document->find("topics") : nullptr;
  const auto* names = all ? all->as<list>() : nullptr;
  if (!names)
    return failure{code::malformed, "the cursor is not one of messages", "cursor",
                   "Rewind the sync; the broker still has what was not acknowledged."};
  for (const auto& each : *names)
    if (const auto* name = each.as<std::string>())
      topics.push_back(*name);
  std::ranges::sort(topics);
  return topics;
}

void take_message(const source_options& o, const message& m, const std::string& delivered_as,
                  entries& into) {
  const auto refuse = [&](std::string why, blob again) {
    into.refuse(m.topic, {std::move(why), m.payload, std::move(again)});
  };
  if (m.cut_from > 0)
    return refuse("the message has more than 8 MiB: " + std::to_string(m.cut_from), {});
  if (!is_plain(m))
    return refuse("a property of the message is not UTF-8", {});
  std::string json{"{\"topic\":"};
  write_json_text(m.topic, json);
  json += ",\"payload\":";
  if (!write_read(m.payload, o.payload, json))
    return refuse(o.payload == reading::json ? "the payload is not JSON"
                                             : "the payload is not UTF-8; payload: base64 takes it",
                  words_of(m, delivered_as));
  json += m.retained ? ",\"retained\":true" : ",\"retained\":false";
  if (!m.content_type.empty()) {
    json += ",\"content_type\":";
    write_json_text(m.content_type, json);
  }
  if (!m.properties.empty()) {
    object all;
    for (const auto& [name, v] : m.properties)
      all[name] = v;
    json += ",\"properties\":" + write_json(all);
  }
  json += '}';
  std::string why;
  auto key = key_of(o, delivered_as, json, why);
  if (const auto* unfit = why.empty() ? into.keep(std::move(key), std::move(json)) : why.c_str())
    refuse(unfit, words_of(m, delivered_as));
}

result<source_page> read_again(const source_options& o,
                               const protocols::letter_types::kept& letter) {
  const auto words = needed_for(letter, "mqtt");
  const auto said = words ? read_json(*words) : result<value>{of_another_kind(letter)};
  if (!said)
    return of_another_kind(letter);
  const auto text_of = [](const value* v) {
    const auto* text = v ? v->as<std::string>() : nullptr;
    return text ? *text : std::string{};
  };
  const auto* retained = said->find("retained");
  message m{.retained = retained && *retained == value{true},
            .topic = letter.place,
            .payload = letter.bytes.text(),
            .content_type = text_of(said->find("content_type"))};
  const auto* properties = said->find("properties");
  if (const auto* pairs = properties ? properties->as<list>() : nullptr)
    for (const auto& each : *pairs)
      if (const auto* pair = each.as<list>(); pair && pair->size() == 2)
        m.properties.emplace_back(text_of(&pair->front()), text_of(&pair->back()));
  entries again{1};
  take_message(o, m, text_of(said->find("key")), again);
  return std::move(again).finish();
}

turn turn_after(const place& before, std::vector<given> found, ended how) {
  turn t;
  const bool nothing = found.empty() && before.last.empty();
  t.last = nothing && how != ended::full;
  t.after.stored = before.last;
  t.after.last = std::move(found);
  t.after.next = how == ended::full    ? intent::read
                 : how == ended::quiet ? intent::look
                                       : intent::end;
  if (t.last)
    t.after = {};
  return t;
}

result<source_page> read_page(session& s, const source_options& o, const page_request& wanted) {
  const auto here = read_place(wanted.position);
  if (!here)
    return here.error();
  if (auto settled = settle(s, *here); !settled)
    return std::move(settled).error();
  if (auto heard = s.be_heard(); !heard)
    return std::move(heard).error();

  entries page{o.page_size + 1};
  if (s.take_newness())
    page.refuse(o.client_id,
                {"the broker has forgotten the session: what was published since the run before "
                 "may be missing",
                 {},
                 {}});
  turn t;
  if (here->next != intent::read && !here->last.empty()) {
    // What was given is acknowledged by the page after this one, which is asked for once this one
    // is stored.
    t.after = {.stored = here->last, .last = {}, .next = here->next};
  } else {
    const bool over = here->next == intent::end;
    auto how = wait_for(s, o, *here, over ? 1 : o.page_size);
    if (!how)
      return std::move(how).error();
    std::vector<given> found;
    if (!over)
      for (const auto* d : s.delivered().fresh(here->last, o.page_size)) {
        if (page.full()) {
          how = ended::full;
          break;
        }
        take_message(o, d->message, d->key(), page);
        found.push_back(d->as);
      }
    t = over ? turn{.after = {}, .last = true} : turn_after(*here, std::move(found), *how);
  }
  auto read = std::move(page).finish();
  read.last = t.last;
  read.position = write_place(t.after);
  list topics;
  for (const auto& each : o.topics)
    topics.emplace_back(each);
  read.cursor = write_json(object{{"topics", std::move(topics)}});
  return read;
}

} // namespace tenon::actors::mqtt
