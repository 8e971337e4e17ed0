#include "actors/integration/writing.hpp"

#include "actors/integration/verdict.hpp"
#include "actors/integration/web/header_words.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <unordered_map>

namespace tenon::actors::connectors {
namespace {

using records = std::span<const outgoing_record>;

scope words_of(const writing& w, const outgoing_record& one, const value& key, const value& effect,
               moment now) {
  scope names;
  names.bind("conn", w.connection.settings).bind("key", key).bind("effect", effect).set_now(now);
  names.bind_json("record", one.json.view());
  names.bind_json("returned", one.returned.empty() ? "null" : one.returned.view());
  return names;
}

failure at_record(const outgoing_record& one, failure why) {
  why.where = "record " + one.key + (why.where.empty() ? "" : ": " + why.where);
  return why;
}

result<http_request> single_request(const writing& w, const outgoing_record& one, moment now) {
  const value key{one.name()};
  const value effect{one.effect};
  auto names = words_of(w, one, key, effect, now);
  const auto item = item_of(w, one, now);
  if (!item)
    return at_record(one, item.error());
  names.bind("item", *item);
  auto made = draft_request(w.action.request, w.connector.headers, w.connection.base, names);
  if (!made)
    return at_record(one, std::move(made).error());
  if (!w.action.has_body && w.action.mode != write_mode::erase)
    made->body = *item;
  if (!w.action.idempotency.header.empty())
    set_header(made->sent, w.action.idempotency.header, one.effect);
  return finish_request(*std::move(made), w.connector.hosts);
}

/// Names the call: the same records give the same name.
std::string effect_of(records batch) {
  return batch.front().effect + '+' + std::to_string(batch.size());
}

result<http_request> batch_request(const writing& w, records batch, moment now) {
  const value effect{effect_of(batch)};
  scope names;
  names.bind("conn", w.connection.settings).bind("effect", effect).set_now(now);
  auto made = draft_request(w.action.request, w.connector.headers, w.connection.base, names);
  if (!made)
    return std::move(made).error();
  list items;
  for (const auto& one : batch) {
    auto item = item_of(w, one, now);
    if (!item)
      return at_record(one, std::move(item).error());
    items.push_back(*std::move(item));
  }
  if (w.action.batch.as_lines) {
    std::string text;
    for (const auto& item : items)
      text += write_json(item) + '\n';
    made->body = std::move(text);
    set_header(made->sent, "Content-Type", "application/jsonl");
  } else if (w.action.batch.body.steps.empty()) {
    made->body = std::move(items);
  } else {
    if (!made->body)
      made->body = object{};
    if (!set_member(*made->body, w.action.batch.body, std::move(items)))
      return failure{code::malformed,
                     "the request's body has no place for the items at `" +
                         w.action.batch.body.text + "`",
                     w.action.name};
  }
  if (!w.action.idempotency.header.empty())
    set_header(made->sent, w.action.idempotency.header, *effect.as<std::string>());
  return finish_request(*std::move(made), w.connector.hosts);
}

/// Reads the entries of an answer: what each says about its record.
class result_reader {
public:
  result_reader(const writing& w, const http_response& answer, const json_text* body, records batch,
                moment now)
      : writing_{w}, status_{static_cast<std::int64_t>(answer.status)},
        headers_{header_words(answer.headers)}, body_{body}, batch_{batch}, now_{now},
        made_(batch.size()) {}

  result<item_outcomes> read() {
    const auto& rule = writing_.action.batch;
    if (rule.item_key)
      index();
    for (auto& one : made_)
      one.written = !rule.results || rule.errors.has_value();
    if (rule.results)
      if (auto ok = read_results(); !ok)
        return std::move(ok).error();
    if (rule.errors && body_ != nullptr)
      find_all(*body_, body_->root(), *rule.errors, [&](std::string_view at) {
        for_each(at, [&](std::string_view entry, std::size_t) { refuse(entry); });
      });
    if (!rule.results && batch_.size() == 1)
      keep(0, root());
    for (auto& one : made_)
      if (!one.written && one.why.why.empty())
        one.why = {code::not_found, "the platform's answer says nothing of it",
                   writing_.action.name, "Look there whether it was written, then replay it."};
    return std::move(made_);
  }

private:
  /// An answer may say all that it has to say in its headers.
  std::string_view root() const { return body_ == nullptr ? "null" : body_->root(); }

