// Every command there is, in the order of their files' names. Written by the build from the folder
// commands/.
#pragma once

#include <vector>

namespace CLI {
class App;
}

namespace tenon::nodes::cli {

class shell;

struct command {
  const char* file; // the stem: "dead_letters"
  void (*declare)(CLI::App&, shell&);
};

std::vector<command> catalog();

} // namespace tenon::nodes::cli
