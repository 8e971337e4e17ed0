// The process that stands between a node and a program that it runs (child.hpp). It is this very
// program, started anew under a name of its own, and so has nothing of the node's memory in it: it
// takes over before `main`, in whatever executable this part is linked into.
#pragma once

namespace tenon::actors::singer {

/// What it is started with: its name, the program's directory, the program, and its arguments.
extern const char guard_name[];

/// What it finds open beside the usual three, of which two are the program's output.
inline constexpr int guard_life = 3; // a pipe: closed when the program is to end
inline constexpr int guard_lock = 4; // of the directory

} // namespace tenon::actors::singer
