#include "tests/support/paged_api/pages.hpp"

#include "tests/support/paged_api/stamp.hpp"

#include <algorithm>

namespace tenon::tests::paged_api {
namespace {

answer wrong(std::string_view message) {
  return refusal(400, "bad_request", message);
}

// Absent when the parameter is there and no number from 1 on; capped at the greatest page.
std::optional<std::size_t> limit_of(const page_request& r, std::string_view name) {
  const auto n = r.asked.number(name, r.page_size);
  if (!n || *n == 0)
    return std::nullopt;
  return std::min(*n, r.page_size);
}

// Where a cursor pager continues: after the cursor's place, or before the first row of the time
// asked for. A cursor comes from a page of the same question, so it decides alone.
std::optional<std::int64_t> start_of(const collection& rows, const page_request& r) {
  if (const auto* after = r.asked.find("after"))
    return position_of(*after);
  const auto* since = r.asked.find("updated_since");
  if (since == nullptr)
    return 0;
  const auto time = read_time(*since);
  if (!time)
    return std::nullopt;
  return rows.seq_before(*time);
}

} // namespace

answer refusal(unsigned status, std::string_view code, std::string_view message) {
  answer a{.status = status};
  a.body.append("{\"error\":{\"code\":\"").append(code).append("\",\"message\":\"");
  a.body.append(message).append("\"}}");
  return a;
}

answer cursor_page(const collection& rows, const page_request& r) {
  const auto limit = limit_of(r, "limit");
  if (!limit)
    return wrong("limit: a number from 1 on");
  const auto start = start_of(rows, r);
  if (!start)
    return wrong("after: a cursor of an earlier page; updated_since: a time in RFC 3339");
  answer a;
  a.body = "{\"data\":[";
  const auto walked = rows.changed_after(*start, *limit, a.body);
  a.body += "],\"next\":";
  if (walked.more || (r.loop && *start != 0))
    a.body += '"' + opaque(r.loop && *start != 0 ? *start : walked.last_seq) + '"';
  else
    a.body += "null";
  a.body += '}';
  return a;
}

answer numbered_page(const collection& rows, const page_request& r) {
  const auto page = r.asked.number("page", 1);
  const auto size = limit_of(r, "size");
  if (!page || *page == 0 || !size)
    return wrong("page and size: numbers from 1 on");
  answer a;
  a.body = "{\"items\":[";
  rows.by_key((*page - 1) * *size, *size, a.body);
  a.body += "],\"page\":" + std::to_string(*page) +
            ",\"pages\":" + std::to_string((rows.size() + *size - 1) / *size) +
            ",\"total\":" + std::to_string(rows.size()) + '}';
  return a;
}

answer offset_page(const collection& rows, const page_request& r) {
  const auto offset = r.asked.number("offset", 0);
  const auto limit = limit_of(r, "limit");
  if (!offset || !limit)
    return wrong("offset: a number; limit: a number from 1 on");
  answer a;
  a.body = "{\"rows\":[";
  rows.by_key(*offset, *limit, a.body);
  a.body += "],\"total\":" + std::to_string(rows.size()) + '}';
  return a;
}

answer linked_page(const collection& rows, const page_request& r) {
  const auto size = limit_of(r, "page_size");
  const auto* token = r.asked.find("page_token");
  const auto start = token == nullptr ? std::optional<std::int64_t>{0} : position_of(*token);
  if (!size || !start)
    return wrong("page_size: a number from 1 on; page_token: of an earlier page's link");
  const auto offset = static_cast<std::size_t>(*start);
  answer a;
  a.body = "[";
  const auto count = rows.by_key(offset, *size, a.body);
  a.body += ']';
  const bool stuck = r.loop && offset != 0;
  if (stuck || offset + count < rows.size()) {
    const auto next = opaque(static_cast<std::int64_t>(stuck ? offset : offset + count));
    a.headers.append("Link: <http://").append(r.host).append(r.path).append("?page_size=");
    a.headers.append(std::to_string(*size)).append("&page_token=").append(next);
    a.headers += ">; rel=\"next\"\r\n";
  }
  return a;
}

answer changes_page(const collection& rows, const page_request& r) {
  const auto since = r.asked.number("since_seq", 0);
  const auto limit = limit_of(r, "limit");
  if (!since || !limit)
    return wrong("since_seq: a number; limit: a number from 1 on");
  answer a;
  a.body = "{\"data\":[";
  const auto walked = rows.changed_after(static_cast<std::int64_t>(*since), *limit, a.body);
  const auto last = r.loop && *since != 0 ? static_cast<std::int64_t>(*since) : walked.last_seq;
  a.body += "],\"last_seq\":" + std::to_string(last) + ",\"more\":";
  a.body += walked.more || (r.loop && *since != 0) ? "true}" : "false}";
  return a;
}

} // namespace tenon::tests::paged_api
