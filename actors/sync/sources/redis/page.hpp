// What a Redis source is asked for, and one page of it.
#pragma once

#include "actors/sync/sources/network/entries.hpp"
#include "actors/sync/sources/redis/session.hpp"

namespace tenon::actors::redis {

struct source_options {
  network::server server;
  std::vector<std::string> streams; // names and patterns
  bool several = false;             // whether a record has to say which stream it is of
  reading decode = reading::text;
  std::string id_as = "id";
  std::size_t page_size = 5'000;
};

result<source_options> read_options(const object& written);

/// An entry as the server gives it: its id, and a list of fields and values. A record, or a letter.
void take_entry(const source_options&, const std::string& stream, std::string_view id,
                const std::vector<std::string_view>& fields, entries& into);
/// The entry that a letter holds.
result<source_page> read_again(const source_options&, const protocols::letter_types::kept&);

result<source_page> read_page(session&, const source_options&, const page_request&);

} // namespace tenon::actors::redis
