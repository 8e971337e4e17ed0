// Which route a request is for. Patterns are compiled once into a tree of path segments; matching
// allocates nothing unless the path or query is percent-encoded. A literal segment wins over a
// {parameter}, and that over a {rest...}; a path that does not answer the method wins over nothing.
#pragma once

#include "nodes/edge/route.hpp"

#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::nodes::edge {

/// A route and what is computed of it once.
struct compiled_route {
  edge::route route;
  std::size_t index = 0;          // in the order given
  std::vector<std::string> names; // of the {parts} in order
};

class router {
public:
  /// `malformed` names the pattern at fault: unbalanced braces, a name twice, two routes for the
  /// same method and path.
  static result<router> compile(route_list);

  /// The route, with the arguments decoded into `arguments`; `not_found`, or `malformed` for bad
  /// percent-encoding and dot segments. When the path exists but not for this method, `not_found`
  /// with `allow` set. HEAD is answered by GET's route.
  result<const compiled_route*> find(method, std::string_view path, std::string_view query,
                                     argument_view& arguments, std::string& allow) const;

  const std::deque<compiled_route>& routes() const { return routes_; }

private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  using ends = std::array<std::size_t, method_count>; // route index by method
  static constexpr ends no_routes() {
    ends all{};
    all.fill(none);
    return all;
  }

  struct node {
    std::vector<std::pair<std::string, std::size_t>> literals; // sorted
    std::size_t parameter = none;
    ends routes = no_routes(); // of paths that end here
    ends rests = no_routes();  // of those that go on in any way
  };
  /// What one search is for, and which methods it came across.
  struct wanted {
    method by;
    argument_view& arguments;
    std::array<bool, method_count> answers{};
  };

  result<void> add(route);
  std::size_t step_into_literal(std::size_t from, std::string_view segment);
  static std::size_t end_at(const ends&, wanted&);
  std::size_t walk(std::size_t at, std::string_view path, wanted&) const;
  static std::string allowed(const wanted&);

  std::vector<node> nodes_ = std::vector<node>(1);
  std::deque<compiled_route> routes_; // stable addresses: requests point into it
};

/// Undoes percent-encoding onto `onto`; false when it is malformed or hides a NUL.
bool decode_percent(std::string_view text, bool plus_is_blank, std::string& onto);

} // namespace tenon::nodes::edge