  void index() {
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      const auto item = item_of(writing_, batch_[i], now_);
      const auto* at = item ? &*item : nullptr;
      for (const auto& step : writing_.action.batch.item_key->steps)
        at = at == nullptr ? nullptr : at->find(step);
      if (at != nullptr)
        by_key_.emplace(at->is<std::string>() ? *at->as<std::string>() : write_json(*at), i);
    }
  }

  template <class Take> void for_each(std::string_view at, Take take) {
    std::size_t number = 0;
    if (!is_list(at))
      return take(at, number);
    for (json_text::walk items{*body_, at}; items.next();)
      take(items.content(), number++);
  }

  std::optional<std::size_t> record_of(std::string_view entry, std::size_t number) const {
    const auto& rule = writing_.action.batch;
    if (!rule.item_key)
      return number < batch_.size() ? std::optional{number} : std::nullopt;
    const auto found = find(*body_, entry, rule.result_key ? *rule.result_key : *rule.item_key);
    const auto key = found ? scalar_text(*found) : std::nullopt;
    const auto it = key ? by_key_.find(*key) : by_key_.end();
    return it == by_key_.end() ? std::nullopt : std::optional{it->second};
  }

  result<void> read_results() {
    const auto& rule = writing_.action.batch;
    std::size_t entries = 0;
    if (body_ != nullptr)
      find_all(*body_, body_->root(), *rule.results, [&](std::string_view at) {
        for_each(at, [&](std::string_view entry, std::size_t) {
          const auto record = record_of(entry, entries++);
          if (record)
            take(*record, entry);
        });
      });
    if (rule.errors || (rule.item_key && entries > 0) || entries == batch_.size())
      return {};
    return failure{code::malformed,
                   "the answer has " + std::to_string(entries) + " entries at `" +
                       rule.results->text + "` for " + std::to_string(batch_.size()) + " records",
                   writing_.action.name, "Check `batch.results`, or add item_key."};
  }

  void take(std::size_t record, std::string_view entry) {
    auto& one = made_[record];
    const auto names = names_of(record, entry);
    const auto& rule = writing_.action.batch;
    if (rule.failed) {
      const auto failed = runtime::expression::evaluate_condition(*rule.failed, names);
      if (failed && *failed) {
        one.written = false;
        one.why = reason(entry, names);
        return;
      }
    }
    one.written = true;
    keep(record, entry);
  }

  void refuse(std::string_view entry) {
    const auto& rule = writing_.action.batch;
    const auto found = find(*body_, entry, rule.result_key ? *rule.result_key : *rule.item_key);
    if (!found)
      return;
    for_each(*found, [&](std::string_view key_text, std::size_t) {
      const auto key = scalar_text(key_text);
      const auto it = key ? by_key_.find(*key) : by_key_.end();
      if (it == by_key_.end())
        return;
      made_[it->second].written = false;
      made_[it->second].why = reason(entry, names_of(it->second, entry));
    });
  }

  scope names_of(std::size_t record, std::string_view entry) {
    key_ = batch_[record].name();
    scope names;
    names.bind("conn", writing_.connection.settings).bind("key", key_).bind("status", status_);
    names.bind_json("record", batch_[record].json.view()).bind_json("result", entry);
    names.bind_json("body", root()).bind("header", headers_).set_now(now_);
    return names;
  }

  failure reason(std::string_view entry, const scope& names) const {
    failure why{code::malformed, {}, writing_.action.name, "Mend the record, then replay it."};
    if (const auto& say = writing_.action.batch.say)
      if (auto said = runtime::expression::evaluate_text(*say, names))
        why.why = *std::move(said);
    if (why.why.empty()) {
      const auto text = json_text::check(entry);
      why.why = message_in(text ? &*text : nullptr);
    }
    if (why.why.empty())
      why.why = "the platform refused it";
    return why;
  }

  void keep(std::size_t record, std::string_view entry) {
    if (!writing_.action.returns)
      return;
    if (auto kept = writing_.action.returns->evaluate(names_of(record, entry)))
      made_[record].returned = *std::move(kept);
  }

  const writing& writing_;
  value status_;
  value headers_;
  const json_text* body_;
  records batch_;
  moment now_;
  item_outcomes made_;
  std::unordered_map<std::string, std::size_t> by_key_{};
  value key_{};
};

/// What the platform refused because of its content, and not because of who asks or when.
bool is_about_content(meaning m) {
  return m == meaning::invalid || m == meaning::conflict || m == meaning::not_found ||
         m == meaning::gone;
}

} // namespace

