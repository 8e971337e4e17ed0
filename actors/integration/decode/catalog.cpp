#include "actors/integration/decode/decoder.hpp"

namespace tenon::actors::connectors {

const std::vector<decoder>& all_decoders() {
  static const std::vector<decoder> all{json_decoder, jsonl_decoder, csv_decoder, xml_decoder,
                                        sse_decoder};
  return all;
}

} // namespace tenon::actors::connectors
