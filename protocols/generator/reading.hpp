// Reads what the Cap'n Proto compiler found in a schema file into the model, and holds the file to
// the rules of this repository.
#pragma once

#include "protocols/generator/model.hpp"

#include <capnp/schema.capnp.h>
#include <map>
#include <string>
#include <vector>

namespace tenon::generator {

/// Everything in a request, by id.
struct request {
  explicit request(capnp::schema::CodeGeneratorRequest::Reader);

  std::map<std::uint64_t, capnp::schema::Node::Reader> nodes;
  std::map<std::uint64_t, capnp::schema::Node::SourceInfo::Reader> sources;

  std::string doc(std::uint64_t id) const;                        // of a declaration
  std::string member_doc(std::uint64_t id, kj::uint index) const; // of a field or enumerant
  std::string text(capnp::List<capnp::schema::Annotation>::Reader, std::uint64_t annotation) const;
};

/// The conversation of one file. Broken rules are added to `complaints`, one sentence each that
/// begins with the file and the place in it; the model is complete only if there are none.
conversation read_conversation(const request&,
                               capnp::schema::CodeGeneratorRequest::RequestedFile::Reader,
                               std::vector<std::string>& complaints);

} // namespace tenon::generator
