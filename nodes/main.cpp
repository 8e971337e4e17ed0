// The program `tenon`: the command line with the commands that need a node or its data filled in.
#include "nodes/cli/run.hpp"
#include "nodes/node/local.hpp"

int main(int argc, char** argv) {
  return tenon::nodes::cli::run(argc, argv, tenon::nodes::local_commands());
}
