// One element, from what a parser meets in it, and as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::formats {

class xml_element {
public:
  /// `most_bytes` bounds what is held of it.
  explicit xml_element(std::size_t most_bytes = 4u << 20) : most_bytes_{most_bytes} {}

  void begin(std::string_view name, const char* const* attributes); // name, value, …, null
  void text(std::string_view);
  void end();

  bool is_complete() const { return !nodes_.empty() && open_.empty(); }
  void clear();

  /// Why it is no record, or null.
  const char* fault() const { return fault_; }
  void write(std::string& json, const std::set<std::string>& lists) const;

private:
  struct node {
    std::string name;
    std::string text;
    std::vector<std::pair<std::string, std::string>> attributes;
    std::vector<std::size_t> children; // places in nodes_
  };

  bool fits(std::size_t more);
  void write(const node&, bool is_record, const std::set<std::string>& lists,
             std::string& json) const;
  void write_children(const node&, const std::set<std::string>& lists, std::string& json) const;

  std::vector<node> nodes_; // the element is the first
  std::vector<std::size_t> open_;
  const std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::size_t too_deep_ = 0; // elements below what is kept
  const char* fault_ = nullptr;
};

} // namespace tenon::actors::formats
