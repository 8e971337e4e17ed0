// Requests that two servers could understand differently, or that cost more than they should. Each
// is refused, whoever asks: the parser's tests read them directly, the server's send them.
#pragma once

#include <string>
#include <vector>

namespace tenon::tests {

struct http_case {
  std::string name;
  std::string bytes;
  unsigned status = 400;
};

inline std::vector<http_case> requests_to_refuse() {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const auto many = [](std::size_t count, const std::string& line) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
      all += line;
    return all;
  };
  return {
      {"length then chunked",
       post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"chunked then length",
       post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
      {"gzip then length", post + "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"},
      {"length then gzip", post + "Content-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\nhello"},
      {"a final coding that is not chunked",
       post + "Transfer-Encoding: gzip\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
      {"chunked, identity", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"},
      {"gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
      {"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "0\r\n\r\n"},
      {"an empty coding", post + "Transfer-Encoding: \r\n\r\n0\r\n\r\n"},
      {"chunked in HTTP/1.0",
       "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"two lengths that differ", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"},
      {"two lengths that agree", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
      {"a list of lengths", post + "Content-Length: 5, 5\r\n\r\nhello"},
      {"a signed length", post + "Content-Length: +5\r\n\r\nhello"},
      {"a hexadecimal length", post + "Content-Length: 0x5\r\n\r\nhello"},
      {"a length beyond 64 bits", post + "Content-Length: 18446744073709551621\r\n\r\nhello"},
      {"an empty length", post + "Content-Length: \r\n\r\n"},
      {"a blank before the colon of a length", post + "Content-Length : 5\r\n\r\nhello"},
      {"a blank before the colon of a coding",
       post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
      {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n"},
      {"a bare line feed in a value", get + "X: a\nTransfer-Encoding: chunked\r\n\r\n"},
      {"a bare carriage return in a value", get + "X: a\rb\r\n\r\n"},
      {"a folded line", get + "X: a\r\n b\r\n\r\n"},
      {"a folded line of blanks", get + "X: a\r\n  \r\n\r\n"},
      {"a folded coding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"},
      {"no host", "GET / HTTP/1.1\r\n\r\n"},
      {"two hosts", get + "Host: b\r\n\r\n"},
      {"two equal hosts", get + "Host: a\r\n\r\n"},
      {"two authorizations", get + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"},
      {"a NUL in a value", get + "X: a" + std::string(1, '\0') + "b\r\n\r\n"},
      {"a NUL in a name", get + "X" + std::string(1, '\0') + ": b\r\n\r\n"},
      {"an empty name", get + ": b\r\n\r\n"},
      {"a line without a colon", get + "nonsense\r\n\r\n"},
      {"a tab in the request line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"two blanks in the request line", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 505},
      {"a raw byte in the target", "GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a fragment in the target", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a backslash in the target", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a target without a path", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a target for another host", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a tunnel", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"no version", "GET /\r\n\r\n"},
      {"version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"version 2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"a TLS hello", std::string("\x16\x03\x01\x02\x00\x01", 6)},
      {"an unknown expectation", post + "Expect: wonders\r\nContent-Length: 1\r\n\r\na", 417},
      {"a chunk size with 0x", chunked + "0x5\r\nhello\r\n0\r\n\r\n"},
      {"a chunk size beyond 64 bits", chunked + "FFFFFFFFFFFFFFFFF5\r\nhello\r\n0\r\n\r\n"},
      {"a negative chunk size", chunked + "-5\r\nhello\r\n0\r\n\r\n"},
      {"a chunk size and a blank", chunked + "5 \r\nhello\r\n0\r\n\r\n"},
      {"a chunk line that ends in a line feed", chunked + "5\nhello\r\n0\r\n\r\n"},
      {"no line end behind a chunk", chunked + "5\r\nhello0\r\n\r\n"},
      {"a line feed in a quoted chunk extension", chunked + "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"},
      {"a length in the trailers", chunked + "0\r\nContent-Length: 5\r\n\r\n"},
      {"an authorization in the trailers", chunked + "0\r\nAuthorization: evil\r\n\r\n"},
      {"a host in the trailers", chunked + "0\r\nHost: evil\r\n\r\n"},
      {"a connection in the trailers", chunked + "0\r\nConnection: close\r\n\r\n"},
      {"a folded trailer", chunked + "0\r\nX: a\r\n b\r\n\r\n"},
      {"too long a field", get + "X: " + std::string(17'000, 'a') + "\r\n\r\n", 431},
      {"too long a request line", "GET /" + std::string(17'000, 'a') + " HTTP/1.1\r\n", 414},
      {"half the limit in the target, the other half in a field",
       "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\nX: " + std::string(9000, 'b') +
           "\r\n\r\n",
       431},
      {"too many fields", get + many(100, "a:\r\n") + "\r\n", 431},
      {"too long a chunk extension",
       chunked + "5;a=" + std::string(20'000, 'x') + "\r\nhello\r\n0\r\n\r\n"},
      {"many chunk extensions",
       chunked + many(100, "1;a=" + std::string(100, 'x') + "\r\nb\r\n") + "0\r\n\r\n"},
      {"too many trailers", chunked + "0\r\n" + many(101, "a:\r\n") + "\r\n", 431},
      {"too long trailers",
       chunked + "0\r\n" + many(400, "X-a: " + std::string(50, 'b') + "\r\n") + "\r\n", 431},
  };
}

} // namespace tenon::tests
