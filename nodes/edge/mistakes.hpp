// What is wrong with a resource that somebody wants: all of it, as far as it can be told, so that
// nobody has to mend one mistake to hear of the next.
#pragma once

#include "nodes/edge/resources.hpp"

namespace tenon::nodes::edge {

/// At most so many of one resource are told; the last one says how many more there are.
inline constexpr std::size_t most_mistakes = 20;

/// All that a check has to say which stops at the first mistake.
void find_by_leaving_out(value spec, const std::function<result<void>(const value& spec)>& check,
                         std::vector<failure>& told);
void find_in_manifest(const value& spec, std::vector<failure>& told);

/// A sync's source or destination that no kind knows, or whose options its kind refuses.
void examine_ends(const environment&, const wanted_resource&, resource_kind::examined then);
/// An integration whose connector there is not, or whose config is not what that asks for.
void examine_account(const environment&, const wanted_resource&, resource_kind::examined then);

/// With why it was refused, the other things that would have been a reason too.
std::vector<failure> mistakes_in(const wanted_resource&, std::vector<failure> why);

} // namespace tenon::nodes::edge
