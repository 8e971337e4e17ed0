// A conversation as the generator writes it: what a schema file declares, in the words of C++. Made
// by protocols/generator/reading.cpp, which also holds the rules that a schema must keep; written
// out by value_types.cpp (the header) and codecs.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace tenon::generator {

enum class shape {
  number, // bool, integers and doubles: copied as they are
  moment,
  span,
  text,
  bytes,
  enumeration,
  composite, // a struct, or the variant of a union
  list,
};

struct type {
  generator::shape shape{};
  std::string spelled;  // "std::uint32_t", "breaker_types::policy", "std::vector<std::string>"
  std::string wire{};   // enumerations: "BreakerPhase"; spans and moments: "std::uint64_t"
  std::size_t bits = 0; // of an element in a list: 1 to 64; for a composite, its words × 64
  std::uint64_t id = 0; // of the struct or the enumeration
  std::shared_ptr<const type> element{}; // of a list
};

struct field {
  std::string name;   // "retry_at", as people write it
  std::string member; // the same, unless C++ keeps that word
  std::string wire;   // "RetryAtMs": behind get, set, has and init
  generator::type type;
  std::string doc{};
  std::string initialiser{};    // " = 5", "{30000}" or nothing
  bool empty_by_default = true; // text: whether absent means empty
  bool required = false, optional = false, secret = false, json = false;
};

/// A struct of the schema, or an alternative of a union that is a group or nothing.
struct structure {
  std::uint64_t id = 0; // of the schema's struct or group; 0 for a Void alternative
  std::string name;
  std::string wire; // "BreakerPolicy", "BreakerCommand::Report"; empty for a Void alternative
  bool root = true; // whether messages of it exist: not for alternatives
  std::string doc{};
  std::vector<field> fields{};
  std::string reply{};   // "breaker_types::granted" or "void", for members of commands
  std::string outcome{}; // "breaker_types::transferred"
};

struct alternative {
  enum class made_of { nothing, group, structure } of{};
  std::string name;
  std::string wire;      // "Report": behind get, set and init
  std::string type;      // "breaker_types::report"
  std::uint64_t id = 0;  // of the struct, when it is one
  std::size_t words = 0; // of the struct itself
  std::uint16_t discriminant = 0;
  std::string doc{};
};

struct sum {
  std::uint64_t id = 0;
  std::string name;
  std::string wire;
  std::string doc{};
  std::vector<alternative> alternatives{};
};

struct enumeration {
  std::uint64_t id = 0;
  std::string name;
  std::string wire;
  std::string doc{};
  struct enumerator {
    std::string name, member, doc;
  };
  std::vector<enumerator> enumerators{};
};

/// A type of another conversation that this one's codec calls on.
struct foreign {
  std::string spelled; // "resource_types::described"
  std::string wire;    // "ResourceDescribed"
  auto operator<=>(const foreign&) const = default;
};

struct conversation {
  std::string name; // "breaker"
  std::string path; // "protocols/breaker"
  std::string doc{};
  std::vector<std::string> includes{}; // "protocols/resource": conversations whose types it uses
  std::vector<foreign> foreigners{};
  std::vector<enumeration> enumerations{};
  std::vector<std::variant<structure, sum>> types{}; // each after those it is made of

  std::string space() const { return name + "_types"; }
};

} // namespace tenon::generator
