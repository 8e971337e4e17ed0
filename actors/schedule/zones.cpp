#include "actors/schedule/zones.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>

namespace tenon::actors {

namespace {

constexpr std::string_view database = "/usr/share/zoneinfo/";
constexpr std::size_t longest_name = 64;
constexpr std::size_t largest_file = 64u << 10;

/// Words of letters, digits, '_', '+' and '-' between single slashes: nothing that could leave the
/// database's folder.
bool well_formed(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  };
  return !name.empty() && name.size() <= longest_name && name.front() != '/' &&
         name.back() != '/' && name.find("//") == name.npos && std::ranges::all_of(name, allowed);
}

result<zone> read(const std::string& name) {
  const failure unknown{code::malformed,
                        "this machine knows no time zone " + name.substr(0, longest_name),
                        {},
                        "Use an IANA name such as Europe/Berlin, or UTC."};
  if (!well_formed(name))
    return unknown;
  std::ifstream file{std::string{database} + name, std::ios::binary};
  std::string bytes(largest_file, '\0');
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) && !file.eof())
    return unknown;
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return zone::parse(bytes);
}

} // namespace

result<const zone*> zone_named(const std::string& name) {
  static const zone utc;
  if (name == "UTC")
    return &utc;
  // Bounded by the database: only what was found in it is kept.
  static std::mutex guard;
  static std::map<std::string, zone> known;
  const std::scoped_lock lock{guard};
  if (const auto it = known.find(name); it != known.end())
    return &it->second;
  auto found = read(name);
  if (!found)
    return std::move(found).error();
  return &known.emplace(name, *std::move(found)).first->second;
}

} // namespace tenon::actors
