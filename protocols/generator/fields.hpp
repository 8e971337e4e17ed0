// The names that types get, and fields: how each kind of field in a schema becomes a member.
#pragma once

#include "protocols/generator/model.hpp"
#include "protocols/generator/reading.hpp"

#include <set>

namespace tenon::generator {

// From protocols/annotations.capnp and /capnp/c++.capnp.
inline constexpr std::uint64_t reply_annotation = 0xb5e0cf3a0cd91a27;
inline constexpr std::uint64_t outcome_annotation = 0xa9c4b1f7d2e85c63;
inline constexpr std::uint64_t required_annotation = 0xe87a19d4b3f60c25;
inline constexpr std::uint64_t optional_annotation = 0xf1d82b6c47a9035e;
inline constexpr std::uint64_t secret_annotation = 0x9b37e5d1c8f4a260;
inline constexpr std::uint64_t json_annotation = 0xc6a0f39b85d7e142;
inline constexpr std::uint64_t cxx_namespace = 0xb9c6f99ebf805f2c;

/// Names of types as seen from one file. Remembers which other files it named types of.
class names {
public:
  names(const request&, capnp::schema::CodeGeneratorRequest::RequestedFile::Reader);

  const request& all() const { return all_; }
  std::string conversation() const { return stem_; } // "breaker"
  std::string path() const { return path_; }         // "protocols/breaker"

  std::string schema_name(std::uint64_t id) const; // "BreakerPolicy"
  std::string own_name(std::uint64_t id) const;    // "policy"
  std::string spelled(std::uint64_t id);           // "breaker_types::policy"
  std::string resolve(const std::string& reply);   // "Granted" → "breaker_types::granted", or ""

  /// The structs that a struct is made of, directly or in its groups.
  std::vector<std::uint64_t> parts_of(std::uint64_t id) const;
  std::size_t words_of(std::uint64_t id) const;

  std::vector<std::string> includes() const { return {includes_.begin(), includes_.end()}; }
  std::vector<foreign> foreigners() const { return {foreigners_.begin(), foreigners_.end()}; }

private:
  std::string own_name(std::uint64_t file, std::string schema_name) const;
  std::string stem_in(std::uint64_t file) const;

  const request& all_;
  std::uint64_t file_;
  std::string path_;
  std::string stem_;
  std::map<std::uint64_t, std::string> paths_; // of the imported files
  std::set<std::string> includes_;
  std::set<foreign> foreigners_;
};

/// The indexes of the fields in the order of the text.
std::vector<kj::uint> in_code_order(capnp::List<capnp::schema::Field>::Reader);

/// `wrong` gets a sentence when the field cannot be a member.
field read_field(names&, capnp::schema::Field::Reader, std::string doc, std::string& wrong);

} // namespace tenon::generator
