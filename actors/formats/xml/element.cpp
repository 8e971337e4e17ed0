#include "actors/formats/xml/element.hpp"

#include "protocols/json.hpp"

#include <unordered_map>

namespace tenon::actors::formats {
namespace {

constexpr std::size_t most_depth = 60; // as JSON it must be within what a record may have
constexpr std::size_t around_a_node = 64;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

void write_name(std::string_view sign, std::string_view name, std::string& json) {
  if (json.back() != '{')
    json += ',';
  write_json_text(std::string{sign}.append(name), json);
  json += ':';
}

} // namespace

/// What is beyond the bound is not kept: the record is a letter.
bool xml_element::fits(std::size_t more) {
  bytes_ += more;
  if (bytes_ > most_bytes_ && !fault_)
    fault_ =
        most_bytes_ == 4u << 20 ? "the element has more than 4 MiB" : "it takes too much memory";
  return !fault_;
}

void xml_element::begin(std::string_view name, const char* const* attributes) {
  if (open_.size() == most_depth && !fault_)
    fault_ = "the element is nested more than 60 deep";
  if (!fits(name.size() + around_a_node)) {
    ++too_deep_;
    if (!nodes_.empty())
      return;
    --too_deep_; // the record itself is always there
  }
  node made{.name = std::string{name}, .text = {}, .attributes = {}, .children = {}};
  for (; *attributes; attributes += 2) {
    const std::string_view what{attributes[0]}, says{attributes[1]};
    if (fits(what.size() + says.size() + around_a_node))
      made.attributes.emplace_back(what, says);
  }
  if (!open_.empty())
    nodes_[open_.back()].children.push_back(nodes_.size());
  open_.push_back(nodes_.size());
  nodes_.push_back(std::move(made));
}

void xml_element::text(std::string_view more) {
  if (too_deep_ == 0 && !open_.empty() && fits(more.size()))
    nodes_[open_.back()].text += more;
}

void xml_element::end() {
  if (too_deep_ > 0)
    --too_deep_;
  else
    open_.pop_back();
}

void xml_element::clear() {
  nodes_.clear();
  open_.clear();
  bytes_ = too_deep_ = 0;
  fault_ = nullptr;
}

void xml_element::write(std::string& json, const std::set<std::string>& lists) const {
  write(nodes_.front(), true, lists, json);
}

void xml_element::write(const node& n, bool is_record, const std::set<std::string>& lists,
                        std::string& json) const {
  const bool only_text = n.attributes.empty() && n.children.empty();
  if (only_text && !is_record)
    return write_json_text(n.text, json);
  json += '{';
  for (const auto& [name, says] : n.attributes) {
    write_name("@", name, json);
    write_json_text(says, json);
  }
  if (only_text ? !n.text.empty() : !is_blank(n.text)) {
    write_name("#", "text", json);
    write_json_text(n.text, json);
  }
  write_children(n, lists, json);
  json += '}';
}

/// In the order in which their names came first.
void xml_element::write_children(const node& n, const std::set<std::string>& lists,
                                 std::string& json) const {
  std::vector<std::vector<std::size_t>> groups;
  std::unordered_map<std::string_view, std::size_t> places;
  for (const auto child : n.children) {
    const auto [it, first] = places.try_emplace(nodes_[child].name, groups.size());
    if (first)
      groups.emplace_back();
    groups[it->second].push_back(child);
  }
  for (const auto& group : groups) {
    const auto& name = nodes_[group.front()].name;
    const bool is_list = group.size() > 1 || lists.contains(name);
    write_name("", name, json);
    json += is_list ? "[" : "";
    for (const auto child : group) {
      if (child != group.front())
        json += ',';
      write(nodes_[child], false, lists, json);
    }
    json += is_list ? "]" : "";
  }
}

} // namespace tenon::actors::formats
