#include "nodes/edge/parser.hpp"

// Asio of Boost 1.74 uses std::exchange without including it.
#include <utility>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <functional>
#include <limits>

namespace tenon::nodes::edge {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using beast::error_code;
using beast_view = beast::string_view;

constexpr std::string_view fields_refused_in_trailers[]{
    "authorization", "connection",          "content-length",    "cookie",
    "host",          "proxy-connection",    "transfer-encoding", "upgrade",
    "expect",        "proxy-authorization", "content-encoding",  "if-match"};

std::string_view plain(beast_view v) {
  return {v.data(), v.size()};
}

bool only_digits(std::string_view text) {
  // 18 digits stay below 2^63.
  return !text.empty() && text.size() <= 18 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u < 0x20 && u != '\t') || u == 0x7f;
  });
}

/// Beast's grammar with the guards; it collects one head, or checks the trailers of one body.
class strict : public http::basic_parser<true> {
public:
  explicit strict(const parse_limits& limits) : limits_{limits} {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    // No limit here, but a number: to Beast every length is beyond "none".
    body_limit(std::numeric_limits<std::uint64_t>::max());
  }

  void take(std::string_view input) { input_ = input; }
  refusal why() const { return why_; }
  std::size_t most_unused() const { return limits_.header_bytes; }
  bool refused() const { return !why_.why.empty(); }

  head found;
  std::string* onto = nullptr; // where chunks go

private:
  void refuse(error_code& ec, std::string_view why, unsigned status = 400) {
    why_ = {status, why};
    ec = http::error::bad_value;
  }

  void on_request_impl(http::verb, beast_view name, beast_view target, int version,
                       error_code& ec) override {
    ec = {};
    found.method = method_of(plain(name));
    found.target = plain(target);
    found.http_1_0 = version == 10;
  }

  void on_field_impl(http::field f, beast_view name, beast_view value, error_code& ec) override {
    ec = {};
    if (++fields_ > limits_.fields)
      return refuse(ec, "more header fields than are read", 431);
    if (in_trailers_)
      return check_trailer(plain(name), plain(value), ec);
    switch (f) {
    case http::field::host:
      if (hosts_++ != 0)
        return refuse(ec, "two Host fields");
      host_ = plain(value);
      return;
    case http::field::content_length:
      if (has_length_)
        return refuse(ec, "two Content-Length fields");
      if (!only_digits(plain(value)))
        return refuse(ec, "a Content-Length that is not one number");
      has_length_ = true;
      for (const char c : value)
        found.length = found.length * 10 + static_cast<std::uint64_t>(c - '0');
      return;
    case http::field::transfer_encoding:
      if (has_encoding_ || !same_name(plain(value), "chunked"))
        return refuse(ec, "a Transfer-Encoding that is not exactly chunked");
      has_encoding_ = true;
      return;
    case http::field::expect:
      if (!same_name(plain(value), "100-continue"))
        return refuse(ec, "an Expect that is not 100-continue", 417);
      found.expects_continue = true;
      return;
    case http::field::authorization:
      if (has_authorization_)
        return refuse(ec, "two Authorization fields");
      has_authorization_ = true;
      found.authorization = plain(value);
      return;
    default:
      if (value.size() >= 55 && same_name(plain(name), "traceparent"))
        found.traceparent = plain(value);
    }
  }

  void check_trailer(std::string_view name, std::string_view value, error_code& ec) {
    const std::less<const char*> before;
    const char* const end = input_.data() + input_.size();
    if (!value.empty() && (before(value.data(), input_.data()) || !before(value.data(), end)))
      // Beast unfolds into a buffer of its own.
      return refuse(ec, "a trailer continues on a second line");
    for (const auto forbidden : fields_refused_in_trailers)
      if (same_name(name, forbidden))
        return refuse(ec, "a trailer that belongs into the head");
  }

