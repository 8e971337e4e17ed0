#include "runtime/outbound/answer.hpp"

#include <utility>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <limits>

namespace tenon::runtime::outbound {

namespace http = boost::beast::http;
using boost::beast::error_code;

namespace {

failure bad_head(std::string why) {
  return {.code = code::unavailable,
          .why = std::move(why),
          .where = std::string{name_of(phase::answer)},
          .remedy = "the server, or something in between, does not speak HTTP/1.1 properly"};
}

failure too_large(std::size_t limit) {
  return {.code = code::too_large,
          .why = "the answer's body is larger than " + std::to_string(limit) + " bytes",
          .where = std::string{name_of(phase::body)},
          .remedy = "ask for less at once, or raise the limit on bodies"};
}

constexpr unsigned max_interim = 8;

} // namespace

/// Beast reads the grammar; what it lets pass although two readers could understand it differently
/// (a smuggled answer in a pooled connection) is refused here.
class answer_reader::parser : public http::basic_parser<false> {
public:
  explicit parser(bool to_head) {
    skip(to_head);
    header_limit(max_answer_head_bytes);
    body_limit(std::numeric_limits<std::uint64_t>::max()); // answer_body has the limit
  }

  answer_head head;
  answer_body* body = nullptr;
  std::optional<failure> broken; // why `on_…` gave an error

  void refuse(std::string why, error_code& ec) {
    broken = bad_head(std::move(why));
    ec = http::error::bad_field;
  }

private:
  void on_request_impl(http::verb, std::string_view, std::string_view, int, error_code&) override {}

  void on_response_impl(int status, std::string_view, int version, error_code& ec) override {
    head.status = static_cast<unsigned>(status);
    old_ = version < 11;
    if (status < 100)
      refuse("the answer has the status " + std::to_string(status), ec);
  }

  void on_field_impl(http::field field, std::string_view name, std::string_view text,
                     error_code& ec) override {
    if (is_header_done()) // a trailer must not pass for a field of the head
      return;
    if (head.headers.size() >= max_answer_fields)
      return refuse("the answer has more than " + std::to_string(max_answer_fields) + " headers",
                    ec);
    if (field == http::field::content_length) {
      const bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
      if (has_length_ || !digits)
        return refuse("the answer says its length twice", ec);
      has_length_ = true;
    }
    if (field == http::field::transfer_encoding) {
      if (has_encoding_ || !boost::beast::iequals(text, "chunked"))
        return refuse("the answer has a Transfer-Encoding other than chunked", ec);
      has_encoding_ = true;
    }
    head.headers.emplace_back(name, text);
  }

