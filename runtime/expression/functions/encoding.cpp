// Functions that spell bytes as text and back, and digests. Digests give bytes, which only these
// spellings and keys take.
#include "runtime/expression/function.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace tenon::runtime::expression {
namespace {

constexpr std::string_view hexadecimal{"0123456789abcdef"};
constexpr std::string_view alphabet{
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

result<operand> hex(workspace& work, arguments args) {
  std::string text;
  text.reserve(2 * args[0].text.size());
  for (const char c : args[0].text) {
    text += hexadecimal[static_cast<unsigned char>(c) >> 4];
    text += hexadecimal[static_cast<unsigned char>(c) & 15];
  }
  return work.keep(std::move(text));
}

result<operand> unhex(workspace& work, arguments args) {
  const auto text = args[0].text;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto digit = hexadecimal.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
    if (digit == hexadecimal.npos || text.size() % 2 != 0)
      return refuse("the text is not pairs of hexadecimal digits");
    if (i % 2 == 0)
      bytes += static_cast<char>(digit << 4);
    else
      bytes.back() = static_cast<char>(bytes.back() | static_cast<char>(digit));
  }
  return work.keep(std::move(bytes));
}

std::string encode_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t n) {
      return n < bytes.size() ? static_cast<unsigned char>(bytes[n]) : 0u;
    };
    const auto group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    text += alphabet[group >> 18];
    text += alphabet[group >> 12 & 63];
    text += i + 1 < bytes.size() ? alphabet[group >> 6 & 63] : '=';
    text += i + 2 < bytes.size() ? alphabet[group & 63] : '=';
  }
  return text;
}

result<operand> base64(workspace& work, arguments args) {
  return work.keep(encode_base64(args[0].text));
}

result<operand> base64url(workspace& work, arguments args) {
  auto text = encode_base64(args[0].text);
  for (char& c : text)
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('='))
    text.pop_back();
  return work.keep(std::move(text));
}

/// Both alphabets, with or without padding.
result<operand> unbase64(workspace& work, arguments args) {
  auto text = args[0].text;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding)
    text.remove_suffix(1);
  if (text.size() % 4 == 1)
    return refuse("the text is not base64: its length is wrong");
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  unsigned group = 0;
  int bits = 0;
  for (const char c : text) {
    const auto at = alphabet.find(c == '-' ? '+' : c == '_' ? '/' : c);
    if (at == alphabet.npos)
      return refuse("the text is not base64: it has a character that is not allowed");
    group = (group << 6 | static_cast<unsigned>(at)) & 0xFFFF;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(group >> bits & 0xFF);
    }
  }
  return work.keep(std::move(bytes));
}

constexpr bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

result<operand> urlencode(workspace& work, arguments args) {
  std::string text;
  for (const char c : args[0].text) {
    if (is_unreserved(c)) {
      text += c;
      continue;
    }
    constexpr std::string_view upper{"0123456789ABCDEF"};
    text += '%';
    text += upper[static_cast<unsigned char>(c) >> 4];
    text += upper[static_cast<unsigned char>(c) & 15];
  }
  return work.keep(std::move(text));
}

result<operand> urldecode(workspace& work, arguments args) {
  const auto from = args[0].text;
  const auto digit = [&](std::size_t at) {
    if (at >= from.size())
      return hexadecimal.npos;
    const char c = from[at];
    return hexadecimal.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
  };
  std::string text;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] != '%') {
      text += from[i] == '+' ? ' ' : from[i];
      continue;
    }
    const auto high = digit(i + 1);
    const auto low = digit(i + 2);
    if (high == hexadecimal.npos || low == hexadecimal.npos)
      return refuse("a % is not followed by two hexadecimal digits");
    text += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return work.keep(std::move(text));
}

std::string digest_of(std::string_view bytes, const EVP_MD* algorithm) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, algorithm, nullptr) != 1)
    size = 0;
  return {reinterpret_cast<const char*>(digest.data()), size};
}

template <const EVP_MD* (*Algorithm)()> result<operand> digest(workspace& work, arguments args) {
  auto made = digest_of(args[0].text, Algorithm());
  if (made.empty())
    return refuse("this digest is switched off in the cryptographic library");
  return work.keep(std::move(made));
}

template <const EVP_MD* (*Algorithm)()> result<operand> keyed(workspace& work, arguments args) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  unsigned size = 0;
  const auto key = args[0].text;
  const auto* made = HMAC(Algorithm(), key.empty() ? "" : key.data(), static_cast<int>(key.size()),
                          bytes_of(args[1].text), args[1].text.size(), mac.data(), &size);
  if (!made)
    return refuse("this digest is switched off in the cryptographic library");
  return work.keep(std::string{reinterpret_cast<const char*>(mac.data()), size});
}

/// A name-based UUID (RFC 9562, version 8): the same seed gives the same one, on every node and at
/// every replay.
result<operand> uuid(workspace& work, arguments args) {
  auto bytes = digest_of(args[0].text, EVP_sha256());
  if (bytes.empty())
    return refuse("SHA-256 is switched off in the cryptographic library");
  bytes.resize(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x80);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10)
      text += '-';
    text += hexadecimal[static_cast<unsigned char>(bytes[i]) >> 4];
    text += hexadecimal[static_cast<unsigned char>(bytes[i]) & 15];
  }
  return work.keep(std::move(text));
}

constexpr std::array<function_entry, 15> entries{{
    {"hex(x: text|bytes) -> text", "The bytes as hexadecimal digits.", hex},
    {"base64(x: text|bytes) -> text", "The bytes in base64.", base64},
    {"base64url(x: text|bytes) -> text", "The bytes in base64 for URLs, without padding.",
     base64url},
    {"unbase64(x: text) -> text", "What a text in base64 says, in either alphabet.", unbase64},
    {"urlencode(x: text) -> text", "The text as it may stand in a URL.", urlencode},
    {"urldecode(x: text) -> text", "The text that a part of a URL says.", urldecode},
    {"md5(x: text|bytes) -> bytes", "The MD5 digest.", digest<EVP_md5>},
    {"sha1(x: text|bytes) -> bytes", "The SHA-1 digest.", digest<EVP_sha1>},
    {"sha256(x: text|bytes) -> bytes", "The SHA-256 digest.", digest<EVP_sha256>},
    {"sha512(x: text|bytes) -> bytes", "The SHA-512 digest.", digest<EVP_sha512>},
    {"hmac_sha1(key: text|bytes, x: text|bytes) -> bytes", "The HMAC with SHA-1.", keyed<EVP_sha1>},
    {"hmac_sha256(key: text|bytes, x: text|bytes) -> bytes", "The HMAC with SHA-256.",
     keyed<EVP_sha256>},
    {"hmac_sha512(key: text|bytes, x: text|bytes) -> bytes", "The HMAC with SHA-512.",
     keyed<EVP_sha512>},
    {"unhex(x: text) -> bytes", "What pairs of hexadecimal digits say.", unhex},
    {"uuid(seed: text) -> text", "A UUID that is always the same for the same seed.", uuid},
}};

} // namespace

std::span<const function_entry> encoding_functions() {
  return entries;
}

} // namespace tenon::runtime::expression
