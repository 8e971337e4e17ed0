// Texts that people write, as documents. YAML in the subset that says what it means: maps, lists,
// scalars, comments, block texts and several documents parted by `---`. Refused, each with its line
// and column: anchors, aliases, tags, merge keys, keys that are no texts, a key written twice,
// bytes that are not UTF-8. `true`, `false`, `null` and JSON's numbers are what they look like;
// `no`, `on`, `007` and `2030-01-01` stay texts, and so does everything in quotes.
//
// A text that starts with `{` or `[` is JSON. Every document remembers where each of its members
// stands, so that whoever checks its content can point at the line.
#pragma once

#include "protocols/failure.hpp"
#include "protocols/value.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::config {

/// Counted from one; a column is a character, not a byte.
struct spot {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  bool operator==(const spot&) const = default;
};

/// Where each member stands, under its path: "spec.pages.0.size". A member of a map stands where
/// its key does.
struct positions {
  std::string file;
  std::map<std::string, spot, std::less<>> spots;
};

struct document {
  tenon::value value;
  config::positions positions;
};

struct yaml_limits {
  std::size_t bytes = 4u << 20;
  std::size_t depth = 64;
  std::size_t nodes = 200'000; // of all documents together
};

/// The documents of a text, without those that are empty. `file` is what the places call it.
result<std::vector<document>> read_yaml(std::string_view text, std::string_view file,
                                        yaml_limits limits = {});

/// "chinook.yaml:14:9" for "spec.page.size" or "spec.pages[0].size"; a path that is not there gets
/// the place of the nearest one above it. A place within a text, as in "spec.cron, character 3", is
/// that of the text.
std::string place(const positions&, std::string_view path);

} // namespace tenon::config