  void on_header_impl(error_code& ec) override {
    if (has_encoding_ && has_length_)
      return refuse("the answer has both a length and chunks", ec);
    if (has_encoding_ && old_)
      return refuse("the answer is HTTP/1.0 and has chunks", ec);
    if (is_done())
      head.framing = framing::none;
    else if (chunked())
      head.framing = framing::chunked;
    else if (const auto length = content_length()) {
      head.framing = *length == 0 ? framing::none : framing::length;
      head.length = *length;
    } else
      head.framing = framing::until_end;
    head.keep_alive = keep_alive() && head.framing != framing::until_end;
    if (head.framing == framing::none)
      return;
    const auto coding = find_header(head.headers, "content-encoding");
    head.gzip = coding && (boost::beast::iequals(*coding, "gzip") ||
                           boost::beast::iequals(*coding, "x-gzip"));
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(std::string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, std::string_view, error_code&) override {}

  std::size_t on_chunk_body_impl(std::uint64_t, std::string_view bytes, error_code& ec) override {
    if (auto added = body->add(bytes); !added) {
      broken = std::move(added).error();
      ec = http::error::body_limit;
    }
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}

  bool old_ = false;
  bool has_length_ = false;
  bool has_encoding_ = false;
};

answer_reader::answer_reader(std::string_view method)
    : to_head_{method == "HEAD"}, parser_{std::make_unique<parser>(to_head_)} {}
answer_reader::answer_reader(answer_reader&&) noexcept = default;
answer_reader::~answer_reader() = default;

result<std::size_t> answer_reader::put_head(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !has_head()) {
    error_code ec;
    taken += parser_->put(boost::asio::buffer(bytes.substr(taken)), ec);
    if (ec == http::error::need_more)
      break;
    if (ec && parser_->broken)
      return *std::move(parser_->broken);
    if (ec == http::error::header_limit)
      return failure{.code = code::too_large, // asking again brings the same
                     .why = "the answer's headers are larger than " +
                            std::to_string(max_answer_head_bytes) + " bytes",
                     .where = std::string{name_of(phase::answer)},
                     .remedy = "check that the address is the one that was meant"};
    if (ec)
      return bad_head("the answer is not HTTP/1.1: " + ec.message());
    if (!parser_->is_header_done())
      continue;
    const auto status = parser_->head.status;
    if (status == 101)
      return bad_head("the answer changes to a protocol that nobody asked for");
    if (status < 200) {
      if (++interim_ > max_interim)
        return bad_head("the answer never gets beyond interim ones");
      parser_ = std::make_unique<parser>(to_head_);
    }
  }
  return taken;
}

bool answer_reader::has_head() const {
  return parser_->is_header_done();
}
answer_head& answer_reader::head() {
  return parser_->head;
}
bool answer_reader::ended() const {
  return parser_->is_done();
}

result<std::size_t> answer_reader::put_chunks(std::string_view bytes, answer_body& body) {
  parser_->eager(true);
  parser_->body = &body;
  error_code ec;
  const auto taken = parser_->put(boost::asio::buffer(bytes), ec);
  if (!ec || ec == http::error::need_more)
    return taken;
  if (parser_->broken)
    return *std::move(parser_->broken);
  auto broken = bad_head("the answer's chunks are malformed: " + ec.message());
  broken.where = name_of(phase::body);
  return broken;
}

result<answer_body> answer_body::expect(const answer_head& head, std::size_t limit,
                                        on_chunk chunk) {
  answer_body body;
  body.limit_ = limit;
  body.on_chunk_ = std::move(chunk);
  if (head.framing == framing::length && head.length > limit)
    return too_large(limit);
  if (head.gzip)
    body.gzip_.emplace();
  else if (head.framing == framing::length && !body.on_chunk_) {
    // Pages that are never read into are never touched, so a lie about the length costs nothing.
    body.fixed_size_ = static_cast<std::size_t>(head.length);
    body.fixed_ = std::make_shared_for_overwrite<char[]>(body.fixed_size_);
  }
  return body;
}

result<void> answer_body::add(std::string_view bytes) {
  if (gzip_)
    return gzip_->add(bytes, [this](std::string_view decoded) { return take(decoded); });
  return take(bytes);
}

result<void> answer_body::take(std::string_view decoded) {
  if (decoded.size() > limit_ - size_)
    return too_large(limit_);
  if (fixed_)
    std::copy(decoded.begin(), decoded.end(), fixed_.get() + size_);
  size_ += decoded.size();
  if (on_chunk_)
    return on_chunk_(decoded);
  if (!fixed_)
    growing_.append(decoded);
  return {};
}

result<blob> answer_body::finish() {
  if (gzip_ && !gzip_->complete())
    return failure{.code = code::unavailable,
                   .why = "the answer's gzip data ends too early",
                   .where = std::string{name_of(phase::body)},
                   .remedy = "ask again; when it stays, ask the server's owner"};
  if (fixed_) {
    const char* bytes = fixed_.get();
    return blob{std::move(fixed_), bytes, size_};
  }
  if (growing_.empty())
    return blob{};
  return blob::from(std::move(growing_));
}

} // namespace tenon::runtime::outbound
