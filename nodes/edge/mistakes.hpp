// What is wrong with a resource that somebody wants: all of it, as far as it can be told, so that
// nobody has to mend one mistake to hear of the next.
#pragma once

#include "nodes/edge/resources.hpp"

namespace tenon::nodes::edge {

/// At most so many of one resource are told; the last one says how many more there are.
inline constexpr std::size_t most_mistakes = 20;

/// A sync's source or destination that no kind knows, or whose options its kind refuses.
result<void> check_ends(const environment&, const wanted_resource&);

/// With why it was refused, the other things that would have been a reason too.
std::vector<failure> mistakes_in(const environment&, const wanted_resource&, const failure& why);

} // namespace tenon::nodes::edge
