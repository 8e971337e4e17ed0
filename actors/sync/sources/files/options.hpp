// What a source of files is asked for, whatever their format.
#pragma once

#include "actors/sync/sources/files/format.hpp"
#include "actors/sync/sources/files/listing.hpp"

namespace tenon::actors::files {

constexpr std::int64_t max_page_size = 20'000;

struct options {
  std::string place; // "spec.from.csv"
  std::string path;
  file_order order = file_order::name;
  std::size_t page_size = 5'000;
  bool sized = false; // somebody said so
  bool append = false;
  std::shared_ptr<const files::format> format;
  std::uint64_t shape = 0; // of all that decides what a record is

  std::string path_place() const { return place + ".path"; }
};

result<options> read_options(const format_kind&, const object& written);

} // namespace tenon::actors::files
