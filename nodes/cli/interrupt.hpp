// Ctrl-C as something a loop can ask about instead of a sudden end: as long as one of these lives,
// SIGINT only sets a mark, and a wait ends early.
#pragma once

#include "protocols/moment.hpp"

#include <csignal>

namespace tenon::nodes::cli {

class interrupt_watch {
public:
  interrupt_watch();
  ~interrupt_watch();
  interrupt_watch(const interrupt_watch&) = delete;
  interrupt_watch& operator=(const interrupt_watch&) = delete;

  bool interrupted() const;
  /// Waits so long, or until Ctrl-C; whether it was pressed.
  bool wait(span) const;

private:
  struct sigaction before_ {};
  sigset_t mask_before_{};
};

} // namespace tenon::nodes::cli
