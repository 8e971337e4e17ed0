// Values held against the schemas of a document, as OpenAPI 2, 3 and 3.1 write them. It is stricter
// than a validator where vendors leave a door open that nobody should go through: a member that no
// schema declares is a complaint, unless it is said that there may be others.
#pragma once

#include "protocols/value.hpp"

#include <span>
#include <string>
#include <vector>

namespace tenon::tests {

class json_schema {
public:
  /// `document` outlives it; references are looked up in it.
  explicit json_schema(const value& document) : document_{document} {}

  /// What is wrong with a value, each with its place; `whole`: all that is required has to be
  /// there.
  std::vector<std::string> complaints(const value& schema, const value&, bool whole,
                                      const std::string& where = {}) const;

  /// Whether a value of the schema may have a field at this path; "*" and numbers are items.
  bool has(const value& schema, std::span<const std::string> path) const;

  /// What a reference stands for; itself when it is none.
  const value& meant_by(const value& schema) const;

private:
  using schemas = std::vector<const value*>;

  /// All that is said about one value, but for alternatives.
  void gather(const value& schema, schemas& into, int depth = 0) const;
  /// What may be said about a member, whichever alternative is meant.
  schemas declared(const value& schema, const std::string& name, int depth = 0) const;
  bool is_open(const value& schema, int depth = 0) const;
  void check_members(const value& schema, const object&, bool whole, const std::string& where,
                     std::vector<std::string>& wrong) const;

  const value& document_;
};

} // namespace tenon::tests
