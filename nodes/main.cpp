// The program `tenon`: the command line with the commands that need a node or its data filled in.
#include "nodes/cli/run.hpp"
#include "nodes/node/local.hpp"

// Read by jemalloc, which serves all memory of this program. LMDB's written pages come from the
// heap, whichever thread writes: the C library's heap for each thread kept them, up to 64 MB each.
// One heap a processor gives back what was not used for half a second.
extern "C" const char* malloc_conf;
const char* malloc_conf = "percpu_arena:percpu,background_thread:true,dirty_decay_ms:500,"
                          "muzzy_decay_ms:0";

int main(int argc, char** argv) {
  return tenon::nodes::cli::run(argc, argv, tenon::nodes::local_commands());
}
