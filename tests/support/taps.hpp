// Singer taps as small scripts of a test's own, which do what real ones do: find their catalog,
// begin at their state, say what they read.
#pragma once

#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace tenon::tests {

class taps {
public:
  /// A script that is started as a tap, with $config, $state and $catalog as what is in those
  /// files.
  std::filesystem::path make(const std::string& name, const std::string& script) const {
    const auto file = directory_ / name;
    std::ofstream{file} << "#!/bin/sh\n" << beginning << script;
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
  }

  /// Numbers from the one in the state to the one in the configuration's `to`, with a STATE after
  /// every so many.
  std::filesystem::path numbers(int state_every = 10) const {
    return make("tap-numbers",
                R"(
at=$(echo "$state" | sed -n 's/.*"at":\([0-9]*\).*/\1/p'); at=${at:-0}
to=$(echo "$config" | sed -n 's/.*"to":\([0-9]*\).*/\1/p')
echo '{"type":"SCHEMA","stream":"numbers","schema":{"type":"object"},"key_properties":["id"]}'
while [ "$at" -lt "$to" ]; do
  at=$((at + 1))
  echo '{"type":"RECORD","stream":"numbers","record":{"id":'$at',"square":'$((at * at))'}}'
  if [ $((at % )" + std::to_string(state_every) +
                    R"()) -eq 0 ]; then echo '{"type":"STATE","value":{"at":'$at'}}'; fi
done
echo '{"type":"STATE","value":{"at":'$at'}}'
)");
  }

  std::filesystem::path file(const std::string& name) const { return directory_ / name; }

private:
  static constexpr auto beginning = R"(
while [ $# -gt 0 ]; do
  case $1 in
    --config) config=$(cat "$2"); shift ;;
    --state) state=$(cat "$2"); shift ;;
    --catalog) catalog=$(cat "$2"); shift ;;
    --discover) discover=1 ;;
  esac
  shift
done
if [ -n "$discover" ]; then
  echo '{"streams":[{"tap_stream_id":"numbers","stream":"numbers","schema":{"type":"object"}}]}'
  exit
fi
)";

  temporary_directory directory_;
};

} // namespace tenon::tests
