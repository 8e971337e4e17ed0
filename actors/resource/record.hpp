// The part of a resource that does not hang on its kind: which version there is, what a change asks
// of it, and how the record changes. Pure functions over protocols/resource.capnp.
#pragma once

#include "protocols/resource.hpp"
#include "protocols/value.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tenon::actors {

/// A spec is something a person writes; a manifest is the largest of them.
inline constexpr std::size_t max_spec_bytes = 1u << 20;

/// How every command about a resource that is not there is refused.
failure no_such_resource();

/// `conflict`, `stale` or `not_found`: whether the present record is the one the command is about.
std::optional<failure> refusal_of(const protocols::resource::record&,
                                  const protocols::resource::configure&);
std::optional<failure> refusal_of(const protocols::resource::record&,
                                  const protocols::resource::remove&);

/// The spec as a document: an object, with what is covered in `secrets` taken from the record.
result<value> read_spec(const protocols::resource::record&, std::string_view text,
                        std::span<const std::string_view> secrets);

/// The stored spec as a document. It was checked when it was configured.
value spec_in(const protocols::resource::record&);

/// The stored spec for a reader: minified JSON, secrets covered.
std::string shown_spec(const protocols::resource::record&,
                       std::span<const std::string_view> secrets);

void apply(protocols::resource::record&, const protocols::resource::configured&);
void apply(protocols::resource::record&, const protocols::resource::removed&);
bool holds(const protocols::resource::record&);

} // namespace tenon::actors
