// How far a stream's job is, as a part of the stream's position.
#pragma once

#include "protocols/failure.hpp"
#include "protocols/moment.hpp"
#include "protocols/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tenon::actors::connectors {

/// A job that was made, and is known.
struct job_place {
  std::string id;
  moment since{};                   // when it was made
  bool done = false;                // its result can be read
  object kept{};                    // of the answer that said so
  std::vector<std::string> files{}; // the same: their addresses, if it is read from files
  std::uint64_t file = 0;           // the one being read
  std::uint64_t renewed = 0;        // how often addresses had ended, and were asked for again

  bool operator==(const job_place&) const = default;
};

object to_object(const job_place&);
result<job_place> to_job_place(const object&);

/// What expressions call `job`.
value words_of(const job_place&);

} // namespace tenon::actors::connectors
