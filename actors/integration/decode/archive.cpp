#include "actors/integration/decode/archive.hpp"

#include "runtime/outbound/gzip.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t most_files = 10'000;
constexpr std::size_t block = 512; // of a tar

failure broken(std::string why) {
  return {code::malformed, "the archive cannot be read: " + std::move(why)};
}

failure too_much(std::size_t most) {
  return {code::too_large,
          "it has more than " + std::to_string(most) + " bytes when it is unpacked"};
}

/// Little-endian; nothing beyond the end.
std::optional<std::uint32_t> number_at(std::string_view bytes, std::size_t at, int size) {
  if (at > bytes.size() || bytes.size() - at < static_cast<std::size_t>(size))
    return std::nullopt;
  std::uint32_t made = 0;
  for (int i = size; i > 0; --i)
    made = made << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i) - 1]);
  return made;
}

std::string little(std::uint32_t number) {
  std::string made;
  for (int i = 0; i < 4; ++i)
    made += static_cast<char>(number >> (8 * i) & 0xff);
  return made;
}

/// One file of a zip, as its central directory has it (APPNOTE 4.3.12).
struct zip_entry {
  std::uint32_t flags = 0;
  std::uint32_t method = 0;
  std::uint32_t crc = 0;
  std::uint32_t packed = 0;
  std::uint32_t size = 0;
  std::uint32_t header = 0; // where the file's own is
  bool directory = false;
  std::size_t next = 0;
};

std::optional<zip_entry> entry_at(std::string_view bytes, std::size_t at) {
  if (!number_at(bytes, at, 4) || bytes.substr(at, 4) != "PK\x01\x02" ||
      !number_at(bytes, at + 42, 4))
    return std::nullopt;
  const auto name = *number_at(bytes, at + 28, 2);
  zip_entry e{.flags = *number_at(bytes, at + 8, 2),
              .method = *number_at(bytes, at + 10, 2),
              .crc = *number_at(bytes, at + 16, 4),
              .packed = *number_at(bytes, at + 20, 4),
              .size = *number_at(bytes, at + 24, 4),
              .header = *number_at(bytes, at + 42, 4)};
  if (bytes.size() - at < 46 + name)
    return std::nullopt;
  e.directory = bytes.substr(at + 46, name).ends_with('/');
  e.next = at + 46 + name + *number_at(bytes, at + 30, 2) + *number_at(bytes, at + 32, 2);
  return e;
}

/// Deflated bytes are a gzip without its head and its end, which the directory knows.
result<std::string> content_of(std::string_view bytes, const zip_entry& e, std::size_t most) {
  const auto name = number_at(bytes, e.header + 26, 2);
  const auto extra = number_at(bytes, e.header + 28, 2);
  if (!name || !extra || bytes.substr(e.header, 4) != "PK\x03\x04")
    return broken("a file is not where its directory says");
  const auto from = std::size_t{e.header} + 30 + *name + *extra;
  if (from > bytes.size() || bytes.size() - from < e.packed)
    return broken("it is cut off");
  if ((e.flags & 1) != 0)
    return broken("it asks for a password");
  if (e.method != 0 && e.method != 8)
    return broken("a file is packed in a way that is not known here");
  if (e.size > most)
    return too_much(most);
  const auto data = bytes.substr(from, e.packed);
  if (e.method == 0)
    return std::string{data};
  std::string all;
  runtime::outbound::inflater unpacking;
  const auto take = [&](std::string_view piece) -> result<void> {
    if (all.size() + piece.size() > most)
      return too_much(most);
    all += piece;
    return {};
  };
  const std::string head{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};
  for (const auto& part : {std::string_view{head}, data})
    if (auto ok = unpacking.add(part, take); !ok)
      return std::move(ok).error();
  if (auto ok = unpacking.add(little(e.crc) + little(e.size), take); !ok)
    return broken("a file was changed, or is not whole");
  if (!unpacking.complete())
    return broken("a file was changed, or is not whole");
  return all;
}

