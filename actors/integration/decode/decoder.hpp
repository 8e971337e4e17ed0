// What the body of an answer is written in. Records are read out of JSON (page/json_text.hpp); any
// other writing is made JSON first, as a whole, by one decoder, so that paths, keys and expressions
// mean the same everywhere. What cannot be read in an otherwise good body is kept aside.
//
//   decode: jsonl        json (unless said), jsonl, csv, xml, sse
#pragma once

#include "protocols/blob.hpp"
#include "protocols/failure.hpp"
#include "protocols/value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

/// What is no record: kept aside with the reason, never failing the page around it.
struct malformed_record {
  /// What expressions over a record can name besides it.
  struct surroundings {
    value partition;
    blob outer; // JSON; empty: the record itself
  };
  std::string place; // "record 17, byte 4711"
  std::string reason;
  blob bytes;
  std::optional<surroundings> within{}; // nothing when the bytes are no JSON text of one record
};

struct decoded {
  blob json; // a list of records, unless the body was JSON already
  std::vector<malformed_record> malformed{};
};

struct decoder {
  std::string_view name;
  /// What to ask for, as the header Accept says it.
  std::string_view accept;
  result<decoded> (*decode)(const blob& body);
};

const std::vector<decoder>& all_decoders();

// The decoders, each in its file.
extern const decoder json_decoder;
extern const decoder jsonl_decoder;
extern const decoder csv_decoder;
extern const decoder xml_decoder;
extern const decoder sse_decoder;

} // namespace tenon::actors::connectors
