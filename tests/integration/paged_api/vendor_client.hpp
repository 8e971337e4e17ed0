// paged_api as a process, asked over one kept connection, with its answers as documents.
#pragma once

#include "protocols/json.hpp"
#include "tests/support/started_program.hpp"

#include <utility>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <fstream>

namespace tenon::tests {

struct vendor_answer {
  unsigned status = 0; // 0: nothing came back
  std::string body;
  bool whole = false; // all that Content-Length promised
  boost::beast::http::fields headers{};

  value json() const {
    auto read = read_json(body);
    return read ? *read : value{};
  }
  std::string header(const std::string& name) const {
    const auto text = headers[name];
    return {text.data(), text.size()};
  }
};

class vendor_process {
public:
  explicit vendor_process(std::vector<std::string> arguments) : folder_{made_folder()} {
    arguments.insert(arguments.end(), {"--ledger", (folder_ / "ledger").string(), "--port-file",
                                       (folder_ / "port").string()});
    program_.emplace("paged_api", arguments);
  }
  ~vendor_process() {
    program_.reset();
    std::filesystem::remove_all(folder_);
  }
  vendor_process(const vendor_process&) = delete;
  vendor_process& operator=(const vendor_process&) = delete;

  started_program& program() { return *program_; }
  std::string base() const { return program_->first_line(); }
  std::string port() const {
    std::string text;
    std::ifstream{folder_ / "port"} >> text;
    return text;
  }

  vendor_answer get(const std::string& target, const std::string& credential = {}) {
    return ask("GET", target, {}, credential);
  }
  vendor_answer post(const std::string& target, const std::string& body,
                     const std::string& credential = {}) {
    return ask("POST", target, body, credential);
  }

  /// The ledger so far, a document per line.
  std::vector<value> ledger() const {
    std::vector<value> lines;
    std::ifstream file{folder_ / "ledger"};
    for (std::string line; std::getline(file, line);)
      if (auto read = read_json(line))
        lines.push_back(std::move(*read));
    return lines;
  }

private:
  static std::filesystem::path made_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "tenon-vendor-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }

  vendor_answer ask(const char* method, const std::string& target, const std::string& body,
                    const std::string& credential) {
    namespace http = boost::beast::http;
    using tcp = boost::asio::ip::tcp;
    boost::system::error_code error;
    if (!socket_.is_open())
      socket_.connect(
          {boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(port()))},
          error);
    http::request<http::string_body> r;
    r.method_string(method);
    r.target(target);
    r.set(http::field::host, "127.0.0.1:" + port());
    if (!credential.empty())
      r.set(http::field::authorization, credential);
    r.body() = body;
    r.prepare_payload();
    http::write(socket_, r, error);
    http::response_parser<http::string_body> parser;
    http::read(socket_, received_, parser, error);
    auto& got = parser.get();
    vendor_answer a{.status = parser.is_header_done() ? got.result_int() : 0,
                    .body = got.body(),
                    .whole = !error,
                    .headers = got.base()};
    if (error || !got.keep_alive()) {
      socket_ = tcp::socket{io_};
      received_.clear();
    }
    return a;
  }

  std::filesystem::path folder_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_};
  boost::beast::flat_buffer received_;
  std::optional<started_program> program_;
};

/// The Chinook database, which the build puts beside the test's executable.
inline std::string chinook_file() {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "chinook.sqlite")
      .string();
}

} // namespace tenon::tests
