// What the commands that work on this machine share.
#pragma once

#include "nodes/cli/exit_code.hpp"
#include "protocols/failure.hpp"

#include <csignal>
#include <cstdint>
#include <string>
#include <utility>

namespace tenon::nodes {

/// Tells the failure on stderr; the exit code.
int complain(const failure&, cli::exit_code = cli::exit_code::failed);

/// "127.0.0.1:7070", "[::1]:7070", as the option says.
result<std::pair<std::string, std::uint16_t>> parse_listen(const std::string& text,
                                                           const char* option = "--http");

/// Blocks the signals that end a process, before any thread starts, so that only `sigwait` on the
/// set that is given back sees them.
sigset_t block_ending_signals();

} // namespace tenon::nodes
