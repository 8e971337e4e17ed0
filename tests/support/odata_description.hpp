// What an OData service says of itself (EDMX, of OData 2 and 4), what of an exchange with it is not
// as it says, and entities as it would give them.
#pragma once

#include "protocols/value.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::tests {

struct odata_property {
  std::string name;
  std::string type; // of each, where there are many
  bool many = false;
  bool required = false;
};

struct odata_type {
  std::string name; // with its namespace
  bool open = false;
  std::vector<std::string> key{}; // of entities
  std::vector<odata_property> properties{};
  std::vector<std::string> links{};   // to other entities
  std::vector<std::string> members{}; // of an enumeration
};

class odata_description {
public:
  explicit odata_description(const std::filesystem::path&);

  int version() const { return version_; } // 2 or 4; 0: there is none
  std::vector<std::string> sets() const;
  const odata_type* of_set(std::string_view) const;

  /// Of a request; `target` is what follows the service's own address.
  std::vector<std::string> complaints(std::string_view target) const;
  /// Of an entity that goes one way or the other. `whole`: it comes from there, with its key.
  std::vector<std::string> complaints(const odata_type&, const value& entity, bool whole) const;

  /// As the service gives it; no two numbers have one key.
  object entity(const std::string& set, int number) const;
  /// As somebody would make it there.
  object draft(const std::string& set, int number) const;

private:
  const odata_type* find(std::string_view type) const;
  void read_schema(const value&);
  void read_types(const value& schema, const char* kind, const std::string& space);
  void inherit(odata_type&, int depth = 0);

  value made(const odata_property&, int number, int depth) const;
  value made_plain(const std::string& type, int number) const;
  std::string address_of(const std::string& set, const object& entity) const;

  void check_member(const odata_property&, const value&, const std::string& where,
                    std::vector<std::string>& wrong) const;
  void check_members(const odata_type&, const object&, const std::string& where,
                     std::vector<std::string>& wrong) const;
  void check_metadata(const odata_type&, const object&, std::vector<std::string>& wrong) const;
  void check_names(const odata_type&, const std::vector<std::string>&, bool links,
                   std::string_view option, std::vector<std::string>& wrong) const;

  int version_ = 0;
  std::map<std::string, odata_type, std::less<>> types_;
  std::map<std::string, std::string, std::less<>> bases_;
  std::vector<std::pair<std::string, std::string>> sets_; // and their types
};

} // namespace tenon::tests