result<value> item_of(const writing& w, const outgoing_record& one, moment now) {
  if (!w.action.map)
    return read_json(one.json.view());
  const value key{one.name()};
  const value effect{one.effect};
  return w.action.map->evaluate(words_of(w, one, key, effect, now));
}

std::size_t batch_size(const writing& w, records batch) {
  const auto most = std::min(batch.size(), w.action.batch.max);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < most; ++i) {
    bytes += batch[i].json.size() + 64;
    if (i > 0 && bytes > w.action.batch.max_bytes)
      return i;
  }
  return std::max<std::size_t>(most, 1);
}

result<http_request> write_request(const writing& w, records batch, moment now) {
  const bool alone = w.action.batch.max == 1 && w.action.batch.body.steps.empty() &&
                     !w.action.batch.as_lines && !w.action.batch.results;
  return alone ? single_request(w, batch.front(), now) : batch_request(w, batch, now);
}

write_outcome read_write(const writing& w, const http_request& request, const http_response& answer,
                         records batch, const position& tries, moment now) {
  const auto checked = json_text::check(answer.body.view());
  const auto* text = checked ? &*checked : nullptr;
  const auto& rules = w.connector.rules;
  if (const auto* matched = first_match(rules, answer, text)) {
    const auto number = static_cast<std::uint32_t>(matched - rules.data());
    auto said =
        judge(w.connector, w.connection, w.action.name, number, request, answer, text, tries, now);
    // An action that deletes what is gone has done what it should.
    if (said.then == action::ok ||
        (w.action.mode == write_mode::erase &&
         (said.classify == meaning::not_found || said.classify == meaning::gone)))
      return item_outcomes(batch.size(), {.written = true});
    const bool whole = said.then == action::fail || said.then == action::split_batch ||
                       said.then == action::skip_record || said.then == action::park;
    if (whole && batch.size() > 1 &&
        (said.then == action::split_batch || is_about_content(said.classify))) {
      said.then = action::split_batch;
      return said;
    }
    const bool refused = said.then == action::skip_record || said.then == action::park ||
                         said.then == action::split_batch ||
                         (said.then == action::fail && is_about_content(said.classify));
    if (refused)
      return item_outcomes{{.written = false, .why = std::move(said.why)}};
    return said;
  }
  auto read = result_reader{w, answer, text, batch, now}.read();
  if (read)
    return *std::move(read);
  return give_up(std::move(read).error(), tries);
}

result<http_request> probe_request(const writing& w, const outgoing_record& one, moment now) {
  const value key{one.name()};
  const value effect{one.effect};
  auto names = words_of(w, one, key, effect, now);
  const auto item = item_of(w, one, now);
  if (!item)
    return at_record(one, item.error());
  names.bind("item", *item);
  auto made =
      draft_request(*w.action.idempotency.probe, w.connector.headers, w.connection.base, names);
  if (!made)
    return at_record(one, std::move(made).error());
  return finish_request(*std::move(made), w.connector.hosts);
}

result<item_outcome> read_probe(const writing& w, const http_response& answer,
                                const outgoing_record& one, moment now) {
  const auto body = json_text::check(answer.body.view());
  const value key{one.name()};
  const value effect{one.effect};
  const value status{static_cast<std::int64_t>(answer.status)};
  const value nothing;
  auto names = words_of(w, one, key, effect, now);
  names.bind("status", status);
  if (body)
    names.bind_json("body", body->root());
  else
    names.bind("body", nothing);
  const auto* text = body ? &*body : nullptr;
  const auto* matched = first_match(w.connector.rules, answer, text);
  // What is not found has not happened; any other trouble says nothing about it.
  if (matched && matched->then != action::ok && matched->classify != meaning::not_found) {
    auto why = explain(*matched, answer, text, w.connection, w.action.name, now);
    why.code = code::unavailable;
    why.why = "whether it has happened could not be asked: " + why.why;
    return why;
  }
  const auto matches =
      runtime::expression::evaluate_condition(*w.action.idempotency.matches, names);
  if (!matches)
    return matches.error();
  item_outcome found{.written = *matches};
  if (const auto& returns = w.action.idempotency.returns; *matches && returns)
    if (auto made = returns->evaluate(names))
      found.returned = *std::move(made);
  return found;
}

} // namespace tenon::actors::connectors
