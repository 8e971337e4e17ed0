// Bytes as gzip and zstd pack them.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <zlib.h>
#include <zstd.h>

namespace tenon::tests {

inline std::string gzipped(std::string_view bytes) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
    throw std::runtime_error{"cannot gzip"};
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string zstd_packed(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  ZSTD_CCtx* const packer = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(packer, ZSTD_c_compressionLevel, 1);
  ZSTD_CCtx_setParameter(packer, ZSTD_c_checksumFlag, 1); // as the program does
  const auto size = ZSTD_compress2(packer, out.data(), out.size(), bytes.data(), bytes.size());
  ZSTD_freeCCtx(packer);
  if (ZSTD_isError(size))
    throw std::runtime_error{"cannot pack"};
  out.resize(size);
  return out;
}

} // namespace tenon::tests
