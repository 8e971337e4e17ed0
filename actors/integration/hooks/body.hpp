// What the body of a webhook is written in; events are read out of JSON, whatever they came in.
//
//   decode: json             or jsonl, csv, xml: anything else is refused as malformed
//   decode: form             a form; its members are the event's
//   decode: {form: payload}  a form with JSON in one field
//   decode: {base64: message.data}     JSON that holds the event as base64, as pub/sub envelopes
//   do:
//                            what is there is decoded, and read as JSON if it is some
//
// Without, JSON and forms are told apart by looking, and anything else is kept as a text.
#pragma once

#include "actors/integration/decode/decoder.hpp"
#include "actors/integration/form/form.hpp"
#include "actors/integration/hooks/inbound.hpp"
#include "actors/integration/page/path.hpp"

#include <optional>
#include <string>

namespace tenon::actors::connectors {

struct body_rule {
  const decoder* written = nullptr; // null: none of the decoders
  bool as_form = false;
  std::string field{};                 // of the form, where one holds JSON
  std::optional<json_path> envelope{}; // where the base64 is
};

body_rule compile_body(const value&, const std::string& where, problems&);

/// The body as one JSON text. `malformed` when it is not what the rule says.
result<std::string> body_as_json(const body_rule&, const inbound&);

} // namespace tenon::actors::connectors
