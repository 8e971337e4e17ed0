// Judging: an answer becomes a page of records or a verdict.
#include "actors/integration/interpreter.hpp"

#include "actors/integration/verdict.hpp"
#include "protocols/identity.hpp"
#include "protocols/json.hpp"

namespace tenon::actors::connectors {
namespace {

/// Reads the records of one body. What is the same for all of them is made once.
class record_reader {
public:
  record_reader(const reading& r, const json_text& text, const blob& body, page& into, moment now)
      : stream_{r.stream}, text_{text}, body_{body}, into_{into} {
    names_.bind("conn", r.connection.settings).set_now(now);
  }

  void read(std::string_view raw) {
    ++count_;
    last_ = raw;
    if (first_.empty())
      first_ = raw;
    if (!is_object(raw))
      return refuse(raw, "a record is an object, and this is not");
    if (raw.size() > max_record_bytes)
      return refuse(raw, "the record has " + std::to_string(raw.size()) + " bytes, more than " +
                             std::to_string(max_record_bytes));
    record made;
    if (!read_key(raw, made.key))
      return;
    names_.bind_json("record", raw);
    if (stream_.keep) {
      const auto kept = runtime::expression::evaluate_condition(*stream_.keep, names_);
      if (!kept)
        return refuse(raw, "keep: " + kept.error().why);
      if (!*kept) {
        read_cursor(raw); // what is left out has been read nevertheless
        ++into_.filtered;
        return;
      }
    }
    if (!read_deleted(raw, made.deleted) || !read_content(raw, made.json))
      return;
    made.cursor = read_cursor(raw);
    into_.records.push_back(std::move(made));
  }

  std::size_t count() const { return count_; }

  /// Tells this page from another by its first and last record and their number.
  std::uint64_t mark() const {
    return count_ == 0 ? 0 : stable_hash(last_, stable_hash(first_, count_)) | 1;
  }

private:
  void refuse(std::string_view raw, std::string reason) {
    into_.malformed.push_back(
        {"record " + std::to_string(count_) + ", byte " + std::to_string(text_.offset_of(raw)),
         std::move(reason), body_.slice(raw)});
  }