  void on_header_impl(error_code& ec) override {
    ec = {};
    if (found.http_1_0 ? hosts_ > 1 : hosts_ != 1)
      return refuse(ec, "no Host field");
    if (has_encoding_ && has_length_)
      return refuse(ec, "both Transfer-Encoding and Content-Length");
    if (has_encoding_ && found.http_1_0)
      return refuse(ec, "Transfer-Encoding in HTTP/1.0");
    found.chunked = has_encoding_;
    found.keep_alive = keep_alive();
    find_target(ec);
  }

  void find_target(error_code& ec) {
    auto& target = found.target;
    const auto bad = [](char c) { return c <= 0x20 || c == 0x7f || c == '#' || c == '\\'; };
    if (std::ranges::any_of(target, bad)) // bytes above 0x7f are negative
      return refuse(ec, "a target with characters that must be percent-encoded");
    for (const std::string_view scheme : {"http://", "https://"})
      if (same_name(target.substr(0, scheme.size()), scheme)) {
        target.remove_prefix(scheme.size());
        const auto end = std::min(target.find_first_of("/?"), target.size());
        if (!same_name(target.substr(0, end), host_))
          return refuse(ec, "a target for another host than the Host field");
        target.remove_prefix(end);
        if (target.empty() || target.front() == '?')
          return refuse(ec, "a target without a path");
        break;
      }
    if (target.front() != '/' && !(target == "*" && found.method == method::options))
      return refuse(ec, "a target that does not begin with /");
    const auto mark = target.find('?');
    found.path = target.substr(0, mark);
    found.query = mark == target.npos ? std::string_view{} : target.substr(mark + 1);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code& ec) override {
    ec = {};
  }

  std::size_t on_body_impl(beast_view, error_code& ec) override {
    ec = http::error::bad_value; // bodies of a known length are not read by the grammar
    return 0;
  }

  void on_chunk_header_impl(std::uint64_t size, beast_view extension, error_code& ec) override {
    ec = {};
    extension_bytes_ += extension.size();
    if (extension_bytes_ > limits_.extension_bytes)
      return refuse(ec, "more chunk extensions than are read");
    if (has_control(plain(extension)))
      return refuse(ec, "a control character in a chunk extension");
    if (size == 0) {
      in_trailers_ = true;
      fields_ = 0;
    }
  }

