// Every command there is, in the order of their files' names. Written by the build from the folder
// commands/.
#pragma once

#include <vector>

namespace tenon::nodes::cli {

class command_words;
class shell;

struct command {
  const char* file; // the stem: "dead_letters"
  void (*declare)(const command_words&, shell&);
};

std::vector<command> catalog();

} // namespace tenon::nodes::cli
