#include "nodes/edge/problem.hpp"

#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::nodes::edge {
namespace {

void add(std::string& json, std::string_view name, std::string_view text) {
  if (text.empty())
    return;
  json += json.size() == 1 ? "\"" : ",\"";
  json += name;
  json += "\":";
  write_json_text(text, json);
}

response document(unsigned status, std::string_view type, std::string_view why,
                  std::string_view field, std::string_view remedy, const request_id& id,
                  const runtime::trace_context& trace) {
  std::string json{"{"};
  add(json, "type", problem_type(type));
  add(json, "title", reason_of(status));
  json += ",\"status\":" + std::to_string(status);
  add(json, "detail", why);
  add(json, "field", field);
  add(json, "remedy", remedy);
  add(json, "request_id", id.text());
  if (trace)
    add(json, "trace_id", runtime::trace_id(trace));
  json += '}';
  return {status, media::problem, std::move(json)};
}

} // namespace

unsigned status_of(const failure& f) {
  switch (f.code) {
  case code::malformed:
    return f.where.empty() ? 400 : 422;
  case code::unauthenticated:
    return 401;
  case code::forbidden:
    return 403;
  case code::not_found:
    return 404;
  case code::conflict:
  case code::uncertain:
    return 409;
  case code::stale:
    return 412;
  case code::too_large:
    return 413;
  case code::overloaded:
    return 429;
  case code::unavailable:
    return 503;
  case code::timed_out:
    return 504;
  case code::internal:
    break;
  }
  return 500;
}

std::string_view reason_of(unsigned status) {
  switch (status) {
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 202:
    return "Accepted";
  case 204:
    return "No Content";
  case 206:
    return "Partial Content";
  case 301:
    return "Moved Permanently";
  case 302:
    return "Found";
  case 303:
    return "See Other";
  case 304:
    return "Not Modified";
  case 307:
    return "Temporary Redirect";
  case 308:
    return "Permanent Redirect";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 406:
    return "Not Acceptable";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 410:
    return "Gone";
  case 412:
    return "Precondition Failed";
  case 413:
    return "Content Too Large";
  case 414:
    return "URI Too Long";
  case 415:
    return "Unsupported Media Type";
  case 417:
    return "Expectation Failed";
  case 422:
    return "Unprocessable Content";
  case 428:
    return "Precondition Required";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  case 500:
    return "Internal Server Error";
  case 502:
    return "Bad Gateway";
  case 503:
    return "Service Unavailable";
  case 504:
    return "Gateway Timeout";
  case 505:
    return "HTTP Version Not Supported";
  default:
    return "";
  }
}

std::string problem_type(std::string_view name) {
  return "urn:tenon:problem:" + std::string{name};
}

response problem_of(const failure& f, const request_id& id, const runtime::trace_context& trace) {
  auto r = document(status_of(f), name_of(f.code), f.why, f.where, f.remedy, id, trace);
  if (f.code == code::unauthenticated)
    r.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"tenon\"");
  if (f.retry_after) {
    const auto seconds = (std::max(f.retry_after->count(), span::rep{0}) + 999) / 1000;
    r.headers.emplace_back("Retry-After", std::to_string(seconds));
  }
  return r;
}

response problem_of(unsigned status, std::string_view why, const request_id& id,
                    const runtime::trace_context& trace) {
  return document(status, "http_" + std::to_string(status), why, {}, {}, id, trace);
}

} // namespace tenon::nodes::edge
