#include "actors/sync/sources/connector/letters.hpp"

#include "protocols/json.hpp"

namespace tenon::actors::connectors {

protocols::letter_types::kept letter_of(malformed_record m, std::uint64_t page, bool changes) {
  blob words;
  if (m.within)
    words = words_for_again("connector", write_json(object{{"changes", changes},
                                                           {"partition", m.within->partition},
                                                           {"outer", m.within->outer.text()}}));
  auto kept = fitting({std::move(m.reason), {}, std::move(words)});
  return {.place = "page " + std::to_string(page) + ", " + m.place,
          .reason = std::move(kept.reason),
          .bytes = std::move(m.bytes),
          .again = std::move(kept.again)};
}

std::optional<std::pair<malformed_record, bool>>
record_of(const protocols::letter_types::kept& letter) {
  const auto words = needed_for(letter, "connector");
  const auto said = words ? read_json(*words) : result<value>{of_another_kind(letter)};
  const auto* changes = said ? said->find("changes") : nullptr;
  const auto* partition = said ? said->find("partition") : nullptr;
  const auto* outer = said ? said->find("outer") : nullptr;
  if (!changes || !partition || !outer || !outer->is<std::string>())
    return std::nullopt;
  malformed_record m{.place = {}, .reason = {}, .bytes = letter.bytes};
  m.within = {*partition, blob::copy_of(*outer->as<std::string>())};
  return std::pair{std::move(m), *changes == value{true}};
}

} // namespace tenon::actors::connectors