  std::size_t on_chunk_body_impl(std::uint64_t, beast_view bytes, error_code& ec) override {
    ec = {};
    onto->append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_response_impl(int, beast_view, int, error_code& ec) override { ec = {}; }
  void on_finish_impl(error_code& ec) override { ec = {}; }

  parse_limits limits_;
  std::string_view input_;
  std::string_view host_;
  std::size_t fields_ = 0;
  std::size_t extension_bytes_ = 0;
  unsigned hosts_ = 0;
  bool has_length_ = false;
  bool has_encoding_ = false;
  bool has_authorization_ = false;
  bool in_trailers_ = false;
  refusal why_;
};

refusal explain(const strict& grammar, const error_code& ec) {
  if (grammar.refused())
    return grammar.why();
  if (ec == http::error::header_limit)
    return {431, "more bytes of header fields than are read"};
  if (ec == http::error::body_limit)
    return {413, "a body beyond the limit"};
  if (ec == http::error::bad_version)
    return {505, "a version that is neither HTTP/1.1 nor HTTP/1.0"};
  if (ec == http::error::bad_method)
    return {400, "no HTTP method"};
  if (ec == http::error::bad_target)
    return {400, "a malformed target"};
  if (ec == http::error::bad_field || ec == http::error::bad_value)
    return {400, "a malformed header field"};
  if (ec == http::error::bad_content_length)
    return {400, "a malformed Content-Length"};
  if (ec == http::error::bad_transfer_encoding)
    return {400, "a malformed Transfer-Encoding"};
  if (ec == http::error::bad_chunk || ec == http::error::bad_chunk_extension)
    return {400, "a malformed chunk"};
  return {400, "a malformed line"};
}

constexpr bool may_begin_a_method(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/// A line that does not end in CR LF, or continues the one before, can never become part of a good
/// head, so nobody has to wait for the rest of it.
bool has_bad_line(std::string_view input, std::size_t from) {
  for (auto at = input.find('\n', from); at != input.npos; at = input.find('\n', at + 1))
    if (at == 0 || input[at - 1] != '\r' ||
        (at + 1 < input.size() && (input[at + 1] == ' ' || input[at + 1] == '\t')))
      return true;
  return false;
}

} // namespace

verdict read_head(std::string_view input, const parse_limits& limits, std::size_t& searched,
                  head& found, refusal& why) {
  if (input.empty())
    return verdict::need_more;
  if (searched == 0 && !may_begin_a_method(input.front())) {
    why = {400, "no HTTP method"};
    return verdict::refused;
  }
  const auto end = input.find("\r\n\r\n", searched);
  const auto bytes = end == input.npos ? input.size() : end + 4;
  if (bytes > limits.header_bytes) {
    why = input.substr(0, limits.header_bytes).find("\r\n") == input.npos
              ? refusal{414, "a longer request line than is read"}
              : refusal{431, "more bytes of header fields than are read"};
    return verdict::refused;
  }
  if (has_bad_line(input.substr(0, bytes), searched)) {
    why = {400, "a line that does not end in CR LF, or continues the one before"};
    return verdict::refused;
  }
  if (end == input.npos) {
    searched = input.size() < 3 ? 0 : input.size() - 3;
    return verdict::need_more;
  }
  strict grammar{limits};
  grammar.take(input.substr(0, bytes));
  error_code ec;
  const auto used = grammar.put({input.data(), bytes}, ec);
  if (ec || !grammar.is_header_done() || used != bytes) {
    why = explain(grammar, ec);
    return verdict::refused;
  }
  found = grammar.found;
  const auto line = input.find("\r\n") + 2;
  found.headers = header_view{input.substr(line, bytes - line - 2)};
  found.bytes = bytes;
  searched = 0;
  return verdict::complete;
}

class chunked_body::grammar : public strict {
public:
  using strict::strict;
};

chunked_body::chunked_body(const parse_limits& limits, std::uint64_t most_bytes)
    : grammar_{std::make_unique<grammar>(limits)} {
  // The grammar reads chunks only behind a head; it is given the shortest one that has them.
  constexpr std::string_view shortest =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  error_code ec;
  grammar_->take(shortest);
  grammar_->put({shortest.data(), shortest.size()}, ec);
  grammar_->eager(true);
  grammar_->body_limit(most_bytes);
}

chunked_body::~chunked_body() = default;

verdict chunked_body::read(std::string_view input, std::size_t& used, std::string& onto,
                           refusal& why) {
  // No body can end within fewer bytes than its last chunk has, and the grammar, asked about fewer
  // a second time, takes them for a bug of its caller.
  constexpr std::size_t last_chunk_bytes = 5;
  grammar_->onto = &onto;
  used = 0;
  while (input.size() - used >= last_chunk_bytes && !grammar_->is_done()) {
    const auto rest = input.substr(used);
    grammar_->take(rest);
    error_code ec;
    const auto n = grammar_->put({rest.data(), rest.size()}, ec);
    used += n;
    if (ec == http::error::need_more)
      break;
    if (ec) {
      why = explain(*grammar_, ec);
      return verdict::refused;
    }
  }
  // What stays unused is one chunk's line or the trailers.
  if (!grammar_->is_done() && input.size() - used > grammar_->most_unused()) {
    why = {431, "more trailers or chunk extensions than are read"};
    return verdict::refused;
  }
  return grammar_->is_done() ? verdict::complete : verdict::need_more;
}

} // namespace tenon::nodes::edge
