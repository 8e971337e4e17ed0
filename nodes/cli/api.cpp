#include "nodes/cli/api.hpp"

#include "nodes/cli/look.hpp"
#include "nodes/cli/members.hpp"
#include "protocols/json.hpp"

#include <cctype>

namespace tenon::nodes::cli {
namespace {

constexpr json_limits answer_limits{.bytes = 64u << 20, .depth = 128};
constexpr std::size_t most_pages = 1'000'000; // a server whose list never ends

answer not_understood(const server_address& server, unsigned status, std::string_view what) {
  return {.code = exit_code::refused,
          .why = {.code = code::malformed,
                  .why = "what answers there is not a Tenon server: status " +
                         std::to_string(status) + " with " + std::string{what},
                  .where = to_string(server),
                  .remedy = "check --server"}};
}

answer refusal(const server_address& server, const http_response& r, const value& problem) {
  auto why = read_problem(problem, r.status);
  if (r.retry_after)
    why.retry_after = r.retry_after;
  if (why.code == code::unauthenticated) {
    if (why.where.empty())
      why.where = to_string(server);
    if (why.remedy.empty())
      why.remedy = "give the key with --key or TENON_KEY";
  }
  return {.code = exit_code_of(why.code), .why = std::move(why)};
}

} // namespace

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0 || c == '-' || c == '.' || c == '_' || c == '~')
      out += c;
    else
      out.append({'%', digits[u >> 4], digits[u & 15]});
  }
  return out;
}

std::string api::path(std::initializer_list<std::string_view> names) const {
  std::string out = "/api/v1/" + percent_encoded(tenant_);
  for (const auto name : names)
    out += '/' + percent_encoded(name);
  return out;
}

answer api::post(std::string target, const value& body) const {
  return ask({.method = "POST", .target = std::move(target), .body = write_json(body)});
}

answer api::ask(const http_request& r) const {
  const auto got = client_.send(r);
  if (!got)
    return {.code = exit_code::unreachable, .why = got.error()};
  const bool good = got->status >= 200 && got->status < 300;
  if (got->body.empty())
    return good ? answer{} : refusal(server(), *got, {});
  auto read = read_json(got->body, answer_limits);
  if (!read)
    return not_understood(server(), got->status,
                          got->content_type.empty() ? "no JSON" : printable(got->content_type));
  if (!good)
    return refusal(server(), *got, *read);
  return {.body = std::move(*read)};
}

answer api::each(const std::string& target,
                 const std::function<bool(const value& item)>& take) const {
  std::string after;
  for (std::size_t page = 0; page < most_pages; ++page) {
    const auto joint = target.find('?') == std::string::npos ? '?' : '&';
    auto got = get(after.empty() ? target : target + joint + "after=" + percent_encoded(after));
    if (!got)
      return got;
    for (const auto& item : list_at(got.body, "items"))
      if (!take(item))
        return {};
    const auto next = text_at(got.body, "next");
    if (next.empty())
      return {};
    if (next == after)
      return not_understood(server(), 200, "a list whose pages repeat");
    after = next;
  }
  return not_understood(server(), 200, "a list that does not end");
}

} // namespace tenon::nodes::cli