/// An octal number, as headers of tars have it.
std::optional<std::uint64_t> octal(std::string_view field) {
  std::uint64_t made = 0;
  bool any = false;
  for (const char c : field) {
    if (c == '\0' || c == ' ') {
      if (any)
        break;
      continue;
    }
    if (c < '0' || c > '7' || made >> 60 != 0)
      return std::nullopt;
    made = made * 8 + static_cast<std::uint64_t>(c - '0');
    any = true;
  }
  return made;
}

bool is_well_summed(std::string_view header) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block; ++i)
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
  return octal(header.substr(148, 8)) == std::optional{sum};
}

bool is_empty(std::string_view header) {
  return header.find_first_not_of('\0') == header.npos;
}

} // namespace

bool is_zip(std::string_view bytes) {
  return bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06");
}

bool is_tar(std::string_view bytes) {
  return bytes.size() >= block && bytes.substr(257, 5) == "ustar" && is_well_summed(bytes);
}

result<std::vector<std::string>> read_zip(std::string_view bytes, std::size_t most) {
  const auto end = bytes.rfind("PK\x05\x06");
  const auto count = end == bytes.npos ? std::nullopt : number_at(bytes, end + 10, 2);
  const auto first = end == bytes.npos ? std::nullopt : number_at(bytes, end + 16, 4);
  if (!count || !first || !number_at(bytes, end + 20, 2))
    return broken("it has no directory");
  if (*count > most_files)
    return too_much(most);
  std::vector<std::string> all;
  std::size_t at = *first;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto entry = entry_at(bytes, at);
    if (!entry)
      return broken("its directory is not whole");
    at = entry->next;
    if (entry->directory)
      continue;
    auto content = content_of(bytes, *entry, most);
    if (!content)
      return std::move(content).error();
    most -= content->size();
    all.push_back(*std::move(content));
  }
  return all;
}

result<std::vector<std::string>> read_tar(std::string_view bytes, std::size_t most) {
  std::vector<std::string> all;
  while (bytes.size() >= block && !is_empty(bytes.substr(0, block))) {
    const auto header = bytes.substr(0, block);
    const auto size = octal(header.substr(124, 12));
    if (!is_well_summed(header) || !size)
      return broken("a header was changed");
    bytes.remove_prefix(block);
    if (*size > bytes.size())
      return broken("it is cut off");
    if (*size > most || all.size() == most_files)
      return too_much(most);
    const bool plain = header[156] == '0' || header[156] == '\0';
    if (plain) {
      all.emplace_back(bytes.substr(0, *size));
      most -= *size;
    }
    bytes.remove_prefix(std::min<std::size_t>((*size + block - 1) / block * block, bytes.size()));
  }
  if (bytes.size() < block) // without the empty block that ends it
    return broken("it is cut off");
  return all;
}

std::string joined(const std::vector<std::string>& contents) {
  constexpr std::string_view blanks{" \t\r\n"};
  const auto is_list = [&](const std::string& text) {
    const auto first = text.find_first_not_of(blanks);
    return first != text.npos && text[first] == '[' && text[text.find_last_not_of(blanks)] == ']';
  };
  const bool lists = !contents.empty() && std::ranges::all_of(contents, is_list);
  std::string all{lists ? "[" : ""};
  for (const auto& one : contents) {
    if (!lists) {
      all += one;
      if (!one.empty() && one.back() != '\n')
        all += '\n';
      continue;
    }
    const auto from = one.find('[') + 1;
    const auto items = std::string_view{one}.substr(from, one.rfind(']') - from);
    if (items.find_first_not_of(blanks) == items.npos)
      continue;
    all += (all.size() > 1 ? "," : "") + std::string{items};
  }
  return lists ? all + ']' : all;
}

} // namespace tenon::actors::connectors
