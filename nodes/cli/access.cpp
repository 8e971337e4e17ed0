#include "nodes/cli/access.hpp"

#include "nodes/cli/members.hpp"
#include "protocols/json.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace tenon::nodes::cli {
namespace {

constexpr std::size_t most_pointer_bytes = 16 * 1024;

failure bad_server(std::string_view url, std::string_view why) {
  return {.code = code::malformed,
          .why = "\"" + std::string{url} + "\" is no server address: " + std::string{why},
          .where = "--server",
          .remedy = "write it as in http://127.0.0.1:7070 or https://tenon.example.com"};
}

bool is_port(std::string_view text) {
  unsigned n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && end == text.data() + text.size() && n >= 1 && n <= 65535;
}

class descriptor {
public:
  explicit descriptor(int fd) : fd_{fd} {}
  ~descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const { return fd_; }

private:
  int fd_;
};

failure unsafe(const std::filesystem::path& file, std::string_view why, std::string_view remedy) {
  return {.code = code::unauthenticated,
          .why = "the key left by a node cannot be trusted: " + std::string{why},
          .where = file.string(),
          .remedy = std::string{remedy}};
}

// The file's text; `not_found` when there is none. Checked on the open descriptor, so what was
// checked is what is read.
result<std::string> read_private(const std::filesystem::path& file) {
  const descriptor opened{::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
  if (opened.get() < 0) {
    if (errno == ENOENT)
      return failure{.code = code::not_found, .why = "there is no pointer"};
    if (errno == ELOOP)
      return unsafe(file, "it is a symbolic link", "remove it and start the node again");
    return unsafe(file, std::strerror(errno), "give --server and --key instead");
  }
  struct stat about {};
  if (::fstat(opened.get(), &about) != 0 || !S_ISREG(about.st_mode))
    return unsafe(file, "it is not a plain file", "remove it and start the node again");
  if (about.st_uid != ::geteuid())
    return unsafe(file, "another user owns it", "give --server and --key instead");
  if ((about.st_mode & 077) != 0)
    return unsafe(file, "others may read or change it",
                  "chmod 600 it, and make a new key if others may have read this one");
  std::string text;
  std::array<char, 4096> piece;
  ssize_t n = 0;
  while ((n = ::read(opened.get(), piece.data(), piece.size())) > 0 &&
         text.size() <= most_pointer_bytes)
    text.append(piece.data(), static_cast<std::size_t>(n));
  return text;
}

result<access> read_pointer(const std::filesystem::path& file) {
  auto text = read_private(file);
  if (!text)
    return text.error();
  const auto read = read_json(*text, {.bytes = most_pointer_bytes, .depth = 4});
  const auto server =
      read ? parse_server(text_at(*read, "server")) : result<server_address>{read.error()};
  if (!server)
    return failure{.code = code::malformed,
                   .why = "the pointer left by a node does not say which server it is",
                   .where = file.string(),
                   .remedy = "remove it and start the node again, or give --server"};
  return access{*server, text_at(*read, "key")};
}

} // namespace

bool server_address::loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

result<server_address> parse_server(std::string_view url) {
  auto rest = url;
  server_address s;
  if (rest.starts_with("http://"))
    rest.remove_prefix(7);
  else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
    s.tls = true;
  } else {
    return bad_server(url, "it starts with neither http:// nor https://");
  }
  const auto slash = std::min(rest.find('/'), rest.size());
  auto authority = rest.substr(0, slash);
  s.prefix = rest.substr(slash);
  while (s.prefix.ends_with('/'))
    s.prefix.pop_back();
  for (const char c : url)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '?' || c == '#' || c == '@')
      return bad_server(url, "it contains a character that does not belong there");
  std::string_view port = s.tls ? "443" : "80";
  if (authority.starts_with('[')) {
    const auto bracket = authority.find(']');
    if (bracket == std::string_view::npos)
      return bad_server(url, "a bracket is not closed");
    s.host = authority.substr(1, bracket - 1);
    authority.remove_prefix(bracket + 1);
  } else {
    s.host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(s.host.size());
  }
  if (authority.starts_with(':'))
    port = authority.substr(1);
  else if (!authority.empty())
    return bad_server(url, "only a port may follow the host");
  if (s.host.empty() || !is_port(port))
    return bad_server(url, s.host.empty() ? "the host is missing" : "its port is no port");
  s.port = port;
  return s;
}

std::string to_string(const server_address& s) {
  const bool six = s.host.find(':') != std::string::npos;
  return std::string{s.tls ? "https://" : "http://"} + (six ? '[' + s.host + ']' : s.host) + ':' +
         s.port + s.prefix;
}

std::filesystem::path pointer_file() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::filesystem::path folder = runtime == nullptr || *runtime == 0 ? "/tmp" : runtime;
  return folder / ("tenon-" + std::to_string(::geteuid()) + ".json");
}

result<access> find_access(std::string_view given_server, std::string_view given_key,
                           const std::filesystem::path& pointer) {
  if (!given_server.empty()) {
    auto server = parse_server(given_server);
    if (!server)
      return server.error();
    access found{*server, std::string{given_key}};
    if (found.key.empty())
      if (const auto left = read_pointer(pointer); left && left->server == found.server)
        found.key = left->key;
    return found;
  }
  auto left = read_pointer(pointer);
  if (!left && left.error().code == code::not_found)
    return failure{.code = code::unavailable,
                   .why = "no server is known: no node of this user runs here",
                   .remedy = "start one with `tenon node`, or name one with --server URL or "
                             "TENON_SERVER"};
  if (left && !given_key.empty())
    left->key = given_key;
  return left;
}

} // namespace tenon::nodes::cli