  /// One field is its text; several are joined by ':', which is escaped within them, so that no two
  /// different keys read the same.
  bool read_key(std::string_view raw, std::string& into) {
    for (const auto& field : stream_.key) {
      const auto found = find(text_, raw, field);
      const auto text = found ? scalar_text(*found) : std::nullopt;
      if (!text || text->empty()) {
        refuse(raw, !found || is_null(*found) || text
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
    refuse(raw, "the key has " + std::to_string(into.size()) + " bytes, more than " +
                    std::to_string(max_key_bytes));
    return false;
  }

  bool read_deleted(std::string_view raw, bool& into) {
    if (!stream_.deleted)
      return true;
    if (stream_.deleted->field) {
      const auto found = find(text_, raw, *stream_.deleted->field);
      into = found && !is_null(*found) && *found != "false" && *found != "\"\"" && *found != "0";
      return true;
    }
    const auto holds = runtime::expression::evaluate_condition(*stream_.deleted->condition, names_);
    if (!holds) {
      refuse(raw, "deleted: " + holds.error().why);
      return false;
    }
    into = *holds;
    return true;
  }

  bool read_content(std::string_view raw, blob& into) {
    if (!stream_.map) {
      into = body_.slice(raw);
      return true;
    }
    auto mapped = stream_.map->evaluate(names_);
    if (!mapped) {
      refuse(raw, "map: " + mapped.error().why);
      return false;
    }
    into = blob::from(write_json(*mapped));
    return true;
  }

  std::optional<std::int64_t> read_cursor(std::string_view raw) {
    if (!stream_.cursor)
      return std::nullopt;
    const auto found = find(text_, raw, stream_.cursor->field);
    const auto at = found ? read_field(*stream_.cursor, *found) : std::nullopt;
    if (!at)
      ++into_.without_cursor;
    else if (!into_.progress.high || *at > *into_.progress.high)
      into_.progress.high = at;
    return at;
  }

  const stream& stream_;
  const json_text& text_;
  const blob& body_;
  page& into_;
  scope names_;
  std::size_t count_ = 0;
  std::string_view first_{};
  std::string_view last_{};
};

/// The items at `records`; false when there is nothing there and there has to be.
bool read_records(const stream& s, const json_text& text, record_reader& reader) {
  bool found = false;
  find_all(text, text.root(), s.records, [&](std::string_view at) {
    found = true;
    if (!is_list(at)) {
      if (!is_null(at))
        reader.read(at);
      return;
    }
    for (json_text::walk items{text, at}; items.next();)
      reader.read(items.content());
  });
  const bool starred = s.records.text.find('*') != std::string::npos;
  return found || s.records_optional || starred;
}

/// With the stream at its end, or at a window's.
void end_of_pages(const reading& r, const position& at, moment now, page& into) {
  const auto& rule = r.stream.cursor;
  if (!rule)
    return;
  if (auto window = next_window(*rule, into.progress, now)) {
    into.progress = *std::move(window);
    into.next = first_position(r.stream);
    into.next->pages = at.pages;
    into.next->records = at.records;
    return;
  }
  into.progress = complete(into.progress);
}

result<void> step(const reading& r, const http_request& request, const http_response& answer,
                  const json_text& text, const record_reader& records, const position& at,
                  moment now, page& into) {
  position reached{{}, at.pages + 1, at.records + records.count(), {}};
  std::optional<object> next;
  if (r.stream.page != nullptr) {
    const auto asked = parse_url(request.url);
    if (!asked)
      return asked.error();
    const page_answer seen{text,
                           answer.headers,
                           *asked,
                           r.connection.base,
                           r.connector.hosts,
                           records.count(),
                           records.mark()};
    auto found = r.stream.page->next(seen, at.at);
    if (!found)
      return std::move(found).error();
    next = *std::move(found);
  }
  if (!next) {
    end_of_pages(r, reached, now, into);
  } else {
    reached.at = *std::move(next);
    into.next = std::move(reached);
  }
  const auto& cap = r.stream.cap;
  if (into.next && (into.next->pages >= cap.pages || into.next->records >= cap.records))
    return failure{code::too_large,
                   "the stream goes on after " + std::to_string(into.next->pages) + " pages and " +
                       std::to_string(into.next->records) + " records, its cap",
                   "", "Raise `cap`, or read less with `cursor`."};
  return {};
}

failure at_stream(const reading& r, failure why) {
  why.where = r.stream.name + (why.where.empty() ? "" : ": " + why.where);
  return why;
}

/// A login page of some network or a cut-off body may be gone the next time; a wrong address will
/// not, so this is asked again only a few times.
verdict judge_no_json(const reading& r, const failure& why, const http_response& answer,
                      const position& at) {
  constexpr unsigned most = 4;
  const auto type = find_header(answer.headers, "content-type");
  failure said{code::unavailable, "the answer is not JSON: " + why.why, why.where,
               "Check the connector's base address and path."};
  if (type && type->find("json") == type->npos)
    said.why += "; it says that it is " + std::string{type->substr(0, 60)};
  auto made = give_up(at_stream(r, std::move(said)), at);
  made.classify = meaning::transient;
  // The number behind the last rule's: it belongs to no rule.
  const auto times = count_try(made.position, static_cast<std::uint32_t>(r.connector.rules.size()));
  if (times > most || why.code == code::too_large) {
    made.why.code = why.code;
    return made;
  }
  made.then = action::retry;
  made.delay = std::chrono::seconds{1 << (times - 1)};
  made.why.retry_after = made.delay;
  return made;
}

page nothing(const reading& r, const position& at, const progress& so_far, moment now) {
  page empty;
  empty.progress = so_far;
  end_of_pages(r, at, now, empty);
  return empty;
}

} // namespace

page_outcome read_page(const reading& r, const http_request& request, const http_response& answer,
                       const position& at, const progress& so_far, moment now) {
  const auto checked = json_text::check(answer.body.view());
  const auto* text = checked ? &*checked : nullptr;
  const auto& rules = r.connector.rules;
  if (const auto* matched = first_match(rules, answer, text)) {
    const auto number = static_cast<std::uint32_t>(matched - rules.data());
    auto made = judge(r, number, request, answer, text, at, now);
    if (made.then != action::ok && made.then != action::skip_record)
      return made;
    auto empty = nothing(r, at, so_far, now);
    if (made.then == action::skip_record)
      empty.malformed.push_back({r.stream.name, made.why.why, answer.body});
    return empty;
  }
  if (answer.status == 204)
    return nothing(r, at, so_far, now);
  if (text == nullptr)
    return judge_no_json(r, checked.error(), answer, at);

  page made;
  made.progress = so_far;
  record_reader records{r, *text, answer.body, made, now};
  if (!read_records(r.stream, *text, records)) {
    const auto message = message_in(text);
    return give_up({code::malformed,
                    "the answer has nothing at `" + r.stream.records.text +
                        "`, where the records should be" +
                        (message.empty() ? "" : "; it says: " + message),
                    r.stream.name, "Check `records`, or say {path: …, optional: true}."},
                   at);
  }
  if (auto ok = step(r, request, answer, *text, records, at, now, made); !ok)
    return give_up(at_stream(r, std::move(ok).error()), at);
  return made;
}

} // namespace tenon::actors::connectors
